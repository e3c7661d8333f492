"""Configurations: all of the repository's are read, mistakes are named."""

from dataclasses import fields, is_dataclass
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


# Every key with values that it must not have, and what the message says is allowed.
COUNT = "a whole number of at least 1"
REFUSED = {
    "phase": [("jiont", "did you mean joint?"), (1, "'vocabulary'")],
    "seed": [
        (-1, "a whole number of at least 0 and at most 2147483647"),
        (2**31, "2147483647"),
        (True, "int"),
        (1.5, "int"),
    ],
    "start": [("runs/1", "a list"), ([1], "start[0]: expected str")],
    "data.layout": [("mimic", "'phantom', 'csv', 'mimic-cxr-jpg' or 'open-i'"), ("CSV", "'csv'")],
    "data.path": [(1, "str")],
    "data.validation": [(False, "str")],
    "data.holdout": [(-1, "a whole number of at least 0"), ("8", "int")],
    "data.split": [(1, "str")],
    "data.validation_split": [(1, "str")],
    "data.texts": [("sentences", "did you mean sentence?"), ("", "'general', 'report', 'sentence' or 'statement'")],
    "data.cache": [(1, "bool"), ("false", "bool")],
    "run.steps": [(0, COUNT), (-5, COUNT), (1.0, "int"), (float("inf"), "int")],
    "run.batch": [(0, COUNT)],
    "run.precision": [("bf16", "'float32', 'bfloat16' or 'float16'"), ("float64", "did you mean float16?")],
    "run.log": [(0, COUNT)],
    "run.save": [(0, COUNT)],
    "run.validate": [(-1, "a whole number of at least 0")],
    "optimiser.learning_rate": [
        (0, "a number above 0"),
        (-1e-4, "above 0"),
        (float("nan"), "above 0"),
        ("1e-4", "float"),
    ],
    "optimiser.text_learning_rate": [(-1e-4, "a number of at least 0"), (float("inf"), "at least 0")],
    "optimiser.betas": [([0.9], "a list of 2"), ([0.9, 1.0], "betas[1]: expected a number of at least 0 and below 1")],
    "optimiser.weight_decay": [(-0.1, "at least 0")],
    "optimiser.warmup": [(1.5, "a number of at least 0 and at most 1")],
    "optimiser.clip": [(0, "above 0")],
    "text.num_hidden_layers": [(0, COUNT)],
    "text.num_attention_heads": [(0, COUNT), (3, "text.hidden_size to be a multiple of text.num_attention_heads, 3")],
    "text.hidden_size": [(0, COUNT), (33, "a multiple of text.num_attention_heads, 2, but found 33")],
    "text.intermediate_size": [(0, COUNT)],
    "text.vocab_size": [(5, "at least 6")],
    "text.max_position_embeddings": [(2, "at least 3")],
    "text.type_vocab_size": [(0, COUNT)],
    "text.projection_size": [(0, COUNT)],
    "text.hidden_dropout_prob": [(1, "a number of at least 0 and below 1")],
    "text.attention_probs_dropout_prob": [(-0.1, "at least 0 and below 1")],
    "text.initializer_range": [(0, "above 0")],
    "image.width": [(0, COUNT)],
    "image.projection_size": [(0, COUNT)],
    "image.resize": [(5000, "at most 4096"), (300, "image.resize of at least image.crop, 480, but found 300")],
    "image.crop": [(0, COUNT), (500, "a multiple of 32 but found 500"), (544, "image.crop, 544, but found 512")],
    "image.sigma": [(0, "above 0"), (15.5, "image.sigma of at most 15, the patches across, but found 15.5")],
    "image.stride": [(8, "16 or 32"), (16.0, "16 or 32"), (True, "16 or 32")],
    "vocabulary.size": [(5, "at least 6")],
    "vocabulary.min_frequency": [(0, COUNT)],
    "vocabulary.texts": [(0, COUNT)],
    "masking.probability": [(1.5, "a number above 0 and at most 1"), (0, "above 0 and at most 1")],
    "masking.max_length": [(2, "at least 3")],
    "sections.temperature": [(0, "above 0")],
    "sections.mlm_weight": [(-1, "at least 0")],
    "sections.shuffle_sentences": [("yes", "bool")],
    "simclr.temperature": [(0, "above 0")],
    "simclr.projection": [(0, COUNT)],
    "augment.gamma": [(-0.1, "at least 0")],
    "augment.gain": [(1.5, "at most 1")],
    "augment.offset": [(-0.1, "at least 0")],
    "augment.noise": [(2, "at most 1")],
    "augment.zoom": [(0, "a number above 0 and at most 1"), (1.2, "above 0 and at most 1")],
    "joint.temperature": [(0, "a number of at least 0.01"), (0.001, "at least 0.01")],
    "joint.learn_temperature": [(1, "bool")],
    "joint.text_given_film": [(-1, "at least 0")],
    "joint.film_given_text": [(-1, "at least 0")],
    "joint.local": [("tokens", "'token' or 'sentence' but found 'tokens'; did you mean token?"), (True, "'token'")],
    "joint.local_weight": [(-1, "at least 0")],
    "joint.local_sharpness": [(0, "above 0")],
    "joint.local_attention": [(0, "above 0")],
    "joint.local_pooling": [(0, "above 0")],
    "joint.local_scale": [(-1, "at least 0")],
    "joint.local_normalise": [("no", "bool")],
    "joint.mlm_weight": [(-0.1, "at least 0")],
    "joint.box_weight": [(-0.1, "at least 0")],
    "joint.mirrored_negatives": [(1, "bool")],
    "joint.hard_negatives": [(1.1, "at most 1")],
    "joint.half_truths": [(-0.1, "at least 0")],
    "joint.truth_mask": [("true", "bool")],
    "joint.texts_per_film": [(0, COUNT)],
    "joint.wording_weight": [(-1, "at least 0")],
    "joint.wordings": [(0, COUNT)],
    "joint.freeze_image": [(0, "bool")],
}
CASES = [(key, value, allowed) for key, cases in REFUSED.items() for value, allowed in cases]


def every_key(config: object, prefix: str = "") -> set[str]:
    parts = [(one.name, getattr(config, one.name)) for one in fields(config)]
    inner = (every_key(value, f"{prefix}{name}.") for name, value in parts if is_dataclass(value))
    return {f"{prefix}{name}" for name, value in parts if not is_dataclass(value)}.union(*inner)


def test_every_key_has_a_value_that_is_refused():
    assert every_key(Config("mlm")) == set(REFUSED)


@pytest.mark.parametrize(("key", "value", "allowed"), CASES, ids=[f"{key}={value}" for key, value, _ in CASES])
def test_a_value_that_cannot_be_is_refused(key: str, value: object, allowed: str):
    """With the key, what it may be and what came, by its own table or by another's."""
    with pytest.raises(ConfigError) as refused:
        read_config(CONFIGS / "smoke" / "2-mlm.toml", {key: value})
    message = str(refused.value)
    assert message.startswith(str(CONFIGS / "smoke" / "2-mlm.toml")) and allowed in message
    assert key in message or key.split(".")[0] in message
    # Of a list, the one that is wrong.
    assert repr(value) in message or (isinstance(value, list) and f"but found {value[-1]!r}" in message)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"run.stpes": 3}, "run: unknown stpes; known here: steps, .*; did you mean steps\\?"),
        ({"runs.steps": 3}, "unknown runs; known here: phase, .*; did you mean run\\?"),
        ({"joint.local_normalize": True}, "did you mean local_normalise\\?"),
        ({"phase.x": 3}, "phase.x: phase is no table"),
        ({"data.texts": "general", "data.layout": "csv"}, 'layout is csv, but data.texts = "general" needs the truth'),
        ({"data.texts": "statement", "data.layout": "open-i"}, 'take "sentence" or "report"'),
    ],
)
def test_what_cannot_go_together_or_is_unknown_is_named(settings: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        read_config(CONFIGS / "smoke" / "2-mlm.toml", settings)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path):
    path = tmp_path / "wrong.toml"
    path.write_text("phase = mlm")
    with pytest.raises(ConfigError, match=r"wrong\.toml is not TOML"):
        read_config(path)


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
