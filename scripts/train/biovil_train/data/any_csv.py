"""Any CSV of films and their texts."""

from pathlib import Path
from typing import Any

from .sections import one_line
from .tables import columns, rows

TEXTS = ("report", "findings", "impression")


def read(path: Path, split: str = "") -> list[dict[str, Any]]:
    """
    Columns: `image`, a path relative to the table, and `report`, or `findings` and `impression`, or one of these;
    `split`, where a configuration names one. Further columns do not matter.
    """
    found = columns(path)
    if "image" not in found and not set(TEXTS) & set(found):
        raise ValueError(f"{path}: expected the columns image and {' or '.join(TEXTS)} but found {', '.join(found)}")
    table = [row for row in rows(path, ("split",) if split else ()) if not split or row["split"] == split]
    return [_record(row, path.parent) for row in table]


def _record(row: dict[str, str], folder: Path) -> dict[str, Any]:
    image = row.get("image", "").strip()
    report, findings, impression = (one_line(row.get(name, "")) for name in TEXTS)
    # Sections say the same as the whole report, which is taken only where there are none.
    if not findings and not impression:
        findings = report
    return {"film": folder / image if image else Path(), "findings": findings, "impression": impression}
