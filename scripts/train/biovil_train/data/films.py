"""Films as the encoder takes them: decoded and resized once, cropped and changed anew at every visit."""

import errno
import hashlib
import json
import math
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

# Of the films of a store, what may be unreadable: one film, or this part of them.
UNREADABLE = 0.01
# What is the machine's fault and not the film's.
MACHINE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR)


class UnreadableFilm(ValueError):
    pass


def prepare(path: Path, side: int) -> np.ndarray:
    """
    The middle square of a film, uint8 [side, side].

    As the reference: stretched to 0..255 between its least and greatest grey, the shorter side resized by Pillow.
    Raises UnreadableFilm with path and reason.
    """
    try:
        with Image.open(path) as image:
            # Grey of 8, 16 or 32 bits, in either byte order.
            grey = image.mode == "L" or image.mode.startswith("I")
            return _prepared(np.asarray(image if grey else image.convert("L"), np.float64), side)
    except MemoryError:
        raise
    # Pillow's readers raise whatever a broken file leads them to.
    except Exception as error:
        if isinstance(error, OSError) and error.errno in MACHINE:
            raise
        # The path is named anyway, and Pillow would name it again.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        reason = reason.replace(f" {str(path)!r}", "")
        raise UnreadableFilm(f"{path} cannot be read: {reason}") from error


def _prepared(grey: np.ndarray, side: int) -> np.ndarray:
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


def _stamp(path: Path) -> str:
    try:
        info = path.stat()
    except OSError:
        return "missing"
    return f"{info.st_size} {info.st_mtime_ns}"


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
    """
    Films of one side, by number. A cache is one file beside the data, written once.

    A film that cannot be read is kept in `unreadable` with the reason, and another one stands in for it. Raises
    ValueError once more of them are unreadable than is allowed: one film, or UNREADABLE of all.
    """

    def __init__(self, paths: Sequence[Path], side: int, crop: int, cache: Path | None) -> None:
        self.paths, self.side, self.crop = list(paths), side, crop
        self.unreadable: dict[int, str] = {}
        self._sizes: dict[Path, tuple[int, int]] = {}
        self._cached = None if cache is None else self._open(cache)

    def _open(self, folder: Path) -> np.ndarray:
        # A film that was replaced is another film.
        facts = (f"{path} {_stamp(path)}" for path in self.paths)
        key = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]
        path = folder / f".films-{self.side}-{key}.npy"
        # The unreadable ones, whose places in the cache are black: by number, where there are some.
        reasons = path.with_suffix(".json")
        if not path.exists():
            self._decode(path, reasons)
        elif reasons.exists():
            known = json.loads(reasons.read_text(encoding="utf-8"))
            self.unreadable.update((int(number), reason) for number, reason in known.items())
        return np.load(path, mmap_mode="r")

    def _decode(self, path: Path, reasons: Path) -> None:
        # A name of its own: several processes may write it at once, and each renames a whole file.
        unfinished = path.with_suffix(f".{os.getpid()}.partial")
        try:
            films = np.lib.format.open_memmap(unfinished, "w+", np.uint8, (len(self.paths), self.side, self.side))
            with ThreadPoolExecutor(2) as pool, Progress("decoding films", len(self.paths)) as progress:
                for i, film in enumerate(pool.map(self._tried, range(len(self.paths)))):
                    if film is not None:
                        films[i] = film
                    progress.update(i + 1)
            films.flush()
            if self.unreadable:
                reasons.write_text(json.dumps(self.unreadable), encoding="utf-8")
            unfinished.rename(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _tried(self, i: int) -> np.ndarray | None:
        try:
            return prepare(self.paths[i], self.side)
        except UnreadableFilm as error:
            self.lose(i, str(error))
            return None

    def lose(self, i: int, reason: str) -> None:
        """Takes note that a film is unreadable."""
        self.unreadable[int(i)] = reason
        allowed = max(1, math.floor(UNREADABLE * len(self.paths)))
        if len(self.unreadable) > allowed or len(self.unreadable) == len(self.paths):
            some = "; ".join(list(self.unreadable.values())[:5])
            count = f"{len(self.unreadable)} of {len(self.paths)} films cannot be read so far"
            raise ValueError(f"{count}, and {allowed} may be. Mend them or take them out of the data: {some}")

    def check(self) -> list[int]:
        """Reads all, and gives the numbers of those that can be read."""
        for i in range(len(self.paths)):
            if self._cached is None and i not in self.unreadable:
                self._tried(i)
        return [i for i in range(len(self.paths)) if i not in self.unreadable]

    def instead(self, numbers: Sequence[int]) -> np.ndarray:
        """Each unreadable film's place goes to the next readable one after it: the same whenever it is asked."""
        found = np.array(numbers)
        while (lost := np.isin(found, list(self.unreadable))).any():
            found[lost] = (found[lost] + 1) % len(self.paths)
        return found

    def film(self, i: int) -> np.ndarray:
        """uint8 [side, side]"""
        if i in self.unreadable:
            raise UnreadableFilm(self.unreadable[i])
        return self._cached[i] if self._cached is not None else prepare(self.paths[i], self.side)

    def settled(self, numbers: Sequence[int], own: slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """
        Numbers with readable films in the place of others, and the films of the `own` ones: uint8 [n, side, side].

        Of the numbers that are not `own` only what is known already is replaced.
        """
        while True:
            found = self.instead(numbers)
            films = [self._cached[i] if self._cached is not None else self._tried(i) for i in found[own]]
            if all(film is not None for film in films):
                return found, np.stack(films)

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
        return self.views_of(np.stack([self.film(i) for i in numbers]), augment, rng)

    def views_of(
        self, films: np.ndarray, augment: AugmentConfig, rng: np.random.Generator
    ) -> tuple[Tensor, list[View]]:
        """Of films that are decoded already: uint8 [n, side, side]"""
        views = [self._view(augment.zoom, rng) for _ in films]
        return jitter(self._cut(torch.from_numpy(films)[:, None].float() / 255, views), augment, rng), views

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
