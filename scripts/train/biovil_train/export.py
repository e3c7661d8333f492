"""A finished joint run as a model directory: the published files, in float16, and what the model is."""

import json
from pathlib import Path

import torch

from .checkpoint import load_image, load_text, save_image, save_text
from .train import TOKENIZER_FILES

FACTS = {"demonstration": True, "trained on": "synthetic phantoms"}


def export(run: Path, out: Path, half: bool = True) -> None:
    out.mkdir(parents=True, exist_ok=True)
    dtype = torch.float16 if half else torch.float32
    text, _ = load_text(run)
    save_text(text, out, FACTS, dtype)
    save_image(load_image(run), out, FACTS, dtype)
    for name in TOKENIZER_FILES:
        (out / name).write_bytes((run / name).read_bytes())


def read_run(folder: Path) -> dict:
    """The configuration of a run and the last line of its log."""
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines() if (folder / "log.jsonl").exists() else []
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return {"config": run, "last": json.loads(lines[-1]) if lines else {}}
