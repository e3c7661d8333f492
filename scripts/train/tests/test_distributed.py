"""Two processes that gather their embeddings have the gradients of one that sees the whole batch."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.multiprocessing
from conftest import PHASES, SMOKE
from torch.nn.parallel import DistributedDataParallel

from biovil_train.config import JointConfig
from biovil_train.distributed import Processes
from biovil_train.models import ImageConfig, ImageModel, TextConfig, TextModel
from biovil_train.paths import PACKAGE
from biovil_train.phases.joint import JointObjective

FILMS, TEXTS_A_FILM, PROCESSES = 4, 2, 2


def objective() -> JointObjective:
    """In evaluation mode: statistics of a batch and dropout are each process's own."""
    torch.manual_seed(0)
    config = JointConfig(temperature=0.2, learn_temperature=True, mlm_weight=0.0)
    image, text = (
        ImageModel(ImageConfig(4, 16, 64, 64)),
        TextModel(TextConfig(1, 2, 16, 32, 50, 16, projection_size=16)),
    )
    return JointObjective(image, text, config).eval()


def batch(rank: int, processes: int) -> dict[str, torch.Tensor]:
    """A process's share of films and texts, and who owns which of all."""
    generator = torch.Generator().manual_seed(1)
    films = torch.rand(FILMS, 1, 64, 64, generator=generator)
    ids = torch.randint(5, 50, (FILMS * TEXTS_A_FILM, 8), generator=generator)
    owner = torch.arange(FILMS).repeat_interleave(TEXTS_A_FILM)
    true = torch.arange(FILMS)[:, None] == owner[None]
    true[0, -1] = True
    own = ids.chunk(processes)[rank]
    return {
        "films": films.chunk(processes)[rank],
        "ids": own,
        "text_mask": torch.ones_like(own),
        "owner": owner,
        "true": true,
        "hard_ids": torch.zeros(0, dtype=torch.int64),
    }


def gradients(module: JointObjective) -> dict[str, torch.Tensor]:
    return {name: one.grad for name, one in module.named_parameters() if one.grad is not None}


def work(rank: int, port: int, out: str) -> None:
    torch.set_num_threads(1)
    os.environ |= {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "RANK": str(rank),
        "WORLD_SIZE": str(PROCESSES),
        "CUDA_VISIBLE_DEVICES": "",
    }
    processes = Processes()
    module = objective()
    # Named: the gradients need it until they are there.
    parallel = DistributedDataParallel(module, find_unused_parameters=True)
    losses = parallel(batch(rank, PROCESSES))
    losses["loss"].backward()
    assert processes.any(rank == 1)
    if processes.first:
        torch.save({"loss": losses["loss"].detach(), "gradients": gradients(module)}, out)
    processes.wait()
    processes.close()


def test_two_processes_have_the_gradients_of_one(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    out = tmp_path / "two.pt"
    torch.multiprocessing.spawn(work, (port, str(out)), PROCESSES)
    two = torch.load(out)
    module = objective()
    loss = module(batch(0, 1))["loss"]
    loss.backward()
    assert abs(two["loss"] - loss.item()) < 1e-5
    one = gradients(module)
    assert "log_scale" in one and set(two["gradients"]) >= set(one)
    for name, gradient in one.items():
        assert (two["gradients"][name] - gradient).abs().max() < 1e-5, name


@pytest.mark.parametrize("name", ["2-mlm", "4-sections", "5-simclr", "6-joint"])
def test_two_processes_run_a_phase_to_its_end(runs: Path, corpus: Path, tmp_path: Path, name: str):
    """With its validation, which is the first one's alone."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={PROCESSES}"]
    command += ["-m", "biovil_train", "train", str(SMOKE / f"{name}.toml"), "--out", str(tmp_path)]
    command += ["--data", str(corpus), "--set", f"data.validation={corpus}", "--set", "run.validate=2"]
    for before in PHASES[name]:
        command += ["--begin", str(runs / before)]
    environment = dict(os.environ, PYTHONPATH=str(PACKAGE.parent), OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    validated = [line["step"] for line in lines if any(key.startswith("valid/") for key in line)]
    assert (tmp_path / "done").exists() and validated == [2, 3]
