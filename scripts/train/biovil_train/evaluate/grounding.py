"""Where a phrase is. Letters in shapes: g the side of a grid of patches."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter

from .. import reports
from ..data.films import coverage
from ..study import LABELS, Finding
from ..texts import seeded
from .encoded import Encoded, Figures, Texts

THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)


def smoothed(grid: np.ndarray, sigma: float, padding: str | None) -> np.ndarray:
    """As `biovil ground` smooths a similarity map [g, g]: reflect (the reference's), zero, or not at all."""
    if padding is None:
        return grid
    mode = {"reflect": "reflect", "zero": "constant"}[padding]
    return gaussian_filter(grid, sigma, mode=mode, truncate=4)


def peak_of(grid: np.ndarray, crop: int) -> tuple[float, float]:
    """The middle of the best patch: x, y in pixels of the crop"""
    row, column = np.unravel_index(grid.argmax(), grid.shape)
    return (column + 0.5) * crop / len(grid), (row + 0.5) * crop / len(grid)


def inside(boxes: np.ndarray, x: float, y: float) -> bool:
    """Whether a point is in a box: without the tolerance that the pointing game is often played with."""
    left, top, width, height = boxes.T
    return bool(((left <= x) & (x <= left + width) & (top <= y) & (y <= top + height)).any())


def box_mask(boxes: np.ndarray, crop: int) -> np.ndarray:
    """bool [crop, crop]"""
    mask = np.zeros((crop, crop), bool)
    for left, top, width, height in boxes:
        x, y = max(0, round(left)), max(0, round(top))
        mask[y : max(y, round(top + height)), x : max(x, round(left + width))] = True
    return mask


def contrast_to_noise(values: np.ndarray, mask: np.ndarray) -> float:
    """Signed: positive where the map is greater inside."""
    within, without = values[mask], values[~mask]
    return float((within.mean() - without.mean()) / np.sqrt(within.var() + without.var()))


def resized(grid: np.ndarray, crop: int) -> np.ndarray:
    """The heatmap, bilinear: [crop, crop]"""
    tensor = torch.from_numpy(np.ascontiguousarray(grid))[None, None]
    return F.interpolate(tensor, size=(crop, crop), mode="bilinear", align_corners=False)[0, 0].numpy()


def iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max(1, (first | second).sum()))


def grounding(films: Encoded, texts: Texts, prior: "LocationPrior | None") -> Figures:
    """Every finding of every film: the phrase that names its place, and one that does not."""
    crop, side = films.store.crop, films.grid
    rows: dict[str, list[float]] = {}

    def add(name: str, value: float) -> None:
        rows.setdefault(name, []).append(float(value))

    for i, record in enumerate(films.records):
        for finding in record.study.findings:
            boxes = films.boxes(i, finding)
            mask = box_mask(boxes, crop)
            if not mask.any():
                continue
            rng = seeded(record.study.seed, list(LABELS).index(finding.label))
            for name, statement in (
                ("pointing", reports.phrase(finding, rng)),
                ("pointingPlain", reports.plain_phrase(finding, rng)),
            ):
                grid = (films.patches[i] @ texts([statement.text])[0]).reshape(side, side)
                for suffix, padding in (("", "reflect"), (".zero", "zero"), (".unsmoothed", None)):
                    peak = peak_of(smoothed(grid, films.sigma, padding), crop)
                    hit = inside(boxes, *peak)
                    add(f"{name}{suffix}", hit)
                    if suffix == ".zero":
                        add(f"{name}{suffix}.{finding.label}", hit)
                if name == "pointing":
                    covered = coverage(list(map(tuple, boxes)), crop, side).reshape(side, side)
                    add("pointing.possible", inside(boxes, *peak_of(covered, crop)))
                    map_ = resized(smoothed(grid, films.sigma, "reflect"), crop)
                    add("cnr", contrast_to_noise(map_, mask))
                    add("miou", np.mean([iou(map_ > threshold, mask) for threshold in THRESHOLDS]))
                if prior is not None:
                    add(f"{name}.prior", inside(boxes, *prior.place(finding, name == "pointing")))
    return {name: float(np.mean(values)) for name, values in rows.items()}


class LocationPrior:
    """Where a finding usually is: the peak of the mean box, told by the text alone, without a look at the film."""

    def __init__(self, films: Encoded) -> None:
        crop = films.store.crop
        self._sums: dict[tuple, np.ndarray] = {}
        for i, record in enumerate(films.records):
            for finding in record.study.findings:
                mask = box_mask(films.boxes(i, finding), crop)
                for key in (self._key(finding, True), self._key(finding, False)):
                    self._sums[key] = self._sums.get(key, 0) + mask.astype(np.float32)

    @staticmethod
    def _key(finding: Finding, placed: bool) -> tuple:
        return (finding.label, finding.side, finding.zone) if placed else (finding.label,)

    def place(self, finding: Finding, placed: bool) -> tuple[float, float]:
        known = self._sums.get(self._key(finding, placed), self._sums[self._key(finding, False)])
        peak = gaussian_filter(known, 4)
        y, x = np.unravel_index(peak.argmax(), peak.shape)
        return x + 0.5, y + 0.5
