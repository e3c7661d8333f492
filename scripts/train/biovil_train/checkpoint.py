"""The published layout: config.json, vocab.txt, pytorch_model.bin and the image encoder's .pt in one folder.

Text weights may be model.safetensors, too, or instead.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from .models import ImageConfig, ImageModel, TextConfig, TextModel
from .tokenizer import Tokenizer

TEXT, IMAGE = "pytorch_model.bin", "biovil_image_resnet50_proj_size_128.pt"
SAFETENSORS = "model.safetensors"
# The first that a folder has is taken, as `biovil` does.
TEXT_WEIGHTS = (SAFETENSORS, TEXT)
# What `biovil` is to know of a file beside its weights; torch does not look at it.
FACTS = "biovil.json"
# Of an image encoder: how a film becomes its input, and its similarities a map.
FRAMING = ("resize", "crop", "sigma", "stride")

# torchvision's classifier, which hi-ml's encoder carries along and never uses.
CLASSES = 1000
UNUSED = re.compile(r"(^|\.)(fc\.(weight|bias)|position_ids|(pooler|seq_relationship)\..*)$")


def save_text(model: TextModel, folder: Path, facts: dict[str, Any], dtype: torch.dtype = torch.float32) -> None:
    """Writes config.json and pytorch_model.bin; the tokenizer's files are written by `tokenizer.write_tokenizer`."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {**model.config.json(), "torch_dtype": str(dtype).removeprefix("torch."), "biovil": facts}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    _save(model.state_dict(), folder / TEXT, dtype, facts)


def save_safetensors(model: TextModel, folder: Path, facts: dict[str, Any], dtype: torch.dtype) -> None:
    """Writes model.safetensors, of the same tensors; tied ones twice, so that every reader finds each by its name."""
    tensors = {name: tensor.detach().cpu().to(dtype).clone() for name, tensor in model.state_dict().items()}
    words = {name: value if isinstance(value, str) else json.dumps(value) for name, value in facts.items()}
    unfinished = folder / f"{SAFETENSORS}.partial"
    save_file(tensors, unfinished, {"format": "pt", **words})
    unfinished.rename(folder / SAFETENSORS)


def save_image(model: ImageModel, folder: Path, facts: dict[str, Any], dtype: torch.dtype = torch.float32) -> None:
    """Facts get the framing: without it a reader takes the published 512, 480, 1.5 and 32."""
    folder.mkdir(parents=True, exist_ok=True)
    framing = {name: getattr(model.config, name) for name in FRAMING}
    _save(published_image(model), folder / IMAGE, dtype, {**facts, **framing})


def published_image(model: ImageModel) -> dict[str, Tensor]:
    """All that hi-ml's class loads strictly: with a classifier of zeros."""
    classifier = {
        "encoder.encoder.fc.weight": torch.zeros(CLASSES, model.config.features),
        "encoder.encoder.fc.bias": torch.zeros(CLASSES),
    }
    return {**model.state_dict(), **classifier}


def _save(state: dict[str, Tensor], path: Path, dtype: torch.dtype, facts: dict[str, Any]) -> None:
    # Tied tensors stay tied: one storage, written once.
    converted: dict[int, Tensor] = {}

    def convert(tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point():
            return tensor.cpu().contiguous()
        return converted.setdefault(tensor.data_ptr(), tensor.detach().cpu().to(dtype).contiguous())

    unfinished = path.with_suffix(".partial")
    torch.save({name: convert(tensor) for name, tensor in state.items()}, unfinished)
    with zipfile.ZipFile(unfinished, "a") as archive:
        root = archive.namelist()[0].split("/")[0]
        archive.writestr(f"{root}/{FACTS}", json.dumps(facts))
    unfinished.rename(path)


def read_facts(path: Path) -> dict[str, Any]:
    """What a weight file says beside its weights; nothing in files as published."""
    if path.suffix == ".safetensors":
        with readable(path), safe_open(path, "pt") as file:
            return file.metadata() or {}
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.split("/")[-1] == FACTS]
        return json.loads(archive.read(names[0])) if names else {}


def read_state(path: Path) -> dict[str, Tensor]:
    """Raises ValueError naming a file that is none."""
    with readable(path):
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return torch.load(path, map_location="cpu", weights_only=True)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Makes of what torch and safetensors raise a ValueError that names the file."""
    try:
        yield
    except (RuntimeError, EOFError, UnpicklingError, SafetensorError, zipfile.BadZipFile) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path} cannot be read as weights: {reason}") from error


def load_weights(module: nn.Module, path: Path) -> None:
    """Binds a published file to a model of the same sizes; raises ValueError naming what does not fit."""
    # What published files carry along and no model here has.
    state = {name: tensor for name, tensor in read_state(path).items() if not UNUSED.search(name)}
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"{path} does not fit the sizes of the configuration: {error}") from error


def load_text(folder: Path) -> tuple[TextModel, Tokenizer]:
    json_config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    known = {name: json_config[name] for name in TextConfig.__dataclass_fields__ if name in json_config}
    config = TextConfig(**known)
    model = TextModel(config)
    path = next((folder / name for name in TEXT_WEIGHTS if (folder / name).exists()), folder / TEXT)
    load_weights(model, path)
    return model, Tokenizer(folder / "vocab.txt", config.max_position_embeddings)


def load_image(folder: Path) -> ImageModel:
    state = read_state(folder / IMAGE)
    facts = read_facts(folder / IMAGE)
    framing = {name: facts[name] for name in FRAMING if name in facts}
    width, projection = state["encoder.encoder.conv1.weight"].shape[0], state["projector.model.3.weight"].shape[0]
    model = ImageModel(ImageConfig(width, projection, **framing))
    load_weights(model, folder / IMAGE)
    return model
