"""What the tests and examples of the JavaScript package use: a few held-out phantoms, triplets, masked sentences."""

import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from . import reports
from .checkpoint import load_text
from .corpus import DESCRIPTION
from .data import read_records
from .evaluate import masked_texts, stated
from .paths import HELD_OUT
from .study import LABELS, Fact

FILMS = 120
EXAMPLES = 6
JPEG_QUALITY = 88
TRIPLETS = 150
DESCRIPTION_TAG = 0x010E


def write_fixtures(model: Path, corpus: Path, out: Path) -> None:
    """Films as JPEG, a third of the size; studies.jsonl, triplets.json and masked.json beside them."""
    records = read_records("phantom", str(corpus))[:FILMS]
    lines = (corpus / "studies.jsonl").read_text(encoding="utf-8").splitlines()[:FILMS]
    shutil.rmtree(out / "films", ignore_errors=True)
    (out / "films").mkdir(parents=True)
    with (out / "studies.jsonl").open("w", encoding="utf-8") as file:
        for record, line in zip(records, lines, strict=True):
            name = f"films/{record.film.stem}.jpg"
            about = Image.Exif()
            about[DESCRIPTION_TAG] = DESCRIPTION
            with Image.open(record.film) as film:
                film.save(out / name, quality=JPEG_QUALITY, exif=about)
            file.write(
                json.dumps({**json.loads(line), "film": name, "stated": list(map(_fact, stated(record)))}) + "\n"
            )
    _write(out / "triplets.json", _triplets())
    _, tokenizer = load_text(model)
    _write(out / "masked.json", [vars(item) for item in masked_texts(records, tokenizer)])


def _fact(fact: Fact) -> dict:
    said = {name: value for name, value in vars(fact).items() if value is not None}
    return {"label": said.pop("label"), "present": said.pop("present"), **said}


def _triplets() -> dict[str, list[Sequence[str]]]:
    made = {
        kind: [one.texts for one in reports.triplets(random.Random(21), TRIPLETS, kind)]
        for kind in ("side", "negation")
    }
    written = json.loads(HELD_OUT.read_text(encoding="utf-8"))
    return {**made, "handwritten": [[one["anchor"], one["positive"], one["negative"]] for one in written]}


def write_examples(corpus: Path, out: Path) -> None:
    """The first films that together show every finding, as PNG, with their truth."""
    records = read_records("phantom", str(corpus))[FILMS:]
    lines = (corpus / "studies.jsonl").read_text(encoding="utf-8").splitlines()[FILMS:]
    chosen, wanted = [], set(LABELS)
    for number, record in enumerate(records):
        labels = {finding.label for finding in record.study.findings}
        if len(labels) == 2 and labels <= wanted:
            chosen.append(number)
            wanted -= labels
        if len(chosen) == EXAMPLES - 2:
            break
    chosen.append(next(i for i, record in enumerate(records) if {f.label for f in record.study.findings} == wanted))
    chosen.append(next(i for i, record in enumerate(records) if not record.study.findings))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with (out / "studies.jsonl").open("w", encoding="utf-8") as file:
        for number in chosen:
            name = f"phantom-{records[number].film.stem}.png"
            shutil.copy(records[number].film, out / name)
            file.write(json.dumps({**json.loads(lines[number]), "film": name}) + "\n")


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
