"""What each part of the recipe brings: short joint runs that leave one thing out, measured on held-out phantoms."""

import json
import tomllib
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
    ("hand-written triplets", "handwritten", ".3f"),
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


def ablate(work: Path, out: Path = TABLE, overrides: dict[str, Any] | None = None) -> None:
    """
    Trains and measures all in WORK/runs/ablations, then writes the table. WORK is the demonstration's, with its corpora
    and its phases before the joint one. What is done is not done again, so that it can be interrupted.
    """
    ablations = read_ablations()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rows: list[Figures] = []
    for one in ablations:
        folder = work / "runs" / "ablations" / one.name
        train(one.config(work, overrides or {}), folder)
        rows.append(_measured(folder, work / "test", device))
    config = ablations[0].config(work, overrides or {})
    films = len(read_records("phantom", str(work / "test")))
    head = NOTE.format(steps=config.run.steps, batch=config.run.batch, crop=config.image.crop, films=films)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(head + table([one.title for one in ablations], rows), encoding="utf-8")


def _measured(folder: Path, test: Path, device: torch.device) -> Figures:
    """Figures on the test films, kept beside the run."""
    path = folder / "figures.json"
    if not path.exists():
        text, tokenizer = load_text(folder)
        image = load_image(folder)
        records = read_records("phantom", str(test))
        figures = quick_figures(image.to(device), text.to(device), tokenizer, records, device)
        path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def table(titles: list[str], rows: list[Figures]) -> str:
    """Markdown, a row an ablation."""
    headings = " | ".join(heading for heading, _, _ in COLUMNS)
    lines = [f"| | {headings} |", "| --- " + "| ---: " * len(COLUMNS) + "|"]
    for title, figures in zip(titles, rows, strict=True):
        cells = (format(figures[name], form) for _, name, form in COLUMNS)
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
