"""The demonstration model from nothing: corpus, every phase, export, figures, fixtures, model card."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from .card import write_card
from .corpus import write_corpus
from .export import export
from .fixtures import write_examples, write_fixtures
from .parity import write_parity
from .paths import CONFIGS, DEMO_MODEL, PACKAGE, REPOSITORY
from .plot import plot

SIZE = 320


@dataclass(frozen=True)
class Corpus:
    name: str
    # A seed is a patient: corpora of different seeds share none.
    seed: int
    count: int


TRAIN, VALID, TEST = Corpus("train", 1, 14_000), Corpus("valid", 2, 400), Corpus("test", 3, 600)
# Each phase with the earlier ones whose weights it begins with.
PHASES = {
    "1-vocabulary": (),
    "2-mlm": ("1-vocabulary",),
    "3-radiology": ("2-mlm",),
    "4-sections": ("3-radiology",),
    "5-simclr": (),
    "6-joint": ("4-sections", "5-simclr"),
    "7-wording": ("6-joint",),
    "8-half-truths": ("7-wording",),
}
LAST = list(PHASES)[-1]


def build(work: Path) -> None:
    """Hours on two cores, minutes on a GPU. What is done already is not done again, so that it can be interrupted."""
    for corpus in (TRAIN, VALID, TEST):
        folder = work / corpus.name
        if not (folder / "studies.jsonl").exists():
            write_corpus(corpus.seed, corpus.count, folder, SIZE, workers=os.cpu_count() or 1)
    runs = work / "runs"
    for name, before in PHASES.items():
        train_phase(CONFIGS / "demo" / f"{name}.toml", runs / name, [runs / one for one in before], work)
    publish(runs, work)


def publish(runs: Path, work: Path) -> None:
    """Writes into the repository what the package, its tests and its documentation have of the model."""
    # The package has room for one format.
    export(runs / LAST, DEMO_MODEL, safetensors=False)
    plot([runs / name for name in PHASES], REPOSITORY / "docs" / "training.png")
    write_fixtures(DEMO_MODEL, work / TEST.name, REPOSITORY / "test" / "fixtures" / "phantoms")
    examples = REPOSITORY / "examples" / "films"
    write_examples(work / TEST.name, examples)
    write_parity(DEMO_MODEL, examples)
    write_card(DEMO_MODEL, work / TRAIN.name, work / TEST.name, work / VALID.name, runs)
    if shutil.which("node"):
        subprocess.run(["node", REPOSITORY / "scripts" / "demo-manifest.mjs"], check=True)


def train_phase(config: Path, folder: Path, start: list[Path], work: Path) -> None:
    """In as many processes as there are GPUs, or cores: on a CPU two processes of one thread beat one of two."""
    gpus = torch.cuda.device_count()
    processes = gpus or min(os.cpu_count() or 1, 4)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    if config.stem == "1-vocabulary":
        command = [sys.executable]
    command += ["-m", "biovil_train", "train", str(config), "--out", str(folder)]
    command += ["--data", str(work / TRAIN.name), "--set", f"data.validation={work / VALID.name}"]
    for one in start:
        command += ["--begin", str(one)]
    environment = dict(os.environ, PYTHONPATH=str(PACKAGE.parent))
    if not gpus:
        environment |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    subprocess.run(command, check=True, env=environment)
