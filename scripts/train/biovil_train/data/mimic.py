"""MIMIC-CXR-JPG as published on PhysioNet, with the reports of MIMIC-CXR beside it."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from .sections import one_line, split_sections
from .tables import find_table, needed_table, rows

METADATA, SPLIT, SECTIONED = "mimic-cxr-2.0.0-metadata.csv", "mimic-cxr-2.0.0-split.csv", "mimic_cxr_sectioned.csv"
FRONTAL = ("PA", "AP")


def read(folder: Path, split: str = "") -> list[dict[str, Any]]:
    """
    The frontal films of a split (train, validate, test; all without one), `files/p10/p10000032/s50414267/ID.jpg`.

    Reports: mimic_cxr_sectioned.csv where there is one, as MIT-LCP's tool writes it; otherwise
    `files/p10/p10000032/s50414267.txt` in the folder or in its `mimic-cxr-reports`.
    """
    wanted = _films_of(folder, split) if split else None
    text_of = _sectioned(table) if (table := find_table(folder, SECTIONED)) else _written(folder)
    records = []
    for row in rows(needed_table(folder, METADATA), ("dicom_id", "subject_id", "study_id", "ViewPosition")):
        if row["ViewPosition"] not in FRONTAL or (wanted is not None and row["dicom_id"] not in wanted):
            continue
        patient, study = f"p{row['subject_id']}", f"s{row['study_id']}"
        place = Path("files", patient[:3], patient, study)
        findings, impression = text_of(place)
        film = folder / place / f"{row['dicom_id']}.jpg"
        records.append({"film": film, "findings": findings, "impression": impression})
    return records


def _films_of(folder: Path, split: str) -> set[str]:
    table = needed_table(folder, SPLIT)
    films: dict[str, set[str]] = {}
    for row in rows(table, ("dicom_id", "split")):
        films.setdefault(row["split"], set()).add(row["dicom_id"])
    if split not in films:
        raise ValueError(f"{table} has no split '{split}'; it has {', '.join(sorted(films))}")
    return films[split]


def _sectioned(table: Path):
    """The study is the last part of a place, s50414267; the tool's file says so, others leave the s away."""
    known = {
        f"s{row['study'].removeprefix('s')}": (one_line(row["findings"]), one_line(row["impression"]))
        for row in rows(table, ("study", "findings", "impression"))
    }
    return lambda place: known.get(place.name, ("", ""))


def _written(folder: Path):
    roots = [root for root in (folder, folder / "mimic-cxr-reports") if root.is_dir()]

    # Two films of a study are often neighbours in the table.
    @lru_cache(64)
    def text_of(place: Path) -> tuple[str, str]:
        for root in roots:
            path = root / place.with_suffix(".txt")
            if path.is_file():
                return split_sections(path.read_text(encoding="utf-8", errors="replace"))
        return "", ""

    return text_of
