"""The chest without findings, as thickness: 1 is a normal chest's soft tissue from front to back, air takes away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from .anatomy import AXIS, LEFT_SIDE, RIGHT_SIDE, SIDES_DRAWN, Anatomy, rows, steepness
from .geometry import Array, Ink, Pose, curve, enlarged, outlines, ramp, spread

LUNG = 0.68


@dataclass
class Lung:
    """One lung's fields, float32 [n, n] on the soft grid (half the film's size)."""

    side: int
    ax: Array
    lateral: Array  # distance to the chest wall, positive inside
    cage: Array  # inside the ribs, above and below the diaphragm
    air: Array  # 1 in the lung, 0 outside; a finding may take air away
    # What of the lung still shows its vessels: no fluid, no free air.
    clear: Array


@dataclass
class Scene:
    """A film being drawn. Soft things are drawn at half the film's size, lines and bones at the film's size."""

    anatomy: Anatomy
    pose: Pose
    size: int
    x: Array = field(init=False)
    y: Array = field(init=False)
    by_y: Array = field(init=False)
    soft: Array = field(init=False)
    film: Array = field(init=False)
    aerated: Array = field(init=False)
    lungs: dict[int, Lung] = field(init=False)
    # Multiplies the widths of vessels: [upper, lower].
    congestion: tuple[float, float] = (1.0, 1.0)
    # Of the findings drawn so far, by label: bool [size, size]. None: nobody wants them.
    masks: dict[str, Array] | None = None

    def __post_init__(self) -> None:
        self.x, self.y = self.pose.grid(self.size // 2)
        self.by_y = rows(self.y)
        self.soft = np.zeros_like(self.x)
        # Lines in the lung and dark lines in a consolidation; metal and plastic; thickness at the film's size.
        self.markings, self.bronchi, self.metal = (Ink(self.pose, self.size) for _ in range(3))
        self.film = np.zeros((self.size, self.size), np.float32)
        # How much the bronchi layer takes away.
        self.aerated = np.zeros_like(self.x)
        self.lungs = {side: self._lung(side) for side in SIDES_DRAWN}

    def keep(self, label: str, mask: Array) -> None:
        """Keeps the extent of a finding, bool [n, n] on either grid."""
        if self.masks is not None:
            self.masks[label] = spread(mask, self.size)

    @contextmanager
    def tracing(self, label: str) -> Iterator[None]:
        """Keeps what is drawn into the metal layer meanwhile as a device's extent: pixels at least half covered."""
        if self.masks is None:
            yield
            return
        self.metal.trace = Ink(self.pose, self.size)
        yield
        self.keep(label, self.metal.trace.layer() > 0.49)
        self.metal.trace = None

    @property
    def spine_x(self) -> float:
        return 0.035 * self.pose.yaw

    @property
    def front_x(self) -> float:
        """How far what lies in front (heart, sternum) has moved by the patient's turning."""
        return -0.035 * self.pose.yaw

    def look(self, table: Array) -> Array:
        """A table by y on the soft grid."""
        return table.astype(np.float32)[self.by_y]

    def _lung(self, side: int) -> Lung:
        a = self.anatomy
        ax = self.x * side
        lateral, edge = self.border(a.outer(side), ax)
        table = a.medial(side)
        shift = np.float32(self.front_x * side)
        medial = (ax - shift - self.look(table)) * self.look(steepness(table))
        floor = a.floor(side)
        by_x = rows(ax)
        above = (floor.astype(np.float32)[by_x] - self.y) * steepness(floor).astype(np.float32)[by_x]
        cage = ramp(lateral, 0.03)
        air = cage * ramp(medial, 0.03) * ramp(above, 0.03)
        # A lung is thinner at its edges.
        depth = 0.66 + 0.34 * ramp(np.minimum(lateral, above) - 0.11, 0.22)
        return Lung(side, ax, lateral, cage, air * depth, air.copy())

    def border(self, table: Array, ax: Array) -> tuple[Array, Array]:
        """Distance to a lateral border (positive inside) and the border itself."""
        edge = self.look(table)
        return (edge - ax) * self.look(steepness(table)), edge


def body(scene: Scene) -> None:
    """Soft tissue without the lungs' air."""
    a, x, y = scene.anatomy, scene.x, scene.y
    ax = np.abs(x)
    edge = a.outer(RIGHT_SIDE)
    below = np.where(AXIS < -0.1, edge[np.searchsorted(AXIS, -0.1)], edge)
    wall = scene.look(below + a.wall)
    torso = ramp(wall - ax, 0.07)
    top = np.where(
        AXIS < a.neck, -3.0, a.shoulder - 0.22 + 0.3 * np.clip((AXIS - a.neck) / 0.65, 0, 1.4) ** 0.62
    ).astype(np.float32)
    beneath_shoulder = ramp(y - top[rows(ax)], 0.05)
    arm = ramp(-0.36 + 0.75 * (ax - wall) - y, 0.07)
    outline = beneath_shoulder * np.maximum(torso, arm)
    profile = np.sqrt(np.clip(1 - (ax / (wall + 0.05)) ** 2, 0.02, 1))
    level = np.interp(AXIS, (-1.1, -0.75, -0.3, 0.3, 0.8, 1.2), (0.60, 0.74, 0.96, 1.0, 1.12, 1.15))
    scene.soft += outline * scene.look(level) * (0.50 + 0.52 * profile) * np.float32(a.thickness)
    if a.breasts:
        for side in SIDES_DRAWN:
            r = np.hypot((x * side - 0.52) / (0.36 * a.breasts), (y - 0.22) / (0.30 * a.breasts))
            scene.soft += 0.13 * ramp(1 - r, 0.22) * ramp(y - 0.02, 0.4) * outline


def middle(scene: Scene) -> None:
    """Spine, heart, trachea and the stomach's bubble."""
    a, x, y = scene.anatomy, scene.x, scene.y
    bend = a.scoliosis * np.sin(1.8 * AXIS) + scene.spine_x
    off = np.abs(x - scene.look(bend))
    width = scene.look(a.spine * (0.9 + 0.18 * np.clip(AXIS + 0.6, 0, 1.6)))
    phase = AXIS / (a.rib_spacing * (1 + 0.08 * AXIS)) + a.rib_phase
    discs = scene.look(
        (0.14 + 0.10 * ramp(AXIS + 0.2, 0.5)) * (1 + 0.4 * np.clip(1.6 * np.sin(2 * np.pi * phase), -1, 1))
    )
    scene.soft += ramp(width - off, 0.025) * discs
    pedicles = np.exp(-(((off - 0.62 * width) / 0.018) ** 2)) * scene.look(
        np.clip(np.sin(2 * np.pi * phase + 0.7), 0, 1) ** 2
    )
    scene.soft += 0.08 * pedicles

    hx = x - np.float32(scene.front_x)
    heart = heart_mask(scene)
    scene.soft += heart * (0.10 + 0.10 * ramp(0.3 - np.hypot(hx - 0.1, y - 0.25), 0.5))

    tx = a.trachea_x + 0.4 * scene.spine_x
    ink = Ink(scene.pose, scene.size // 2)
    down = curve([(tx + 0.01, -1.4), (tx + 0.005, -0.7), (tx - 0.01, a.carina)])
    # Air shines through the soft tissue of the neck and the mediastinum.
    ink.line(
        curve([(tx - 0.01, a.carina - 0.03), (tx - 0.08, a.carina + 0.07), (tx - 0.18, a.carina + 0.2)]), 0.052, 0.55
    )
    ink.line(
        curve([(tx - 0.01, a.carina - 0.03), (tx + 0.08, a.carina + 0.06), (tx + 0.22, a.carina + 0.15)]), 0.046, 0.5
    )
    ink.line(down, 2 * a.trachea, 1)
    scene.soft -= 0.34 * soften(ink.layer())

    if a.bubble:
        cx, cy = 0.40 * a.half_width + 0.05, a.dome_left + 0.10 * a.bubble + 0.035
        r = np.hypot((x - cx) / (0.17 * a.bubble), (y - cy) / (0.085 * a.bubble))
        scene.soft -= 0.33 * ramp(1 - r, 0.35)


def heart_mask(scene: Scene) -> Array:
    """The heart, float32 [n, n] on the soft grid."""
    x = scene.x - np.float32(scene.front_x)
    a = scene.anatomy
    left, right = scene.look(a.heart(LEFT_SIDE)), scene.look(a.heart(RIGHT_SIDE))
    return ramp(left - x, 0.03) * ramp(right + x, 0.03) * (left > 0.05)


def soften(field_: Array) -> Array:
    """A 3 by 3 binomial blur."""
    out = field_.copy()
    out[1:-1] = 0.25 * (field_[:-2] + field_[2:]) + 0.5 * field_[1:-1]
    across = out.copy()
    across[:, 1:-1] = 0.25 * (out[:, :-2] + out[:, 2:]) + 0.5 * out[:, 1:-1]
    return across


def _rib_profile() -> Array:
    """One rib and the gap below it, over a period of 256: a band with brighter edges."""
    d = np.abs(np.arange(256) / 255 - 0.5) * 2
    band = ramp(0.46 - d, 0.12)
    edges = np.exp(-(((d - 0.40) / 0.085) ** 2))
    return (0.075 * band + 0.05 * edges).astype(np.float32)


RIB = _rib_profile()


def ribs(scene: Scene) -> Array:
    """Posterior and (fainter) anterior ribs, thickness at the film's size."""
    a = scene.anatomy
    # The arcs are smooth: their phase is found on the soft grid, the band's edges at the film's size.
    edge = scene.look(a.outer(RIGHT_SIDE)) + np.float32(0.035)
    t = np.clip(np.abs(scene.x) / np.maximum(edge, 0.05), 0, 1)
    arc = np.sqrt(1 - t * t)
    spacing = a.rib_spacing
    back = (scene.y + a.rib_arc * arc) / spacing + a.rib_phase
    front = (scene.y - (0.16 * arc + 0.36 * (1 - t))) / (spacing * 1.02) + a.rib_phase
    cage = scene.lungs[RIGHT_SIDE].cage * scene.lungs[LEFT_SIDE].cage
    above = cage * ramp(scene.y - (a.apex - 0.02), 0.06)
    fade_back = (
        above
        * (0.4 + 0.6 * ramp(a.dome_left + 0.10 - scene.y, 0.3))
        * ramp(a.dome_left + 0.36 - scene.y, 0.2)
        * ramp(np.abs(scene.x) - 0.07, 0.06)
    )
    fade_front = (
        0.6
        * above
        * ramp(np.abs(scene.x) - 0.30, 0.22)
        * ramp(scene.y + 0.42, 0.2)
        * ramp(a.dome_left + 0.1 - scene.y, 0.3)
    )
    out = np.zeros((scene.size, scene.size), np.float32)
    for phase, fade in ((back, fade_back), (front, fade_front)):
        index = (enlarged(phase * 256, scene.size) + 256 * 16).astype(np.int32) & 255
        out += RIB[index] * enlarged(fade * np.float32(a.rib_strength), scene.size)
    return out


def shoulder_girdle(scene: Scene) -> Array:
    """Clavicles, scapulae and the heads of the humeri, thickness at the film's size."""
    a = scene.anatomy
    ink = Ink(scene.pose, scene.size)
    out_x = a.half_width
    for side in SIDES_DRAWN:
        blade = curve(
            [(0.93, -0.60), (0.83, -0.46), (0.80, -0.25), (0.86, -0.02), (0.92, 0.0), (0.99, -0.2), (1.04, -0.45)], 30
        )
        blade[:, 0] += out_x - 0.75
        ink.polygons((blade * [side, 1])[None], np.array([0.26]))
        ink.line(blade[:16] * [side, 1], 0.016, 0.46)
        ink.disc((side * (out_x + 0.36), a.shoulder + 0.24), 0.13, 0.45)
    for side in SIDES_DRAWN:
        start = side * 0.065 + scene.front_x
        y = a.apex + 0.145
        line = curve(
            [
                (start, y),
                (side * 0.20, y - 0.015),
                (side * 0.36, y - 0.45 * a.clavicle_rise),
                (side * 0.54, y - 0.95 * a.clavicle_rise),
                (side * (out_x + 0.02), y - 0.90 * a.clavicle_rise),
                (side * (out_x + 0.22), y - 0.55 * a.clavicle_rise),
            ],
            36,
        )
        t = np.linspace(0, 1, len(line))
        width = a.clavicle_width * (1 + 0.5 * np.exp(-t * 12) - 0.2 * np.exp(-(((t - 0.45) / 0.2) ** 2)) + 0.3 * t**6)
        ink.line(line, width, 0.95)
        ink.line(line, width * 0.55, 0.72)
    return 0.27 * soften(ink.layer())


def vessels(scene: Scene) -> None:
    """Branches from the hila, drawn into the markings; a few seen end on."""
    a = scene.anatomy
    rng = np.random.default_rng([a.seed, 3])
    for side in SIDES_DRAWN:
        trunk_angles = np.radians([-78, -55, -32, -8, 16, 38, 58, 78]) + rng.uniform(-0.12, 0.12, 8)
        n = len(trunk_angles)
        spread = 0.05 * np.stack([np.abs(np.cos(trunk_angles)), np.sin(trunk_angles) * 2.2], -1)
        start = np.array([0.145, a.hilum + (0.03 if side == RIGHT_SIDE else -0.01)]) + spread
        lengths = rng.uniform(0.42, 0.62, n) * (0.82 + 0.25 * np.abs(np.sin(trunk_angles)))
        width = rng.uniform(0.024, 0.035, n) * a.vessels
        levels = [(start, trunk_angles, lengths, width)]
        for children, reach in ((4, 0.55), (3, 0.5)):
            points, angles, size, thick = levels[-1]
            at = rng.uniform(0.15, 0.92, (len(points), children))
            turn = rng.uniform(0.3, 0.75, at.shape) * rng.choice([-1, 1], at.shape)
            where = _branch(points, angles, size, 12)
            index = (at * 11).astype(int)
            begin = np.take_along_axis(where, index[..., None], 1)
            levels.append(
                (
                    begin.reshape(-1, 2),
                    (angles[:, None] + turn).ravel(),
                    (size[:, None] * reach * rng.uniform(0.7, 1.2, at.shape)).ravel(),
                    (thick[:, None] * (1 - 0.72 * at) * 0.72).ravel(),
                )
            )
        for points, angles, size, thick in reversed(levels):
            m = 7
            lines = _branch(points, angles, size, m)
            taper = np.linspace(1, 0.15, m)
            widths = thick[:, None] * taper
            upper, lower = scene.congestion
            widths = widths * np.where(lines[..., 1] < a.hilum, upper, lower)
            value = np.clip(thick / 0.036, 0.22, 1) ** 0.7
            shapes = outlines(lines, np.maximum(widths, 0.0055))
            scene.markings.polygons(shapes * [side, 1], 0.80 * value)
        for _ in range(rng.integers(1, 4)):
            angle, far = rng.uniform(-1.4, 1.4), rng.uniform(0.08, 0.2)
            place = (side * (0.17 + far * np.cos(angle)), a.hilum + 1.3 * far * np.sin(angle))
            scene.markings.disc(place, rng.uniform(0.010, 0.016), 0.85)


def _branch(start: Array, angle: Array, length: Array, count: int) -> Array:
    """Lines [k, count, 2] that leave at the angles and bend towards the periphery."""
    t = np.linspace(0, 1, count)[None]
    bend = 0.5 * np.sin(3 * angle[:, None] + 40 * length[:, None])
    heading = angle[:, None] + bend * t
    x = start[:, :1] + length[:, None] * t * np.cos(heading)
    y = start[:, 1:] + length[:, None] * t * np.sin(heading)
    return np.stack([x, y], -1)


def hila(scene: Scene) -> None:
    a = scene.anatomy
    for side, drop in ((RIGHT_SIDE, 0.03), (LEFT_SIDE, -0.02)):
        lung = scene.lungs[side]
        r = ((lung.ax - 0.17) / 0.085) ** 2 + ((scene.y - a.hilum - drop) / 0.14) ** 2
        scene.soft += 0.17 * np.exp(-r) * lung.clear
