"""Ablations: some are run, all that were measured are in the table, nothing is done twice."""

import tomllib
from pathlib import Path

import pytest

from biovil_train.ablations import ablate, read_ablations
from biovil_train.paths import CONFIGS


@pytest.fixture
def work(corpus: Path, runs: Path, tmp_path: Path) -> Path:
    """The layout of `demo`: corpora beside runs."""
    for name in ("train", "valid", "test"):
        (tmp_path / name).symlink_to(corpus)
    (tmp_path / "runs").mkdir()
    for name in ("1-vocabulary", "3-radiology", "4-sections", "5-simclr"):
        (tmp_path / "runs" / name).symlink_to(runs / name)
    return tmp_path


def small() -> dict:
    """The smoke configuration's sizes, as dotted keys."""
    smoke = tomllib.loads((CONFIGS / "smoke" / "6-joint.toml").read_text(encoding="utf-8"))
    sizes = {f"{part}.{name}": value for part in ("text", "image", "masking") for name, value in smoke[part].items()}
    return {**sizes, "run.steps": 1, "run.batch": 4, "run.precision": "float32"}


def test_the_table_has_what_was_measured(work: Path):
    out = work / "docs" / "ablations.md"
    ablate(work, out, small(), ["published"])
    titles = {one.name: one.title for one in read_ablations()}
    assert titles["published"] in out.read_text() and titles["full"] not in out.read_text()
    done = work / "runs" / "ablations" / "published" / "figures.json"
    before = done.stat().st_mtime_ns
    ablate(work, out, small(), ["full", "published"])
    rows = [line for line in out.read_text().splitlines() if line.startswith(("| everything", "| published"))]
    assert len(rows) == 2 and all(row.count("|") == rows[0].count("|") for row in rows)
    assert done.stat().st_mtime_ns == before


def test_an_unknown_ablation_is_named(work: Path):
    with pytest.raises(ValueError, match="there is no ablation nothing; known: full, "):
        ablate(work, work / "out.md", small(), ["nothing"])
