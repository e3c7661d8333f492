"""Drawn chest films with known findings. They look like chest films; they are nobody's."""

from .film import Film, draw, draw_study
from .sample import sample

__all__ = ["Film", "draw", "draw_study", "sample"]
