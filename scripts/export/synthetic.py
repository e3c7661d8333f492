"""The numbers of untrained weights: a function of seed, tensor name and position alone. README.md defines the bits."""

import json
import math
import re
import zipfile
from pathlib import Path

import numpy as np

RULES_FILE = Path(__file__).parents[2] / "models" / "synthetic.json"

# Standard deviation of the sum of four uniform bytes.
SD = float(np.sqrt((65536 - 1) / 3))

Rule = dict[str, str | float | bool]
Shape = tuple[int, ...]


def rules() -> list[Rule]:
    return json.loads(RULES_FILE.read_text())["rules"]


def fnv1a(text: str) -> int:
    """32-bit FNV-1a of the UTF-8 bytes."""
    key = 0x811C9DC5
    for byte in text.encode():
        key = (key ^ byte) * 0x01000193 & 0xFFFFFFFF
    return key


def normal(seed: int, name: str, shape: Shape, mean: float, std: float) -> np.ndarray:
    """The tensor `name`: float32 of `shape`, about normal with `mean` and `std`."""
    x = np.arange(np.prod(shape), dtype=np.uint32)
    x *= np.uint32(0x9E3779B1)
    x += np.uint32(fnv1a(f"{seed}:{name}"))
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x21F0AAAD)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x735A2D97)
    x ^= x >> np.uint32(15)
    z = np.full(x.shape, -510, np.int32)
    for shift in (0, 8, 16, 24):
        z += (x >> np.uint32(shift) & np.uint32(255)).astype(np.int32)
    result = z.astype(np.float32)
    result *= np.float32(std / SD)
    if mean != 0:
        result += np.float32(mean)
    return result.reshape(shape)


def values(seed: int, name: str, shape: Shape, found: list[Rule]) -> np.ndarray:
    """The tensor `name` by the first rule whose pattern is found in the name."""
    rule = next((rule for rule in found if re.search(rule["match"], name)), None)
    if rule is None:
        raise SystemExit(f"{RULES_FILE} has no rule for {name}")
    std = rule["std"] if "std" in rule else rule["gain"] / math.sqrt(math.prod(shape[1:]))
    result = normal(seed, name, shape, rule["mean"], std)
    return balanced(result) if rule.get("balanced") else result


def balanced(tensor: np.ndarray) -> np.ndarray:
    """Every filter is its own negative when read backwards, so it answers an even input with 0."""
    filters = tensor.reshape(len(tensor), -1)
    half = filters.shape[1] // 2
    filters[:, filters.shape[1] - half :] = -filters[:, half - 1 :: -1] if half else 0
    if filters.shape[1] % 2:
        filters[:, half] = 0
    return filters.reshape(tensor.shape)


def mark(path: Path, seed: int) -> None:
    """Adds a member that says what the weights are. torch ignores it, `biovil` does not."""
    with zipfile.ZipFile(path, "a") as archive:
        root = archive.namelist()[0].partition("/")[0]
        member = zipfile.ZipInfo(f"{root}/biovil.json", date_time=(1980, 1, 1, 0, 0, 0))
        archive.writestr(member, json.dumps({"untrained": True, "seed": seed}))
