"""Writes test/fixtures/parity/grounding.json: what SciPy, PyTorch and hi-ml make of small grids.

    python scripts/export/grounding_reference.py [--out test/fixtures/parity]

No model is needed. The format is described in README.md beside this file.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from health_multimodal.vlp.inference_engine import ImageTextInferenceEngine
from scipy import ndimage

from parity import packed, sampled, stamp, write

SIGMA = 1.5
MODES = ("nearest", "bilinear")
GRIDS = ((15, 15), (14, 14), (7, 5), (1, 1), (2, 3))
# Grids that several cases share, by seed.
NAMED_GRIDS = {100: (15, 15), 101: (14, 14), 102: (7, 5), 214: (14, 14), 215: (15, 15)}
TARGETS = ((15, 15), (33, 33), (47, 31), (5, 4), (480, 480))
# Width and height of an original image, the size it was resized to (or none), and of the crop.
IMAGES = (
    (512, 512, 512, 480),
    (2544, 3056, 512, 480),
    (3056, 2544, 512, 480),
    (2021, 2021, 512, 448),
    (513, 1025, 512, 480),
    (1025, 513, 512, 480),
    (301, 257, 512, 480),
    (255, 400, 512, 448),
    (33, 64, 512, 480),
    (64, 33, 512, 448),
    (600, 500, None, 480),
)


def grid(seed: int, height: int, width: int) -> np.ndarray:
    """Cosines as a similarity grid has them: float32 [height, width]."""
    return np.random.RandomState(seed).uniform(-0.4, 0.6, (height, width)).astype(np.float32)


def smoothing() -> list[dict[str, object]]:
    return [
        {
            "grid": packed(torch.from_numpy(cells)),
            **{
                mode: packed(torch.from_numpy(ndimage.gaussian_filter(cells, sigma=(SIGMA, SIGMA), order=0, mode=mode)))
                for mode in ("reflect", "constant")
            },
        }
        for cells in (grid(seed, *shape) for seed, shape in enumerate(GRIDS))
    ]


def resizing() -> list[dict[str, object]]:
    cases = []
    for seed in (100, 101, 102):
        cells = torch.from_numpy(grid(seed, *NAMED_GRIDS[seed]))
        for target in TARGETS:
            for mode in MODES:
                align = None if mode == "nearest" else False
                found = F.interpolate(cells[None, None], size=target, mode=mode, align_corners=align)[0, 0]
                cases.append({"grid": seed, "target": list(target), "mode": mode} | sampled(found, len(cases)))
    return cases


def heatmaps() -> list[dict[str, object]]:
    """hi-ml's own conversion of a grid to the size of the image, with NaN outside the crop."""
    cases = []
    for width, height, resize, crop in IMAGES:
        side = crop // 32
        cells = torch.from_numpy(grid(200 + side, side, side))
        for mode in MODES:
            found = ImageTextInferenceEngine.convert_similarity_to_image_size(
                cells, width, height, resize, crop, interpolation=mode
            )
            cases.append(
                {"grid": 200 + side, "width": width, "height": height, "resize": resize, "crop": crop, "mode": mode}
                | sampled(torch.from_numpy(found), len(cases))
            )
    return cases


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "test" / "fixtures" / "parity")
    options = parser.parse_args()
    smooth, resized, maps = smoothing(), resizing(), heatmaps()
    header = {
        **stamp("scripts/export/grounding_reference.py", ("torch", "scipy", "numpy", "hi-ml-multimodal")),
        "sigma": SIGMA,
        "grids": {str(seed): packed(torch.from_numpy(grid(seed, *shape))) for seed, shape in NAMED_GRIDS.items()},
    }
    path = write(options.out / "grounding.json", header, {"smoothing": smooth, "resizing": resized, "heatmaps": maps})
    print(f"{path}: {path.stat().st_size} bytes, {len(json.dumps(maps))} of them heatmaps", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
