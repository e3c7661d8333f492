"""Radiologists' wording of what is true of a film. Everything is drawn from the `Random` given."""

from biovil_train.reports.general import general_text
from biovil_train.reports.negatives import false_negation, negative, negatives, resolved
from biovil_train.reports.positives import phrase, plain_phrase, positive
from biovil_train.reports.report import Report, radiology_text, report, statements
from biovil_train.reports.triplets import KINDS, Triplet, contradictions, hard_negatives, triplets

__all__ = [
    "KINDS",
    "Report",
    "Triplet",
    "contradictions",
    "false_negation",
    "general_text",
    "hard_negatives",
    "negative",
    "negatives",
    "phrase",
    "plain_phrase",
    "positive",
    "radiology_text",
    "report",
    "resolved",
    "statements",
    "triplets",
]
