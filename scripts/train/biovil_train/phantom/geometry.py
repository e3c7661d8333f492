"""Where things are: poses, soft edges, lines drawn at twice the film's size, boxes of masks.

Patient coordinates: the film at rest spans [-1, 1] both ways; x grows to the right of the film (the patient's left),
y downwards. Film pixels: continuous, pixel i covers [i, i + 1].
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import binary_closing

from ..study import Box

Array = np.ndarray
OVERSAMPLING = 2


@dataclass(frozen=True)
class Pose:
    """How the patient stands before the film: `angle` in radians, shifts in patient units, `yaw` about -1 to 1."""

    angle: float
    scale: float
    dx: float
    dy: float
    yaw: float

    def grid(self, n: int) -> tuple[Array, Array]:
        """Patient coordinates x, y of the centres of n by n pixels, float32 [n, n]."""
        u = (ticks(n) - np.float32(self.dx)) / np.float32(self.scale)
        v = (ticks(n) - np.float32(self.dy)) / np.float32(self.scale)
        c, s = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        return c * u[None, :] + s * v[:, None], c * v[:, None] - s * u[None, :]

    def pixels(self, points: Array, n: int) -> Array:
        """Film pixels of patient points, [..., 2]."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        x, y = points[..., 0], points[..., 1]
        u = (c * x - s * y) * self.scale + self.dx
        v = (s * x + c * y) * self.scale + self.dy
        return np.stack([u + 1, v + 1], -1) * (n / 2)

    def length(self, distance: float, n: int) -> float:
        """Pixels of a distance in patient units."""
        return distance * self.scale * n / 2


@lru_cache(maxsize=8)
def ticks(n: int) -> Array:
    """Pixel centres over [-1, 1], float32 [n]."""
    return ((np.arange(n, dtype=np.float32) + 0.5) * (2 / n) - 1).astype(np.float32)


def ramp(distance: Array, width: float) -> Array:
    """0 to 1 over `width`, half way where the distance is 0."""
    t = np.clip(distance * np.float32(1 / width) + np.float32(0.5), 0, 1)
    return t * t * (3 - 2 * t)


def curve(knots: Array | list, count: int = 24) -> Array:
    """A smooth line through the knots (Catmull-Rom), float [count, 2]."""
    knots = np.asarray(knots, float)
    ends = np.concatenate([[2 * knots[0] - knots[1]], knots, [2 * knots[-1] - knots[-2]]])
    at = np.linspace(0, len(knots) - 1 - 1e-9, count)
    i = at.astype(int)
    t = (at - i)[:, None]
    a, b, c, d = ends[i], ends[i + 1], ends[i + 2], ends[i + 3]
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def outlines(lines: Array, widths: Array) -> Array:
    """Polygons around lines [k, m, 2] of the given widths [k, m]: [k, 2m, 2]."""
    along = np.gradient(lines, axis=1)
    along /= np.linalg.norm(along, axis=-1, keepdims=True) + 1e-9
    across = np.stack([-along[..., 1], along[..., 0]], -1) * (widths[..., None] / 2)
    return np.concatenate([lines + across, (lines - across)[:, ::-1]], 1)


class Ink:
    """A layer of lines and shapes, each with a value from 0 to 1; the later covers the earlier."""

    # Where it is set, whatever is drawn here is drawn there too, with value 1.
    trace: "Ink | None" = None

    def __init__(self, pose: Pose, size: int):
        self.pose, self.size = pose, size * OVERSAMPLING
        self.image = Image.new("L", (self.size, self.size))
        self.pen = ImageDraw.Draw(self.image)

    def polygons(self, shapes: Array, values: Array) -> None:
        for shape, value in zip(self.pose.pixels(shapes, self.size).tolist(), values, strict=True):
            self.pen.polygon([tuple(point) for point in shape], fill=round(255 * float(value)))
        if self.trace is not None:
            self.trace.polygons(shapes, np.ones(len(shapes)))

    def line(self, points: Array, width: float | Array, value: float) -> None:
        widths = np.broadcast_to(np.asarray(width, float), (len(points),))
        self.polygons(outlines(points[None], widths[None]), np.array([value]))

    def disc(self, centre: tuple[float, float], radius: float, value: float) -> None:
        x, y = self.pose.pixels(np.asarray(centre, float), self.size)
        r = self.pose.length(radius, self.size)
        self.pen.ellipse([x - r, y - r, x + r, y + r], fill=round(255 * value))
        if self.trace is not None:
            self.trace.disc(centre, radius, 1)

    def layer(self) -> Array:
        """float32 [size, size], 0 to 1."""
        return np.asarray(self.image.reduce(OVERSAMPLING), np.float32) * np.float32(1 / 255)


def enlarged(field: Array, size: int) -> Array:
    """A soft field at the film's size."""
    return np.asarray(
        Image.fromarray(field.astype(np.float32, copy=False)).resize((size, size), Image.Resampling.BILINEAR)
    )


def bridged(mask: Array) -> Array:
    """A mask [n, n] without seams: short gaps within a column are filled. The box around it stays."""
    k = -(-len(mask) // 160)
    return binary_closing(np.pad(mask, ((k, k), (0, 0))), np.ones((2 * k + 1, 1), bool))[k:-k]


def spread(mask: Array, size: int) -> Array:
    """A mask [n, n] at the film's size, each of its pixels a square: `box_of_mask` is tight around it."""
    at = np.arange(size) * len(mask) // size
    return mask[at[:, None], at]


def clipped(left: float, top: float, right: float, bottom: float, size: int) -> Box:
    left, right = (min(max(edge, 0.0), float(size)) for edge in (left, right))
    top, bottom = (min(max(edge, 0.0), float(size)) for edge in (top, bottom))
    x, y = round(float(left), 1), round(float(top), 1)
    return x, y, round(float(right) - x, 1), round(float(bottom) - y, 1)


def with_margin(box: Box, margin: float, size: int) -> Box:
    x, y, width, height = box
    return clipped(x - margin, y - margin, x + width + margin, y + height + margin, size)


def box_of_mask(mask: Array, size: int) -> Box | None:
    """The box around the true pixels of a mask [n, n], in pixels of the film."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    k = size / len(mask)
    return clipped(columns[0] * k, rows[0] * k, (columns[-1] + 1) * k, (rows[-1] + 1) * k, size)


def box_of_points(points: Array, pose: Pose, size: int, width: float = 0) -> Box:
    """The box around a line of that width through patient points [k, 2], as far as it is on the film."""
    at, r = pose.pixels(points, size), pose.length(width, size) / 2
    if len(at) > 2:
        # Points so near each other that the last on the film is at its edge.
        steps = np.linspace(0, 1, 16, endpoint=False)[None, :, None]
        at = np.concatenate([(at[:-1, None] + steps * np.diff(at, axis=0)[:, None]).reshape(-1, 2), at[-1:]])
        seen = at[((at > -r) & (at < size + r)).all(1)]
        at = seen if len(seen) else at
    (left, top), (right, bottom) = at.min(0) - r, at.max(0) + r
    return clipped(left, top, right, bottom, size)
