"""CSV tables, plain or gzipped, with the columns checked."""

import csv
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

# A report in a cell may be longer than csv's default of 128 KiB.
csv.field_size_limit(1 << 24)


def find_table(folder: Path, name: str) -> Path | None:
    """`name` in the folder, or the same gzipped."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def needed_table(folder: Path, name: str) -> Path:
    path = find_table(folder, name)
    if path is None:
        raise ValueError(f"expected {name} or {name}.gz in {folder}")
    return path


def rows(path: Path, needed: Sequence[str]) -> Iterator[dict[str, str]]:
    """Rows as text by column; a cell that is missing is empty. Raises ValueError where a needed column is missing."""
    try:
        with _opened(path) as file:
            reader = csv.DictReader(file, restval="")
            found = reader.fieldnames or []
            missing = [name for name in needed if name not in found]
            if missing:
                raise ValueError(f"{path}: expected the column {' and '.join(missing)} but found {', '.join(found)}")
            yield from reader
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as a CSV table: {error}") from error


def columns(path: Path) -> list[str]:
    try:
        with _opened(path) as file:
            return next(csv.reader(file), [])
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as a CSV table: {error}") from error


def _opened(path: Path):
    # utf-8-sig: spreadsheets put a mark at the start, which would become a part of the first column's name.
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")
