"""Every phase from the command line; resuming; the log; the plot; the export."""

import fcntl
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import PHASES, SMOKE

from biovil_train import loop, reports
from biovil_train.checkpoint import IMAGE, TEXT
from biovil_train.cli import main
from biovil_train.loop import Log
from biovil_train.paths import CONFIGS
from biovil_train.phases.joint import JointPhase
from biovil_train.study import Statement
from biovil_train.tokenizer import Tokenizer

LOSSES = {
    "2-mlm": {"loss", "accuracy", "valid/loss", "valid/accuracy"},
    "3-radiology": {"loss", "accuracy", "valid/accuracy"},
    "4-sections": {"matching", "mlm", "valid/matched"},
    "5-simclr": {"loss", "valid/loss"},
    "6-joint": {"text_given_film", "film_given_text", "local", "box", "hard", "mlm", "scale", "valid/auroc"},
    "joint-biovil-l": {"text_given_film", "film_given_text", "local", "mlm", "valid/topReport"},
}


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", PHASES)
def test_every_phase_runs_and_leaves_its_files(runs: Path, name: str):
    files = {path.name for path in (runs / name).iterdir()}
    assert {"run.json", "done"} <= files
    if name == "1-vocabulary":
        assert {"vocab.txt", "tokenizer_config.json", "special_tokens_map.json"} <= files
        return
    assert [line["step"] for line in lines(runs / name)] == [1, 2, 3]
    assert LOSSES[name] <= {key for line in lines(runs / name) for key in line}
    if name != "5-simclr":
        assert {"vocab.txt", "config.json", TEXT} <= files
    if name.startswith(("5", "6", "joint")):
        assert IMAGE in files


SMALL = (
    *("run.steps=1", "run.batch=4", "data.layout=phantom", "data.split=", "data.validation_split=", "data.holdout=4"),
    *("text.num_hidden_layers=1", "text.num_attention_heads=2", "text.hidden_size=32", "text.intermediate_size=48"),
    *("image.width=4", "image.resize=72", "image.crop=64", "vocabulary.texts=400", "vocabulary.size=300"),
)


@pytest.mark.parametrize("path", sorted((CONFIGS / "paper").glob("*.toml")), ids=lambda path: path.stem)
def test_every_configuration_of_the_paper_trains(corpus: Path, runs: Path, tmp_path: Path, path: Path):
    """A step of each as it is but for its sizes, with phantoms' reports."""
    options = ["--data", str(corpus), "--begin", str(runs / "1-vocabulary")]
    for setting in SMALL:
        options += ["--set", setting]
    assert main(["train", str(path), "--out", str(tmp_path), *options]) == 0
    assert (tmp_path / "done").exists()
    if path.stem != "1-vocabulary":
        assert [line["step"] for line in lines(tmp_path)] == [1]


@pytest.mark.parametrize("name", ["4-sections", "5-simclr", "6-joint"])
def test_a_resumed_run_is_the_run_that_was_never_stopped(
    runs: Path, train: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    stopped = tmp_path / name
    write = Log.write

    def interrupt(log: Log, step: int, values: dict[str, float]) -> None:
        write(log, step, values)
        if step == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Log, "write", interrupt)
        assert train(name, stopped) == 130
    assert torch.load(stopped / "state.pt")["step"] == 2 and not (stopped / "done").exists()
    # What a killed process may have logged after its last state.
    with (stopped / "log.jsonl").open("a") as log:
        log.write('{"step": 3, "loss": 0}\n{"step": 4, "lo')
    assert train(name, stopped) == 0
    whole, again = ([{**line, "seconds": 0} for line in lines(folder)] for folder in (runs / name, stopped))
    assert again == whole
    for file in (TEXT, IMAGE):
        if (stopped / file).exists():
            states = [torch.load(folder / file, weights_only=True) for folder in (runs / name, stopped)]
            assert all(states[0][key].equal(states[1][key]) for key in states[0]), file


def test_two_runs_cannot_share_a_folder(runs: Path, train: Callable[..., int], tmp_path: Path, capsys):
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert train("2-mlm", tmp_path) == 1
    assert f"another run is at work in {tmp_path}" in capsys.readouterr().err
    assert not (tmp_path / "log.jsonl").exists()
    assert train("2-mlm", tmp_path) == 0


def test_validation_needs_no_line_of_the_log_beside_it(runs: Path, train: Callable[..., int], tmp_path: Path):
    assert train("2-mlm", tmp_path, "run.log=3", "run.validate=2") == 0
    assert [("loss" in line, "valid/loss" in line) for line in lines(tmp_path)] == [(False, True), (True, True)]


def test_a_resumed_log_drops_what_came_after_the_state(tmp_path: Path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"st')
    Log(path, 2).write(3, {"loss": 1 / 3})
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"step": 1},
        {"step": 2},
        {"step": 3, "loss": 0.333333},
    ]
    assert Log(path, 0).seconds == 0
    assert path.read_text() == ""


def test_a_resumed_run_goes_on_counting_seconds(tmp_path: Path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1, "seconds": 2.5}\n{"step": 2, "seconds": 5.5}\n{"step": 3, "seconds": 8.5}\n')
    assert Log(path, 2).seconds == 5.5


def test_plot_draws_a_picture(runs: Path, tmp_path: Path):
    out = tmp_path / "plots" / "losses.png"
    assert main(["plot", str(runs / "5-simclr"), str(runs / "6-joint" / "log.jsonl"), "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG\r\n")


def test_plot_passes_over_a_vocabulary_and_nothing_else(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = str(tmp_path / "losses.png")
    assert main(["plot", str(runs / "1-vocabulary"), str(runs / "2-mlm"), "--out", out]) == 0
    assert main(["plot", str(runs / "1-vocabulary"), "--out", out]) != 0
    assert "a vocabulary has no losses" in capsys.readouterr().err
    assert main(["plot", str(runs / "2-mml"), "--out", out]) != 0


def test_export_is_a_model_directory_in_float16(runs: Path, tmp_path: Path):
    assert main(["export", str(runs / "6-joint"), str(tmp_path)]) == 0
    assert {"config.json", "vocab.txt", TEXT, IMAGE} <= {path.name for path in tmp_path.iterdir()}
    state = torch.load(tmp_path / TEXT, weights_only=True)
    assert {tensor.dtype for tensor in state.values()} == {torch.float16}
    assert json.loads((tmp_path / "config.json").read_text())["biovil"]["demonstration"] is True


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("2-mlm", ("run.stpes=3",), "unknown stpes"),
        ("6-joint", ('data.texts="report"',), 'need data.texts = "statement"'),
        ("4-sections", ("run.batch=99",), "fewer than a batch of 99"),
        ("3-radiology", ("text.hidden_size=48",), "pytorch_model.bin does not fit the sizes of the configuration"),
    ],
)
def test_mistakes_end_with_a_line(
    runs: Path, train: Callable[..., int], tmp_path: Path, capsys, name: str, settings: tuple, message: str
):
    assert train(name, tmp_path, *settings) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "nowhere"], "data.path names nowhere, which is not there"),
        (["--begin", "nowhere"], "start names nowhere, which is not there"),
        ([], "expected start to name a folder with vocab.txt"),
    ],
)
def test_missing_folders_are_named(corpus: Path, tmp_path: Path, capsys, options: list[str], message: str):
    command = ["train", str(SMOKE / "2-mlm.toml"), "--out", str(tmp_path), "--data", str(corpus), *options]
    assert main(command) == 1
    assert message in capsys.readouterr().err


def test_films_without_truth_are_validated_by_retrieval(corpus: Path, runs: Path, runs_folder: Path, tmp_path: Path):
    table = tmp_path / "films.csv"
    studies = [json.loads(line) for line in (corpus / "studies.jsonl").read_text().splitlines()]
    rows = [f'"{corpus / study["film"]}","{study["report"]["findings"]}"' for study in studies]
    table.write_text("\n".join(["image,report", *rows]))
    options = ["--begin", str(runs_folder / "4-sections"), "--begin", str(runs_folder / "5-simclr")]
    for setting in ("data.layout=csv", "data.cache=false", "data.holdout=8", "run.steps=1"):
        options += ["--set", setting]
    out = tmp_path / "run"
    command = ["train", str(SMOKE / "joint-biovil-l.toml"), "--out", str(out), "--data", str(table), *options]
    assert main(command) == 0
    last = json.loads((out / "log.jsonl").read_text().splitlines()[-1])
    assert last["valid/reportRecall@10"] == last["valid/filmRecall@10"] == 1
    assert 0 <= last["valid/reportRecall@1"] <= last["valid/reportRecall@5"] <= 1


def test_a_frozen_image_encoder_stays_as_it_is(runs: Path, train: Callable[..., int], tmp_path: Path):
    assert train("6-joint", tmp_path, "joint.freeze_image=true", "joint.wording_weight=0.5", "joint.wordings=10") == 0
    before, after = (torch.load(folder / IMAGE, weights_only=True) for folder in (runs / "5-simclr", tmp_path))
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        assert after[name].equal(tensor), name
    assert "wording" in json.loads((tmp_path / "log.jsonl").read_text().splitlines()[0])


def test_half_truths_are_the_text_itself_with_something_false(
    runs: Path, train: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen: list[tuple[str, str]] = []
    false = Statement("Nothing of the kind.", ())
    contradictions = JointPhase._contradictions

    def watch(phase: JointPhase, statements, records, per, rng):
        made = contradictions(phase, statements, records, per, rng)
        texts = [statements[int(i)].text for i in made["hard_text"]]
        seen.extend(zip(texts, made["hard_ids"], strict=True))
        return made

    monkeypatch.setattr(reports, "false_negation", lambda study, rng: false if study.findings else None)
    monkeypatch.setattr(JointPhase, "_contradictions", watch)
    settings = ("joint.half_truths=1", "joint.hard_negatives=0", "joint.mirrored_negatives=false")
    assert train("6-joint", tmp_path, *settings) == 0
    tokenizer = Tokenizer(tmp_path / "vocab.txt", 48)
    assert len(seen) > 20
    for text, ids in seen:
        orders = [tokenizer([" ".join(pair)])[0][0] for pair in ((text, false.text), (false.text, text))]
        assert any(ids[: len(one)].equal(one) and not ids[len(one) :].any() for one in orders), text
