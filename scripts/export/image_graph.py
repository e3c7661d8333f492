"""The graphs of BioViL's image encoders: methods, sidecars, and the proof that every width comes from the weights."""

import warnings

import torch
from torch import Tensor

import graph
from biovil import (
    BATCH_NORM_EPS,
    BLOCKS,
    LAYER_NORM_EPS,
    POOLER_BLOCKS,
    POOLER_HEADS,
    BioViL,
    BioViLT,
    Config,
)

ENCODER = ["encoder.", "projector."]
CLASSIFY = {
    "classify": {
        "inputs": ["pooled"],
        "outputs": {"logits": ["n", "num_classes"]},
        "parameters": [f"classifier.fc.model.{number}." for number in (0, 1, 3)],
    },
    "classify_linear": {
        "inputs": ["pooled"],
        "outputs": {"logits": ["n", "num_classes"]},
        "parameters": ["classifier.fc.model.weight", "classifier.fc.model.bias"],
    },
}


def initialize(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Seeded weights that keep activations near 1."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.eval().requires_grad_(False).named_parameters():
        if name.endswith("running_var"):
            parameter.uniform_(0.8, 1.2, generator=generator)
        elif parameter.dim() > 1:
            parameter.normal_(0, (2 / parameter[0].numel()) ** 0.5, generator=generator)
        else:
            parameter.normal_(0.0 if name.endswith(("bias", "mean")) else 0.5, 0.1, generator=generator)
    return model


class ImageGraph:
    def __init__(self, temporal: bool, dilated: bool = False) -> None:
        self.name = ("biovil-t-resnet50" if temporal else "biovil-resnet50") + ("-dilated" if dilated else "")
        self.temporal, self.dilated = temporal, dilated
        self.make = BioViLT if temporal else BioViL
        self.published = Config(static_size=256) if temporal else Config()
        # Sizes whose multiples differ, so that a number tells where it came from.
        self.sizes = Config(9, 17, 40 if temporal else None, 19, 5, dilated)

    def methods(self) -> dict[str, dict[str, object]]:
        outputs: dict[str, list[str]] = {
            "global": ["n", "projection_size"],
            "patches": ["n", "patches", "projection_size"],
            "pooled": ["n", "2*static_size" if self.temporal else "32*width"],
        }
        if not self.temporal:
            return {"encode": {"inputs": ["films"], "outputs": outputs, "parameters": ENCODER}, **CLASSIFY}
        outputs |= {"static": ["n", "patches", "static_size"], "difference": ["n", "patches", "static_size"]}
        return {
            "encode": {
                "inputs": ["films"],
                "outputs": outputs,
                "parameters": [
                    "encoder.missing_previous_emb",
                    "encoder.encoder.",
                    "encoder.backbone_to_vit.",
                    "projector.",
                ],
            },
            "encode_pair": {
                "inputs": ["films", "priors"],
                "outputs": outputs,
                "parameters": ["encoder.encoder.", "encoder.backbone_to_vit.", "encoder.vit_pooler.", "projector."],
            },
            **CLASSIFY,
        }

    def arguments(self, config: Config, n: int, side: int) -> dict[str, tuple[Tensor, ...]]:
        """By method: random films uint8 [n, 1, side, side], pooled features [n, f]."""
        generator = torch.Generator().manual_seed(n * 1000 + side)
        films, priors = torch.randint(256, (2, n, 1, side, side), generator=generator, dtype=torch.uint8)
        pooled = torch.randn(n, config.feature_size, generator=generator)
        pair = {"encode_pair": (films, priors)} if self.temporal else {}
        return {"encode": (films,), **pair, "classify": (pooled,), "classify_linear": (pooled,)}

    def trace(self) -> bytes:
        return graph.trace(initialize(self.make(self.sizes)), self.name, self.arguments(self.sizes, 2, 96))

    def sidecar(self, archive: bytes) -> dict[str, object]:
        sizes = {self.sizes.width << power: f"{1 << power}*width" for power in range(6)}
        sizes[self.sizes.width] = "width"
        for key in ("projection_size", "classifier_hidden_size", "num_classes"):
            sizes[getattr(self.sizes, key)] = key
        facts: dict[str, object] = {"blocks": list(BLOCKS), "batch_norm_eps": BATCH_NORM_EPS}
        if self.temporal:
            sizes |= {self.sizes.static_size: "static_size", 2 * self.sizes.static_size: "2*static_size"}
            facts |= {"pooler_blocks": POOLER_BLOCKS, "heads": POOLER_HEADS, "layer_norm_eps": LAYER_NORM_EPS}
        parameters = graph.symbols(sizes, self.make(self.sizes).named_parameters())
        model = {"parameters": parameters, "methods": self.methods()}
        return graph.sidecar(self.name, facts, archive, model)

    def prove(self, archive: bytes) -> float:
        """Largest difference to eager PyTorch over widths, shapes and dtypes that were not traced, frozen or not."""
        largest = 0.0
        for config in (
            Config(8, 16, 64 if self.temporal else None, 24, 2, self.dilated),
            Config(16, 128, 256 if self.temporal else None, dilated=self.dilated),
        ):
            for dtype, tolerance in ((torch.float32, 1e-5), (torch.bfloat16, 0.1)):
                weights = initialize(self.make(config), seed=1).to(dtype)
                bound = graph.bind(archive, weights)
                # Folding is for float32: bfloat16 has too few bits to compare rounded products with.
                runs = [bound, frozen(bound, list(self.methods()))] if dtype == torch.float32 else [bound]
                for n, side in ((1, 32), (2, 160), (3, 224)):
                    for method, given in self.arguments(config, n, side).items():
                        expected = getattr(weights, method)(*given)
                        what = f"{method}, {n} x {side}, {dtype}"
                        found = max(graph.difference(what, getattr(run, method)(*given), expected) for run in runs)
                        largest = max(largest, graph.require(what, found, tolerance) if len(runs) > 1 else 0)
        return largest


def frozen(bound: torch.jit.ScriptModule, methods: list[str]) -> torch.jit.ScriptModule:
    """As an engine would run it: weights are constants, and no BatchNorm is left beside a convolution."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = torch.jit.freeze(bound, preserved_attrs=methods)
    for method in methods:
        left = [
            node for node in getattr(result, method).graph.nodes() if node.kind() in ("aten::batch_norm", "aten::sum")
        ]
        if left and not method.startswith("classify"):
            raise SystemExit(f"{method}: not folded: {left[0]}")
    return result
