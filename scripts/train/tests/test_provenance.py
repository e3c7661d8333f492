"""A run is what its run.json says: another configuration is refused, and marks follow ancestry."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from layouts import train as train_own
from layouts import write_csv

from biovil_train.checkpoint import IMAGE, SAFETENSORS, TEXT, read_facts, save_safetensors
from biovil_train.cli import main
from biovil_train.export import load_text
from biovil_train.paths import DEMO_MODEL

OWN = {"data.layout": "csv", "run.steps": 1}
NEITHER = {"untrained": False, "demonstration": False}


@pytest.fixture
def stopped(runs: Path, tmp_path: Path) -> Path:
    """A run of the masked phase that has a state and is not finished."""
    folder = tmp_path / "2-mlm"
    shutil.copytree(runs / "2-mlm", folder)
    (folder / "done").unlink()
    return folder


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        (("run.steps=9",), ["run.steps: 3 → 9"]),
        (("seed=2", "masking.probability=0.2"), ["seed: 1 → 2", "masking.probability: 0.15 → 0.2"]),
        (("data.texts=sentence",), ['data.texts: "general" → "sentence"']),
        (("optimiser.betas=[0.9,0.999]",), ["optimiser.betas: [0.9, 0.98] → [0.9, 0.999]"]),
    ],
)
def test_another_configuration_is_refused(
    runs: Path, stopped: Path, train: Callable[..., int], capsys, finished: bool, settings: tuple, changed: list
):
    folder = runs / "2-mlm" if finished else stopped
    files = {path: path.read_bytes() for path in folder.iterdir()}
    assert train("2-mlm", folder, *settings) == 1
    said = capsys.readouterr().err
    assert f"{folder} is a run with another configuration: {'; '.join(changed)}. " in said
    assert {path: path.read_bytes() for path in folder.iterdir()} == files


def test_a_finished_run_says_so(runs: Path, train: Callable[..., int], capsys):
    before = (runs / "2-mlm" / TEXT).stat().st_mtime_ns
    # What changes no weight may differ.
    assert train("2-mlm", runs / "2-mlm", "run.log=3", "run.save=1", "run.validate=1", "data.cache=false") == 0
    assert f"{runs / '2-mlm'} is finished" in capsys.readouterr().err
    assert (runs / "2-mlm" / TEXT).stat().st_mtime_ns == before


def test_a_run_goes_on_with_another_interval_of_the_log_and_keeps_its_record(stopped: Path, train: Callable[..., int]):
    record = (stopped / "run.json").read_bytes()
    assert train("2-mlm", stopped, "run.log=3") == 0
    assert (stopped / "run.json").read_bytes() == record and (stopped / "done").exists()


def test_other_data_or_other_beginnings_are_refused(stopped: Path, train: Callable[..., int], capsys):
    values = json.loads((stopped / "run.json").read_text())
    assert values["studies"] == {"train": 24, "held out": 24}
    values["studies"]["train"], values["biovil"]["demonstration"] = 23, False
    (stopped / "run.json").write_text(json.dumps(values))
    assert train("2-mlm", stopped) == 1
    said = capsys.readouterr().err
    assert "other data or other weights: studies.train: 23 → 24; biovil.demonstration: false → true" in said


def test_another_vocabulary_is_refused(runs: Path, stopped: Path, train: Callable[..., int], capsys):
    vocabulary = (stopped / "vocab.txt").read_text().splitlines()
    vocabulary[-1], vocabulary[-2] = vocabulary[-2], vocabulary[-1]
    (stopped / "vocab.txt").write_text("\n".join([*vocabulary, ""]))
    assert train("2-mlm", stopped) == 1
    said = capsys.readouterr().err
    assert f"{stopped} began with another vocabulary than {runs / '1-vocabulary' / 'vocab.txt'} is now" in said


def test_a_run_that_could_not_begin_leaves_no_record(train: Callable[..., int], runs: Path, tmp_path: Path):
    assert train("4-sections", tmp_path, "run.batch=99") == 1
    assert not (tmp_path / "run.json").exists()
    assert train("4-sections", tmp_path) == 0


def test_a_state_that_is_none_is_named(stopped: Path, train: Callable[..., int], capsys):
    state = stopped / "state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    assert train("2-mlm", stopped) == 1
    assert f"biovil_train: {state} cannot be read" in capsys.readouterr().err
    (stopped / "run.json").unlink()
    assert train("2-mlm", stopped) == 1
    assert f"{stopped} has state.pt and no run.json" in capsys.readouterr().err


def marks(folder: Path) -> dict[str, bool]:
    """What run.json, config.json and the weights of a run say, which must be the same."""
    said = [json.loads((folder / name).read_text())["biovil"] for name in ("run.json", "config.json")]
    said += [read_facts(folder / name) for name in (TEXT, IMAGE) if (folder / name).exists()]
    found = [{name: facts[name] for name in NEITHER} for facts in said if facts]
    assert all(one == found[0] for one in found), said
    return found[0]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("own"), 16)


DEMO_SIZES = {
    **{"text.num_hidden_layers": 4, "text.num_attention_heads": 4, "text.hidden_size": 192},
    **{"text.intermediate_size": 768, "text.max_position_embeddings": 128, "run.batch": 4},
}


@pytest.mark.parametrize("image", ["demonstration's", "fresh"])
def test_what_goes_on_from_the_demonstration_is_a_demonstration(table: Path, tmp_path: Path, image: str):
    """Trained on own films, in one phase or in several, with both encoders of it or its text encoder alone."""
    begin = (DEMO_MODEL,)
    if image == "fresh":
        assert train_own("3-radiology", tmp_path / "mlm", table, {**OWN, **DEMO_SIZES}, begin) == 0
        assert marks(tmp_path / "mlm") == {"untrained": False, "demonstration": True}
        begin = (tmp_path / "mlm",)
    width = {"image.width": 16 if image != "fresh" else 4}
    assert train_own("joint-biovil-l", tmp_path / "joint", table, {**OWN, **DEMO_SIZES, **width}, begin) == 0
    assert marks(tmp_path / "joint") == {"untrained": False, "demonstration": True}
    assert main(["export", str(tmp_path / "joint"), str(tmp_path / "export")]) == 0
    said = {"untrained": False, "demonstration": True}
    assert json.loads((tmp_path / "export" / "config.json").read_text())["biovil"] == said
    assert said.items() <= read_facts(tmp_path / "export" / IMAGE).items()
    assert read_facts(tmp_path / "export" / SAFETENSORS)["demonstration"] == "true"


def test_a_mark_goes_through_every_phase_and_from_any_part(runs: Path, table: Path, tmp_path: Path):
    """The vocabulary or the films of phantoms are enough; what names none of them is unmarked."""
    own = {**OWN, "data.texts": "report"}
    assert train_own("1-vocabulary", tmp_path / "1-vocabulary", table, own) == 0
    begins = {"vocabulary": (runs / "1-vocabulary",), "none": (tmp_path / "1-vocabulary",)}
    for name, begin in begins.items():
        assert train_own("2-mlm", tmp_path / name, table, own, begin) == 0
        assert marks(tmp_path / name) == {"untrained": False, "demonstration": name == "vocabulary"}
        assert train_own("4-sections", tmp_path / f"{name}-4", table, own, (tmp_path / name,)) == 0
        assert marks(tmp_path / f"{name}-4") == marks(tmp_path / name)
    # A folder of which nothing is taken marks nothing.
    assert train_own("2-mlm", tmp_path / "last", table, own, (runs / "1-vocabulary", tmp_path / "none")) == 0
    assert marks(tmp_path / "last") == NEITHER
    assert train_own("joint-biovil-l", tmp_path / "image", table, own, (tmp_path / "none", runs / "5-simclr")) == 0
    assert marks(tmp_path / "image") == {"untrained": False, "demonstration": True}


def test_an_untrained_part_makes_a_model_untrained(table: Path, tmp_path: Path):
    own = {**OWN, "data.texts": "report"}
    assert train_own("1-vocabulary", tmp_path / "1", table, own) == 0
    frozen = {**own, "joint.freeze_image": True}
    assert train_own("joint-biovil-l", tmp_path / "frozen", table, frozen, (tmp_path / "1",)) == 0
    assert marks(tmp_path / "frozen") == {"untrained": True, "demonstration": False}
    assert train_own("joint-biovil-l", tmp_path / "on", table, own, (tmp_path / "frozen",)) == 0
    assert marks(tmp_path / "on") == {"untrained": True, "demonstration": False}
    assert main(["export", str(tmp_path / "on"), str(tmp_path / "export")]) == 0
    assert json.loads((tmp_path / "export" / "config.json").read_text())["biovil"]["untrained"] is True


def test_a_folder_that_has_safetensors_alone_is_begun_with(runs: Path, table: Path, tmp_path: Path, capsys):
    """As published models may have; its mark counts, whether words or not."""
    begin = tmp_path / "begin"
    shutil.copytree(runs / "2-mlm", begin, ignore=shutil.ignore_patterns(TEXT, "run.json", "config.json"))
    text, _ = load_text(runs / "2-mlm")
    save_safetensors(text, begin, {"demonstration": True}, next(text.parameters()).dtype)
    settings = {**OWN, "optimiser.learning_rate": 1e-9}
    assert train_own("3-radiology", tmp_path / "on", table, settings, (begin,)) == 0
    before, after = (load_text(folder)[0].state_dict() for folder in (runs / "2-mlm", tmp_path / "on"))
    assert all(after[name].allclose(tensor, atol=1e-6) for name, tensor in before.items())
    assert marks(tmp_path / "on") == {"untrained": False, "demonstration": True}
    save_safetensors(text, begin, {"demonstration": "perhaps"}, next(text.parameters()).dtype)
    assert train_own("3-radiology", tmp_path / "no", table, settings, (begin,)) == 1
    assert "demonstration: expected true or false but found 'perhaps'" in capsys.readouterr().err


def test_an_export_is_of_a_finished_joint_phase(runs: Path, stopped: Path, tmp_path: Path, capsys):
    for folder, lacks in ((stopped, "done"), (runs / "4-sections", IMAGE)):
        assert main(["export", str(folder), str(tmp_path / "out")]) == 1
        assert f"expected the folder of a finished joint phase but {folder} has no {lacks}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
