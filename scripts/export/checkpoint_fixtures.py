"""Writes the small checkpoints in test/checkpoint/fixtures, as torch writes them: in zip format and as before 1.6.

    python scripts/export/checkpoint_fixtures.py

Both hold the same state dict, with everything that the reader must get right: tied and strided views, half precision,
parameters, scalars, an empty tensor, the `_metadata` of a module, and types that can be listed but not used.
"""

from collections import OrderedDict
from pathlib import Path

import torch

FOLDER = Path(__file__).parents[2] / "test" / "checkpoint" / "fixtures"


def state_dict() -> OrderedDict:
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    half = torch.tensor([1.5, -2.0])
    state = OrderedDict(
        base=base,
        tied=base,
        transposed=base.t(),
        window=base[1:, 1:3],
        half=half.half(),
        brain=half.bfloat16(),
        double=half.double(),
        parameter=torch.nn.Parameter(half.clone()),
        scalar=torch.tensor(3.0),
        empty=torch.zeros(0, 4),
        ids=torch.arange(4).unsqueeze(0),
        mask=torch.tensor([True, False]),
        complex=torch.tensor([1 + 2j]),
        quantized=torch.quantize_per_tensor(half, 0.5, 0, torch.qint8),
    )
    state._metadata = OrderedDict({"": {"version": 1}})
    return state


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.save(state_dict(), FOLDER / "zip.bin")
    torch.save(state_dict(), FOLDER / "legacy.bin", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
