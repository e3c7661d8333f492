"""One patient: the numbers that shape the chest, and its borders as tables. Nothing here depends on film or pose.

Lengths in patient units (half the film's width at rest). A side is -1 for the patient's right (left of the film), +1
for the left; `ax` is the distance from the midline on that side.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .geometry import Array, ramp

# Tables cover [-SPAN, SPAN] in STEPS entries; a table look-up costs a tenth of the function.
SPAN, STEPS = 1.7, 2048
AXIS = np.linspace(-SPAN, SPAN, STEPS)
RIGHT_SIDE, LEFT_SIDE = -1, 1
SIDES_DRAWN = (RIGHT_SIDE, LEFT_SIDE)


def rows(values: Array) -> Array:
    """Table indices of coordinates."""
    return np.clip((values + np.float32(SPAN)) * np.float32((STEPS - 1) / (2 * SPAN)), 0, STEPS - 1).astype(np.int32)


def _smooth(table: Array, width: float) -> Array:
    n = max(1, round(width / (2 * SPAN / STEPS)))
    kernel = np.hanning(2 * n + 3)[1:-1]
    return np.convolve(np.pad(table, n, mode="edge"), kernel / kernel.sum(), "valid")


def steepness(table: Array) -> Array:
    """What a horizontal (vertical) distance to a border must be multiplied with to be one across the border."""
    return 1 / np.sqrt(1 + np.gradient(table, AXIS) ** 2)


@dataclass(frozen=True)
class Anatomy:
    seed: int
    half_width: float  # of the rib cage's inside at its widest
    apex: float
    dome_right: float
    dome_left: float
    dome_drop: float  # from the top of the dome to the costophrenic angle
    wall: float  # soft tissue outside the ribs
    thickness: float
    heart_ratio: float  # width of the heart over width of the rib cage's inside
    heart_right: float  # share of the heart right of the midline
    mediastinum: float
    knob: float
    knob_at: float
    trunk: float
    hilum: float
    carina: float
    trachea: float
    trachea_x: float
    scoliosis: float
    spine: float
    rib_spacing: float
    rib_phase: float
    rib_arc: float
    rib_strength: float
    clavicle_rise: float
    clavicle_width: float
    neck: float
    shoulder: float
    breasts: float
    bubble: float
    vessels: float
    lung_depth: float

    def with_heart(self, ratio: float) -> "Anatomy":
        return replace(self, heart_ratio=ratio)

    def dome(self, side: int) -> float:
        return self.dome_right if side == RIGHT_SIDE else self.dome_left

    def width(self, side: int) -> float:
        return self.half_width * (1.0 if side == RIGHT_SIDE else 0.97)

    @property
    def heart_top(self) -> float:
        return self.hilum - 0.06

    @property
    def heart_bottom(self) -> float:
        return self.dome_left + 0.05

    def heart_reach(self, side: int) -> float:
        """From the midline to the heart's border on that side."""
        full = self.heart_ratio * (self.width(-1) + self.width(1))
        return full * (self.heart_right if side == RIGHT_SIDE else 1 - self.heart_right)

    def outer(self, side: int, lowered: float = 0) -> Array:
        """Where the lung ends laterally, by y; `lowered` moves the apex down (a collapsed lung)."""
        apex = self.apex + lowered
        t = np.clip((0.15 - AXIS) / (0.15 - apex), 0, 1)
        middle = 0.40 * self.half_width
        bow = (1 - t**2.6) ** 0.55
        flare = 1 + 0.03 * np.clip(AXIS - 0.15, 0, 1)
        return middle * np.minimum(1, bow * 8) + (self.width(side) * flare - middle) * bow

    def inner(self, side: int, lowered: float = 0) -> Array:
        """Where the lung ends medially for the roundness of its apex alone, by y."""
        apex = self.apex + lowered
        t = np.clip((apex + 0.5 - AXIS) / 0.5, 0, 1)
        return 0.40 * self.half_width * (1 - (1 - t**3.2) ** 0.5) - 0.02 * (t == 0)

    def heart(self, side: int) -> Array:
        """The heart's border by y, 0 above and below it."""
        t = (AXIS - self.heart_top) / (self.heart_bottom - self.heart_top)
        if side == LEFT_SIDE:
            at, reach = (
                (-0.12, 0, 0.2, 0.42, 0.6, 0.74, 0.86, 0.95, 1.02, 1.06),
                (0, 0.3, 0.5, 0.78, 0.95, 1, 0.97, 0.82, 0.5, 0),
            )
        else:
            at, reach = (-0.1, 0, 0.2, 0.42, 0.62, 0.8, 0.94, 1.03, 1.08), (0, 0.3, 0.66, 0.93, 1, 0.96, 0.8, 0.45, 0)
        table = _smooth(np.interp(t, at, reach, 0, 0), 0.035)
        return table / table.max() * self.heart_reach(side)

    def medial(self, side: int) -> Array:
        """Where the lung ends medially, by y: mediastinum, heart and the apex's own roundness."""
        y = AXIS
        base = self.mediastinum * np.ones(STEPS)
        if side == LEFT_SIDE:
            base = base * 0.72
            base += self.knob * np.exp(-((((y - self.knob_at) / 0.085) ** 2) ** 1.3))
            base += self.trunk * np.exp(-(((y - self.hilum + 0.03) / 0.09) ** 2))
        base = base + 0.07 * ramp(self.apex + 0.25 - y, 0.5) * 0.6
        return _smooth(np.maximum(np.maximum(base, self.heart(side)), self.inner(side)), 0.02)

    def floor(self, side: int) -> Array:
        """The diaphragm's y, by ax."""
        ax, top = AXIS, self.dome(side)
        middle, edge = 0.5 * self.half_width, self.width(side)
        lateral = np.clip((ax - middle) / (edge - middle), 0, 2)
        medial = np.clip((middle - ax) / middle, 0, 1)
        return top + self.dome_drop * (0.45 * lateral**2 + 0.55 * lateral**5) + 0.07 * medial**2

    @cached_property
    def angle(self) -> dict[int, float]:
        """The y of each costophrenic angle."""
        return {side: float(self.dome(side) + self.dome_drop) for side in SIDES_DRAWN}

    def zone(self, side: int, zone: str) -> tuple[float, float]:
        """The y range of a third of the lung."""
        third = (self.dome(side) - self.apex) / 3
        i = ("upper", "mid", "lower").index(zone)
        return self.apex + i * third, self.apex + (i + 1) * third


def patient(seed: int) -> Anatomy:
    rng = np.random.default_rng([seed, 2])
    u = rng.uniform
    half_width = u(0.69, 0.81)
    dome_right = u(0.34, 0.52)
    stout = u(0, 1)
    return Anatomy(
        seed=seed,
        half_width=half_width,
        apex=u(-0.80, -0.71),
        dome_right=dome_right,
        dome_left=dome_right + u(0.015, 0.075),
        dome_drop=u(0.15, 0.23),
        wall=0.07 + 0.12 * stout * u(0.6, 1),
        thickness=0.92 + 0.16 * stout + u(-0.04, 0.04),
        heart_ratio=u(0.42, 0.50),
        heart_right=u(0.31, 0.38),
        mediastinum=u(0.10, 0.135),
        knob=u(0.05, 0.10),
        knob_at=u(-0.42, -0.34),
        trunk=u(0.02, 0.06),
        hilum=u(-0.13, -0.05),
        carina=u(-0.29, -0.22),
        trachea=u(0.036, 0.046),
        trachea_x=u(-0.025, 0.005),
        scoliosis=u(-0.025, 0.025),
        spine=u(0.075, 0.095),
        rib_spacing=u(0.125, 0.148),
        rib_phase=u(0, 1),
        rib_arc=u(0.22, 0.34),
        rib_strength=u(0.75, 1.15),
        clavicle_rise=u(0.05, 0.15),
        clavicle_width=u(0.040, 0.052),
        neck=u(0.22, 0.28),
        shoulder=u(-0.92, -0.82),
        breasts=u(0.6, 1) if u(0, 1) < 0.4 else 0.0,
        bubble=u(0.6, 1.1) if u(0, 1) < 0.5 else 0.0,
        vessels=u(0.8, 1.15),
        lung_depth=u(0.94, 1.06),
    )
