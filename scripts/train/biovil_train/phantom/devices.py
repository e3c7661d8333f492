"""Lines and tubes drawn into a scene's metal layer, each with the box of what can be seen.

A mask is the metal drawn, a tube's bore included. Of a pacemaker both are the generator and the loop of lead around it,
without the leads to the heart; the box is that of the loop's middle. The box of a tube or line goes half its width past
its ends.
"""

from collections.abc import Callable

import numpy as np

from ..study import Box, Finding
from .chest import Scene
from .findings import sides_of, stream
from .geometry import box_of_points, curve

# Thickness of the layer's full value: metal is far denser than bone.
METAL = 1.5


def _rounded(width: float, height: float, corner: float) -> np.ndarray:
    """The outline of a rounded box about 0, [k, 2]."""
    t = (np.arange(40) + 0.5) * (np.pi / 20)
    c, s = np.cos(t), np.sin(t)
    flat = np.array([width / 2 - corner, height / 2 - corner])
    return np.stack([np.sign(c), np.sign(s)], -1) * flat + corner * np.stack([c, s], -1)


def pacemaker(scene: Scene, finding: Finding) -> tuple[Box, ...]:
    """A generator below the clavicle with one or two leads through the great veins into the heart."""
    (side,) = sides_of(finding)
    a, ink = scene.anatomy, scene.metal
    rng = stream(a.seed, finding.label, side)
    x, y = rng.uniform(0.40, 0.66), a.apex + rng.uniform(0.26, 0.46)
    wide, tall = rng.uniform(0.16, 0.23), rng.uniform(0.15, 0.21)
    tilt = rng.uniform(-0.35, 0.35)
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    case = _rounded(wide, tall, rng.uniform(0.3, 0.46) * tall) @ turn + [x, y]
    # The leads leave at the top, medially.
    exit_ = np.array([-0.30 * wide, -0.42 * tall]) @ turn + [x, y]
    vein = a.apex + 0.20
    reach = a.heart_reach(1)
    svc = (-0.10, a.hilum - 0.24)
    entry = [
        tuple(exit_ * [side, 1]),
        (side * (x - 0.12), y - tall * 0.5 - 0.08),
        (side * 0.26, vein + 0.015),
        (side * 0.10, vein + 0.08),
    ]
    tip = (rng.uniform(0.45, 0.68) * reach, a.heart_bottom - rng.uniform(0.07, 0.12))
    leads = [[*entry, svc, (-0.12, a.hilum + 0.12), (-0.06, a.heart_bottom - 0.16), tip]]
    if rng.uniform() < 0.5:
        leads.append(
            [
                *entry[:3],
                (side * 0.09, vein + 0.095),
                (-0.085, svc[1]),
                (-0.10, a.hilum + 0.10),
                (-0.13, a.hilum + 0.24),
                (-0.05, a.hilum + 0.19),
            ]
        )
    for knots in leads:
        line = curve(knots, 48)
        ink.line(line, 0.0145, 0.46)
        ink.line(line[-4:], 0.021, 0.80)
    # A loop of spare lead behind the generator.
    angle = np.linspace(0.3, 5.6, 26)
    loop = np.stack([np.cos(angle) * wide * 0.56, np.sin(angle) * tall * 0.56], -1) @ turn + [x, y]
    with scene.tracing(finding.label):
        ink.line(loop * [side, 1], 0.0125, 0.46)
        ink.polygons((case * [side, 1])[None], np.array([0.86]))
    battery = (
        _rounded(wide * 0.72, tall * 0.42, 0.2 * tall) @ turn + np.array([0.02 * wide, 0.16 * tall]) @ turn + [x, y]
    )
    ink.polygons((battery * [side, 1])[None], np.array([1.0]))
    header = (
        _rounded(wide * 0.62, tall * 0.18, 0.08 * tall) @ turn + np.array([-0.08 * wide, -0.30 * tall]) @ turn + [x, y]
    )
    ink.polygons((header * [side, 1])[None], np.array([0.52]))
    return (box_of_points(np.concatenate([case, loop]) * [side, 1], scene.pose, scene.size),)


def tube(scene: Scene, finding: Finding) -> tuple[Box, ...]:
    """An endotracheal tube: two bright walls down the trachea to above the carina."""
    a, ink = scene.anatomy, scene.metal
    rng = stream(a.seed, finding.label)
    tx = a.trachea_x + 0.4 * scene.spine_x
    tip = a.carina - rng.uniform(0.09, 0.30)
    sway = rng.uniform(-0.018, 0.018)
    line = curve(
        [(tx + 0.8 * sway, -1.5), (tx - 0.5 * sway, -0.9), (tx + sway, (tip - 0.9) / 2), (tx + 0.3 * sway, tip)], 40
    )
    width = rng.uniform(0.046, 0.056)
    with scene.tracing(finding.label):
        ink.line(line, width, 0.40)
    ink.line(line[:-1], width - 0.027, 0.17)
    # The opaque stripe along one wall ends a little before the tip.
    stripe = line[:-2] + [rng.choice([-1, 1]) * (width / 2 - 0.008), 0]
    ink.line(stripe, 0.013, 0.55)
    return (box_of_points(line, scene.pose, scene.size, width),)


def central_line(scene: Scene, finding: Finding) -> tuple[Box, ...]:
    """A thin line from the neck or below the clavicle into the superior vena cava."""
    (side,) = sides_of(finding)
    a, ink = scene.anatomy, scene.metal
    rng = stream(a.seed, finding.label, side)
    low = a.hilum + rng.uniform(-0.10, 0.10)
    svc = [(-0.105 - 0.015 * rng.uniform(), a.hilum - 0.22), (-0.115, low)]
    wobble = rng.uniform(-0.03, 0.03, 4)
    vein = a.apex + 0.20 + wobble[0]
    if rng.uniform() < 0.5:
        start = [(side * (0.21 + wobble[1]), -1.45), (side * (0.17 + wobble[2]), a.apex - 0.06)]
    else:
        far = rng.uniform(0.46, 0.66)
        start = [(side * far, vein + 0.16 + wobble[1]), (side * 0.36, vein - 0.035), (side * 0.22, vein - 0.01)]
    across = [(side * 0.125, vein + 0.04)] if side < 0 else [(0.11, vein + 0.05), (0.01, vein + 0.115 + wobble[3] / 2)]
    line = curve([*start, *across, *svc], 48)
    with scene.tracing(finding.label):
        ink.line(line, 0.0165, 0.40)
        if len(start) == 3:
            # The hub outside the skin.
            ink.line(line[:3], 0.034, 0.50)
    return (box_of_points(line, scene.pose, scene.size, 0.0165),)


DEVICES: dict[str, Callable[[Scene, Finding], tuple[Box, ...]]] = {
    "endotracheal tube": tube,
    "central venous line": central_line,
    "pacemaker": pacemaker,
}
