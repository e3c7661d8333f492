"""Where films and reports come from."""

from .films import FilmStore, View
from .records import Record, read_records

__all__ = ["FilmStore", "Record", "View", "read_records"]
