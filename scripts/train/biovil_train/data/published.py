"""Layouts of published data sets, and any CSV."""

from pathlib import Path
from typing import Any


def read_csv(path: Path) -> list[dict[str, Any]]:
    raise NotImplementedError


def read_mimic(path: Path) -> list[dict[str, Any]]:
    raise NotImplementedError


def read_open_i(path: Path) -> list[dict[str, Any]]:
    raise NotImplementedError
