"""Milliseconds a film of hi-ml's way from file to crop, for image.mjs: one line of JSON on stdout.

python image_reference.py FILE --films 8 --processes 1
"""

import argparse
import json
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

warnings.simplefilter("ignore")

import numpy as np  # noqa: E402
from health_multimodal.image.data.io import load_image  # noqa: E402
from PIL import Image  # noqa: E402
from torchvision.transforms import CenterCrop, Resize  # noqa: E402

RESIZE, CROP = Resize(512), CenterCrop(480)


def whole(path: Path) -> int:
    return int(np.asarray(CROP(RESIZE(load_image(path)))).sum())


def resample(film: Image.Image) -> float:
    began = time.perf_counter()
    CROP(RESIZE(film))
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--films", type=int, default=8)
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    files = [arguments.file] * arguments.films
    if arguments.processes == 1:
        whole(arguments.file)
        began = time.perf_counter()
        total = [whole(file) for file in files]
    else:
        with ProcessPoolExecutor(arguments.processes) as pool:
            list(pool.map(whole, [arguments.file] * arguments.processes))
            began = time.perf_counter()
            total = list(pool.map(whole, files))
    each = (time.perf_counter() - began) / arguments.films * 1000
    film = load_image(arguments.file)
    resampling = min(resample(film) for _ in range(5)) * 1000
    print(json.dumps({"each": each, "resample": resampling, "sum": total[0]}))


if __name__ == "__main__":
    main()
