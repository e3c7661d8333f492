"""run.json: what a run was told, what it begins with and on how much it trains. Written once, compared ever after."""

import json
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

from .config import Config, config_of
from .standing import KEY, RUN

# What may change from one start of a run to the next: none of it changes a weight.
FREE = ("run.log", "run.save", "run.validate", "data.cache")
STUDIES = "studies"


def begun(folder: Path) -> bool:
    return (folder / RUN).exists()


def record(config: Config, folder: Path, studies: dict[str, int], facts: dict[str, Any]) -> None:
    """Writes run.json; of a run that goes on, raises ValueError where studies or marks are not those it began with."""
    path = folder / RUN
    known = {STUDIES: studies, KEY: facts}
    if not path.exists():
        unfinished = path.with_suffix(".partial")
        unfinished.write_text(json.dumps({**asdict(config), **known}, indent=2) + "\n", encoding="utf-8")
        unfinished.rename(path)
        return
    before = _read(path)
    changed = {
        f"{part}.{name}": (before.get(part, value).get(name), now)
        for part, value in known.items()
        for name, now in value.items()
    }
    _refuse(folder, {name: pair for name, pair in changed.items() if pair[0] != pair[1]}, "other data or other weights")


def compare(config: Config, folder: Path) -> None:
    """Raises ValueError with the values that differ where the folder is that of a run with another configuration."""
    path = folder / RUN
    if not path.exists():
        if left := [name for name in ("state.pt", "done") if (folder / name).exists()]:
            raise ValueError(
                f"{folder} has {left[0]} and no {RUN}, so what it was told is not known. Take another folder"
            )
        return
    table = {name: value for name, value in _read(path).items() if name not in (STUDIES, KEY)}
    before, now = (dict(_flat(one)) for one in (config_of(table, str(path)), config))
    changed = {name: (before[name], value) for name, value in now.items() if before[name] != value and name not in FREE}
    _refuse(folder, changed, "another configuration")


def _refuse(folder: Path, changed: dict[str, tuple[Any, Any]], what: str) -> None:
    if changed:
        values = "; ".join(f"{name}: {json.dumps(old)} → {json.dumps(new)}" for name, (old, new) in changed.items())
        raise ValueError(f"{folder} is a run with {what}: {values}. Take another folder, or the values that it has")


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"{path}: expected a JSON object")
    return value


def _flat(config: Any, prefix: str = ""):
    for one in fields(config):
        value = getattr(config, one.name)
        if is_dataclass(value):
            yield from _flat(value, f"{prefix}{one.name}.")
        else:
            yield f"{prefix}{one.name}", value
