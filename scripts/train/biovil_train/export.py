"""A finished joint run as a model directory: the published files, in float16, what the model is, and its graph.

Text weights come as pytorch_model.bin and as model.safetensors, which says the same."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from .checkpoint import IMAGE, SAFETENSORS, TEXT, load_image, load_text, save_image, save_safetensors, save_text
from .models import TextConfig
from .paths import REPOSITORY
from .standing import standing
from .train import TOKENIZER_FILES

PHANTOMS = {"trained on": "synthetic phantoms"}


def export(run: Path, out: Path, half: bool = True, safetensors: bool = True) -> Path | None:
    """Returns the graph that `loadModel` must be given, where `biovil` has none for the depth of the text encoder."""
    for name in ("done", TEXT, IMAGE):
        if not (run / name).exists():
            raise ValueError(f"expected the folder of a finished joint phase but {run} has no {name}")
    out.mkdir(parents=True, exist_ok=True)
    drawn = read_run(run)["config"]["data"]["layout"] == "phantom"
    # Marked, or said to be neither: weights that say nothing could have lost their mark.
    facts = {**standing(drawn, False, [run / TEXT, run / IMAGE]), **(PHANTOMS if drawn else {})}
    dtype = torch.float16 if half else torch.float32
    text, _ = load_text(run)
    save_text(text, out, facts, dtype)
    # One that was here before would be taken in place of the new weights.
    (out / SAFETENSORS).unlink(missing_ok=True)
    if safetensors:
        save_safetensors(text, out, facts, dtype)
    save_image(load_image(run), out, facts, dtype)
    for name in TOKENIZER_FILES:
        (out / name).write_bytes((run / name).read_bytes())
    return write_graph(text.config, out)


def write_graph(config: TextConfig, out: Path) -> Path | None:
    """Traces the graph of another depth; the graphs of the image encoders serve every width."""
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    name = f"bert-L{layers}-A{heads}.pt"
    if (REPOSITORY / "models" / "graphs" / name).exists():
        return None
    script = REPOSITORY / "scripts" / "export" / "export.py"
    size = ["--layers", str(layers), "--heads", str(heads)]
    subprocess.run([sys.executable, script, *size, "--out", out], check=True)
    return out / name


def read_run(folder: Path) -> dict[str, Any]:
    """The configuration of a run and the last line of its log."""
    log = folder / "log.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return {"config": run, "last": json.loads(lines[-1]) if lines else {}}
