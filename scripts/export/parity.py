"""What the scripts that write parity files share: how tensors and files look."""

import base64
import json
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

# A map of more cells than this is stored as points.
MOST_CELLS = 1100
POINTS = 60


def packed(tensor: Tensor) -> dict[str, object]:
    array = np.ascontiguousarray(tensor.detach().float().numpy(), dtype="<f4")
    return {"type": "float32", "dims": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def sampled(found: Tensor, seed: int) -> dict[str, object]:
    """A map, or POINTS of its cells [row, column] with the number of NaN and the sum of the rest, if large."""
    array = found.numpy()
    if array.size <= MOST_CELLS:
        return {"map": packed(found)}
    draw = np.random.RandomState(seed)
    cells = draw.randint(0, array.size, POINTS)
    # The first and the last row and column of what is not NaN are where margins go wrong.
    rows, columns = (np.flatnonzero(~np.isnan(array).all(axis)) for axis in (1, 0))
    edges = [row * array.shape[1] + column for row in rows[[0, -1]] for column in columns[[0, -1]]]
    cells = np.concatenate([edges, cells])
    return {
        "dims": list(array.shape),
        "nan": int(np.isnan(array).sum()),
        "sum": float(np.nansum(array.astype(np.float64))),
        "inside": {"top": int(rows[0]), "bottom": int(rows[-1]), "left": int(columns[0]), "right": int(columns[-1])},
        "cells": [int(cell) for cell in cells],
        "values": packed(torch.from_numpy(array.reshape(-1)[cells])),
    }


def stamp(script: str, packages: tuple[str, ...]) -> dict[str, object]:
    """Where the numbers come from."""
    versions = {"python": platform.python_version(), **{name: version(name) for name in packages}}
    return {"format": 1, "script": script, "versions": versions}


def write(path: Path, header: dict[str, object], lists: dict[str, list[dict[str, object]]]) -> Path:
    """The header indented, and each entry of the lists on a line of its own."""
    text = json.dumps(header, indent=2).removesuffix("\n}")
    for name, rows in lists.items():
        body = ",\n".join(f"    {json.dumps(row)}" for row in rows)
        text += f',\n  "{name}": [\n{body}\n  ]'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n}}\n")
    return path
