"""Reference encodings of Python's BertTokenizer, BertTokenizerFast and the `tokenizers` package.

    python scripts/export/tokenizer_reference.py                         writes test/fixtures/tokenizer
    python scripts/export/tokenizer_reference.py --compare VOCAB REPORTS compares the three on a published vocabulary
                                                                         and a CSV of reports; writes published.json

Tried with Python 3.11 (Unicode 14.0), transformers 4.57, tokenizers 0.22. The slow tokenizer is the reference; the
other two must agree with it on every string of the default configuration, and where a configuration makes them
differ the number of such strings is stored. test/fixtures/tokenizer/README.md lists the differences.
"""

import argparse
import base64
import csv
import hashlib
import json
import pathlib
import random
import re
import struct
import sys
import unicodedata

from tokenizers import normalizers, pre_tokenizers
from tokenizers.implementations import BertWordPieceTokenizer
from transformers import BertTokenizer, BertTokenizerFast
from transformers.models.bert.tokenization_bert import BasicTokenizer
from transformers.utils import logging

from tokenizer_fuzz import fuzz, pack, unpack

FIXTURES = pathlib.Path(__file__).parents[2] / "test/fixtures/tokenizer"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
# fmt: off
STRINGS = SPECIALS + [
    "[mask]", "[Mask]", "[ MASK ]", "[[MASK]]", "[MASK", "MASK]", "a[MASK]b", "[MASK][MASK]",
    "\r\n", "\t", "\u00a0", "\u2028", "\u2029", "\u0085", "\x0b", "\x00", "\ufffd", "\ufeff", "\u200b", "\u00ad",
    "##", "##a", "...", "e\u0301", "\u0301", "a\u0323\u0301", "a\u0301\u0323", "\u1e69", "\u1e9b\u0323", "\ufb01",
    "\u1112\u1161\u11ab", "\ud55c\uae00", "\u0130", "I\u0307", "\u03a3", "\u039f\u0394\u039f\u03a3", "\u03c2",
    "\u00df", "\u1e9e", "\u2126", "\u212a", "\u212b", "\u2260", "=\u0338", "\u037e", "\u0387", "\u1fef",
    "\u302e\U0001d165", "\U0001d165\u302e", "\u302e\u0301\U0001d165", "\U0001d15e", "\uf900", "\U0002f800",
    "\U00020000", "\U0002b740", "\u3042\u3099", "\u304c", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea", "\u2764\ufe0f", "\u0e33", "\u0915\u093c", "\u0958", "\u09c7\u09be", "\u0344",
]
BLOCKS = {
    "latin": [(0x20, 0x250)], "ascii": [(0, 0x80)], "marks": [(0x300, 0x370), (0x1DC0, 0x1E00), (0x20D0, 0x20F1)],
    "greek": [(0x370, 0x400), (0x1F00, 0x2000)], "cyrillic": [(0x400, 0x530)],
    "middle-east": [(0x590, 0x700)], "indic": [(0x900, 0xE00)], "south-east": [(0xE00, 0x1000)],
    "latin-additional": [(0x1E00, 0x1F00)], "punctuation": [(0x2000, 0x2070), (0x3000, 0x3040)],
    "symbols": [(0x2070, 0x2C00)], "kana": [(0x3040, 0x3100)], "cjk": [(0x4E00, 0x4F00), (0x3400, 0x3440)],
    "compatibility": [(0xF900, 0xFB00), (0xFB00, 0xFB50), (0xFE00, 0xFFF0)],
    "hangul": [(0xAC00, 0xAD00), (0x1100, 0x1200), (0xA960, 0xA980), (0xD7B0, 0xD800)],
    "private": [(0xE000, 0xE010)], "cjk-astral": [(0x20000, 0x20020), (0x2A700, 0x2A720), (0x2F800, 0x2FA20)],
    "music": [(0x1D100, 0x1D200)], "letters-astral": [(0x10400, 0x10450), (0x1D400, 0x1D800), (0x11000, 0x11100)],
    "emoji": [(0x1F300, 0x1F650), (0x1F1E6, 0x1F200)], "tags": [(0xE0000, 0xE0200)], "all": [(0, 0x110000)],
}
# fmt: on
PUBLISHED_SEED, PUBLISHED_COUNT = 20000, 20000
# Name, arguments of the tokenizers, seed, number of strings, whether code points where they differ occur.
RUNS = [
    ("default", {}, 1, 2400, False),
    ("cased", {"do_lower_case": False}, 2, 600, False),
    ("cased, accents stripped", {"do_lower_case": False, "strip_accents": True}, 3, 600, False),
    ("accents kept", {"strip_accents": False}, 4, 600, False),
    ("CJK not split", {"tokenize_chinese_chars": False}, 5, 600, False),
    ("whitespace only", {"do_basic_tokenize": False}, 6, 600, False),
    (
        "never split",
        {"never_split": ["e\u0301", "abc", "x-ray", "\u304c", "ab,"], "do_lower_case": False},
        7,
        600,
        False,
    ),
    ("all of Unicode", {}, 8, 600, True),
]


def agreement() -> tuple:
    """Code points that the slow and the fast tokenizer treat alike between two letters, and the others."""
    slow, normalizer = BasicTokenizer(), normalizers.BertNormalizer()
    splitter = pre_tokenizers.BertPreTokenizer()
    alike, different = [], []
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000:
            continue
        text = f"a{chr(code)}b"
        fast = [word for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))]
        lowered = "".join(c.lower() for c in text)
        (alike if slow.tokenize(lowered) == fast else different).append(code)
    return alike, different


def fuzz_plan() -> dict:
    alike, different = agreement()
    assigned = {code for code in alike if unicodedata.category(chr(code)) not in ("Cn", "Co")}
    alphabets = {}
    for name, blocks in BLOCKS.items():
        wanted = [code for low, high in blocks for code in range(low, high)]
        known = set(alike) if name == "private" else assigned
        alphabets[name] = pack(code for code in wanted if code in known)
    # Private use and most unassigned code points add length, not variety.
    sample = [code for code in different if unicodedata.category(chr(code)) != "Cn" or code % 101 == 0]
    return {"strings": STRINGS, "alphabets": alphabets, "differing": pack(sample)}


def synthetic_vocabulary(plan: dict) -> list:
    """Pieces that make differences visible: what accents and case become, single characters in and at words."""
    pick = random.Random(14)
    letters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    rows = SPECIALS + letters + ["##" + c for c in letters if c.isalnum()]
    rows += ["the", "##ing", "##er", "pneum", "##othorax", "no", "abc", "x-ray", "ab", "##ab", "##abc", "aa", "##aaaa"]
    rows += ["A", "##A", "B", "##b", "Ab", "É", "é", "##é", "e\u0301", "##\u0301", "\u0301", "ß", "##ß", "ﬁ", "##ﬁ"]
    for ranges in list(plan["alphabets"].values())[2:]:
        codes = unpack(ranges)
        for code in pick.sample(codes, min(18, len(codes))):
            for text in (chr(code), unicodedata.normalize("NFD", chr(code).lower())[:1]):
                rows += [text, "##" + text]
    for text in STRINGS:
        rows += [c for c in text if ord(c) > 0x7F] + ["##" + c for c in text if ord(c) > 0x7F]
    usable = lambda piece: not any(c in "\r\n" for c in piece)  # noqa: E731
    return list(dict.fromkeys(filter(usable, rows)))


def fnv(numbers) -> int:
    """FNV-1a over little-endian int32."""
    value = 0x811C9DC5
    for byte in struct.pack(f"<{len(numbers)}i", *numbers):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def utf16_offsets(text: str, encoding) -> list:
    """Offsets of the tokens in UTF-16 units, flat."""
    units = [0]
    for character in text:
        units.append(units[-1] + (2 if ord(character) > 0xFFFF else 1))
    return [units[position] for pair in encoding.offsets for position in pair]


class References:
    def __init__(self, vocabulary: pathlib.Path, arguments: dict):
        self.slow = BertTokenizer(str(vocabulary), **arguments)
        self.fast = BertTokenizerFast(str(vocabulary), **arguments)
        self.rust = BertWordPieceTokenizer(
            str(vocabulary),
            lowercase=arguments.get("do_lower_case", True),
            strip_accents=arguments.get("strip_accents"),
            handle_chinese_chars=arguments.get("tokenize_chinese_chars", True),
        )
        # The fast ones always do basic tokenization.
        self.comparable = arguments.get("do_basic_tokenize", True)

    def encode(self, text: str) -> tuple:
        """Ids of the slow tokenizer; offsets of the fast one if it and the package give the same ids."""
        ids = self.slow.encode(text)
        fast = self.fast(text)._encodings[0]
        rust = self.rust.encode(text)
        same = self.comparable and fast.ids == ids and rust.ids == ids
        return ids, utf16_offsets(text, fast) if same else None


def write_fixtures() -> None:
    plan = fuzz_plan()
    write(FIXTURES / "fuzz.json", plan)
    vocabulary = synthetic_vocabulary(plan)
    file = FIXTURES / "vocab.txt"
    file.write_text("".join(piece + "\n" for piece in vocabulary), encoding="utf-8", newline="\n")
    runs = []
    for name, arguments, seed, count, rest in RUNS:
        references = References(file, arguments)
        texts = fuzz(plan, vocabulary, seed, count, rest)
        if name == "default":
            texts = STRINGS + texts
        results = [references.encode(text) for text in texts]
        differing = sum(offsets is None for _, offsets in results) if references.comparable else None
        unknown = sum(ids.count(1) for ids, _ in results) / sum(len(ids) for ids, _ in results)
        print(f"{name}: {len(texts)} texts, {differing} where slow and fast differ, {unknown:.1%} unknown tokens")
        if differing and name == "default":
            report([text for text, (_, offsets) in zip(texts, results) if offsets is None], references)
        pairs = list(zip(texts, texts[1:]))[:100]
        runs.append(
            {
                "name": name,
                "config": arguments,
                "seed": seed,
                "count": count,
                "rest": rest,
                "fastDiffers": differing,
                "ids": pack_hashes(fnv(ids) for ids, _ in results),
                # 0 where there are no offsets to compare with.
                "offsets": pack_hashes(0 if offsets is None or rest else fnv(offsets) for _, offsets in results),
                "pairs": digest(
                    numbers
                    for first, second in pairs
                    for encoding in [references.slow(first, second)]
                    for numbers in (encoding.input_ids, encoding.token_type_ids)
                ),
            }
        )
    write(FIXTURES / "encodings.json", {"unicode": character_digest(), "runs": runs})


def report(texts: list, references: References) -> None:
    for text in texts[:5]:
        print(ascii(text), references.slow.tokenize(text), references.fast.tokenize(text), file=sys.stderr)
    sys.exit("the references differ where they must not")


def character_digest() -> str:
    """SHA-256 over what case mapping and normalisation make of every assigned character."""
    digest = hashlib.sha256()
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character)[0] != "C":
            lower = character.lower()
            for text in (lower, unicodedata.normalize("NFD", lower), unicodedata.normalize("NFC", character)):
                digest.update(text.encode("utf-8"))
    return digest.hexdigest()


def compare(vocabulary_file: pathlib.Path, reports: pathlib.Path) -> None:
    plan = json.loads((FIXTURES / "fuzz.json").read_text(encoding="utf-8"))
    vocabulary = vocabulary_file.read_text(encoding="utf-8").split("\n")[:-1]
    # The published vocabulary has a few pieces with code points that are not assigned; the slow tokenizer drops these
    # and the fast one keeps them, so no fuzz string is made of such pieces.
    alike = {chr(code) for code in agreement()[0]}
    left_out = [i for i, piece in enumerate(vocabulary) if not alike.issuperset(piece)]
    references = References(vocabulary_file, {})
    with reports.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    findings, impressions = ([row[key] for row in rows] for key in ("findings", "impression"))
    sentences = [
        sentence for text in findings + impressions for sentence in re.split(r"(?<=[.?!]) +", text) if sentence
    ]
    sets = {
        "findings": findings,
        "impressions": impressions,
        "sentences": sentences,
        "fuzz": fuzz(
            plan, [piece for i, piece in enumerate(vocabulary) if i not in left_out], PUBLISHED_SEED, PUBLISHED_COUNT
        ),
    }
    result = {
        "vocabulary": hashlib.sha256(vocabulary_file.read_bytes()).hexdigest(),
        "reports": hashlib.sha256(reports.read_bytes()).hexdigest(),
        "fuzz": {"seed": PUBLISHED_SEED, "count": PUBLISHED_COUNT, "leftOut": left_out},
        "sets": {},
        "tokenCounts": token_counts(references.slow, findings),
    }
    for name, texts in sets.items():
        encodings = [references.encode(text) for text in texts]
        differing = [text for text, (_, offsets) in zip(texts, encodings) if offsets is None]
        print(f"{name}: {len(texts)} texts, {len(differing)} differences")
        if differing:
            report(differing, references)
        result["sets"][name] = {
            "count": len(texts),
            "ids": digest(ids for ids, _ in encodings),
            "offsets": digest(offsets for _, offsets in encodings),
        }
    write(FIXTURES / "published.json", result)
    print(json.dumps(result["tokenCounts"]))


def token_counts(slow: BertTokenizer, findings: list) -> dict:
    """Word pieces against words (pieces of the basic tokenizer), over findings without the de-identification mark."""
    texts = [text for text in findings if text and "XXXX" not in text]
    words = sum(len(slow.basic_tokenizer.tokenize(text)) for text in texts)
    pieces = sum(len(slow.tokenize(text)) for text in texts)
    return {"texts": len(texts), "words": words, "pieces": pieces}


def digest(sequences) -> str:
    """SHA-256 over little-endian int32."""
    value = hashlib.sha256()
    for numbers in sequences:
        value.update(struct.pack(f"<{len(numbers)}i", *numbers))
    return value.hexdigest()


def pack_hashes(hashes) -> str:
    hashes = list(hashes)
    return base64.b64encode(struct.pack(f"<{len(hashes)}I", *hashes)).decode("ascii")


def write(file: pathlib.Path, value: dict) -> None:
    file.write_text(json.dumps(value, ensure_ascii=True, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compare", nargs=2, type=pathlib.Path, metavar=("VOCAB", "REPORTS"))
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    if arguments.compare:
        compare(*arguments.compare)
    else:
        write_fixtures()


if __name__ == "__main__":
    main()
