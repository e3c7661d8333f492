"""The phantoms: deterministic, truthful within what the labels permit, boxed where they are drawn."""

import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from biovil_train.corpus import write_corpus
from biovil_train.phantom import Film, draw, draw_study, sample
from biovil_train.phantom.anatomy import patient
from biovil_train.phantom.film import MARGIN
from biovil_train.phantom.findings import HEART_RATIOS
from biovil_train.phantom.geometry import box_of_mask
from biovil_train.phantom.sample import clashing, previous
from biovil_train.study import BOTH, LABELS, LEFT, RIGHT, Finding

SEEDS = range(40)
MANY = range(3000)
TWO_BOXES = ("pleural effusion", "consolidation")


@cache
def film(seed: int) -> Film:
    return draw(seed)


@cache
def pair(seed: int) -> Film:
    return draw(seed, prior=True)


def middle(box: tuple[float, float, float, float]) -> float:
    return box[0] + box[2] / 2


def every(label: str) -> list[Finding]:
    """Each permitted combination of attributes."""
    kind = LABELS[label]
    return [
        Finding(label, side, zone, severity)
        for side in kind.sides or (None,)
        for zone in kind.zones or (None,)
        for severity in kind.severities or (None,)
    ]


def test_a_seed_decides_everything():
    first = draw(7)
    draw(8)
    again = draw(7)
    assert first.study == again.study
    assert np.array_equal(first.pixels, again.pixels)
    assert not np.array_equal(first.pixels, draw(8).pixels)


def test_films_are_eight_bit_squares_with_a_mark():
    for size in (224, 320, 512):
        one = draw(3, size)
        assert one.pixels.shape == (size, size) and one.pixels.dtype == np.uint8
    corners = [film(seed).pixels[300:315, 270:315] for seed in SEEDS]
    plates = [corner[(corner == 30) | (corner == 230)].size for corner in corners]
    assert min(plates) > 200
    assert all(np.ptp(film(seed).pixels) > 150 for seed in SEEDS)


def test_attributes_are_permitted_and_only_those():
    for seed in MANY:
        findings = sample(seed)
        assert [f.label for f in findings] == [label for label in LABELS if any(f.label == label for f in findings)]
        assert clashing(findings) is None
        for finding in findings:
            kind = LABELS[finding.label]
            for value, permitted in (
                (finding.side, kind.sides),
                (finding.zone, kind.zones),
                (finding.severity, kind.severities),
            ):
                assert value in permitted if permitted else value is None
            assert finding.change is None


def test_prevalences_and_attributes_are_even():
    studies = [sample(seed) for seed in MANY]
    assert 0.15 < np.mean([not findings for findings in studies]) < 0.25
    for label, kind in LABELS.items():
        having = [f for findings in studies for f in findings if f.label == label]
        assert 0.18 < len(having) / len(studies) < 0.25, label
        for values, permitted in (
            ([f.side for f in having], kind.sides),
            ([f.zone for f in having], kind.zones),
            ([f.severity for f in having], kind.severities),
        ):
            for value in permitted:
                assert 0.65 / len(permitted) < values.count(value) / len(values) < 1.35 / len(permitted), (label, value)


def test_no_finding_decides_another():
    has = np.array([[any(f.label == label for f in sample(seed)) for label in LABELS] for seed in MANY], float)
    together = np.corrcoef(has.T) - np.eye(len(LABELS))
    assert np.abs(together).max() < 0.2


def test_boxes_lie_inside_the_film():
    for seed in SEEDS:
        for one in (film(seed), pair(seed).prior):
            for finding in one.study.findings:
                expected = 2 if finding.label == "edema" or (finding.label in TWO_BOXES and finding.side == BOTH) else 1
                assert len(finding.boxes) == expected, (seed, finding)
                for x, y, w, h in finding.boxes:
                    assert 0 <= x and 0 <= y and x + w <= 320.05 and y + h <= 320.05
                    assert w >= 4 and h >= 4
                    assert (x, y, w, h) == tuple(round(value, 1) for value in (x, y, w, h))


def test_boxes_are_on_the_side_they_name():
    for label in ("pleural effusion", "pneumothorax", "consolidation", "nodule", "pacemaker"):
        for i, finding in enumerate(every(label)):
            one = draw_study(500 + i, [finding])
            # Where the midline is, a tube in the trachea shows.
            midline = middle(draw_study(500 + i, [Finding("endotracheal tube")]).study.findings[0].boxes[0])
            places = [middle(box) > midline for box in one.study.findings[0].boxes]
            assert places == {LEFT: [True], RIGHT: [False], BOTH: [False, True]}[finding.side], finding


def test_boxes_scale_with_the_film():
    for seed in (2, 4, 12):
        for small, large in zip(film(seed).study.findings, draw(seed, 640).study.findings, strict=True):
            assert replace(small, boxes=()) == replace(large, boxes=())
            assert np.allclose(2 * np.array(small.boxes), large.boxes, atol=20)


def test_what_is_drawn_is_in_its_box():
    """Against the same film without the finding, the change is in the boxes more than elsewhere."""
    for label in LABELS:
        if label == "cardiomegaly":
            continue
        for i, finding in enumerate(every(label)[::2]):
            seed = 900 + i
            one, bare = draw_study(seed, [finding]), draw_study(seed, [])
            change = np.abs(one.pixels.astype(float) - bare.pixels)
            inside = np.zeros_like(change, bool)
            for x, y, w, h in one.study.findings[0].boxes:
                inside[int(y) : int(np.ceil(y + h)), int(x) : int(np.ceil(x + w))] = True
            assert change[inside].mean() > 4 * change[~inside].mean(), (seed, finding)
            assert change[inside].mean() > 4, (seed, finding)


def masked(seed: int) -> list[Film]:
    """The films of `pair`, with masks."""
    current = draw(seed, prior=True, masks=True)
    return [current, current.prior]


def test_masks_change_nothing_else():
    for seed in SEEDS:
        for one, plain in zip(masked(seed), (pair(seed), pair(seed).prior), strict=True):
            assert np.array_equal(one.pixels, plain.pixels)
            assert one.study == plain.study
            assert plain.masks == {}


def test_each_finding_has_a_mask():
    for size in (225, 320, 512):
        for seed in (2, 4, 12):
            one = draw(seed, size, masks=True)
            assert list(sorted(one.masks)) == sorted(finding.label for finding in one.study.findings)
            for mask in one.masks.values():
                assert mask.shape == (size, size) and mask.dtype == bool and mask.any()


def drawn(box: tuple[float, float, float, float]) -> list[int]:
    """A box of a film of 320 without its margin, which the film's edge may have cut."""
    x, y, w, h = box
    margin = round(MARGIN * 320, 1)
    left, top = (0 if edge == 0 else edge + margin for edge in (x, y))
    right, bottom = (320 if edge >= 320 else edge - margin for edge in (x + w, y + h))
    return [round(value) for value in (left, top, right - left, bottom - top)]


def test_boxes_of_diseases_are_a_margin_around_their_masks():
    for one in (one for seed in SEEDS for one in masked(seed)):
        for finding in one.study.findings:
            if LABELS[finding.label].device or finding.label == "nodule":
                continue
            mask, covered = one.masks[finding.label], np.zeros((320, 320), bool)
            # The parts of the two sides may share columns in a turned patient, not pixels.
            for x, y, w, h in map(drawn, finding.boxes):
                part = mask[y : y + h, x : x + w]
                near = 1 + round(MARGIN * 320)
                edges = (
                    part[: 1 if y else near],
                    part[-1 if y + h < 320 else -near :],
                    part[:, : 1 if x else near],
                    part[:, -1 if x + w < 320 else -near :],
                )
                assert all(edge.any() for edge in edges)
                covered[y : y + h, x : x + w] = True
            assert not (mask & ~covered).any()


def test_masks_of_devices_and_nodules_fit_their_boxes():
    """To 3 pixels."""
    for label in ("nodule", "pacemaker", "endotracheal tube", "central venous line"):
        for i in range(24):
            finding = every(label)[i % len(every(label))]
            one = draw_study(1100 + i, [finding], masks=True)
            x, y, w, h = drawn(one.study.findings[0].boxes[0])
            left, top, wide, tall = box_of_mask(one.masks[label], 320)
            for outer, inner in ((x, left), (y, top), (-(x + w), -(left + wide)), (-(y + h), -(top + tall))):
                assert -3 < inner - outer < (3 if label in ("nodule", "pacemaker") else 7), (1100 + i, finding)


def test_masks_are_on_the_side_they_name():
    for label in ("pleural effusion", "pneumothorax", "consolidation", "nodule", "pacemaker"):
        for i, finding in enumerate(every(label)):
            mask = draw_study(500 + i, [finding], masks=True).masks[label]
            midline = middle(draw_study(500 + i, [Finding("endotracheal tube")]).study.findings[0].boxes[0])
            columns = np.nonzero(mask)[1]
            right = (columns < midline).mean()
            low, high = {LEFT: (0, 0.02), RIGHT: (0.98, 1), BOTH: (0.2, 0.8)}[finding.side]
            assert low <= right <= high, (500 + i, finding, right)


def test_what_is_drawn_is_in_its_mask():
    """The change against the same film without the finding is in the mask more than in the box around it."""
    for label in LABELS:
        if label == "cardiomegaly":
            continue
        for i, finding in enumerate(every(label)[::2]):
            one, bare = draw_study(900 + i, [finding], masks=True), draw_study(900 + i, [])
            change = np.abs(one.pixels.astype(float) - bare.pixels)
            around = ~one.masks[label]
            assert change[~around].mean() > 4 * change[around].mean(), finding
            inside = np.zeros_like(around)
            for x, y, w, h in one.study.findings[0].boxes:
                inside[int(y) : int(np.ceil(y + h)), int(x) : int(np.ceil(x + w))] = True
            assert change[~around].mean() > 1.3 * change[around & inside].mean(), finding


def test_a_corpus_has_masks_where_asked_for(tmp_path: Path):
    plain, rich = tmp_path / "plain", tmp_path / "masks"
    write_corpus(5, 3, plain, 224, pairs=True)
    write_corpus(5, 3, rich, 224, pairs=True, masks=True)
    assert not (plain / "masks").exists()
    named = []
    for line, other in zip(*((folder / "studies.jsonl").read_text().splitlines() for folder in (rich, plain))):
        value = json.loads(line)
        for study in (value, value["prior"]):
            assert (rich / study["film"]).read_bytes() == (plain / study["film"]).read_bytes()
            for finding in study["findings"]:
                named.append(finding.pop("mask"))
                stem = Path(study["film"]).stem
                assert named[-1] == f"masks/{stem}-{finding['label'].replace(' ', '-')}.png"
                with Image.open(rich / named[-1]) as image:
                    assert image.mode == "1" and image.size == (224, 224) and image.getextrema() == (0, 255)
        # Nothing else is another.
        assert value == json.loads(other)
    assert named and sorted(named) == sorted(f"masks/{path.name}" for path in (rich / "masks").iterdir())


def test_wide_hearts_are_wider_than_any_normal_one():
    normal = [patient(seed).heart_ratio for seed in MANY]
    assert 0.42 <= min(normal) and max(normal) <= 0.50
    edges = [edge for grade in HEART_RATIOS for edge in grade]
    assert edges == sorted(edges) and edges[0] >= 0.56
    for severity, (low, high) in zip(LABELS["cardiomegaly"].severities, HEART_RATIOS, strict=True):
        for seed in range(700, 706):
            upright = draw_study(seed, [Finding("cardiomegaly", severity=severity)])
            width = upright.study.findings[0].boxes[0][2] - 2 * MARGIN * 320
            assert 0.75 * low < width / (2 * 160 * patient(seed).half_width) < 1.25 * high


def test_pairs_are_of_one_patient():
    for seed in SEEDS:
        current, before = pair(seed), pair(seed).prior
        assert before is not None and before.prior is None
        assert current.study.has_prior and not before.study.has_prior and before.study.seed == seed
        # The current film is the one drawn without a prior.
        assert np.array_equal(current.pixels, film(seed).pixels)
        assert not np.array_equal(current.pixels, before.pixels)
        assert all(finding.change is None for finding in before.study.findings)


def test_changes_are_true():
    seen = set()
    for seed in MANY:
        findings = sample(seed)
        changed, before, resolved = previous(seed, findings)
        assert [replace(f, change=None) for f in changed] == list(findings)
        earlier = {finding.label: finding for finding in before}
        for finding in changed:
            seen.add(finding.change)
            old = earlier.pop(finding.label, None)
            assert (old is None) == (finding.change == "new")
            if old is None:
                continue
            assert (old.side, old.zone) == (finding.side, finding.zone)
            steps = LABELS[finding.label].severities
            moved = steps.index(finding.severity) - steps.index(old.severity) if steps else 0
            assert moved == {"increased": 1, "decreased": -1, "unchanged": 0}[finding.change]
        assert set(earlier) == set(resolved)
    assert seen == {"new", "increased", "unchanged", "decreased"}


def test_more_of_a_finding_is_larger_or_denser():
    for label in ("pleural effusion", "pneumothorax", "nodule"):
        kind = LABELS[label]
        side, zone = kind.sides[0], kind.zones[-1] if kind.zones else None
        for seed in range(800, 806):
            areas = []
            for severity in kind.severities:
                (_, _, w, h), *_ = draw_study(seed, [Finding(label, side, zone, severity)]).study.findings[0].boxes
                areas.append(w * h)
            assert areas == sorted(areas), (label, seed, areas)


def test_letters_and_wires_say_nothing():
    """The same exposure and extras whatever the findings: the film's own stream does not depend on them."""
    bare = draw_study(11, []).pixels
    noded = draw_study(11, [Finding("nodule", LEFT, "mid", "small")]).pixels
    assert (bare != noded).mean() < 0.02


def test_another_size_is_the_same_film():
    small, large = draw(21, 320).pixels.astype(float), draw(21, 640).pixels.astype(float)
    halved = large.reshape(320, 2, 320, 2).mean((1, 3))
    assert np.abs(small - halved).mean() < 5
