"""The graph of CXR-BERT: its methods, its sidecar, and the proof that every width comes from the weights."""

import torch
from torch import Tensor

import graph
from cxr_bert import LAYER_NORM_EPS, Config, CxrBert

METHODS: dict[str, dict[str, list[str]]] = {
    "embed": {
        "inputs": ["ids", "types", "mask"],
        "output": ["n", "projection_size"],
        "parameters": ["bert.", "cls_projection_head."],
    },
    "cls_hidden": {
        "inputs": ["ids", "types", "mask"],
        "output": ["n", "hidden_size"],
        "parameters": ["bert."],
    },
    "hidden": {
        "inputs": ["ids", "types", "mask"],
        "output": ["n", "length", "hidden_size"],
        "parameters": ["bert."],
    },
    "mlm": {
        "inputs": ["ids", "types", "mask", "positions"],
        "output": ["m", "vocab_size"],
        "parameters": ["bert.", "cls.predictions."],
    },
}


def model(config: Config, seed: int = 0) -> CxrBert:
    """A model with seeded weights of a size that keeps its activations near 1."""
    generator = torch.Generator().manual_seed(seed)
    result = CxrBert(config).eval().requires_grad_(False)
    for parameter in result.parameters():
        parameter.normal_(0, 0.3, generator=generator)
    return result


def inputs(method: str, config: Config, n: int, length: int, m: int) -> tuple[Tensor, ...]:
    """Random int32 ids, types, mask [n, length] with padding on the right, and positions [m] for `mlm`."""
    generator = torch.Generator().manual_seed(n * 1000 + length)

    def integers(high: int, *shape: int) -> Tensor:
        return torch.randint(high, shape, generator=generator, dtype=torch.int32)

    lengths = integers(length, n) + 1
    lengths[0] = length
    mask = (torch.arange(length) < lengths[:, None]).int()
    result = (integers(config.vocab_size, n, length), integers(config.type_vocab_size, n, length), mask)
    return (*result, integers(n * length, m)) if "positions" in METHODS[method]["inputs"] else result


class BertGraph:
    def __init__(self, layers: int, heads: int) -> None:
        self.name = f"bert-L{layers}-A{heads}"
        self.layers, self.heads = layers, heads
        # Small sizes, all different, so that a size tells which key of the configuration it came from.
        self.sizes = Config(layers, heads, 8 * heads, 8 * heads + 1, 8 * heads + 2, 8 * heads + 3, 2, 8 * heads + 5)

    def trace(self) -> bytes:
        examples = {name: inputs(name, self.sizes, 2, 5, 3) for name in METHODS}
        return graph.trace(model(self.sizes), "bert", examples)

    def sidecar(self, archive: bytes) -> dict[str, object]:
        keys = ("hidden_size", "intermediate_size", "vocab_size", "max_position_embeddings", "projection_size")
        sizes = {getattr(self.sizes, key): key for key in (*keys, "type_vocab_size")}
        parameters = graph.symbols(sizes, CxrBert(self.sizes).named_parameters())
        facts = {"layers": self.layers, "heads": self.heads, "layer_norm_eps": LAYER_NORM_EPS}
        return graph.sidecar("bert", facts, archive, {"parameters": parameters, "methods": METHODS})

    def prove(self, archive: bytes) -> float:
        """Largest difference to eager PyTorch over shapes and dtypes that were not traced; raises if not small."""
        largest = 0.0
        config = Config(self.layers, self.heads, 4 * self.heads, 11 * self.heads, 53, 512, 2, 16)
        for dtype, tolerance in ((torch.float32, 1e-6), (torch.bfloat16, 0.1)):
            weights = model(config, seed=1).to(dtype)
            bound = graph.bind(archive, weights)
            shapes = ((1, 1, 0), (2, 8, 1), (7, 33, 5), (1, 512, 5), (2, 512, 1))
            for method, n, length, m in ((method, *shape) for method in METHODS for shape in shapes):
                arguments = inputs(method, config, n, length, m)
                what = f"{method}, {n} x {length}, {dtype}"
                found = graph.difference(what, getattr(bound, method)(*arguments), getattr(weights, method)(*arguments))
                largest = max(largest, graph.require(what, found, tolerance) if dtype == torch.float32 else 0)
        return largest
