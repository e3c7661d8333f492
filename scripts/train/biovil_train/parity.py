"""What PyTorch makes of a trained model, for the test that `biovil` makes the same of it."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import tokenizers
import torch
import torch.nn.functional as F
from torch import Tensor

from .checkpoint import load_image, load_text
from .data import FilmStore
from .models import ImageModel, TextModel
from .paths import REPOSITORY
from .tokenizer import MASK, Tokenizer

OUT = REPOSITORY / "test" / "fixtures" / "parity" / "biovil-demo.json"
FILMS = 3
# Of the patches of a film, every so many.
STRIDE = 7
TEXTS = (
    "There is no pneumothorax or pleural effusion",
    "Small left pleural effusion.",
    "Small right pleural effusion",
    "No acute cardiopulmonary process",
    "A rounded nodule projects over the right upper lung zone",
    "Endotracheal tube terminates above the carina; heart size is normal. Left-sided pacemaker in place",
    "Cardiomegaly",
    "Words that no vocabulary has: qwxzvk 3,141.59 µm naïve 肺",
)
MASKED = (
    "There is a small left pleural [MASK]",
    "No [MASK] or pleural effusion is seen",
    "The heart is [MASK] and the lungs are [MASK]",
    "Consolidation in the right lower [MASK]",
)
# A second most likely token nearer than this would make the first a matter of rounding.
MARGIN = 1e-3


def write_parity(model: Path, films: Path, out: Path = OUT) -> None:
    """Of a model directory and the first PNG files of a folder, which the test reads by their paths."""
    text, tokenizer = load_text(model)
    image = load_image(model)
    value = {
        "versions": {"torch": torch.__version__, "tokenizers": tokenizers.__version__, "pillow": PIL.__version__},
        "texts": list(TEXTS),
        "ids": [row[keep.bool()].tolist() for row, keep in zip(*tokenizer(list(TEXTS)), strict=True)],
        "normalized": stored(embedded(text.eval(), tokenizer, list(TEXTS))),
        "masked": [masked(text, tokenizer, line) for line in MASKED],
        "films": [film(image.eval(), path) for path in sorted(films.glob("*.png"))[:FILMS]],
    }
    out.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def stored(tensor: Tensor) -> dict[str, Any]:
    """Little-endian float32 in base64, row-major."""
    data = tensor.detach().cpu().numpy().astype("<f4")
    return {"type": "float32", "dims": list(data.shape), "data": base64.b64encode(data.tobytes()).decode()}


@torch.no_grad()
def embedded(text: TextModel, tokenizer: Tokenizer, texts: list[str]) -> Tensor:
    """Each by itself, so that no padding is involved: [n, p], of length 1"""
    return torch.cat([F.normalize(text(*tokenizer([one])), dim=1) for one in texts])


@torch.no_grad()
def masked(text: TextModel, tokenizer: Tokenizer, line: str) -> dict[str, Any]:
    """The most likely token at each [MASK]; without one where two are nearly as likely."""
    ids, mask = tokenizer([line])
    positions = torch.from_numpy(np.flatnonzero(ids.numpy() == MASK))
    best = text.masked_logits(ids, mask, positions).softmax(1).topk(2)
    rows = zip(positions.tolist(), best.indices.tolist(), best.values.tolist(), strict=True)
    found = [
        {"position": position, "id": first, "probability": high} if high - low > MARGIN else None
        for position, (first, _), (high, low) in rows
    ]
    return {"text": line, "masks": found}


@torch.no_grad()
def film(image: ImageModel, path: Path) -> dict[str, Any]:
    """The global embedding [p] and some patches [k, p], all of length 1."""
    store = FilmStore([path], image.config.resize, image.config.crop, None)
    patches = image(store.centre([0]))[0]
    numbers = list(range(0, len(patches), STRIDE))
    return {
        "file": path.relative_to(REPOSITORY).as_posix() if path.is_relative_to(REPOSITORY) else str(path),
        "global": stored(F.normalize(patches.mean(0), dim=0)),
        "numbers": numbers,
        "patches": stored(F.normalize(patches[numbers], dim=1)),
    }
