"""A folder that `biovil_train phantom` wrote: films/*.png and studies.jsonl."""

import json
from pathlib import Path
from typing import Any

from ..study import study_from_json


def read(folder: Path) -> list[dict[str, Any]]:
    """`folder` or a file of its layout, e.g. DIR/studies.jsonl"""
    path = folder if folder.is_file() else folder / "studies.jsonl"
    with path.open(encoding="utf-8") as lines:
        return [_parsed(line, path, number) for number, line in enumerate(lines, 1)]


def _parsed(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        return _record(json.loads(line), path.parent)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}, line {number}, is no study of a phantom: {error!r}") from error


def _record(value: dict[str, Any], folder: Path) -> dict[str, Any]:
    report = value["report"]
    return {
        "film": folder / value["film"],
        "findings": report["findings"],
        "impression": report["impression"],
        "study": study_from_json(value),
    }
