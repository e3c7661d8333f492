"""Tokens and masks; which records make up a step."""

from pathlib import Path

import numpy as np
import pytest
import torch

from biovil_train.config import Config, DataConfig, RunConfig, VocabularyConfig
from biovil_train.data import Record
from biovil_train.order import numbers_of_batch
from biovil_train.phases.vocabulary import learn, sampled
from biovil_train.texts import sentences, shuffled
from biovil_train.tokenizer import (
    CLS,
    MASK,
    PAD,
    SEP,
    SPECIAL,
    Tokenizer,
    learn_vocabulary,
    mask_tokens,
    write_tokenizer,
)


def test_masking_is_that_of_bert():
    size = 1000
    rng = np.random.default_rng(0)
    ids = torch.from_numpy(rng.integers(len(SPECIAL), size, (400, 64)))
    ids[:, 0], ids[:, 50], ids[:, 51:] = CLS, SEP, PAD
    mask = (ids != PAD).long()
    masked, positions, truth = mask_tokens(ids, mask, 0.15, size, rng)
    maskable = 400 * 49
    assert abs(len(positions) / maskable - 0.15) < 0.01
    assert ids.view(-1)[positions].equal(truth) and (truth >= len(SPECIAL)).all()
    assert masked.view(-1).index_fill(0, positions, 0).equal(ids.view(-1).index_fill(0, positions, 0))
    seen = masked.view(-1)[positions]
    kept, hidden = (seen == truth).float().mean(), (seen == MASK).float().mean()
    assert abs(hidden - 0.8) < 0.03 and abs(kept - 0.1) < 0.02
    assert (seen[seen != MASK] >= len(SPECIAL)).all()
    again = mask_tokens(ids, mask, 0.15, size, np.random.default_rng(5))
    assert not again[1].equal(positions), "other places at every visit"


def test_at_least_one_token_is_masked():
    ids, mask = torch.tensor([[CLS, 9, SEP, PAD]]), torch.tensor([[1, 1, 1, 0]])
    _, positions, truth = mask_tokens(ids, mask, 0.0, 20, np.random.default_rng(0))
    assert (positions.tolist(), truth.tolist()) == ([1], [9])


def test_tokenizer_pads_truncates_and_drops_final_punctuation(tmp_path: Path):
    pieces = learn_vocabulary(["no effusion.", "an effusion is seen!"] * 5, 200, 1)
    assert tuple(pieces[:5]) == SPECIAL
    write_tokenizer(pieces, tmp_path)
    tokenizer = Tokenizer(tmp_path / "vocab.txt", 5)
    ids, mask = tokenizer(["effusion...!?", "no effusion. an effusion is seen"])
    assert ids.shape == (2, 5) and mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert tokenizer(["No EFFUSION"])[0].equal(tokenizer(["no effusion."])[0])
    assert ids[0, :3].tolist() == [CLS, pieces.index("effusion"), SEP]
    assert tokenizer(["[MASK]"])[0].tolist() == [[CLS, MASK, SEP]]


def test_an_epoch_visits_every_record_once():
    config = Config("mlm", seed=3, run=RunConfig(batch=4))
    steps = [numbers_of_batch(10, config, step).tolist() for step in range(5)]
    visited = [number for step in steps for number in step]
    assert sorted(visited[:10]) == sorted(visited[10:]) == list(range(10))
    assert visited[:10] != visited[10:]
    assert steps == [numbers_of_batch(10, config, step).tolist() for step in range(5)]


def test_shuffling_keeps_the_sentences():
    import random

    text = "The heart is large. Lungs are clear! No effusion."
    found = {shuffled(text, random.Random(seed)) for seed in range(20)}
    assert len(found) > 1 and all(sorted(sentences(one)) == sorted(sentences(text)) for one in found)


def test_numbers_of_a_list_are_no_sentences():
    assert sentences("1. No effusion. 2. Heart is 5.2 cm. ") == ["No effusion.", "Heart is 5.2 cm."]


@pytest.mark.parametrize(("rows", "texts"), [(3000, 1000), (3000, 2999), (3000, 3000), (100, 250)])
def test_the_vocabulary_sees_the_whole_table(rows: int, texts: int):
    """PubMed first, then MIMIC: each has its part, no row is seen before the others were, and it is the same again."""
    order = sampled(rows, texts, 1)
    seen = [order[number % len(order)] for number in range(texts)]
    head = sum(row < rows / 2 for row in seen)
    assert abs(head / texts - 0.5) < 0.05 or texts > rows
    counts = np.bincount(seen, minlength=rows)
    assert counts.max() - counts.min() <= 1
    assert list(order) == list(sampled(rows, texts, 1))


def test_another_seed_samples_others():
    assert sampled(3000, 1000, 1) != sampled(3000, 1000, 2)


def test_a_vocabulary_has_words_of_the_end_of_a_long_table(tmp_path: Path):
    records = [Record(Path(), "pubmed" if i < 300 else "radiology") for i in range(600)]
    data = DataConfig("csv", texts="report")
    learn(Config("vocabulary", data=data, vocabulary=VocabularyConfig(200, 2, 100)), records, tmp_path)
    assert {"pubmed", "radiology"} <= set((tmp_path / "vocab.txt").read_text().splitlines())
