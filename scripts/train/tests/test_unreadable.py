"""A film that cannot be read is named and replaced by the next one, always the same; too many stop the run."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import SMOKE
from layouts import draw, train, write_csv
from PIL import Image

from biovil_train import loop
from biovil_train.checkpoint import IMAGE, TEXT
from biovil_train.cli import main
from biovil_train.data.films import FilmStore, prepare
from biovil_train.loop import Log
from biovil_train.paths import PACKAGE
from biovil_train.phases.joint import JointPhase

STUDIES = 24
# One of 24 may be unreadable.
BAD = 5


def truncated(path: Path) -> None:
    jpeg = path.with_suffix(".jpg")
    Image.open(path).save(jpeg)
    path.write_bytes(jpeg.read_bytes()[:-60])


def broken_png(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated JPEG": (truncated, "image file is truncated"),
    "broken PNG": (broken_png, ""),
    "zero bytes": (lambda path: path.write_bytes(b""), "cannot identify image file"),
    "not an image": (lambda path: path.write_text("Dear colleague"), "cannot identify image file"),
    "missing": (lambda path: path.unlink(), "No such file or directory"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "Is a directory"),
}


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_film_is_named_with_the_reason_and_the_next_one_stands_in(tmp_path: Path, fault: str, cache: bool):
    paths = [draw(tmp_path / f"{i}.png", i) for i in range(4)]
    damage, reason = FAULTS[fault]
    damage(paths[1])
    for _ in range(2):  # The second time from the cache, where there is one.
        store = FilmStore(paths, 48, 32, tmp_path if cache else None)
        numbers, films = store.settled([3, 1, 0])
        assert numbers.tolist() == [3, 2, 0]
        assert all((film == prepare(paths[i], 48)).all() for film, i in zip(films, numbers, strict=True))
        assert list(store.unreadable) == [1]
        assert store.unreadable[1].startswith(f"{paths[1]} cannot be read: {reason}")
    assert not list(tmp_path.glob("*.partial"))


def test_the_last_film_gives_way_to_the_first_and_so_on(tmp_path: Path):
    paths = [draw(tmp_path / f"{i}.png", i) for i in range(300)]
    for i in (299, 0, 1):
        paths[i].write_bytes(b"")
    store = FilmStore(paths, 48, 32, None)
    assert store.settled([299, 1, 298])[0].tolist() == [2, 2, 298]
    paths[150].write_bytes(b"")
    with pytest.raises(
        ValueError, match=r"^4 of 300 films cannot be read so far, and 3 may be\. .*1\.png cannot be"
    ) as e:
        store.settled([150])
    assert all(f"{paths[i]} cannot be read" in str(e.value) for i in (299, 0, 1, 150))
    with pytest.raises(ValueError, match="4 of 300 films cannot be read so far"):
        FilmStore(paths, 48, 32, tmp_path)
    assert not list(tmp_path.glob(".films*"))


def test_a_film_alone_that_cannot_be_read_is_named(tmp_path: Path):
    path = tmp_path / "a.png"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"a\.png cannot be read: cannot identify image file$"):
        FilmStore([path], 48, 32, None).centre([0])


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_films_of_16_bits_are_stretched_whatever_their_byte_order(tmp_path: Path, mode: str):
    pixels = np.linspace(100, 40_000, 48 * 48).reshape(48, 48)
    data = pixels.astype("<u2" if mode == "I;16" else ">u2")
    Image.frombytes(mode, (48, 48), data.tobytes()).save(tmp_path / "a.tiff")
    expected = ((pixels.astype(int) - 100) / 39_900 * 255).astype(np.uint8)
    assert np.abs(prepare(tmp_path / "a.tiff", 48).astype(int) - expected).max() <= 1


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A CSV whose film 5 is a truncated JPEG."""
    path = write_csv(tmp_path / "data", STUDIES)
    truncated(tmp_path / "data" / "films" / f"{BAD:04}.png")
    return path


def own(cache: bool, **settings: object) -> dict[str, object]:
    return {"data.layout": "csv", "data.texts": "report", "data.cache": cache, "run.steps": 6, "run.save": 1} | settings


def lines(folder: Path) -> list[dict]:
    return [{**json.loads(line), "seconds": 0} for line in (folder / "log.jsonl").read_text().splitlines()]


def same(one: Path, other: Path) -> None:
    assert lines(one) == lines(other)
    for file in (TEXT, IMAGE):
        if (one / file).exists():
            states = [torch.load(folder / file, weights_only=True) for folder in (one, other)]
            assert all(states[0][key].equal(states[1][key]) for key in states[0]), file


@pytest.mark.parametrize("name", ["5-simclr", "joint-biovil-l"])
def test_a_run_with_a_bad_film_goes_on_is_counted_and_resumes_bit_for_bit(
    table: Path, tmp_path: Path, runs: Path, capsys, monkeypatch: pytest.MonkeyPatch, name: str
):
    begin = (runs / "1-vocabulary",) if name.startswith("joint") else ()
    whole = tmp_path / "whole"
    assert train(name, whole, table, own(False), begin) == 0
    film = tmp_path / "data" / "films"
    assert f"{film / f'{BAD:04}.png'} cannot be read: image file is truncated" in capsys.readouterr().err
    # Three steps see the 24 studies once.
    counts = [line.get("unreadable", 0) for line in lines(whole)]
    assert counts[2:] == [1, 1, 1, 1] and counts == sorted(counts)
    assert train(name, tmp_path / "cached", table, own(True), begin) == 0
    same(whole, tmp_path / "cached")
    write, stops = Log.write, [2, 4]

    def interrupt(log: Log, step: int, values: dict[str, float]) -> None:
        write(log, step, values)
        if step in stops:
            os.kill(os.getpid(), signal.SIGTERM)

    stopped = tmp_path / "stopped"
    for _ in stops:
        with monkeypatch.context() as patch:
            patch.setattr(loop.Log, "write", interrupt)
            assert train(name, stopped, table, own(False), begin) == 130
    assert train(name, stopped, table, own(False), begin) == 0
    same(whole, stopped)


def test_a_study_gives_way_with_its_text(table: Path, tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch):
    seen = []
    places = JointPhase._places

    def watch(phase: JointPhase, records, statements, *others):
        seen.extend(
            (record.film.name, record.report == one.text) for record, one in zip(records, statements, strict=True)
        )
        return places(phase, records, statements, *others)

    monkeypatch.setattr(JointPhase, "_places", watch)
    assert train("joint-biovil-l", tmp_path / "run", table, own(False), (runs / "1-vocabulary",)) == 0
    names = [name for name, _ in seen]
    assert all(own for _, own in seen) and len(seen) >= 2 * STUDIES
    # Film 5 is never among them, film 6 is there twice an epoch.
    assert f"{BAD:04}.png" not in names and names[: 2 * STUDIES].count(f"{BAD + 1:04}.png") == 4


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("name", ["5-simclr", "joint-biovil-l"])
def test_held_out_films_may_be_bad_too(table: Path, tmp_path: Path, runs: Path, capsys, name: str, cache: bool):
    good = write_csv(tmp_path / "good", STUDIES)
    settings = own(cache, **{"data.validation": str(table), "run.steps": 1})
    assert train(name, tmp_path / "run", good, settings, (runs / "1-vocabulary",)) == 0
    (last,) = lines(tmp_path / "run")
    assert any(key.startswith("valid/") for key in last)
    if name == "joint-biovil-l":
        assert f"{BAD:04}.png cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("name", ["5-simclr", "joint-biovil-l"])
def test_more_than_a_hundredth_is_refused_in_one_line(
    table: Path, tmp_path: Path, runs: Path, capsys, name: str, cache: bool
):
    other = tmp_path / "data" / "films" / "0011.png"
    other.write_bytes(b"")
    assert train(name, tmp_path / "run", table, own(cache), (runs / "1-vocabulary",)) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("biovil_train: ")]
    assert len(said) == 1 and "2 of 24 films cannot be read so far, and 1 may be" in said[0]
    assert f"{other} cannot be read: cannot identify image file" in said[0] and f"{BAD:04}.png" in said[0]


def in_two_processes(name: str, out: Path, table: Path, begin: Path) -> str:
    """Its stderr."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m"]
    command += ["biovil_train", "train", str(SMOKE / f"{name}.toml"), "--out", str(out), "--data", str(table)]
    command += ["--begin", str(begin)]
    for key, value in own(False).items():
        command += ["--set", f"{key}={json.dumps(value)}"]
    environment = dict(os.environ, PYTHONPATH=str(PACKAGE.parent), OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("name", ["5-simclr", "joint-biovil-l"])
def test_two_processes_take_the_same_films(table: Path, tmp_path: Path, runs: Path, name: str):
    """What one of them cannot read, the other one's negatives do not have either; each film is named once."""
    one, two, begin = tmp_path / "one", tmp_path / "two", runs / "1-vocabulary"
    said = in_two_processes(name, one, table, begin)
    assert said.count(f"{BAD:04}.png cannot be read: image file is truncated") == 1
    assert lines(one)[-1]["unreadable"] == 1
    # The batches are those of a table that has study 6 in the place of study 5.
    rows = table.read_text().splitlines()
    rows[1 + BAD] = rows[2 + BAD]
    mended = table.with_name("mended.csv")
    mended.write_text("\n".join([*rows, ""]))
    in_two_processes(name, two, mended, begin)
    counted = [{key: value for key, value in line.items() if key != "unreadable"} for line in lines(one)]
    assert counted == lines(two)


def test_a_full_disk_or_a_forbidden_folder_is_one_line(tmp_path: Path, corpus: Path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    command = ["train", str(SMOKE / "5-simclr.toml"), "--data", str(corpus)]
    assert main([*command, "--out", str(blocked / "run")]) == 1
    assert main([*command, "--out", "/dev/full/run"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and all(line.startswith("biovil_train: ") and "Not a directory" in line for line in said)
