"""What the tests share: a small corpus, and the smoke run of every phase on it."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from biovil_train.cli import main
from biovil_train.corpus import write_corpus
from biovil_train.paths import CONFIGS

SMOKE = CONFIGS / "smoke"
# Each smoke configuration with the runs that it begins with.
PHASES = {
    "1-vocabulary": (),
    "2-mlm": ("1-vocabulary",),
    "3-radiology": ("2-mlm",),
    "4-sections": ("3-radiology",),
    "5-simclr": (),
    "6-joint": ("4-sections", "5-simclr"),
    "joint-biovil-l": ("4-sections", "5-simclr"),
}
FILMS = 24

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(5, FILMS, folder, 128)
    return folder


@pytest.fixture(scope="session")
def train(corpus: Path, runs_folder: Path) -> Callable[..., int]:
    """Runs a smoke configuration by the command line: train("2-mlm", folder, "run.steps=6") -> exit code"""

    def run(name: str, folder: Path, *settings: str) -> int:
        arguments = ["train", str(SMOKE / f"{name}.toml"), "--out", str(folder), "--data", str(corpus)]
        for before in PHASES[name]:
            arguments += ["--begin", str(runs_folder / before)]
        for setting in (f"data.validation={corpus}", *settings):
            arguments += ["--set", setting]
        return main(arguments)

    return run


@pytest.fixture(scope="session")
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def runs(train: Callable[..., int], runs_folder: Path) -> Path:
    """The folder with a finished run of every phase."""
    for name in PHASES:
        assert train(name, runs_folder / name) == 0
    return runs_folder
