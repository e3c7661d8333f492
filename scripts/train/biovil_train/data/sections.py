"""Findings and impression of a report that was written as free text."""

import re

# Capitals at the start of a line and a colon: " FINDINGS:", "FINDINGS AND IMPRESSION:", "RECOMMENDATION(S):".
HEADER = re.compile(r"^[ \t]*([A-Z][A-Z ()/,&-]{2,60}?)[ \t]*:", re.MULTILINE)
# In order; the names of the published reports vary and are misspelt at times.
IMPRESSION = re.compile(r"IMPRES|CONCLUSION|OPINION")
FINDINGS = re.compile(r"FIND|FIDN|CHEST|RADIOGRAPH|VIEWS?\b")
# These name the film or tell why it was taken.
ABOUT = re.compile(r"EXAM|INDICATION|TECHNIQUE|COMPARISON|HISTORY|REASON|STUDY|TYPE OF|WET READ|RECOMMENDATION|NOTIF")
PARAGRAPH = re.compile(r"\n[ \t]*\n")


def split_sections(text: str) -> tuple[str, str]:
    """
    Findings and impression, each on one line, empty where there is none.

    Without either, the last paragraph is taken as the findings: so are reports of one unnamed paragraph written.
    """
    text = text.replace("\r\n", "\n")
    headers = list(HEADER.finditer(text))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    findings, impression = [], []
    for header, end in zip(headers, ends, strict=False):
        name, body = header[1], one_line(text[header.end() : end])
        if not body or ABOUT.search(name):
            continue
        if IMPRESSION.search(name) and "FIND" not in name:
            impression.append(body)
        elif FINDINGS.search(name):
            findings.append(body)
    if not findings and not impression:
        start = headers[-1].end() if headers else 0
        paragraphs = [one_line(part) for part in PARAGRAPH.split(text[start:])]
        findings = [part for part in paragraphs if part][-1:]
    return " ".join(findings), " ".join(impression)


def one_line(text: str) -> str:
    return " ".join(text.split())
