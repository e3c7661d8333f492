"""The wording of reports: what is said is true, complete and varied. Run with `python -m unittest` in scripts/train."""

import os
import re
import subprocess
import sys
import unittest
from dataclasses import replace
from pathlib import Path
from random import Random

from biovil_train import reports
from biovil_train.reports import flip_frames, lexicon, negative_tables
from biovil_train.reports.flip_sentences import SENTENCES as FLIP_SENTENCES
from biovil_train.reports.flips import turning, wordings
from biovil_train.reports.grammar import slots
from biovil_train.reports.places import PLACES
from biovil_train.reports.triplets import random_finding
from biovil_train.reports.wording import heads
from biovil_train.study import BOTH, LABELS, LEFT, RIGHT, SIDES, Fact, Finding, Statement, Study

ROOT = Path(__file__).parent.parent
# Unmistakable names; where one is read, its label must be among the facts.
NAMES = {
    "pleural effusion": r"effusion|hydrothora|pleural fluid",
    "pneumothorax": r"pneumothora|\bptx|pleural air",
    "consolidation": r"consolidat|pneumonia\b|infiltrate|airspace",
    "cardiomegaly": r"cardiomegaly|enlarged (?:heart|cardiac)|cardiac enlargement",
    "nodule": r"\bnodul|coin lesion|\bspn\b",
    "edema": r"edema|vascular congestion|\bchf\b|kerley",
    "pacemaker": r"pacemaker|\bicd\b|\bpacer\b",
    "endotracheal tube": r"endotracheal|\bett\b|intubated",
    "central venous line": r"central venous|\bcvc\b|central line|jugular|subclavian (?:line|catheter)",
}
SEVERITY_WORDS = (
    r"\b(?:small|tiny|trace|minimal|slight\w*|large|massive\w*|moderate\w*|mild\w*|severe\w*|marked\w*|extensive|"
    r"florid|borderline|dense|faint|subtle|gross)\b"
)
ZONE_WORDS = (
    r"\b(?:upper|lower|mid|midlung|middle|apical|apex|basal|basilar|base|bibasilar|biapical|lateral|lingula\w*)\b"
)
SIDE_WORDS = r"\b(?:left|right|bilateral|both|upper|lower|mid|middle|apical|apex|basal|basilar|bibasilar|lateral)\b"


def random_study(rng: Random) -> Study:
    prior = rng.random() < 0.5
    found = [random_finding(rng, label) for label in LABELS if rng.random() < 0.3]
    if not prior:
        found = [replace(finding, change=None) for finding in found]
    names = {finding.label for finding in found}
    gone = tuple(label for label in LABELS if prior and label not in names and rng.random() < 0.15)
    return Study(0, tuple(found), gone, prior)


def all_statements(rng: Random) -> tuple[Study, tuple[Statement, ...]]:
    study = random_study(rng)
    return study, reports.statements(study, rng, 6) + reports.report(study, rng).statements


class TestFacts(unittest.TestCase):
    def test_a_false_negation_denies_what_is_there(self):
        for seed in range(300):
            rng = Random(seed)
            labels = rng.sample(list(LABELS), rng.randint(1, 3))
            study = Study(seed, tuple(random_finding(rng, label) for label in labels))
            said = reports.false_negation(study, rng)
            self.assertTrue(said.facts and not any(fact.present for fact in said.facts))
            self.assertFalse(said.holds(study), said)
        self.assertIsNone(reports.false_negation(Study(1), Random(1)))

    def test_statements_hold_and_their_mirrors_do_not(self) -> None:
        rng = Random(1)
        for _ in range(400):
            study, said = all_statements(rng)
            for statement in said:
                self.assertTrue(statement.holds(study), (statement, study))
                if statement.mirrored is None:
                    continue
                self.assertNotEqual(statement.mirrored, statement.text)
                mirror = Statement(statement.mirrored, tuple(fact.mirrored() for fact in statement.facts))
                self.assertFalse(mirror.holds(study), (statement, study))

    def test_contradictions_do_not_hold(self) -> None:
        rng = Random(2)
        seen = 0
        for _ in range(400):
            study, said = all_statements(rng)
            for statement in said[:6]:
                for other in reports.contradictions(statement, rng):
                    seen += 1
                    self.assertFalse(other.holds(study), (statement, other, study))
        self.assertGreater(seen, 2000)

    def test_what_is_named_is_among_the_facts(self) -> None:
        rng = Random(3)
        for _ in range(400):
            for statement in all_statements(rng)[1]:
                told = {fact.label for fact in statement.facts}
                for label, pattern in NAMES.items():
                    if label not in told:
                        self.assertNotRegex(statement.text.lower(), pattern)

    def test_sides_are_said_as_in_the_facts(self) -> None:
        rng = Random(4)
        # The right heart and the halves of a vein are no side of the finding.
        anatomy = re.compile(
            r"right (?:atrium|ventricle|heart)|been left|left and right|right and left|left or right",
            re.IGNORECASE,
        )
        for _ in range(3000):
            label = rng.choice([name for name in LABELS if LABELS[name].sides])
            said = reports.positive(random_finding(rng, label), rng, noisy=False)
            side = said.facts[0].side
            text = anatomy.sub("", said.text).lower()
            words = set(re.findall(r"\b(left|right)\b", text))
            if side in (LEFT, RIGHT):
                self.assertIsNotNone(said.mirrored)
                self.assertLessEqual(words - {side}, set(), said)
            else:
                self.assertIsNone(said.mirrored, said)
                self.assertEqual(words, set(), said)
                mentions = re.search(r"\b(?:bilateral\w*|both|bibas\w+|biapical)\b", text)
                self.assertFalse(mentions and side != BOTH, said)

    def test_zone_and_severity_are_not_said_unless_in_the_facts(self) -> None:
        rng = Random(15)
        for _ in range(3000):
            label = rng.choice(["consolidation", "nodule", "pneumothorax", "pleural effusion", "edema", "cardiomegaly"])
            said = reports.positive(random_finding(rng, label), rng, noisy=False)
            if LABELS[label].zones and said.facts[0].zone is None:
                self.assertNotRegex(said.text.lower(), ZONE_WORDS)
            if said.facts[0].severity is None:
                self.assertNotRegex(said.text.lower(), SEVERITY_WORDS)

    def test_detail_is_named_exactly(self) -> None:
        rng = Random(5)
        for _ in range(4000):
            finding = random_finding(rng, rng.choice(list(LABELS)))
            wanted = {name for name in ("side", "zone", "severity", "change") if rng.random() < 0.5}
            fact = reports.positive(finding, rng, detail=wanted).facts[0]
            for name in ("side", "zone", "severity", "change"):
                self.assertEqual(getattr(fact, name), getattr(finding, name) if name in wanted else None)

    def test_no_change_without_a_prior(self) -> None:
        rng = Random(6)
        change = re.compile(
            r"\b(?:unchanged|interval|worsen\w*|since|again|resolved|improv\w+|previous\w*)\b", re.IGNORECASE
        )
        for _ in range(400):
            study = replace(random_study(rng), has_prior=False, resolved=())
            study = replace(study, findings=tuple(replace(finding, change=None) for finding in study.findings))
            for statement in reports.statements(study, rng, 6):
                self.assertNotRegex(statement.text, change)


class TestPhrases(unittest.TestCase):
    def test_plain_phrases_name_no_place_and_no_severity(self) -> None:
        rng = Random(7)
        for _ in range(2500):
            finding = random_finding(rng, rng.choice(list(LABELS)))
            said = reports.plain_phrase(finding, rng)
            self.assertNotRegex(said.text.lower(), SIDE_WORDS)
            self.assertIsNone(said.mirrored)
            self.assertEqual(said.facts[0], replace(said.facts[0], side=None, zone=None, severity=None, change=None))

    def test_phrases_name_all(self) -> None:
        rng = Random(8)
        for _ in range(3000):
            finding = random_finding(rng, rng.choice(list(LABELS)))
            fact = reports.phrase(finding, rng).facts[0]
            self.assertEqual((fact.side, fact.zone, fact.severity), (finding.side, finding.zone, finding.severity))

    def test_text_is_tidy(self) -> None:
        rng = Random(9)
        for _ in range(400):
            texts = [statement.text for statement in all_statements(rng)[1]] + [reports.general_text(rng)]
            for text in texts:
                self.assertNotRegex(text, r"[\[\]{}<>|@]|  | [.,;]|,\.|\.\.|^\s*$")
                self.assertNotRegex(text, r"\b[Aa] (?:effusion|opacity|enlarged|ICD|ETT|infiltrate|unchanged)\b")
                self.assertNotRegex(text, r"\b[Aa]n (?:pleural|left|right|small|nodule|unilateral)\b")


class TestTriplets(unittest.TestCase):
    def test_triplets(self) -> None:
        rng = Random(10)
        for kind in reports.KINDS:
            for made in reports.triplets(rng, 150, kind):
                self.assertEqual(made.anchor.facts, made.positive.facts)
                self.assertNotEqual(made.anchor.text, made.positive.text)
                self.assertNotEqual(made.anchor.text, made.negative.text)
                self.assertNotEqual(made.anchor.facts, made.negative.facts)
                if kind == "side":
                    self.assertEqual(made.anchor.mirrored, made.negative.text)
                if kind == "negation":
                    self.assertNotEqual(made.anchor.facts[0].present, made.negative.facts[0].present)
                if kind == "synonym":
                    self.assertNotEqual(made.anchor.facts[0].label, made.negative.facts[0].label)


class TestTurning(unittest.TestCase):
    def test_both_wordings_say_what_their_facts_say(self) -> None:
        rng = Random(16)
        for _ in range(3000):
            label, kind = rng.choice(list(LABELS)), rng.choice(flip_frames.KINDS)
            present, sided = rng.random() < 0.5, bool(LABELS[label].sides) and rng.random() < 0.5
            side = rng.choice((LEFT, RIGHT)) if sided else None
            said = turning(Finding(label, side), rng, kind, present=present, sided=sided, noisy=False)
            self.assertIsNotNone(said, (label, kind))
            change = flip_frames.CHANGE_SAID[kind] if present else None
            self.assertEqual(said.facts, (Fact(label, present, side, change=change),))
            self.assertNotEqual(said.text, said.turned.text)
            self.assertEqual([fact.present for fact in said.turned.facts], [not present])
            self.assertEqual(said.mirrored is not None, sided)
            words = re.findall(r"\b(l|r|left|right)(?:\b|[lu]l\b)", said.text.lower().replace("been left", ""))
            self.assertEqual({word[0] for word in words}, {side[0]} if sided else set(), said)

    def test_lines_differ_and_say_the_same_side(self) -> None:
        frames = (flip_frames.DISEASE, flip_frames.DEVICE)
        for lines in (lines for table in (*frames, *FLIP_SENTENCES.values()) for lines in table.values()):
            for line in lines:
                has, lacks = wordings(line)
                self.assertNotEqual(has, lacks, line)
                self.assertNotRegex(has + lacks, "[<>]", line)
        for lines in (lines for table in FLIP_SENTENCES.values() for lines in table.values()):
            for has, lacks in map(wordings, lines):
                self.assertEqual(slots(has) & {"side", "s"}, slots(lacks) & {"side", "s"}, has)

    def test_how_often(self) -> None:
        rng = Random(17)
        for label in LABELS:
            turned = [hasattr(reports.negative(label, rng), "turned") for _ in range(300)]
            self.assertTrue(100 < sum(turned) < 200, label)
            turned = [
                hasattr(reports.positive(random_finding(rng, label), rng, detail=()), "turned") for _ in range(300)
            ]
            self.assertTrue(30 < sum(turned) < 110, label)


class TestBreadth(unittest.TestCase):
    def test_wordings_of_each_label(self) -> None:
        rng = Random(11)
        for label in LABELS:
            texts = {reports.positive(random_finding(rng, label), rng).text for _ in range(4000)}
            self.assertGreater(len(texts), 2000, label)
            texts = {reports.negative(label, rng, noisy=False).text.lower() for _ in range(2000)}
            self.assertGreater(len(texts), 400, label)

    def test_vocabulary(self) -> None:
        rng = Random(12)
        words: set[str] = set()
        for _ in range(8000):
            words.update(re.findall(r"[a-z][a-z'-]+", reports.general_text(rng).lower()))
        for _ in range(2000):
            said = reports.report(random_study(rng), rng, noisy=False)
            words.update(re.findall(r"[a-z][a-z'-]+", f"{said.findings_text} {said.impression_text}".lower()))
        self.assertGreater(len(words), 3000)


class TestTables(unittest.TestCase):
    def test_tables_cover_the_labels(self) -> None:
        for label, of in LABELS.items():
            self.assertTrue(any(not head.slots for head in heads(label, negatable=True)), label)
            self.assertTrue(negative_tables.SENTENCES[label])
            self.assertEqual(set(FLIP_SENTENCES[label]), set(flip_frames.KINDS))
            keys = {("both" if side == BOTH else "one", zone) for side in of.sides for zone in ("", *of.zones)}
            self.assertLessEqual(keys | {("", zone) for zone in of.zones}, PLACES[label].keys())
        self.assertEqual(lexicon.HEADS.keys(), LABELS.keys())

    def test_joint_negations_have_no_slots(self) -> None:
        for said, lines in negative_tables.JOINT:
            self.assertLessEqual(set(said), set(LABELS))
            for line in lines:
                self.assertEqual(slots(line), frozenset())

    def test_sides(self) -> None:
        rng = Random(13)
        for side in (LEFT, RIGHT):
            said = reports.negative("pleural effusion", rng, side)
            self.assertEqual(said.facts[0].side, side)
            self.assertIsNotNone(said.mirrored)
        for side in SIDES:
            said = reports.phrase(Finding("pleural effusion", side, None, "small"), rng)
            self.assertEqual(said.mirrored is None, side == BOTH)


_DRAW = """
from random import Random
from biovil_train import reports
from biovil_train.reports.triplets import random_finding
from biovil_train.study import LABELS, Study
rng = Random(14)
for _ in range(60):
    study = Study(0, tuple(random_finding(rng, label) for label in LABELS), (), True)
    print(reports.radiology_text(study, rng), reports.general_text(rng))
    for said in reports.statements(study, rng, 12):
        print(said.text, said.mirrored, reports.hard_negatives(said, rng))
"""


class TestDeterminism(unittest.TestCase):
    def test_the_same_draws_the_same(self) -> None:
        texts = set()
        for seed in ("1", "2"):
            environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
            command = [sys.executable, "-c", _DRAW]
            texts.add(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
        self.assertEqual(len(texts), 1)


if __name__ == "__main__":
    unittest.main()
