"""Seeded fuzz strings, the same here and in test/text/support.ts, so that only seeds and results are stored."""

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def mulberry32(seed: int):
    """Uniform numbers in [0, 1)."""
    state = seed & 0xFFFFFFFF

    def random() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((state ^ (state >> 15)) * (state | 1)) & 0xFFFFFFFF
        t = (t ^ (t + (((t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF))) & 0xFFFFFFFF
        return ((t ^ (t >> 14)) & 0xFFFFFFFF) / 4294967296

    return random


def pack(codes) -> str:
    """Ascending code points as `gap,length gap,length …` in base 36; a gap counts from the end of the last range."""
    parts, end, codes = [], 0, sorted(codes)
    i = 0
    while i < len(codes):
        j = i
        while j + 1 < len(codes) and codes[j + 1] == codes[j] + 1:
            j += 1
        parts.append(f"{base36(codes[i] - end)},{base36(codes[j] + 1 - codes[i])}")
        end = codes[j] + 1
        i = j + 1
    return " ".join(parts)


def unpack(text: str) -> list:
    codes, end = [], 0
    for part in text.split(" "):
        gap, length = (int(number, 36) for number in part.split(","))
        codes.extend(range(end + gap, end + gap + length))
        end += gap + length
    return codes


def base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
        if number == 0:
            return digits


def fuzz(plan: dict, vocabulary: list, seed: int, count: int, rest: bool = False) -> list:
    """`count` strings of 0 to 40 items; `plan` is test/fixtures/tokenizer/fuzz.json."""
    random = mulberry32(seed)
    pick = lambda items: items[int(random() * len(items))]  # noqa: E731
    alphabets = [unpack(ranges) for ranges in plan["alphabets"].values()]
    differing = unpack(plan["differing"])

    def character() -> str:
        if rest and random() < 0.2:
            return chr(pick(differing))
        return chr(pick(pick(alphabets)))

    def item() -> str:
        kind = random()
        if kind < 0.35:
            return " "
        if kind < 0.68:
            piece = pick(vocabulary)
            return piece[2:] if piece.startswith("##") else piece
        if kind < 0.73:
            piece = pick(vocabulary)
            return "".join(chr(ord(c) - 32) if "a" <= c <= "z" else c for c in piece)
        if kind < 0.79:
            return pick(plan["strings"])
        if kind < 0.792:
            return character() * int(90 + random() * 20)
        return character()

    return ["".join(item() for _ in range(int(random() * 41))) for _ in range(count)]
