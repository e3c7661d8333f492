"""From a patient and findings to a film: pose, drawing, exposure, wires and letters, the mark, 8 bits."""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from ..study import LABELS, Finding, Study
from . import chest
from .anatomy import patient
from .devices import DEVICES, METAL
from .findings import DISEASES, heart_ratio
from .geometry import Array, Pose, curve, enlarged, with_margin
from .mark import stamp
from .sample import previous, sample

MARKINGS = 0.30
# Of a box around what is drawn, as a part of the film's side: people who mark findings leave some, too.
MARGIN = 0.02
LEVELS = 4096


@dataclass(frozen=True, eq=False)
class Film:
    """uint8 [size, size]; boxes of the study in its pixels.

    `masks`, where they were asked for: of each finding by its label, bool [size, size], true where it was drawn, both
    sides in one. They may overlap, and the film's mark, markers and borders that come over them do not cut them. Boxes
    go MARGIN further than the mask's part on each side (of a nodule to a pixel); those of devices: devices.py.
    Soft things are drawn at half the film's size and so are their masks: in squares of 2 pixels.
    """

    pixels: Array
    study: Study
    prior: "Film | None" = None
    masks: dict[str, Array] = field(default_factory=dict)


def draw(seed: int, size: int = 320, prior: bool = False, masks: bool = False) -> Film:
    """The film of this seed. With `prior` the same film has changes against an earlier one of the same patient."""
    findings = sample(seed)
    if not prior:
        return draw_study(seed, findings, size, masks=masks)
    changed, before, resolved = previous(seed, findings)
    earlier = draw_study(seed, before, size, visit=1, masks=masks)
    film = draw_study(seed, changed, size, masks=masks)
    return replace(film, study=replace(film.study, resolved=resolved, has_prior=True), prior=earlier)


def draw_study(
    seed: int, findings: tuple[Finding, ...] | list[Finding], size: int = 320, visit: int = 0, masks: bool = False
) -> Film:
    """The patient of this seed with these findings; their boxes are ignored and found anew.

    Another `visit` is another pose and exposure of the same patient.
    """
    rng = np.random.default_rng([seed, 5, visit])
    by_label = {finding.label: finding for finding in findings}
    anatomy = patient(seed)
    if heart := by_label.get("cardiomegaly"):
        anatomy = anatomy.with_heart(heart_ratio(heart, seed))
    scene = chest.Scene(anatomy, pose(rng), size)
    scene.masks = {} if masks else None
    chest.body(scene)
    chest.middle(scene)
    boxes = {}
    for label, put in (DISEASES | DEVICES).items():
        if finding := by_label.get(label):
            boxes[label] = tuple(with_margin(box, MARGIN * size, size) for box in put(scene, finding))
    pixels = develop(scene, rng)
    found = tuple(replace(by_label[label], boxes=boxes[label]) for label in LABELS if label in by_label)
    return Film(pixels, Study(seed, found), masks=scene.masks or {})


def pose(rng: np.random.Generator) -> Pose:
    u = rng.uniform
    return Pose(np.radians(u(-5, 5)), u(0.90, 1.10), u(-0.12, 0.12), u(-0.10, 0.12), u(-1, 1))


def develop(scene: chest.Scene, rng: np.random.Generator) -> Array:
    """The scene's thickness as a film, uint8 [size, size]."""
    size = scene.size
    chest.hila(scene)
    chest.vessels(scene)
    lungs = scene.lungs.values()
    clear = sum(lung.clear for lung in lungs)
    air = sum(lung.air for lung in lungs)
    scene.soft -= np.float32(chest.LUNG * scene.anatomy.lung_depth) * air
    scene.soft += _tissue(scene) * clear
    scene.soft = _scattered(scene.soft, rng.uniform(0.06, 0.18))

    thick = enlarged(scene.soft, size) + scene.film
    thick += chest.ribs(scene)
    thick += chest.shoulder_girdle(scene)
    thick += np.float32(MARKINGS) * chest.soften(scene.markings.layer()) * enlarged(clear, size)
    if scene.aerated.any():
        thick -= scene.bronchi.layer() * enlarged(scene.aerated, size)
    wires(scene, rng)
    thick += np.float32(METAL) * scene.metal.layer()

    # Its own stream: how much is drawn depends on the size, and exposure and letters must not.
    noise = rng.spawn(1)[0].standard_normal((size, size), np.float32)
    noise[:, 1:] += 0.5 * noise[:, :-1]
    thick += noise * (np.float32(rng.uniform(0.007, 0.018)) * (np.float32(0.7) + thick))
    pixels = _curve(rng)[np.clip(thick * np.float32(LEVELS / 3), 0, LEVELS - 1).astype(np.int16)]
    collimate(pixels, rng)
    letters(pixels, scene, rng)
    stamp(pixels, "PHANTOM", 0.972, 0.975)
    return pixels


def _tissue(scene: chest.Scene) -> Array:
    """The lungs' fine texture, the same in every film of the patient."""
    rng = np.random.default_rng([scene.anatomy.seed, 6])
    grain = rng.standard_normal(scene.x.shape, np.float32)
    return 0.035 * chest.soften(grain)


def _scattered(thick: Array, share: float) -> Array:
    """Scatter lifts what is thin next to what is thick."""
    small = thick[::4, ::4]
    blurred = gaussian_filter(small, 0.06 * len(small), mode="nearest", truncate=2.5)
    return thick * np.float32(1 - share) + np.float32(share) * enlarged(blurred, len(thick))


def _curve(rng: np.random.Generator) -> Array:
    """Thickness (0 to 3 in LEVELS steps) to grey, uint8."""
    thick = np.linspace(0, 3, LEVELS)
    steep, gamma = rng.uniform(1.05, 1.45), rng.uniform(0.85, 1.25)
    black, white = rng.uniform(0.0, 0.05), rng.uniform(0.90, 1.0)
    grey = (1 - np.exp(-steep * np.clip(thick - rng.uniform(0.0, 0.06), 0, 3))) / (1 - np.exp(-steep * 2.3))
    return np.clip(255 * (black + (white - black) * np.clip(grey, 0, 1.05) ** gamma), 0, 255).round().astype(np.uint8)


def wires(scene: chest.Scene, rng: np.random.Generator) -> None:
    """Leads of a heart monitor, which are no finding: thin wires to buttons on the skin."""
    if rng.uniform() > 0.25:
        return
    for _ in range(rng.integers(2, 4)):
        side = rng.choice([-1, 1])
        x, y = side * rng.uniform(0.35, 0.85), rng.uniform(-0.55, 0.65)
        leave = (side * rng.uniform(0.5, 1.2), rng.choice([-1.3, 1.3]))
        bend = ((x + leave[0]) / 2 + rng.uniform(-0.2, 0.2), (y + leave[1]) / 2)
        scene.metal.line(curve([(x, y), bend, leave], 30), 0.0075, 0.22)
        scene.metal.disc((x, y), 0.030, 0.16)
        scene.metal.disc((x, y), 0.013, 0.75)


def collimate(pixels: Array, rng: np.random.Generator) -> None:
    """Unexposed borders, sometimes."""
    if rng.uniform() > 0.2:
        return
    n = len(pixels)
    left, right, top, bottom = (int(n * rng.uniform(0, 0.045) * (rng.uniform() < 0.7)) for _ in range(4))
    shade = int(rng.uniform(0, 24))
    pixels[:top] = shade
    pixels[n - bottom :] = shade
    pixels[:, :left] = shade
    pixels[:, n - right :] = shade


def letters(pixels: Array, scene: chest.Scene, rng: np.random.Generator) -> None:
    """A side marker, sometimes, on the side it names; it says nothing of the findings."""
    if rng.uniform() > 0.4:
        return
    side = rng.choice([-1, 1])
    x = 0.5 + side * rng.uniform(0.38, 0.44)
    stamp(pixels, "L" if side > 0 else "R", x + 0.02, rng.uniform(0.07, 0.16), scale=2, plate=False)
