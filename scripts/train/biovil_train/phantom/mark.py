"""Small letters on films: the mark that every phantom carries, and side markers."""

import numpy as np
from PIL import Image

from .geometry import Array

# Five rows, top to bottom.
GLYPHS = {
    "P": ("111.", "1..1", "111.", "1...", "1..."),
    "H": ("1..1", "1..1", "1111", "1..1", "1..1"),
    "A": (".11.", "1..1", "1111", "1..1", "1..1"),
    "N": ("1...1", "11..1", "1.1.1", "1..11", "1...1"),
    "T": ("111", ".1.", ".1.", ".1.", ".1."),
    "O": (".11.", "1..1", "1..1", "1..1", ".11."),
    "M": ("1...1", "11.11", "1.1.1", "1...1", "1...1"),
    "L": ("1..", "1..", "1..", "1..", "111"),
    "R": ("111.", "1..1", "111.", "1.1.", "1..1"),
}
DESIGNED_FOR = 320


def lettering(text: str) -> Array:
    """uint8 [5, width], 1 where there is ink."""
    columns = [np.zeros((5, 0), np.uint8)]
    for letter in text:
        glyph = np.array([[pixel == "1" for pixel in row] for row in GLYPHS[letter]], np.uint8)
        columns += [glyph, np.zeros((5, 1), np.uint8)]
    return np.concatenate(columns[:-1], 1)


def stamp(pixels: Array, text: str, right: float, bottom: float, scale: int = 1, plate: bool = True) -> None:
    """Writes the text so that it ends at (right, bottom), given as shares of the film."""
    n = len(pixels)
    ink = lettering(text)
    factor = scale * n / DESIGNED_FOR
    if plate:
        ink = np.pad(ink, 1)
    size = (max(1, round(ink.shape[1] * factor)), max(1, round(ink.shape[0] * factor)))
    ink = np.asarray(
        Image.fromarray(ink * 255).resize(size, Image.Resampling.BOX if factor < 1 else Image.Resampling.NEAREST)
    )
    y, x = round(bottom * n) - ink.shape[0], round(right * n) - ink.shape[1]
    y, x = min(max(0, y), n - ink.shape[0]), min(max(0, x), n - ink.shape[1])
    place = pixels[y : y + ink.shape[0], x : x + ink.shape[1]]
    if plate:
        # On a dark plate it is read on any film.
        place[:] = 30 + (ink * np.float32(200 / 255)).astype(np.uint8)
    else:
        np.maximum(place, (ink * np.float32(235 / 255)).astype(np.uint8), out=place)
