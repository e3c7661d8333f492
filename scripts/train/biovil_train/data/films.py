"""Films as the encoder takes them: decoded and resized once, cropped and changed anew at every visit."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ..config import AugmentConfig
from ..progress import Progress
from ..study import Box, scaled


def prepare(path: Path, side: int) -> np.ndarray:
    """
    The middle square of a film, uint8 [side, side].

    As the reference: stretched to 0..255 between its least and greatest grey, the shorter side resized by Pillow.
    """
    with Image.open(path) as image:
        grey = np.asarray(image if image.mode in ("L", "I;16", "I") else image.convert("L"), np.float64)
    low, high = grey.min(), grey.max()
    stretched = ((grey - low) / max(high - low, 1e-9) * 255).astype(np.uint8)
    factor = side / min(stretched.shape)
    height, width = (max(side, int(length * factor)) for length in stretched.shape)
    resized = np.asarray(Image.fromarray(stretched).resize((width, height), Image.Resampling.BILINEAR))
    top, left = (height - side) // 2, (width - side) // 2
    return resized[top : top + side, left : left + side]


def to_square(boxes: Sequence[Box], size: tuple[int, int], side: int) -> tuple[Box, ...]:
    """Boxes of a film of this width and height in the middle square that `prepare` makes of it."""
    factor = side / min(size)
    left, top = ((max(side, int(length * factor)) - side) // 2 for length in size)
    return scaled(boxes, factor, left, top)


@dataclass(frozen=True)
class View:
    """A square of a stored film: its upper left corner and side, in pixels of the store, seen at `crop` pixels."""

    left: float
    top: float
    side: float
    crop: int

    def boxes(self, boxes: Sequence[Box]) -> tuple[Box, ...]:
        """From pixels of the store to pixels of the view."""
        factor = self.crop / self.side
        return scaled(boxes, factor, self.left * factor, self.top * factor)


class FilmStore:
    """Films of one side, by number. A cache is one file beside the data, written once."""

    def __init__(self, paths: Sequence[Path], side: int, crop: int, cache: Path | None) -> None:
        self.paths, self.side, self.crop = list(paths), side, crop
        self._sizes: dict[Path, tuple[int, int]] = {}
        self._cached = None if cache is None else self._open(cache)

    def _open(self, folder: Path) -> np.ndarray:
        # A film that was replaced is another film.
        facts = (f"{path} {info.st_size} {info.st_mtime_ns}" for path in self.paths for info in [path.stat()])
        key = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]
        path = folder / f".films-{self.side}-{key}.npy"
        if not path.exists():
            # A name of its own: several processes may write it at once, and each renames a whole file.
            unfinished = path.with_suffix(f".{os.getpid()}.partial")
            shape = (len(self.paths), self.side, self.side)
            films = np.lib.format.open_memmap(unfinished, "w+", np.uint8, shape)
            with ThreadPoolExecutor(2) as pool, Progress("decoding films", len(self.paths)) as progress:
                for i, film in enumerate(pool.map(lambda path: prepare(path, self.side), self.paths)):
                    films[i] = film
                    progress.update(i + 1)
            films.flush()
            unfinished.rename(path)
        return np.load(path, mmap_mode="r")

    def film(self, i: int) -> np.ndarray:
        """uint8 [side, side]"""
        return self._cached[i] if self._cached is not None else prepare(self.paths[i], self.side)

    def to_store(self, path: Path, boxes: Sequence[Box]) -> tuple[Box, ...]:
        """From pixels of a film as stored on disk to pixels here."""
        if path not in self._sizes:
            with Image.open(path) as image:
                self._sizes[path] = image.size
        return to_square(boxes, self._sizes[path], self.side)

    def centre(self, numbers: Sequence[int]) -> Tensor:
        """The crops that inference takes: [n, 1, crop, crop] from 0 to 1"""
        start = round((self.side - self.crop) / 2)
        crops = [self.film(i)[start : start + self.crop, start : start + self.crop] for i in numbers]
        return torch.from_numpy(np.stack(crops))[:, None].float() / 255

    def views(
        self, numbers: Sequence[int], augment: AugmentConfig, rng: np.random.Generator
    ) -> tuple[Tensor, list[View]]:
        """Crops at random places, changed at random: [n, 1, crop, crop] from 0 to 1"""
        films = torch.from_numpy(np.stack([self.film(i) for i in numbers]))[:, None].float() / 255
        views = [self._view(augment.zoom, rng) for _ in numbers]
        return jitter(self._cut(films, views), augment, rng), views

    def _view(self, zoom: float, rng: np.random.Generator) -> View:
        side = self.crop if zoom == 1 else rng.uniform(zoom, 1) * self.side
        room = self.side - side
        left, top = (rng.integers(0, room + 1, 2) if zoom == 1 else rng.uniform(0, room, 2)).tolist()
        return View(left, top, side, self.crop)

    def _cut(self, films: Tensor, views: list[View]) -> Tensor:
        """Bilinear; exact where a view is not resized."""
        factor = torch.tensor([view.side / self.side for view in views])
        corner = torch.tensor([[view.left, view.top] for view in views])
        centre = (corner * 2 / self.side) + factor[:, None] - 1
        theta = torch.zeros(len(views), 2, 3)
        theta[:, 0, 0] = theta[:, 1, 1] = factor
        theta[:, :, 2] = centre
        grid = F.affine_grid(theta, [len(views), 1, self.crop, self.crop], align_corners=False)
        return F.grid_sample(films, grid, "bilinear", "border", align_corners=False)


def jitter(films: Tensor, augment: AugmentConfig, rng: np.random.Generator) -> Tensor:
    """Another exposure of each film [n, 1, s, s], and noise."""

    def each(spread: float) -> Tensor:
        return torch.from_numpy(rng.uniform(-spread, spread, (len(films), 1, 1, 1)).astype(np.float32))

    films = films.clamp(0, 1) ** each(augment.gamma).exp()
    films = (films - 0.5) * (1 + each(augment.gain)) + 0.5 + each(augment.offset)
    if augment.noise > 0:
        films = films + augment.noise * torch.from_numpy(rng.standard_normal(films.shape, np.float32))
    return films.clamp(0, 1)


def coverage(boxes: Sequence[Box], crop: int, grid: int) -> np.ndarray:
    """The part of each patch that the boxes cover, row by row: float32 [grid * grid]"""
    cell = crop / grid
    edges = np.arange(grid) * cell
    total = np.zeros((grid, grid), np.float32)
    for x, y, width, height in boxes:
        across = np.clip(np.minimum(edges + cell, x + width) - np.maximum(edges, x), 0, None)
        down = np.clip(np.minimum(edges + cell, y + height) - np.maximum(edges, y), 0, None)
        total += np.outer(down, across).astype(np.float32) / cell**2
    return total.clip(0, 1).reshape(-1)
