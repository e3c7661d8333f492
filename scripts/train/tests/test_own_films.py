"""Own films, from a table or a published layout through every phase and the export into `biovil`, by the commands."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import PHASES
from layouts import report, train, write_csv, write_mimic
from safetensors.torch import load_file

from biovil_train.checkpoint import IMAGE, SAFETENSORS, TEXT, load_image, load_text, read_facts
from biovil_train.cli import main
from biovil_train.data import FilmStore
from biovil_train.paths import REPOSITORY

DIST = REPOSITORY / "dist"
REPORTS = [" ".join(report(seed)) for seed in (1, 2, 3)]
# What the options of `train` are for each layout.
DATA = {
    "csv": {"data.layout": "csv", "data.holdout": 8},
    "mimic": {"data.layout": "mimic-cxr-jpg", "data.split": "train", "data.validation_split": "validate"},
}
NAMES = [name for name in PHASES if name != "6-joint"]
JOINT = "joint-biovil-l"


@pytest.fixture(scope="module", params=DATA)
def own(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """The folder with a run of each phase, and with the exported model in `export`; some films."""
    folder = tmp_path_factory.mktemp(request.param)
    data = write_csv(folder / "data", 40) if request.param == "csv" else write_mimic(folder / "data", 40)
    for name in NAMES:
        settings = {**DATA[request.param], "data.texts": "report", "run.steps": 2}
        begin = tuple(folder / before for before in PHASES[name])
        assert train(name, folder / name, data, settings, begin) == 0
    assert main(["export", str(folder / JOINT), str(folder / "export")]) == 0
    films = sorted((folder / "data").rglob("*.png" if request.param == "csv" else "*.jpg"))[:3]
    return folder, films


def of_node(directories: list[Path], films: list[Path]) -> dict[str, dict]:
    """By the built package: `npm test` builds it before these tests run, and without it they fail."""
    node = shutil.which("node")
    assert node, "node is not there"
    assert (DIST / "index.js").exists(), f"{DIST} is missing; npm test builds it"
    asked = {"directories": [str(one) for one in directories], "texts": REPORTS, "films": [str(one) for one in films]}
    done = subprocess.run(
        [node, Path(__file__).with_name("own_films.mjs"), DIST], input=json.dumps(asked), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@torch.no_grad()
def of_torch(folder: Path, films: list[Path]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Embeddings of the texts and of the films, of length 1."""
    texts = images = None
    if (folder / TEXT).exists():
        model, tokenizer = load_text(folder)
        texts = np.stack([F.normalize(model.eval()(*tokenizer([one])), dim=1)[0].numpy() for one in REPORTS])
    if (folder / IMAGE).exists():
        model = load_image(folder).eval()
        store = FilmStore(films, model.config.resize, model.config.crop, None)
        images = F.normalize(model(store.centre(range(len(films)))).mean(1), dim=1).numpy()
    return texts, images


def test_a_model_of_own_films_is_in_node_what_it_is_in_pytorch(own: tuple[Path, list[Path]]):
    """The export, and the folder of every run that has weights: numbers agree and nothing is marked."""
    folder, films = own
    directories = [folder / "export", *(folder / name for name in NAMES[1:])]
    found = of_node(directories, films)
    assert len(found) == 2 * len(directories)
    for directory in directories:
        texts, images = of_torch(directory, films)
        for weights in ("safetensors", "pytorch"):
            model = found[f"{directory} {weights}"]
            assert (model["untrained"], model["demonstration"]) == (False, False)
            for name, expected in (("texts", texts), ("films", images)):
                assert (name in model) == (expected is not None), (directory, name)
                if expected is not None:
                    assert np.abs(np.array(model[name]) - expected).max() < 1e-5, (directory, name)
            if "scores" in model:
                assert np.abs(np.array(model["scores"]) - images @ texts.T).max() < 1e-5


def test_the_export_has_both_formats_of_the_same_weights(own: tuple[Path, list[Path]]):
    folder = own[0] / "export"
    one, other = load_file(folder / SAFETENSORS), torch.load(folder / TEXT, weights_only=True)
    assert one.keys() == other.keys() and all(one[name].equal(other[name]) for name in one)
    said = {"untrained": False, "demonstration": False}
    assert json.loads((folder / "config.json").read_text())["biovil"] == said
    assert read_facts(folder / SAFETENSORS) == {"format": "pt", "untrained": "false", "demonstration": "false"}
    assert said.items() <= read_facts(folder / IMAGE).items()
    assert json.loads((own[0] / JOINT / "run.json").read_text())["biovil"] == {"phase": "joint", **said}
