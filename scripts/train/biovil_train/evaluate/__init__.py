"""Figures of a model on held-out phantoms: zero-shot AUROC, grounding, sides, negation, retrieval, masked words.

Everything here is what a user of `biovil` does with the same films and texts.
"""

from .encoded import Figures
from .figures import all_figures, quick_figures
from .language import masked_texts
from .retrieval import stated

__all__ = ["Figures", "all_figures", "masked_texts", "quick_figures", "stated"]
