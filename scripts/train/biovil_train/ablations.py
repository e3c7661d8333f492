"""What each part of the recipe brings: short joint runs that leave one thing out, measured on held-out phantoms."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from .checkpoint import load_image, load_text
from .config import Config, read_config
from .data import read_records
from .evaluate import Figures, quick_figures
from .paths import CONFIGS, REPOSITORY
from .train import train

FOLDER = CONFIGS / "ablations"
TABLE = REPOSITORY / "docs" / "ablations.md"
# Heading of a column, its figure and how it is written.
COLUMNS = (
    ("AUROC", "auroc", ".3f"),
    ("worst AUROC", "aurocWorst", ".3f"),
    ("left/right", "leftRight", ".3f"),
    ("pointing, no place named", "pointingPlain.zero", ".3f"),
    ("CNR", "cnr", ".2f"),
    ("side triplets", "side", ".3f"),
    ("negation triplets", "negation", ".3f"),
    ("hand-written triplets (development)", "development", ".3f"),
    ("top report true", "topReport", ".3f"),
)
NOTE = """\
# Ablations

Written by `python -m biovil_train ablate`; do not edit. Each row is a short joint phase that leaves one thing out
(`scripts/train/configs/ablations`), all else equal: {steps:,} steps of {batch} films at {crop} px, one seed. Earlier
phases are those of the demonstration model. Figures on {films} held-out phantoms; their names are those of the model
card. Differences of a few hundredths are within what another seed changes, and what helps here need not help on real
films.

"""


@dataclass(frozen=True)
class Ablation:
    name: str
    title: str
    # Runs of the demonstration whose weights it begins with.
    start: tuple[str, ...]
    set: dict[str, Any] = field(default_factory=dict)

    def config(self, work: Path, overrides: dict[str, Any]) -> Config:
        places = {
            "data.path": str(work / "train"),
            "data.validation": str(work / "valid"),
            "start": [str(work / "runs" / one) for one in self.start],
        }
        return read_config(FOLDER / "joint.toml", {**places, **self.set, **overrides})


def read_ablations() -> list[Ablation]:
    with (FOLDER / "ablations.toml").open("rb") as file:
        return [Ablation(**{**one, "start": tuple(one["start"])}) for one in tomllib.load(file)["ablation"]]


def ablate(work: Path, out: Path = TABLE, overrides: dict[str, Any] | None = None, only: Sequence[str] = ()) -> None:
    """
    Trains and measures all, or those named in `only`, in WORK/runs/ablations, then writes the table of all that were
    measured so far. WORK is the demonstration's, with its corpora and its phases before the joint one. What is done is
    not done again, so that it can be interrupted.
    """
    ablations = read_ablations()
    unknown = set(only) - {one.name for one in ablations}
    if unknown:
        known = ", ".join(one.name for one in ablations)
        raise ValueError(f"there is no ablation {', '.join(sorted(unknown))}; known: {known}")
    for one in ablations:
        if not only or one.name in only:
            folder = _folder(work, one)
            train(one.config(work, overrides or {}), folder)
            _measure(folder, work / "test")
    measured = [one for one in ablations if _figures(_folder(work, one)).exists()]
    rows = [json.loads(_figures(_folder(work, one)).read_text(encoding="utf-8")) for one in measured]
    config = ablations[0].config(work, overrides or {})
    films = len(read_records("phantom", str(work / "test")))
    head = NOTE.format(steps=config.run.steps, batch=config.run.batch, crop=config.image.crop, films=films)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(head + table([one.title for one in measured], rows), encoding="utf-8")


def _folder(work: Path, one: Ablation) -> Path:
    return work / "runs" / "ablations" / one.name


def _figures(folder: Path) -> Path:
    return folder / "figures.json"


def _measure(folder: Path, test: Path) -> None:
    """Figures on the test films, kept beside the run."""
    if _figures(folder).exists():
        return
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    text, tokenizer = load_text(folder)
    image = load_image(folder)
    records = read_records("phantom", str(test))
    figures = quick_figures(image.to(device), text.to(device), tokenizer, records, device)
    _figures(folder).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def table(titles: list[str], rows: list[Figures]) -> str:
    """Markdown, a row an ablation."""
    headings = " | ".join(heading for heading, _, _ in COLUMNS)
    lines = [f"| | {headings} |", "| --- " + "| ---: " * len(COLUMNS) + "|"]
    for title, figures in zip(titles, rows, strict=True):
        cells = (format(figures[name], form) for _, name, form in COLUMNS)
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
