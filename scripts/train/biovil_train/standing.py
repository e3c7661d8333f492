"""What weights are: seeded random numbers, a demonstration trained on phantoms, or neither.

Both marks follow ancestry: what begins with marked weights or a marked vocabulary is marked, whatever it is trained on.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .checkpoint import read_facts

MARKS = ("untrained", "demonstration")
RUN = "run.json"
# Where a run records its marks, and config.json those of a model.
KEY = "biovil"


def standing(demonstration: bool, untrained: bool, begins: Iterable[Path]) -> dict[str, bool]:
    """Of a run that begins with these files: both marks, true or false."""
    found = {"untrained": untrained, "demonstration": demonstration}
    for path in begins:
        for says, facts in _said(path):
            for mark in MARKS:
                found[mark] |= _flag(facts.get(mark, False), f"{says}: {mark}")
    return found


def _said(path: Path) -> Iterable[tuple[Path, dict[str, Any]]]:
    """Everything that is known of a file: what it says itself, and what its run and its model say."""
    if path.suffix != ".txt":
        yield path, read_facts(path)
    for name in (RUN, "config.json"):
        beside = path.with_name(name)
        if not beside.exists():
            continue
        values = json.loads(beside.read_text(encoding="utf-8"))
        yield beside, values.get(KEY) or {}
        if name == RUN:
            yield beside, {"demonstration": values.get("data", {}).get("layout") == "phantom"}


def _flag(value: Any, where: str) -> bool:
    # "true" is what the metadata of a safetensors file can say.
    if value not in (True, False, "true", "false"):
        raise ValueError(f"{where}: expected true or false but found {value!r}; weights must not lose their mark")
    return value in (True, "true")
