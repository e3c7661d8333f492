"""What every graph has in common: a TorchScript archive without weights, a sidecar that describes it, proofs."""

import hashlib
import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

Tensors = Tensor | tuple[Tensor, ...]


def trace(model: nn.Module, root: str, examples: dict[str, tuple[Tensor, ...]]) -> bytes:
    """The archive that `torch.jit.load` reads, the same bytes in every run: no weights, no debug information.

    `examples` has arguments for each method; `root` is the folder in the archive.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript announces its deprecation at every call.
        graph = torch.jit.trace_module(model, examples, check_trace=False)
        for name, _ in list(graph.named_parameters()):
            # No shape either: the shapes of a small model would only mislead.
            replace(graph, name, nn.Parameter(torch.empty(0, device="meta"), False))
        saved = io.BytesIO()
        torch.jit.save(graph, saved)
    return strip(saved.getvalue(), root)


def replace(module: nn.Module, name: str, parameter: nn.Parameter) -> None:
    *owners, attribute = name.split(".")
    for owner in owners:
        module = getattr(module, owner)
    setattr(module, attribute, parameter)


def strip(archive: bytes, root: str) -> bytes:
    """Keeps what loading needs. Source positions are two thirds of the bytes; the serialization id is random."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for info in sorted(source.infolist(), key=lambda member: member.filename):
            _, _, path = info.filename.partition("/")
            if path.endswith(".debug_pkl") or path.startswith(("traced_inputs", ".data/serialization_id", "data/")):
                continue
            member = zipfile.ZipInfo(f"{root}/{path}", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(info), compresslevel=9)
    return result.getvalue()


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


def difference(what: str, got: Tensors, expected: Tensors) -> float:
    """Largest difference of float32 results to the expected ones, relative to the largest number of each."""
    pairs = list(zip(*(result if isinstance(result, tuple) else (result,) for result in (got, expected)), strict=True))
    largest = 0.0
    for one, other in pairs:
        if one.shape != other.shape or one.dtype != torch.float32:
            raise SystemExit(f"{what}: {one.dtype} {one.shape} instead of {other.shape}")
        if one.numel():
            largest = max(largest, ((one - other).abs().max() / other.abs().max().clamp(min=1)).item())
    return largest


def require(what: str, found: float, tolerance: float) -> float:
    if not found <= tolerance:
        raise SystemExit(f"{what}: differs from eager by {found}")
    return found


def sidecar(architecture: str, facts: dict[str, object], archive: bytes, model: dict[str, object]) -> dict[str, object]:
    return {
        "format": 1,
        "architecture": architecture,
        **facts,
        "torch": torch.__version__.partition("+")[0],
        "sha256": hashlib.sha256(archive).hexdigest(),
        **model,
    }


def one_line_lists(text: str) -> str:
    return re.sub(
        r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]).replace("[ ", "[").replace(" ]", "]"), text
    )


def write(path: Path, archive: bytes, description: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive)
    path.with_suffix(".json").write_text(one_line_lists(json.dumps(description, indent=2)) + "\n")


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


def symbols(sizes: dict[int, str], parameters: Iterable[tuple[str, nn.Parameter]]) -> dict[str, list[str | int]]:
    """Shapes in words: a size that `sizes` does not name stays a number."""
    return {name: [sizes.get(size, size) for size in parameter.shape] for name, parameter in parameters}
