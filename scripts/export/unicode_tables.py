"""Writes lib/text/unicode-data.ts: the Unicode categories that the tokenizer distinguishes.

    python scripts/export/unicode_tables.py [--check]

The categories are those of this Python's `unicodedata`, because Python's BertTokenizer is what the models were
trained with. Python 3.11 has Unicode 14.0, the version that is committed.
"""

import argparse
import pathlib
import sys
import unicodedata

TARGET = pathlib.Path(__file__).parents[2] / "lib/text/unicode-data.ts"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
        if number == 0:
            return digits


def ranges(member) -> str:
    """`gap,length gap,length …` of the code points that are members; a gap counts from the end of the last range."""
    parts, end, code = [], 0, 0
    while code < 0x110000:
        if member(code):
            start = code
            while code < 0x110000 and member(code):
                code += 1
            parts.append(f"{base36(start - end)},{base36(code - start)}")
            end = code
        code += 1
    return " ".join(parts)


def constant(comment: str, name: str, text: str) -> str:
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) + 1 > 100:
            lines.append(line)
            line = ""
        line += word + " "
    lines.append(line.rstrip())
    body = " +\n".join(f"  '{line}'" for line in lines)
    separator = " " if len(lines) == 1 else "\n"
    return f"\n/** {comment} */\nexport const {name} ={separator}{body.strip() if len(lines) == 1 else body}\n"


def render() -> str:
    categories = [unicodedata.category(chr(code)) for code in range(0x110000)]
    return (
        "// Written by scripts/export/unicode_tables.py; do not edit.\n"
        "// Each table is `gap,length gap,length …` in base 36; a gap counts from the end of the last range.\n"
        f"\nexport const unicodeVersion = '{unicodedata.unidata_version}'\n"
        + constant(
            "C*: control, format, surrogate, private use, unassigned.",
            "other",
            ranges(lambda code: categories[code][0] == "C"),
        )
        + constant("P*", "punctuation", ranges(lambda code: categories[code][0] == "P"))
        + constant("Mn", "nonspacingMark", ranges(lambda code: categories[code] == "Mn"))
        + constant("Z*", "separator", ranges(lambda code: categories[code][0] == "Z"))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when the committed file differs")
    arguments = parser.parse_args()
    text = render()
    if not arguments.check:
        TARGET.write_text(text, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != text:
        sys.exit(f"{TARGET} is not what this script writes with Unicode {unicodedata.unidata_version}")


if __name__ == "__main__":
    main()
