"""Writes a corpus of phantoms: films/*.png, studies.jsonl and, where asked for, masks/*.png."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from . import reports
from .phantom import Film, draw
from .progress import Progress
from .study import Study
from .texts import seeded

DESCRIPTION = "Synthetic phantom, not a patient"


def write_corpus(
    seed: int, count: int, folder: Path, size: int, *, pairs: bool = False, masks: bool = False, workers: int = 1
) -> None:
    """Film i of a corpus depends on the seed and i alone: a longer corpus begins as a shorter one.

    `masks`: each finding has a 1-bit PNG of the film's size, white where it was drawn, named by its `mask`.
    """
    (folder / "films").mkdir(parents=True, exist_ok=True)
    if masks:
        (folder / "masks").mkdir(exist_ok=True)
    jobs = [(seed * 10_000_000 + i, folder, i, size, pairs, masks) for i in range(count)]
    path = folder / "studies.jsonl"
    unfinished = path.with_suffix(".partial")
    with unfinished.open("w", encoding="utf-8") as file, Progress("drawing phantoms", count) as progress:
        for done, line in enumerate(_lines(jobs, workers), 1):
            file.write(json.dumps(line) + "\n")
            progress.update(done)
    unfinished.rename(path)


def _lines(jobs: list[tuple], workers: int) -> Iterator[dict[str, Any]]:
    if workers <= 1:
        yield from map(_write, jobs)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(_write, jobs, chunksize=16)


def _write(job: tuple[int, Path, int, int, bool, bool]) -> dict[str, Any]:
    seed, folder, number, size, pairs, masks = job
    film = draw(seed, size, prior=pairs, masks=masks)
    value = _save(film, folder, f"{number:06}")
    if film.prior is not None:
        value["prior"] = _save(film.prior, folder, f"{number:06}-prior")
    return value


def _save(film: Film, folder: Path, name: str) -> dict[str, Any]:
    value = describe(film.study, f"films/{name}.png")
    save_png(film.pixels, folder / value["film"])
    for finding in value["findings"] if film.masks else ():
        finding["mask"] = f"masks/{name}-{finding['label'].replace(' ', '-')}.png"
        save_png(film.masks[finding["label"]], folder / finding["mask"])
    return value


def save_png(pixels: np.ndarray, path: Path) -> None:
    """8 bits of uint8, 1 bit of bool; it says in its metadata, too, that it is no patient."""
    about = PngInfo()
    about.add_text("Description", DESCRIPTION)
    Image.fromarray(pixels).save(path, pnginfo=about)


def describe(study: Study, film: str) -> dict[str, Any]:
    """A line of studies.jsonl."""
    rng = seeded(study.seed)
    written = reports.report(study, rng)
    findings = [
        {
            "label": finding.label,
            "side": finding.side,
            "zone": finding.zone,
            "severity": finding.severity,
            **({"change": finding.change} if finding.change else {}),
            "phrase": reports.phrase(finding, rng).text,
            "plainPhrase": reports.plain_phrase(finding, rng).text,
            "boxes": [list(box) for box in finding.boxes],
        }
        for finding in study.findings
    ]
    return {
        "film": film,
        "seed": study.seed,
        "synthetic": DESCRIPTION,
        "report": {"findings": written.findings_text, "impression": written.impression_text},
        "findings": findings,
        "absent": list(study.absent),
        **({"resolved": list(study.resolved)} if study.has_prior else {}),
    }
