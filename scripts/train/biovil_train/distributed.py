"""One process or many, as `torchrun` started them."""

import os
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor


class Processes:
    """This process among all that train together."""

    def __init__(self) -> None:
        self.rank = int(os.environ.get("RANK", 0))
        self.count = int(os.environ.get("WORLD_SIZE", 1))
        local = int(os.environ.get("LOCAL_RANK", 0))
        self.device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        if self.count > 1:
            # One process decodes the films of all.
            backend = "nccl" if self.device.type == "cuda" else "gloo"
            dist.init_process_group(backend, timeout=timedelta(hours=12))
            # For what is said between the processes and concerns no GPU.
            self._host = dist.new_group(backend="gloo") if backend == "nccl" else None

    @property
    def first(self) -> bool:
        return self.rank == 0

    def share(self, batch: int) -> int:
        """This process's part of a batch."""
        if batch % self.count:
            raise ValueError(f"expected run.batch to be a multiple of the {self.count} processes but found {batch}")
        return batch // self.count

    def own(self, batch: int) -> slice:
        """Where this process's part of a batch is."""
        share = self.share(batch)
        return slice(self.rank * share, (self.rank + 1) * share)

    def wait(self) -> None:
        if self.count > 1:
            dist.barrier()

    def any(self, flag: bool) -> bool:
        """Whether it is true in some process."""
        if self.count == 1:
            return flag
        value = torch.tensor(float(flag), device=self.device)
        dist.all_reduce(value, dist.ReduceOp.MAX)
        return bool(value.item())

    def union(self, known: dict[int, str]) -> dict[int, str]:
        """What some process knows, to all."""
        if self.count == 1:
            return known
        parts: list[dict[int, str]] = [{}] * self.count
        dist.all_gather_object(parts, known, self._host)
        return {key: value for part in parts for key, value in part.items()}

    def close(self) -> None:
        if self.count > 1:
            dist.destroy_process_group()


def gathered(rows: Tensor) -> Tensor:
    """
    The rows [n, …] of all processes, in their order; the same number in each.

    Its gradient reaches the process that made a row. Every process computes the same loss of all rows; the gradients of
    all of them are added on the way back and averaged by DDP: as if one process had seen the whole batch.
    """
    # Without gradients a process validates alone: nobody would answer it.
    if not dist.is_initialized() or dist.get_world_size() == 1 or not torch.is_grad_enabled():
        return rows
    return _Gather.apply(rows)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        return gradient.chunk(dist.get_world_size())[dist.get_rank()]
