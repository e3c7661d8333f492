"""Configurations: all of the repository's are read, mistakes are named."""

from pathlib import Path

import pytest

from biovil_train.ablations import read_ablations, table
from biovil_train.config import Config, ConfigError, read_config
from biovil_train.paths import CONFIGS

ALL = sorted(path for path in CONFIGS.rglob("*.toml") if path.name != "ablations.toml")


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_configuration_is_read(path: Path):
    assert isinstance(read_config(path), Config)


def test_the_paper_has_every_phase_and_marks_what_is_not_published():
    paper = [path for path in ALL if path.parent.name == "paper"]
    assert {read_config(path).phase for path in paper} == {"vocabulary", "mlm", "sections", "simclr", "joint"}
    assert all("not published" in path.read_text(encoding="utf-8") for path in paper)


def test_an_unknown_key_is_named_with_the_known_ones(tmp_path: Path):
    path = tmp_path / "wrong.toml"
    path.write_text('phase = "mlm"\n[run]\nstep = 3\n')
    with pytest.raises(ConfigError, match=r"run: unknown step; known here: steps, batch"):
        read_config(path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"run.steps": "many"}, "expected int but found 'many'"),
        ({"start": "runs/1"}, "start: expected a list"),
        ({"seed": [1]}, "seed: expected int"),
        ({"run": 3}, "run: expected a table"),
        ({"phase": "jiont"}, "found 'jiont'"),
    ],
)
def test_a_wrong_value_is_named(settings: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        read_config(CONFIGS / "smoke" / "2-mlm.toml", settings)


def test_a_whole_number_will_do_for_a_fraction():
    config = read_config(CONFIGS / "smoke" / "2-mlm.toml", {"optimiser.clip": 2, "optimiser.betas": [0.9, 0.99]})
    assert (config.optimiser.clip, config.optimiser.betas) == (2.0, (0.9, 0.99))


def test_every_ablation_changes_something_known():
    ablations = read_ablations()
    configs = [one.config(Path("work"), {}) for one in ablations]
    assert ablations[0].name == "full" and len({str(config) for config in configs}) == len(ablations)
    assert configs[0].data.path == str(Path("work") / "train")


def test_the_table_of_ablations_has_a_row_each():
    names = ("auroc", "aurocWorst", "leftRight", "pointingPlain.zero", "cnr", "side", "negation", "development")
    figures = dict.fromkeys((*names, "topReport"), 0.5)
    assert table(["a", "b"], [figures, figures]).splitlines()[2] == "| a | 0.500 | 0.500 | 0.500 | 0.500 | 0.50 " + (
        "| 0.500 " * 4 + "|"
    )
