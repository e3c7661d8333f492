"""All figures of a model, or a few."""

import numpy as np
import torch

from ..data import FilmStore, Record
from ..models import ImageModel, TextModel
from ..paths import DEVELOPMENT, HELD_OUT
from ..tokenizer import Tokenizer
from .classification import classification, sides
from .encoded import Encoded, Figures, Texts, encode_films
from .grounding import LocationPrior, grounding
from .language import handwritten, mask_accuracy, triplets
from .retrieval import recalls, retrieval


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
        **handwritten(texts, HELD_OUT, "handwritten"),
        **handwritten(texts, DEVELOPMENT, "development"),
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
    worst = {"auroc": figures["auroc"], "aurocWorst": min(labels)} if labels else {}
    return {
        **worst,
        **{name: found[name] for name in kept if name in found},
        **sides(films, texts),
        **triplets(texts, 200, 12),
        **handwritten(texts, DEVELOPMENT, "development"),
        "topReport": retrieval(films, texts)["topReport"],
    }
