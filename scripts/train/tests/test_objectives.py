"""Losses against values worked out by hand or by plain loops."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from biovil_train.config import JointConfig
from biovil_train.objectives import (
    box_loss,
    contradiction_loss,
    cosines,
    local_similarity,
    masked_info_nce,
    nt_xent,
    symmetric_info_nce,
    token_similarity,
    wording_loss,
)
from biovil_train.phases.joint import JointObjective


def rows(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def log_sum(*values: float) -> float:
    return math.log(sum(map(math.exp, values)))


def test_masked_info_nce_by_hand():
    logits = torch.tensor([[2.0, 0.0, 1.0], [1.0, 3.0, 0.5]])
    owner = torch.tensor([0, 1, 1])
    own = torch.tensor([[True, False, False], [False, True, True]])
    # The other text of film 1 is true of it, too, and so no negative.
    texts, films = masked_info_nce(logits, owner, own)
    assert texts.item() == pytest.approx((log_sum(2, 0, 1) - 2 + log_sum(3, 1) - 3 + log_sum(0.5, 1) - 0.5) / 3)
    assert films.item() == pytest.approx((log_sum(2, 1) - 2 + log_sum(0, 3) - 3 + log_sum(1, 0.5) - 0.5) / 3)
    # Text 1 is true of film 0 as well.
    own[0, 1] = True
    texts, films = masked_info_nce(logits, owner, own)
    assert texts.item() == pytest.approx((log_sum(2, 1) - 2 + log_sum(3, 1) - 3 + log_sum(0.5, 1) - 0.5) / 3)
    assert films.item() == pytest.approx((log_sum(2, 1) - 2 + 0 + log_sum(1, 0.5) - 0.5) / 3)


def test_masked_info_nce_without_negatives_is_nothing_and_has_a_gradient():
    logits = torch.ones(2, 2, requires_grad=True)
    loss = sum(masked_info_nce(logits, torch.tensor([0, 1]), torch.ones(2, 2, dtype=torch.bool)))
    loss.backward()
    assert loss.item() == 0 and logits.grad.isfinite().all()


def test_symmetric_info_nce_is_the_mean_of_both_directions():
    first, second = rows(5, 8), rows(5, 8, seed=1)
    both = masked_info_nce(2 * cosines(first, second), torch.arange(5), torch.eye(5, dtype=torch.bool))
    assert symmetric_info_nce(first, second, 2.0).item() == pytest.approx(sum(both).item() / 2)
    far = torch.eye(3)
    assert symmetric_info_nce(far, far, 1.0).item() == pytest.approx(log_sum(1, 0, 0) - 1)


def test_nt_xent_by_loops():
    first, second, temperature = rows(3, 4), rows(3, 4, seed=1), 0.5
    views = F.normalize(torch.cat([first, second]), dim=1)
    total = 0.0
    for i in range(6):
        others = [(views[i] @ views[j]).item() / temperature for j in range(6) if j != i]
        total += log_sum(*others) - (views[i] @ views[(i + 3) % 6]).item() / temperature
    assert nt_xent(first, second, temperature).item() == pytest.approx(total / 6)


def test_contradiction_loss():
    film, right, wrong = torch.tensor([[2.0, 0.0]]), torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert contradiction_loss(film, right, wrong, 4.0).item() == pytest.approx(math.log1p(math.exp(-4)))
    assert contradiction_loss(film, right, right, 4.0).item() == pytest.approx(math.log(2))


def test_local_similarity_attends_to_the_patch_that_fits():
    patches = torch.tensor([[[5.0, 0.0], [0.0, 2.0]]])
    share = math.exp(8) / (math.exp(8) + 1)
    assert local_similarity(patches, torch.tensor([[3.0, 0.0]]), 8.0).item() == pytest.approx(share)


def test_token_similarity_by_loops():
    patches, words = F.normalize(rows(2, 4, 6), dim=2), F.normalize(rows(3, 5, 6, seed=1), dim=2)
    keep = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0]]).bool()
    found = token_similarity(patches * 3, words * 0.5, keep, attention=4.0, sharpness=5.0)
    assert found.shape == (2, 3)
    for film in range(2):
        for text in range(3):
            some = words[text][keep[text]]
            shares = (some @ patches[film].T).softmax(0)
            seen = (4 * shares).softmax(1) @ patches[film]
            matches = [F.cosine_similarity(word, one, dim=0).item() for word, one in zip(some, seen, strict=True)]
            expected = math.log(sum(math.exp(5 * match) for match in matches)) / 5
            assert found[film, text].item() == pytest.approx(expected)


def gloria(films: Tensor, texts: list[Tensor], attention: float, pooling: float, scale: float) -> tuple[Tensor, Tensor]:
    """
    GLoRIA's local loss as its paper and code have it, a word at a time: films [b, l, d], texts b of [t, d] -> the loss
    of choosing the text of a film, and that of choosing the film of a text.
    """
    logits = torch.zeros(len(films), len(texts), dtype=films.dtype)
    for i, patches in enumerate(films):
        for j, words in enumerate(texts):
            total = 0.0
            shares = torch.stack([torch.exp(words @ patch) / torch.exp(words @ patch).sum() for patch in patches])
            for t, word in enumerate(words):
                weights = torch.exp(attention * shares[:, t])
                seen = (weights[:, None] * patches).sum(0) / weights.sum()
                total += torch.exp(pooling * (word @ seen) / (word.norm() * seen.norm()))
            logits[i, j] = scale * torch.log(total)
    own = logits.diagonal()
    return (logits.logsumexp(1) - own).mean(), (logits.logsumexp(0) - own).mean()


def test_the_local_loss_of_gloria_by_hand():
    """The published temperatures 4, 5 and 10, words and patches as they are."""
    films = torch.tensor([[[2.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [-1.0, 2.0]]], dtype=torch.float64)
    words = torch.tensor([[[1.0, 0.0], [0.0, 3.0]], [[1.0, 2.0], [0.0, 0.0]]], dtype=torch.float64)
    keep = torch.tensor([[True, True], [True, False]])
    found = token_similarity(films, words, keep, 4.0, 5.0, False)
    # Film 0 and word 0 of text 0: of the patches' exponents the word has e²/(e² + 1) = .8808 and 1/(1 + e³) = .0474, so
    # it attends to them with .9656 and .0344, and its cosine with what it sees is .9998; that of word 1 is .9975:
    # log(exp(5 * .9998) + exp(5 * .9975)) / 5 = 1.1373.
    assert found.flatten().tolist() == pytest.approx([1.137286, 0.8, 0.993048, 0.894427], abs=1e-6)
    losses = masked_info_nce(10 * 5 * found, torch.arange(2), torch.eye(2, dtype=torch.bool))
    assert [loss.item() for loss in losses] == pytest.approx([2.469113, 0.004801], abs=1e-6)
    assert [loss.item() for loss in gloria(films, [words[0], words[1, :1]], 4, 5, 10)] == pytest.approx(
        [2.469113, 0.004801], abs=1e-6
    )


@pytest.mark.parametrize(("attention", "pooling", "scale"), [(4.0, 5.0, 10.0), (2.0, 3.0, 7.0)])
def test_the_local_loss_of_gloria_in_the_joint_phase(attention: float, pooling: float, scale: float):
    """By the options of a configuration, on texts of several lengths."""
    films, words = 3 * rows(4, 9, 6), 2 * rows(4, 6, 6, seed=1)
    keep = torch.arange(6)[None] < torch.tensor([6, 3, 4, 2])[:, None]
    # The first column is [CLS], which is no word.
    texts = [text[kept][1:] for text, kept in zip(words, keep, strict=True)]
    options = {"local_attention": attention, "local_pooling": pooling, "local_scale": scale}
    objective = JointObjective(nn.Identity(), nn.Identity(), JointConfig(local_normalise=False, **options))
    own = torch.eye(4, dtype=torch.bool)
    batch = {"text_mask": keep.long(), "local_owner": torch.arange(4), "local_true": own}
    found = objective._local(films, words[:, 0], words, batch)
    assert found.item() == pytest.approx(sum(gloria(films, texts, attention, pooling, scale)).item() / 2)
    normalised = JointObjective(nn.Identity(), nn.Identity(), JointConfig(**options))
    assert normalised._local(films, words[:, 0], words, batch).item() != pytest.approx(found.item())


def test_the_global_scale_is_the_local_one_where_none_is_named():
    films, words = 3 * rows(4, 9, 6), 2 * rows(4, 6, 6, seed=1)
    batch = {
        "text_mask": torch.ones(4, 6),
        "local_owner": torch.arange(4),
        "local_true": torch.eye(4, dtype=torch.bool),
    }
    losses = [
        JointObjective(nn.Identity(), nn.Identity(), config)._local(films, words[:, 0], words, batch).item()
        for config in (JointConfig(temperature=0.1), JointConfig(temperature=0.1, local_scale=2.0))
    ]
    assert losses[0] == pytest.approx(losses[1])


def test_box_loss_is_least_where_the_box_is():
    patches = torch.eye(4)[None]
    text = torch.tensor([[0.0, 1.0, 0.0, 0.0]])
    there, elsewhere = torch.tensor([[0.0, 0.5, 0.0, 0.0]]), torch.tensor([[0.0, 0.0, 1.0, 0.0]])
    scale = 3.0
    total = log_sum(scale, 0, 0, 0)
    assert box_loss(patches, text, there, scale).item() == pytest.approx(total - scale)
    assert box_loss(patches, text, elsewhere, scale).item() == pytest.approx(total)
    # Over two patches alike the target is a half each.
    both = torch.tensor([[0.0, 0.3, 0.3, 0.0]])
    assert box_loss(patches, text, both, scale).item() == pytest.approx(total - scale / 2 - math.log(2))


def test_wordings_of_the_same_are_no_negatives():
    anchors, others, wrong = torch.eye(4)[:2], torch.eye(4)[:2], torch.eye(4)[2:]
    nothing = torch.zeros(2, 4, dtype=torch.bool)
    # Each has its own at cosine 1 and three others at 0.
    expected = torch.tensor(2.0).exp()
    apart = wording_loss(anchors, others, wrong, nothing, 2.0)
    assert apart.allclose(-(expected / (expected + 3)).log())
    same = nothing.clone()
    same[0, 1] = same[1, 0] = True
    assert wording_loss(anchors, others, wrong, same, 2.0).allclose(-(expected / (expected + 2)).log())
    assert wording_loss(anchors, others, others, nothing, 2.0) > apart
