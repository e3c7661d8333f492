"""Writes the weightless TorchScript graph of CXR-BERT and its sidecar.

    python scripts/export/export.py [--layers 12] [--heads 12] [--out models/graphs] [--check]

Only PyTorch is needed. A graph holds the number of layers and of heads; every width comes from the weights that are
bound to it later, which is proven against eager PyTorch at other widths, shapes and dtypes each time this runs.
With --check nothing is written: the command fails unless the files in --out are what this script makes.
"""

import argparse
import hashlib
import io
import json
import re
import sys
import warnings
import zipfile
from pathlib import Path

import torch
from torch import Tensor, nn

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


def traced_sizes(layers: int, heads: int) -> Config:
    """Small sizes, all different, so that a size tells which key of the configuration it came from."""
    return Config(layers, heads, 8 * heads, 8 * heads + 1, 8 * heads + 2, 8 * heads + 3, 2, 8 * heads + 5)


def trace(layers: int, heads: int) -> bytes:
    """The archive that `torch.jit.load` reads, the same bytes in every run: no weights, no debug information."""
    config = traced_sizes(layers, heads)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript announces its deprecation at every call.
        graph = torch.jit.trace_module(
            model(config), {name: inputs(name, config, 2, 5, 3) for name in METHODS}, check_trace=False
        )
        for name, _ in list(graph.named_parameters()):
            # No shape either: the shapes of a small model would only mislead.
            replace(graph, name, nn.Parameter(torch.empty(0, device="meta"), False))
        saved = io.BytesIO()
        torch.jit.save(graph, saved)
    return strip(saved.getvalue())


def replace(module: nn.Module, name: str, parameter: nn.Parameter) -> None:
    *owners, attribute = name.split(".")
    for owner in owners:
        module = getattr(module, owner)
    setattr(module, attribute, parameter)


def strip(archive: bytes) -> bytes:
    """Keeps what loading needs. Source positions are two thirds of the bytes; the serialization id is random."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for info in sorted(source.infolist(), key=lambda member: member.filename):
            _, _, path = info.filename.partition("/")
            if path.endswith(".debug_pkl") or path.startswith(("traced_inputs", ".data/serialization_id", "data/")):
                continue
            member = zipfile.ZipInfo(f"bert/{path}", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(info), compresslevel=9)
    return result.getvalue()


def sidecar(layers: int, heads: int, archive: bytes) -> dict[str, object]:
    config = traced_sizes(layers, heads)
    symbols = {
        getattr(config, key): key
        for key in ("hidden_size", "intermediate_size", "vocab_size", "max_position_embeddings", "projection_size")
    }
    symbols[config.type_vocab_size] = "type_vocab_size"
    return {
        "format": 1,
        "architecture": "bert",
        "layers": layers,
        "heads": heads,
        "layer_norm_eps": LAYER_NORM_EPS,
        "torch": torch.__version__.partition("+")[0],
        "sha256": hashlib.sha256(archive).hexdigest(),
        "parameters": {
            name: [symbols[size] for size in parameter.shape] for name, parameter in CxrBert(config).named_parameters()
        },
        "methods": METHODS,
    }


def one_line_lists(text: str) -> str:
    return re.sub(
        r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]).replace("[ ", "[").replace(" ]", "]"), text
    )


def bind(archive: bytes, weights: nn.Module) -> torch.jit.ScriptModule:
    """What the engine does: the graph with its parameters replaced by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = torch.jit.load(io.BytesIO(archive))
    names = {name for name, _ in graph.named_parameters()}
    given = dict(weights.named_parameters())
    if names != set(given):
        raise SystemExit(f"graph and model differ in {sorted(names ^ set(given))}")
    if list(graph.named_buffers()):
        raise SystemExit("the graph has buffers")
    for name, parameter in given.items():
        replace(graph, name, parameter)
    return graph


def prove(archive: bytes, layers: int, heads: int) -> float:
    """Largest difference to eager PyTorch over shapes and dtypes that were not traced; raises if it is not small."""
    largest = 0.0
    config = Config(layers, heads, 4 * heads, 11 * heads, 53, 512, 2, 16)
    for dtype, tolerance in ((torch.float32, 1e-6), (torch.bfloat16, 0.1)):
        weights = model(config, seed=1).to(dtype)
        graph = bind(archive, weights)
        shapes = ((1, 1, 0), (2, 8, 1), (7, 33, 5), (1, 512, 5), (2, 512, 1))
        for method, n, length, m in ((method, *shape) for method in METHODS for shape in shapes):
            arguments = inputs(method, config, n, length, m)
            expected, got = getattr(weights, method)(*arguments), getattr(graph, method)(*arguments)
            if got.shape != expected.shape or got.dtype != torch.float32:
                raise SystemExit(f"{method}, {n} x {length}: {got.dtype} {got.shape} instead of {expected.shape}")
            difference = (got - expected).abs().max().item() if got.numel() else 0.0
            if not difference <= tolerance:
                raise SystemExit(f"{method}, {n} x {length}, {dtype}: differs from eager by {difference}")
            largest = max(largest, difference if dtype == torch.float32 else 0.0)
    return largest


def members(archive: bytes) -> dict[str, bytes]:
    """Content by name. Compared instead of the archive, whose bytes depend on the version of zlib too."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        return {info.filename: source.read(info) for info in source.infolist()}


def check(path: Path, archive: bytes, description: dict[str, object]) -> list[str]:
    """What differs between the files at `path` and what this script makes."""
    missing = [f"{file} is missing" for file in (path, path.with_suffix(".json")) if not file.exists()]
    if missing:
        return missing
    problems = []
    committed = path.read_bytes()
    written = json.loads(path.with_suffix(".json").read_text())
    sha256 = hashlib.sha256(committed).hexdigest()
    if written.get("sha256") != sha256:
        problems.append(f"{path} has sha256 {sha256}, its sidecar says {written.get('sha256')}")
    expected = {**description, "sha256": written.get("sha256")}
    for key in sorted(expected.keys() | written.keys()):
        if expected.get(key) != written.get(key):
            problems.append(f"{path.with_suffix('.json')}: {key!r} differs")
    ours, theirs = members(archive), members(committed)
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            problems.append(f"{path}: {name} differs")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "models" / "graphs")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()

    archive = trace(options.layers, options.heads)
    difference = prove(archive, options.layers, options.heads)
    description = sidecar(options.layers, options.heads, archive)
    path = options.out / f"bert-L{options.layers}-A{options.heads}.pt"
    if options.check:
        problems = check(path, archive, description)
        print("\n".join(problems) or f"{path} is what this script makes", file=sys.stderr)
        return 1 if problems else 0
    options.out.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive)
    path.with_suffix(".json").write_text(one_line_lists(json.dumps(description, indent=2)) + "\n")
    print(f"{path}: {len(archive)} bytes, differs from eager by {difference}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
