"""Writes test/fixtures/tiny-graph.pt: a weightless TorchScript graph with what the tests of the native part need.

    python scripts/export/tiny.py [FILE]

Only PyTorch is needed. Unlike the graphs of models/graphs it declares the shapes of its parameters.
"""

import sys
import warnings

import torch
from torch import Tensor, nn


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(16, 8, device="meta")
        self.head = nn.Linear(8, 4, device="meta")
        self.decoder = nn.Linear(8, 16, bias=False, device="meta")

    @torch.jit.export
    def embed(self, ids: Tensor) -> Tensor:
        """int32 [n, length] -> float32 [n, 4]"""
        return self.head(self.words(ids).mean(1)).float()

    @torch.jit.export
    def decode(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """int32 [n, length] -> scores [n, length, 16] and words [n, length, 8]"""
        words = self.words(ids)
        return self.decoder(words).float(), words.float()

    @torch.jit.export
    def echo(self, values: Tensor) -> Tensor:
        """Any tensor, in float32."""
        return values.float()

    @torch.jit.export
    def work(self, values: Tensor, rounds: Tensor) -> Tensor:
        """float32 [n, n], int32 [1]: that many products, one after the other; takes as long as the test wants."""
        result = values
        for _ in range(int(rounds.item())):
            result = torch.tanh(result @ values)
        return result

    @torch.jit.export
    def allocate(self, gigabytes: Tensor) -> Tensor:
        """int32 [1]: asks for that much memory."""
        return torch.empty([int(gigabytes.item()), 1 << 28])[:1, :1].clone()

    @torch.jit.export
    def fail(self, values: Tensor) -> Tensor:
        """A product whose shapes never fit."""
        return values @ torch.zeros(values.size(-1) + 1, 2)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # TorchScript announces its deprecation at every call.
    torch.jit.script(Tiny().eval().requires_grad_(False)).save(
        sys.argv[1] if len(sys.argv) > 1 else "test/fixtures/tiny-graph.pt"
    )
