"""Own films as hospitals have them: MIMIC-CXR-JPG as published, and a CSV; generated, of nobody."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
from PIL import Image

from biovil_train.cli import main
from biovil_train.paths import CONFIGS

FINDINGS = (
    "The lungs are clear.",
    "There is a small left pleural effusion.",
    "Heart size is normal.",
    "A right apical pneumothorax is seen.",
    "Mild edema of both lungs.",
    "A pacemaker is in place.",
)
IMPRESSIONS = ("No acute process.", "Effusion.", "Pneumothorax.", "Cardiomegaly without edema.")


def draw(path: Path, seed: int, size: tuple[int, int] = (120, 100)) -> Path:
    """A film of 8 bits, smooth with some grain."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 7), np.uint8)).resize(size, Image.Resampling.BICUBIC)
    pixels = np.asarray(coarse, np.float64) * 0.9 + rng.integers(0, 20, size[::-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return path


def report(seed: int) -> tuple[str, str]:
    rng = np.random.default_rng(seed)
    return " ".join(rng.permutation(FINDINGS)[:3]), str(rng.choice(IMPRESSIONS))


def write_csv(folder: Path, count: int) -> Path:
    """films.csv with image, findings and impression, and films/*.png"""
    table = folder / "films.csv"
    folder.mkdir(parents=True, exist_ok=True)
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "findings", "impression"])
        for i in range(count):
            film = draw(folder / "films" / f"{i:04}.png", i)
            rows.writerow([film.relative_to(folder), *report(i)])
    return table


def write_mimic(folder: Path, count: int) -> Path:
    """A frontal and a lateral film a study; three of four studies in the split `train`, the others in `validate`."""
    metadata, split = ["dicom_id,subject_id,study_id,ViewPosition,Rows"], ["dicom_id,study_id,subject_id,split"]
    for i in range(count):
        patient, study = 10_000_000 + i, 50_000_000 + i
        place = Path("files", f"p{str(patient)[:2]}", f"p{patient}", f"s{study}")
        part = "validate" if i % 4 == 3 else "train"
        for view, seed in (("PA" if i % 2 else "AP", i), ("LATERAL", 1000 + i)):
            name = "-".join(f"{seed * 7919 + n:08x}" for n in range(5))
            draw(folder / place / f"{name}.jpg", seed)
            metadata.append(f"{name},{patient},{study},{view},100")
            split.append(f"{name},{study},{patient},{part}")
        findings, impression = report(i)
        text = f" FINAL REPORT\n\n FINDINGS:\n\n {findings}\n\n IMPRESSION:\n\n {impression}\n"
        (folder / place.with_suffix(".txt")).write_text(text, encoding="utf-8")
    for name, lines in (("metadata", metadata), ("split", split)):
        data = "\n".join([*lines, ""]).encode()
        (folder / f"mimic-cxr-2.0.0-{name}.csv.gz").write_bytes(gzip.compress(data))
    return folder


def train(name: str, out: Path, data: Path, settings: dict, begin: tuple[Path, ...] = ()) -> int:
    """Runs a smoke configuration by the command line: the exit code."""
    options = ["--out", str(out), "--data", str(data)]
    for one in begin:
        options += ["--begin", str(one)]
    for key, value in settings.items():
        options += ["--set", f"{key}={json.dumps(value)}"]
    return main(["train", str(CONFIGS / "smoke" / f"{name}.toml"), *options])
