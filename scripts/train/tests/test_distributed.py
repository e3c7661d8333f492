"""Two processes that gather their embeddings have the gradients of one that sees the whole batch."""

import os
import socket
from pathlib import Path

import torch
import torch.multiprocessing
from torch.nn.parallel import DistributedDataParallel

from biovil_train.config import JointConfig
from biovil_train.distributed import Processes
from biovil_train.models import ImageConfig, ImageModel, TextConfig, TextModel
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
