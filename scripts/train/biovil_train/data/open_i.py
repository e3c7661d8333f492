"""Open-I's chest films of Indiana University: the published XML files, or the CSV tables that Kaggle has of them."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from .sections import one_line
from .tables import find_table, rows

REPORTS, PROJECTIONS = "indiana_reports.csv", "indiana_projections.csv"
XML, FILMS = "ecgen-radiology", "NLMCXR_png"
# Where Kaggle's archive has the films.
KAGGLE_FILMS = ("images/images_normalized", "images_normalized", "images")


def read(path: Path) -> list[dict[str, Any]]:
    """A folder with `ecgen-radiology` and `NLMCXR_png`, or one with indiana_reports.csv; or such a table itself."""
    if path.is_file():
        return _read_tables(path, path.parent)
    if (path / XML).is_dir():
        return _read_xml(path)
    table = find_table(path, REPORTS)
    if table is None:
        raise ValueError(f"expected {XML} with XML files, or {REPORTS}, in {path}")
    return _read_tables(table, path)


def _read_tables(reports: Path, folder: Path) -> list[dict[str, Any]]:
    """Without a table of projections the reports alone, which phases of texts need."""
    texts = {
        row["uid"]: {"findings": one_line(row["findings"]), "impression": one_line(row["impression"])}
        for row in rows(reports, ("uid", "findings", "impression"))
    }
    table = find_table(folder, PROJECTIONS)
    if table is None:
        return [{"film": Path(), **text} for text in texts.values()]
    place = next((folder / name for name in KAGGLE_FILMS if (folder / name).is_dir()), folder)
    return [
        {"film": place / row["filename"], **texts[row["uid"]]}
        for row in rows(table, ("uid", "filename", "projection"))
        if row["projection"] == "Frontal" and row["uid"] in texts
    ]


def _read_xml(folder: Path) -> list[dict[str, Any]]:
    """The XML files do not tell frontal films from lateral ones; Kaggle's table of projections does, if it is there."""
    table = find_table(folder, PROJECTIONS)
    frontal = None
    if table is None:
        print(f"{folder} has no {PROJECTIONS}: lateral films are taken, too", file=sys.stderr)
    else:
        named = rows(table, ("uid", "filename", "projection"))
        frontal = {row["filename"].removesuffix(".png").removesuffix(".dcm") for row in named if _is_frontal(row)}
    records = []
    for path in sorted((folder / XML).glob("*.xml"), key=lambda path: (len(path.name), path.name)):
        root = _parsed(path)
        text = {part: _abstract(root, part.upper()) for part in ("findings", "impression")}
        for image in root.iter("parentImage"):
            name = image.get("id", "")
            if frontal is None or not _kaggle_names(name).isdisjoint(frontal):
                records.append({"film": folder / FILMS / f"{name}.png", **text})
    return records


def _is_frontal(row: dict[str, str]) -> bool:
    return row["projection"] == "Frontal"


def _kaggle_names(name: str) -> set[str]:
    """CXR1000_IM-0003-1001 is 1000_IM-0003-1001 there, and CXR1_1_IM-0001-3001 is 1_IM-0001-3001."""
    short = name.removeprefix("CXR")
    return {short, short.partition("_")[2]}


def _parsed(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, OSError) as error:
        raise ValueError(f"{path} cannot be read as XML: {error}") from error


def _abstract(root: ElementTree.Element, label: str) -> str:
    parts = (one_line("".join(part.itertext())) for part in root.iter("AbstractText") if part.get("Label") == label)
    return " ".join(part for part in parts if part)
