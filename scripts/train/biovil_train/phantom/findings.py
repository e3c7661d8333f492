"""Diseases drawn into a scene. Each function changes the scene's thickness and returns the boxes of what can be seen.

The mask that it keeps in the scene is what it takes the boxes from; only a nodule's box is that of a circle 5 % wider
than the nodule, and the mask is the nodule's lobed shape.

A finding's place and shape come from (patient, label, side) alone: in another film of the same patient it is where it
was, whatever its severity there.
"""

from collections.abc import Callable

import numpy as np

from ..study import AMOUNTS, BOTH, GRADES, LABELS, LEFT, Box, Finding
from .anatomy import AXIS, LEFT_SIDE, RIGHT_SIDE, SIDES_DRAWN, Anatomy, steepness
from .chest import Scene, heart_mask
from .geometry import Array, box_of_mask, box_of_points, bridged, enlarged, ramp

Random = np.random.Generator

# Heart width over chest width. Normal hearts: anatomy.patient.
HEART_RATIOS = ((0.56, 0.59), (0.61, 0.645), (0.665, 0.70))


def stream(seed: int, label: str, side: int = 0) -> Random:
    return np.random.default_rng([seed, 10 + list(LABELS).index(label), side + 1])


def sides_of(finding: Finding) -> tuple[int, ...]:
    if finding.side == BOTH:
        return SIDES_DRAWN
    return (LEFT_SIDE,) if finding.side == LEFT else (RIGHT_SIDE,)


def _amount(finding: Finding, ranges: tuple[tuple[float, float], ...], u: float) -> float:
    """Of the finding's severity; `u` in [0, 1] is the same in every film of the patient."""
    steps = AMOUNTS if finding.severity in AMOUNTS else GRADES
    low, high = ranges[steps.index(finding.severity)]
    return low + (high - low) * u


def _boxes(scene: Scene, finding: Finding, masks: list[Array]) -> tuple[Box, ...]:
    """A box around each mask; together they are the finding's mask."""
    scene.keep(finding.label, np.logical_or.reduce(masks))
    return tuple(box for mask in masks if (box := box_of_mask(mask, scene.size)) is not None)


def heart_ratio(finding: Finding, seed: int) -> float:
    return _amount(finding, HEART_RATIOS, stream(seed, "cardiomegaly").uniform())


def cardiomegaly(scene: Scene, finding: Finding) -> tuple[Box, ...]:
    # The anatomy is already that of the wide heart.
    return _boxes(scene, finding, [heart_mask(scene) > 0.5])


def pneumothorax(scene: Scene, finding: Finding) -> tuple[Box, ...]:
    """Free air over the apex or along the chest wall: no vessels, and the lung's edge as a thin line."""
    a, masks = scene.anatomy, []
    for side in sides_of(finding):
        rng, lung = stream(a.seed, finding.label, side), scene.lungs[side]
        u, where, spread = rng.uniform(size=3)
        if finding.zone == "apical":
            depth = _amount(finding, ((0.13, 0.19), (0.24, 0.32), (0.38, 0.52)), u)
            retreat = (0.01 + 0.10 * depth) * ramp(a.apex + 1.3 * depth + 0.2 - AXIS, 0.4)
            outer = a.outer(side, depth) - retreat
            inner = a.inner(side, depth)
        else:
            depth = _amount(finding, ((0.075, 0.10), (0.125, 0.165), (0.20, 0.27)), u)
            middle, tall = -0.12 + 0.24 * where, 0.36 + 0.12 * spread
            outer = a.outer(side) - depth * np.exp(-(np.abs((AXIS - middle) / tall) ** 3))
            inner = a.inner(side)
        edge = scene.look(steepness(outer)) * (scene.look(outer) - lung.ax)
        apex = scene.look(steepness(inner)) * (lung.ax - scene.look(inner))
        inside = np.minimum(edge, apex)
        gap = lung.clear * ramp(-inside, 0.025)
        # The pleura is a line at the film's size, in the lung only.
        near = enlarged(np.clip(inside, -0.2, 0.2), scene.size)
        line = np.exp(-((near * np.float32(1 / 0.0085)) ** 2)) * enlarged(lung.clear, scene.size)
        scene.film += 0.17 * line
        collapse = 0.05 + 0.10 * min(1.0, depth / 0.4)
        scene.soft += collapse * lung.clear * (1 - gap) * ramp(0.35 - np.abs(inside), 0.5) - 0.09 * gap
        lung.clear = lung.clear * (1 - gap)
        # Where the strip tapers off it cannot be seen. The step over a collapsed apex would leave a seam.
        masks.append(bridged((gap > 0.5) & (inside < -0.022)) & (gap > 0.5))
    return _boxes(scene, finding, masks)


def effusion(scene: Scene, finding: Finding) -> tuple[Box, ...]:
    """Fluid at the bottom of the chest, higher along the wall."""
    a, masks = scene.anatomy, []
    for side in sides_of(finding):
        rng, lung = stream(a.seed, finding.label, side), scene.lungs[side]
        u, curl, tilt = rng.uniform(size=3)
        height = _amount(finding, ((0.24, 0.30), (0.42, 0.54), (0.70, 0.98)), u)
        sag = (0.13 + 0.06 * curl) * (0.75 + 0.5 * min(height, 0.8))
        fall = 0.10 + 0.10 * curl
        medial = (0.04 + 0.05 * tilt) * np.exp(-np.clip(lung.ax - 0.12, 0, 1) / 0.1)
        wall = np.clip(lung.lateral, 0, 1)
        top = a.angle[side] - height + sag * (1 - np.exp(-wall / fall)) - medial * (height > 0.3)
        below = ramp(scene.y - top, 0.055)
        seen = lung.clear * below
        masks.append(seen > 0.4)
        scene.soft += seen * 0.07
        lung.air = lung.air * (1 - 0.97 * below)
        lung.clear = lung.clear * (1 - below)
    return _boxes(scene, finding, masks)


def _ripples(rng: Random, x: Array, y: Array) -> Array:
    """A smooth random field of about unit height in patient coordinates."""
    out = np.zeros_like(x)
    for wavelength in (0.31, 0.24, 0.17, 0.11, 0.07):
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        k = 2 * np.pi / wavelength
        wave = np.float32(k * np.cos(angle)) * x + np.float32(k * np.sin(angle)) * y + np.float32(phase)
        out += np.sin(wave) * np.float32(1.6 * wavelength**0.8)
    return out


def consolidation(scene: Scene, finding: Finding) -> tuple[Box, ...]:
    """A patch with a ragged, soft edge through which filled bronchi show dark."""
    a, masks = scene.anatomy, []
    for side in sides_of(finding):
        rng, lung = stream(a.seed, finding.label, side), scene.lungs[side]
        u, across, along, wide, tall = rng.uniform(size=5)
        density = _amount(finding, ((0.27, 0.33), (0.39, 0.45), (0.52, 0.60)), u)
        top, bottom = a.zone(side, finding.zone)
        cy = top + (bottom - top) * ((0.45, 0.35, 0.3)[("upper", "mid", "lower").index(finding.zone)] + 0.3 * along)
        at = int(np.searchsorted(AXIS, cy))
        inner, outer = a.medial(side)[at], a.outer(side)[at]
        cx = inner + (outer - inner) * (0.32 + 0.38 * across)
        rx, ry = 0.15 + 0.09 * wide, 0.13 + 0.07 * tall
        r = np.hypot((lung.ax - cx) / rx, (scene.y - cy) / ry)
        ragged = _ripples(rng, lung.ax, scene.y)
        patch = ramp(1.0 - r + 0.42 * ragged, 0.75) * lung.clear * ramp(1.75 - r, 0.5)
        scene.soft += np.float32(density) * patch * (0.95 + 0.13 * np.clip(ragged, -1, 1))
        masks.append(patch > 0.35)
        # Air bronchograms fan out from the hilum's direction.
        away = np.array([cx - 0.12, cy - a.hilum])
        heading = np.arctan2(away[1], away[0])
        for turn in np.linspace(-0.6, 0.6, 3) + rng.uniform(-0.15, 0.15, 3):
            h = heading + turn
            t = np.linspace(-0.55, 0.75, 8)[:, None] * min(rx, ry)
            line = (
                np.array([cx, cy]) + t * [np.cos(h), np.sin(h)] + 0.35 * ry * turn * np.array([-np.sin(h), np.cos(h)])
            )
            scene.bronchi.line(line * [side, 1], np.linspace(0.024, 0.009, 8), 1)
        scene.aerated = np.maximum(scene.aerated, patch * np.float32(0.30 * density))
    return _boxes(scene, finding, masks)


def nodule_place(a: Anatomy, finding: Finding) -> tuple[float, float, float]:
    """x, y and radius in patient units: in its zone, clear of the largest heart that leaves room, of walls and dome."""
    (side,) = sides_of(finding)
    rng = stream(a.seed, finding.label, side)
    radius = _amount(finding, ((0.042, 0.050), (0.056, 0.068), (0.076, 0.095)), rng.uniform())
    top, bottom = a.zone(side, finding.zone)
    top, bottom = (
        top + (0.14 if finding.zone == "upper" else 0.05),
        bottom - (0.07 if finding.zone == "lower" else 0.04),
    )
    widest = a.with_heart(max(a.heart_ratio, 0.60 if finding.zone == "lower" else 0.70))
    inner, outer, floor = widest.medial(side), a.outer(side), a.floor(side)
    best, room = (0.4, (top + bottom) / 2), -9.0
    for _ in range(40):
        y, across = rng.uniform(top, bottom), rng.uniform()
        at = int(np.searchsorted(AXIS, y))
        x = inner[at] + (outer[at] - inner[at]) * across
        free = min(x - inner[at] - 0.03, outer[at] - x - 0.03, floor[np.searchsorted(AXIS, x)] - y - 0.05) - 0.09
        # Hilar vessels would hide it.
        free = min(free, np.hypot(x - 0.17, (y - a.hilum) * 0.8) - 0.16)
        if free > room:
            best, room = (x, y), free
        if room > 0:
            break
    return side * float(best[0]), float(best[1]), radius


def nodule(scene: Scene, finding: Finding) -> tuple[Box, ...]:
    cx, cy, radius = nodule_place(scene.anatomy, finding)
    rng = stream(scene.anatomy.seed, "nodule", 5)
    size, pose = scene.size, scene.pose
    px, py = pose.pixels(np.array([cx, cy]), size)
    r = pose.length(radius, size)
    reach = int(np.ceil(1.6 * r)) + 1
    left, top = max(0, int(px) - reach), max(0, int(py) - reach)
    right, bottom = min(size, int(px) + reach + 1), min(size, int(py) + reach + 1)
    gx = (np.arange(left, right, dtype=np.float32) + 0.5 - px)[None, :]
    gy = (np.arange(top, bottom, dtype=np.float32) + 0.5 - py)[:, None]
    angle = np.arctan2(gy, gx)
    lobes, phase, strength = rng.integers(2, 5), rng.uniform(0, 6), rng.uniform(0.02, 0.07)
    far = np.hypot(gx, gy) / r * (1 + strength * np.sin(lobes * angle + phase))
    # A ball's chord, its edge softened.
    ball = 0.72 * np.sqrt(np.clip(1.02 - far * far, 0, 1)) + 0.28 * ramp(1.0 - far, 0.5)
    scene.film[top:bottom, left:right] += np.float32(rng.uniform(0.48, 0.60)) * ball.astype(np.float32)
    mask = np.zeros((size, size), bool)
    mask[top:bottom, left:right] = far < 1
    scene.keep(finding.label, mask)
    spot = np.array([[cx - radius, cy], [cx + radius, cy]])
    centre = np.repeat(spot.mean(0)[None], 2, 0)
    return (box_of_points(centre, pose, size, 2.1 * radius),)


def edema(scene: Scene, finding: Finding) -> tuple[Box, ...]:
    """Haze about both hila, wide vessels up to the apices, short lines at the periphery, cuffed bronchi."""
    a, masks = scene.anatomy, []
    rng = stream(a.seed, finding.label)
    u, spread = rng.uniform(size=2)
    density = _amount(finding, ((0.17, 0.21), (0.28, 0.33), (0.40, 0.47)), u)
    wide = _amount(finding, ((1.2, 1.3), (1.38, 1.5), (1.58, 1.75)), u)
    scene.congestion = (wide, 1 + 0.5 * (wide - 1))
    for side in SIDES_DRAWN:
        lung = scene.lungs[side]
        dx, dy = 0.25 + 0.06 * spread, 0.33 + 0.08 * spread
        r2 = ((lung.ax - 0.22) / dx) ** 2 + ((scene.y - a.hilum - 0.05) / dy) ** 2
        cloud = np.exp(-(r2**1.15)) * lung.clear
        patchy = 1 + 0.28 * np.clip(_ripples(rng, lung.ax, scene.y), -1.2, 1.2)
        scene.soft += np.float32(density) * cloud * patchy + np.float32(0.2 * density) * lung.clear
        masks.append(cloud > 0.34)
        low = a.dome(side)
        count = round(_amount(finding, ((3, 4), (5, 7), (8, 10)), u))
        outer = a.outer(side)
        # Always the whole list is drawn from the stream, so that a grade does not move what follows.
        jitter = rng.uniform(-1, 1, (10, 3))
        for i in range(count):
            y = low - 0.06 - 0.058 * i + 0.012 * jitter[i, 0]
            x = outer[int(np.searchsorted(AXIS, y))] - 0.025
            length = 0.095 + 0.03 * jitter[i, 1]
            line = np.array([[x, y], [x - length / 2, y + 0.008 * jitter[i, 2]], [x - length, y + 0.012]])
            scene.markings.line(line * [side, 1], 0.0115, 0.5)
        for place in ((0.24, -0.10), (0.30, 0.06)):
            x, y = side * (place[0] + 0.05 * jitter[0, 1]), a.hilum + place[1] + 0.06 * jitter[1, 1]
            scene.markings.disc((x, y), 0.024, 0.65)
            scene.markings.disc((x, y), 0.014, 0.2)
    return _boxes(scene, finding, masks)


DISEASES: dict[str, Callable[[Scene, Finding], tuple[Box, ...]]] = {
    # What takes lung away comes first: the others show only in what is left.
    "cardiomegaly": cardiomegaly,
    "pneumothorax": pneumothorax,
    "pleural effusion": effusion,
    "consolidation": consolidation,
    "edema": edema,
    "nodule": nodule,
}
