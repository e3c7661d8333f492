"""Studies of any layout as one kind of record."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..study import Study
from . import phantoms, published


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


LAYOUTS: dict[str, Callable[[Path], list[dict]]] = {
    "phantom": phantoms.read,
    "csv": published.read_csv,
    "mimic-cxr-jpg": published.read_mimic,
    "open-i": published.read_open_i,
}


def read_records(layout: str, path: str) -> list[Record]:
    """Every study of a folder or file that has a film; raises ValueError where there is none."""
    if layout not in LAYOUTS:
        raise ValueError(f"expected data.layout to be one of {', '.join(LAYOUTS)} but found '{layout}'")
    records = [Record(**values) for values in LAYOUTS[layout](Path(path))]
    if not records:
        raise ValueError(f"{path} holds no study of the layout '{layout}'")
    return records
