"""Losses as functions of embeddings.

Letters in shapes: b films, m texts, l patches, t tokens, d size of an embedding. Embeddings come in not
normalised; `scale` is the inverse of a temperature.
"""

from collections.abc import Callable
from functools import wraps

import torch
import torch.nn.functional as F
from torch import Tensor


def in_float32(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Losses keep full precision inside mixed precision: a cosine in bfloat16 has three digits."""

    @wraps(function)
    def run(*arguments, **options):
        device = next(one.device for one in arguments if isinstance(one, Tensor))
        with torch.autocast(device.type, enabled=False):
            return function(*arguments, **options)

    return run


@in_float32
def symmetric_info_nce(first: Tensor, second: Tensor, scale: Tensor | float) -> Tensor:
    """Row i of [b, d] belongs to row i of the other [b, d] and to no other."""
    logits = scale * cosines(first, second)
    target = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


@in_float32
def cosines(first: Tensor, second: Tensor) -> Tensor:
    """[b, d] and [m, d] -> [b, m]"""
    return F.normalize(first, dim=1) @ F.normalize(second, dim=1).T


@in_float32
def masked_info_nce(logits: Tensor, owner: Tensor, true: Tensor) -> tuple[Tensor, Tensor]:
    """
    Contrasts each text with the film it belongs to.

    logits [b, m], owner [m] the row of a text's film, true bool [b, m]: where the text holds of the film, which is then
    no negative. Returns the loss of choosing the text of a film, and that of choosing the film of a text.
    """
    columns = torch.arange(logits.shape[1], device=logits.device)
    own = logits[owner, columns]
    negatives = logits.masked_fill(true, -torch.inf)
    texts = torch.logaddexp(own, negatives.logsumexp(1)[owner]) - own
    films = torch.logaddexp(own, negatives.logsumexp(0)) - own
    return texts.mean(), films.mean()


@in_float32
def contradiction_loss(films: Tensor, right: Tensor, wrong: Tensor, scale: Tensor | float) -> Tensor:
    """Row i of films [k, d] is nearer to what is right of it [k, d] than to what is wrong [k, d]."""
    films, right, wrong = (F.normalize(rows, dim=1) for rows in (films, right, wrong))
    return F.softplus(scale * ((films * wrong).sum(1) - (films * right).sum(1))).mean()


@in_float32
def wording_loss(anchors: Tensor, others: Tensor, wrong: Tensor, same: Tensor, scale: Tensor | float) -> Tensor:
    """
    Row i of anchors [k, d] belongs to row i of others [k, d], which says the same, and not to wrong [k, d], which
    contradicts.

    same bool [k, 2k]: what of others and wrong says the same as an anchor and so is no negative of it.
    """
    target = torch.arange(len(anchors), device=anchors.device)
    same = same.clone()
    same[target, target] = False
    forward = scale * cosines(anchors, torch.cat([others, wrong]))
    back = scale * cosines(others, torch.cat([anchors, wrong]))
    losses = (F.cross_entropy(logits.masked_fill(same, -torch.inf), target) for logits in (forward, back))
    return sum(losses) / 2


@in_float32
def local_similarity(patches: Tensor, texts: Tensor, sharpness: float) -> Tensor:
    """The cosine of a text with the patches that it attends to: patches [b, l, d], texts [m, d] -> [b, m]"""
    cosines = torch.einsum("bld,md->bml", F.normalize(patches, dim=2), F.normalize(texts, dim=1))
    return ((sharpness * cosines).softmax(2) * cosines).sum(2)


@in_float32
def token_similarity(
    patches: Tensor, words: Tensor, keep: Tensor, attention: float = 4.0, sharpness: float = 5.0, normalise: bool = True
) -> Tensor:
    """
    GLoRIA's local similarity: every word attends to the patches, and the words' cosines with what they saw are pooled.

    GLoRIA's attention is over words and patches as they are; brought to length 1 (`normalise`) it is nearly uniform.
    Its similarity is `sharpness` times this one, which is about as large as a cosine.

    patches [b, l, d], words [m, t, d], keep bool [m, t] -> [b, m]
    """
    units = F.normalize(words, dim=2)
    if normalise:
        patches, words = F.normalize(patches, dim=2), units
    products = torch.einsum("bld,mtd->bmtl", patches, words)
    # As in GLoRIA: softmax over the words of a text first, then over the patches.
    shares = products.masked_fill(~keep[None, :, :, None], -torch.inf).softmax(2)
    weights = (attention * shares).softmax(3)
    seen = F.normalize(torch.einsum("bmtl,bld->bmtd", weights, patches), dim=3)
    matches = sharpness * (seen * units[None]).sum(3)
    return matches.masked_fill(~keep[None], -torch.inf).logsumexp(2) / sharpness


@in_float32
def box_loss(patches: Tensor, texts: Tensor, coverage: Tensor, scale: Tensor | float) -> Tensor:
    """
    KL divergence of where a text's patches are from where its finding is: row by row of patches [m, l, d], texts [m, d]
    and coverage [m, l], the part of each patch that the boxes cover.
    """
    similar = torch.einsum("mld,md->ml", F.normalize(patches, dim=2), F.normalize(texts, dim=1))
    target = coverage / coverage.sum(1, keepdim=True)
    return F.kl_div((scale * similar).log_softmax(1), target, reduction="batchmean")


@in_float32
def nt_xent(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """SimCLR's loss of two views [b, d] of each film: the other view is the one positive among 2b - 1."""
    views = F.normalize(torch.cat([first, second]), dim=1)
    logits = (views @ views.T / temperature).fill_diagonal_(-torch.inf)
    target = torch.arange(len(views), device=views.device).roll(len(first))
    return F.cross_entropy(logits, target)
