"""Studies of any layout as one kind of record."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..study import Study
from . import any_csv, mimic, open_i, phantoms


@dataclass(frozen=True)
class Record:
    film: Path
    findings: str = ""
    impression: str = ""
    # Only a phantom's truth is known. Its boxes are in pixels of the film as stored.
    study: Study | None = None

    @property
    def report(self) -> str:
        return " ".join(part for part in (self.findings, self.impression) if part)


# Layouts whose data sets are published in parts; the others take no split.
SPLIT = {"csv": any_csv.read, "mimic-cxr-jpg": mimic.read}
WHOLE = {"phantom": phantoms.read, "open-i": open_i.read}
LAYOUTS: dict[str, Callable[..., list[dict]]] = {**SPLIT, **WHOLE}


def read_records(layout: str, path: str, split: str = "", films: bool = True, texts: bool = True) -> list[Record]:
    """
    Every study of a folder or file, or of one split of it, that has what is needed: a film, a text or both.

    The others are left out and counted on stderr. Raises ValueError where none is left.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"expected data.layout to be one of {', '.join(LAYOUTS)} but found '{layout}'")
    if split and layout not in SPLIT:
        raise ValueError(f"the layout '{layout}' has no splits, but '{split}' is asked for; take data.holdout")
    if not path or not Path(path).exists():
        raise FileNotFoundError(f"data.path names {path or 'nothing'}, which is not there")
    values = LAYOUTS[layout](Path(path), split) if split else LAYOUTS[layout](Path(path))
    records = [Record(**value) for value in values]
    if films:
        records = _with(records, lambda record: record.film.is_file(), "film", path)
    if texts:
        records = _with(records, lambda record: record.study is not None or bool(record.report), "text", path)
    if not records:
        raise ValueError(f"{path} holds no study of the layout '{layout}' with what the phase needs")
    return records


def _with(records: list[Record], has: Callable[[Record], bool], what: str, path: str) -> list[Record]:
    kept = [record for record in records if has(record)]
    if lost := len(records) - len(kept):
        # The first film that is named and not there.
        named = next((record.film for record in records if what == "film" and record.film.name and not has(record)), "")
        note = f", e.g. {named} is not there" if named else ""
        print(f"{path}: {lost:,} of {len(records):,} studies have no {what} and are left out{note}", file=sys.stderr)
    return kept
