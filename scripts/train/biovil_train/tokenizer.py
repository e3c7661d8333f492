"""WordPiece: learning a vocabulary, and token ids as CXR-BERT's tokenizer gives them."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from tokenizers import BertWordPieceTokenizer
from torch import Tensor

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNKNOWN, CLS, SEP, MASK = range(5)
IGNORED = -100


def learn_vocabulary(texts: Iterable[str], size: int, min_frequency: int) -> list[str]:
    """Special tokens first, at the ids of the published vocabulary."""
    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train_from_iterator(
        texts, vocab_size=size, min_frequency=min_frequency, special_tokens=list(SPECIAL), show_progress=False
    )
    by_id = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    return [piece for piece, _ in by_id]


def write_tokenizer(pieces: list[str], folder: Path) -> None:
    """The three files of a published tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in pieces), encoding="utf-8")
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    tokens = dict(zip(names, SPECIAL, strict=True))
    kinds = {"do_lower_case": True, "do_basic_tokenize": True, "tokenize_chinese_chars": True, "strip_accents": None}
    facts = {**tokens, **kinds, "tokenizer_class": "BertTokenizer"}
    for name, value in (("special_tokens_map", tokens), ("tokenizer_config", facts)):
        (folder / f"{name}.json").write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


class Tokenizer:
    def __init__(self, vocabulary: Path, max_length: int) -> None:
        self._tokenizer = BertWordPieceTokenizer(str(vocabulary), lowercase=True)
        self._tokenizer.enable_truncation(max_length)
        self.size = self._tokenizer.get_vocab_size()

    def __call__(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """ids and mask int64 [n, l]; trailing "!?." is dropped, as the reference's engine does"""
        encoded = self._tokenizer.encode_batch([text.rstrip("!?.") for text in texts])
        length = max(len(encoding.ids) for encoding in encoded)
        ids = torch.full((len(texts), length), PAD)
        mask = torch.zeros((len(texts), length), dtype=torch.int64)
        for row, encoding in enumerate(encoded):
            ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
            mask[row, : len(encoding.ids)] = 1
        return ids, mask

    def is_piece(self, word: str) -> bool:
        return self._tokenizer.token_to_id(word) is not None

    def piece_id(self, piece: str) -> int:
        return self._tokenizer.token_to_id(piece)


def mask_tokens(
    ids: Tensor, mask: Tensor, probability: float, size: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """
    Dynamic masking: new places at every visit.

    Returns masked ids [n, l], flat positions [m] (row * l + column) and the true ids there [m]; at least one position.
    """
    maskable = ((ids >= len(SPECIAL)) & (mask == 1)).numpy()
    chosen = maskable & (rng.random(ids.shape) < probability)
    if not chosen.any():
        candidates = np.flatnonzero(maskable if maskable.any() else mask.numpy())
        chosen.reshape(-1)[rng.choice(candidates)] = True
    positions = torch.from_numpy(np.flatnonzero(chosen))
    truth = ids.reshape(-1)[positions]
    kinds = torch.from_numpy(rng.random(len(positions)))
    others = torch.from_numpy(rng.integers(len(SPECIAL), size, len(positions)))
    masked = ids.clone()
    masked.view(-1)[positions] = torch.where(kinds < 0.8, MASK, torch.where(kinds < 0.9, others, truth))
    return masked, positions, truth
