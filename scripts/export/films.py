"""Generated films, in integer arithmetic that every language has: the tests make the same ones from the seed."""

import numpy as np

CELL = 64


def mix(x: np.ndarray) -> np.ndarray:
    """The hash of README.md: uint32 in, uint32 out."""
    x = x.copy()
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x21F0AAAD)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x735A2D97)
    x ^= x >> np.uint32(15)
    return x


def random_bytes(index: np.ndarray, seed: int) -> np.ndarray:
    """A byte for each index, as int64."""
    return (mix(index.astype(np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed)) >> np.uint32(24)).astype(np.int64)


def film(seed: int, width: int, height: int) -> np.ndarray:
    """uint8 [height, width]: random bytes every 64 pixels, bilinear between them, and a sixteenth of noise."""
    y, x = np.mgrid[:height, :width]
    row, column, down, right = y // CELL, x // CELL, y % CELL, x % CELL

    def corner(below: int, beside: int) -> np.ndarray:
        return random_bytes((row + below) * 4096 + column + beside, seed)

    top = corner(0, 0) * (CELL - right) + corner(0, 1) * right
    bottom = corner(1, 0) * (CELL - right) + corner(1, 1) * right
    smooth = (top * (CELL - down) + bottom * down) // (CELL * CELL)
    noise = random_bytes(2**24 + y * width + x, seed)
    return ((15 * smooth + noise) // 16).astype(np.uint8)
