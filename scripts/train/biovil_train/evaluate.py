"""Figures of a model on held-out phantoms: zero-shot AUROC, grounding, sides, negation, retrieval, masked tokens.

Everything here is what a user of `biovil` does with the same films and texts. Letters in shapes: n films, l patches,
g the side of their grid, p projection size, m texts.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter

from . import reports
from .data import FilmStore, Record
from .data.films import coverage
from .models import ImageModel, TextModel
from .paths import HANDWRITTEN, PROMPTS
from .progress import Progress
from .study import LABELS, Fact, Finding
from .texts import seeded, sentence
from .tokenizer import MASK, Tokenizer

# The pointing game's usual tolerance, 15 pixels in an image of 500, as a part of a film's side.
TOLERANCE = 0.03
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)
Figures = dict[str, float]


@dataclass(frozen=True)
class Encoded:
    """Films of some records: patches float32 [n, l, p] and global [n, p], both of length 1."""

    records: list[Record]
    store: FilmStore
    patches: np.ndarray
    globals: np.ndarray
    # Of the smoothing, in patches.
    sigma: float = 1.5

    @property
    def grid(self) -> int:
        return self.store.crop // 32

    def boxes(self, i: int, finding: Finding) -> np.ndarray:
        """[boxes, 4] in pixels of the crop"""
        margin = round((self.store.side - self.store.crop) / 2)
        stored = np.array(self.store.to_store(self.records[i].film, finding.boxes))
        return stored - [margin, margin, 0, 0]


@torch.no_grad()
def encode_films(image: ImageModel, records: list[Record], device: torch.device, cache: Path | None = None) -> Encoded:
    store = FilmStore([record.film for record in records], image.config.resize, image.config.crop, cache)
    image.eval()
    patches, means = [], []
    with Progress("encoding films", len(records)) as progress:
        for start in range(0, len(records), 32):
            numbers = range(start, min(start + 32, len(records)))
            batch = image(store.centre(numbers).to(device))
            patches.append(F.normalize(batch, dim=2).cpu().numpy())
            means.append(F.normalize(batch.mean(1), dim=1).cpu().numpy())
            progress.update(numbers.stop)
    return Encoded(records, store, np.concatenate(patches), np.concatenate(means), image.config.sigma)


class Texts:
    """Embeds texts, each once."""

    def __init__(self, model: TextModel, tokenizer: Tokenizer, device: torch.device) -> None:
        self.model, self.tokenizer, self.device = model.eval(), tokenizer, device
        self._known: dict[str, np.ndarray] = {}

    @torch.no_grad()
    def __call__(self, texts: Sequence[str], normalise: bool = True) -> np.ndarray:
        """float32 [m, p]"""
        new = sorted(set(texts) - set(self._known), key=len)
        for start in range(0, len(new), 128):
            some = new[start : start + 128]
            ids, mask = (tensor.to(self.device) for tensor in self.tokenizer(some))
            self._known.update(zip(some, self.model(ids, mask).cpu().numpy(), strict=True))
        rows = np.stack([self._known[text] for text in texts])
        return unit(rows) if normalise else rows

    def ensemble(self, prompts: Sequence[str]) -> np.ndarray:
        """The mean of embeddings as they are, then of length 1: [p]"""
        return unit(self(prompts, normalise=False).mean(0))


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """The part of pairs of a positive and a negative that are in order; ties count a half."""
    from scipy.stats import rankdata

    count = positive.sum()
    ranks = rankdata(scores)[positive].sum() - count * (count + 1) / 2
    return float(ranks / (count * (len(positive) - count)))


def classification(films: Encoded, texts: Texts) -> Figures:
    prompts = json.loads(PROMPTS.read_text(encoding="utf-8"))
    figures, right = {}, []
    for label in LABELS:
        margins = films.globals @ (
            texts.ensemble(prompts[label]["positive"]) - texts.ensemble(prompts[label]["negative"])
        )
        positive = np.array([record.study.find(label) is not None for record in films.records])
        figures[f"auroc.{label}"] = auroc(margins, positive)
        right.append((margins > 0) == positive)
    mean = float(np.mean(list(figures.values())))
    return {"auroc": mean, **figures, "accuracy": float(np.mean(right))}


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


def inside(boxes: np.ndarray, x: float, y: float, tolerance: float = 0) -> bool:
    """Whether a point is in a box, or no further than `tolerance` from one."""
    left, top, width, height = boxes.T
    across = np.maximum(np.maximum(left - x, x - left - width), 0)
    down = np.maximum(np.maximum(top - y, y - top - height), 0)
    return bool((np.hypot(across, down) <= tolerance).any())


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


def grounding(films: Encoded, texts: Texts, prior: "LocationPrior | None") -> Figures:
    """Every finding of every film: the phrase that names its place, and one that does not."""
    crop, side, tolerance = films.store.crop, films.grid, TOLERANCE * films.store.side
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
                    hit = inside(boxes, *peak, tolerance)
                    add(f"{name}{suffix}", hit)
                    if suffix == ".zero":
                        add(f"{name}{suffix}.{finding.label}", hit)
                        add(f"{name}.strict", inside(boxes, *peak))
                if name == "pointing":
                    covered = coverage(list(map(tuple, boxes)), crop, side).reshape(side, side)
                    add("pointing.possible", inside(boxes, *peak_of(covered, crop)))
                    map_ = resized(smoothed(grid, films.sigma, "reflect"), crop)
                    add("cnr", contrast_to_noise(map_, mask))
                    add("miou", np.mean([iou(map_ > threshold, mask) for threshold in THRESHOLDS]))
                if prior is not None:
                    add(f"{name}.prior", inside(boxes, *prior.place(finding, name == "pointing"), tolerance))
    return {name: float(np.mean(values)) for name, values in rows.items()}


def iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max(1, (first | second).sum()))


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


def sides(films: Encoded, texts: Texts) -> Figures:
    """Of a phrase and its mirror image, the film is nearer to the true one."""
    right = []
    for i, record in enumerate(films.records):
        for finding in record.study.findings:
            said = reports.phrase(finding, seeded(record.study.seed, 99))
            if said.mirrored is None:
                continue
            true, false = texts([said.text, said.mirrored]) @ films.globals[i]
            right.append(true > false)
    return {"leftRight": float(np.mean(right))}


def triplets(texts: Texts, count: int, seed: int) -> Figures:
    """The part of (anchor, positive, negative) in which the anchor is nearer to the positive."""
    sets = {
        kind: [(one.anchor.text, one.positive.text, one.negative.text) for one in made]
        for kind in ("side", "negation")
        if (made := reports.triplets(random.Random(seed), count, kind))
    }
    written = json.loads(HANDWRITTEN.read_text(encoding="utf-8"))
    sets["handwritten"] = [(one["anchor"], one["positive"], one["negative"]) for one in written]
    for kind in sorted({one["kind"] for one in written}):
        some = [one for one in written if one["kind"] == kind]
        sets[f"handwritten.{kind}"] = [(one["anchor"], one["positive"], one["negative"]) for one in some]
    return {name: right_triplets(texts, some) for name, some in sets.items()}


def right_triplets(texts: Texts, some: Sequence[Sequence[str]]) -> float:
    anchor, positive, negative = (texts([one[i] for one in some]) for i in range(3))
    return float(((anchor * positive).sum(1) > (anchor * negative).sum(1)).mean())


def stated(record: Record) -> list[Fact]:
    """What an impression says is there or not, and on which side; how much and since when it does not matter here."""
    impression = reports.report(record.study, seeded(record.study.seed)).impression
    facts = (Fact(fact.label, fact.present, fact.side) for line in impression for fact in line.facts)
    return list(dict.fromkeys(facts))


def retrieval(films: Encoded, texts: Texts) -> Figures:
    """
    Among the impressions that say something: whether the nearest is true of the film, and the other way round. Exact
    recall is capped by reports that say the same.
    """
    said = [stated(record) for record in films.records]
    numbers = np.array([i for i, facts in enumerate(said) if facts])
    scores = films.globals @ texts([films.records[i].impression for i in numbers]).T
    true = np.array([[all(fact.holds(record.study) for fact in said[i]) for i in numbers] for record in films.records])
    return {
        "topReport": float(true[np.arange(len(scores)), scores.argmax(1)].mean()),
        "topReport.chance": float(true.mean()),
        "topFilm": float(true[scores.argmax(0), np.arange(len(numbers))].mean()),
        **recalls(scores, numbers),
    }


def recalls(scores: np.ndarray, owner: np.ndarray) -> Figures:
    """Of scores [n, m], owner [m] being the row of a text's film: the own text, or film, among the nearest k."""
    columns = np.arange(len(owner))
    ranks = (-scores).argsort(1).argsort(1)[owner, columns]
    back = (-scores).argsort(0).argsort(0)[owner, columns]
    figures = {f"reportRecall@{k}": float((ranks < k).mean()) for k in (1, 5, 10)}
    return figures | {f"filmRecall@{k}": float((back < k).mean()) for k in (1, 5, 10)}


@dataclass(frozen=True)
class MaskedText:
    """A sentence in which some words are [MASK], and these words: each is one piece of the vocabulary."""

    text: str
    answer: list[str]


def masked_texts(records: list[Record], tokenizer: Tokenizer) -> list[MaskedText]:
    """A sentence of each report with 15 % of its words masked, at least one."""
    found = []
    for record in records:
        rng = seeded(record.study.seed, 5)
        words = sentence(record, rng).split()
        known = [i for i, word in enumerate(words) if word.isalpha() and tokenizer.is_piece(word.lower())]
        if len(words) < 4 or not known:
            continue
        chosen = sorted(rng.sample(known, min(len(known), max(1, round(0.15 * len(words))))))
        answer = [words[i].lower() for i in chosen]
        text = " ".join("[MASK]" if i in chosen else word for i, word in enumerate(words))
        found.append(MaskedText(text, answer))
    return found


@torch.no_grad()
def mask_accuracy(model: TextModel, tokenizer: Tokenizer, records: list[Record], device: torch.device) -> Figures:
    """Top-1 of masked words."""
    model.eval()
    items = masked_texts(records, tokenizer)
    ids, mask = tokenizer([item.text for item in items])
    positions = (ids == MASK).flatten().nonzero().flatten()
    found = model.masked_logits(ids.to(device), mask.to(device), positions.to(device)).argmax(1).tolist()
    truth = [tokenizer.piece_id(word) for item in items for word in item.answer]
    return {"maskAccuracy": float(np.mean(np.array(found) == np.array(truth)))}


def all_figures(
    image: ImageModel,
    text: TextModel,
    tokenizer: Tokenizer,
    records: list[Record],
    device: torch.device,
    prior_records: list[Record] | None = None,
) -> Figures:
    """Everything; `prior_records`, other studies, tell where findings usually are."""
    films = encode_films(image, records, device)
    texts = Texts(text, tokenizer, device)
    prior = None
    if prior_records:
        paths = [record.film for record in prior_records]
        nothing = np.zeros(0)
        store = FilmStore(paths, image.config.resize, image.config.crop, None)
        prior = LocationPrior(Encoded(prior_records, store, nothing, nothing))
    return {
        **classification(films, texts),
        **grounding(films, texts, prior),
        **sides(films, texts),
        **triplets(texts, 400, 11),
        **retrieval(films, texts),
        **mask_accuracy(text, tokenizer, records, device),
    }


def quick_figures(
    image: ImageModel, text: TextModel, tokenizer: Tokenizer, records: list[Record], device: torch.device
) -> Figures:
    """A few of them, while training. Of films whose truth is not known, how often film and report find each other."""
    films = encode_films(image, records, device)
    texts = Texts(text, tokenizer, device)
    if any(record.study is None for record in records):
        return recalls(films.globals @ texts([record.report for record in records]).T, np.arange(len(records)))
    figures = classification(films, texts)
    labels = [value for name, value in figures.items() if name.startswith("auroc.")]
    found = grounding(films, texts, None)
    kept = ("pointing", "pointing.zero", "pointingPlain.zero", "cnr", "miou")
    return {
        "auroc": figures["auroc"],
        "aurocWorst": min(labels),
        **{name: found[name] for name in kept},
        **sides(films, texts),
        **triplets(texts, 200, 12),
        "topReport": retrieval(films, texts)["topReport"],
    }
