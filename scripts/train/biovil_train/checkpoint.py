"""The published layout: config.json, vocab.txt, pytorch_model.bin and the image encoder's .pt in one folder."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .models import ImageConfig, ImageModel, TextConfig, TextModel
from .tokenizer import Tokenizer

TEXT, IMAGE = "pytorch_model.bin", "biovil_image_resnet50_proj_size_128.pt"
# What `biovil` is to know of a file beside its weights; torch does not look at it.
FACTS = "biovil.json"
# Of an image encoder: how a film becomes its input, and its similarities a map.
FRAMING = ("resize", "crop", "sigma", "stride")

UNUSED = re.compile(r"(^|\.)(fc\.(weight|bias)|position_ids|(pooler|seq_relationship)\..*)$")


def save_text(model: TextModel, folder: Path, facts: dict[str, Any], dtype: torch.dtype = torch.float32) -> None:
    """Writes config.json and pytorch_model.bin; the tokenizer's files are written by `tokenizer.write_tokenizer`."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {**model.config.json(), "torch_dtype": str(dtype).removeprefix("torch."), "biovil": facts}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    _save(model.state_dict(), folder / TEXT, dtype, facts)


def save_image(model: ImageModel, folder: Path, facts: dict[str, Any], dtype: torch.dtype = torch.float32) -> None:
    """Facts get the framing: without it a reader takes the published 512, 480, 1.5 and 32."""
    folder.mkdir(parents=True, exist_ok=True)
    framing = {name: getattr(model.config, name) for name in FRAMING}
    _save(model.state_dict(), folder / IMAGE, dtype, {**facts, **framing})


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
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.split("/")[-1] == FACTS]
        return json.loads(archive.read(names[0])) if names else {}


def load_weights(module: nn.Module, path: Path) -> None:
    """Binds a published file to a model of the same sizes; raises ValueError naming what does not fit."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    # What published files carry along and no model here has.
    state = {name: tensor for name, tensor in state.items() if not UNUSED.search(name)}
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"{path} does not fit the sizes of the configuration: {error}") from error


def load_text(folder: Path) -> tuple[TextModel, Tokenizer]:
    json_config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    known = {name: json_config[name] for name in TextConfig.__dataclass_fields__ if name in json_config}
    config = TextConfig(**known)
    model = TextModel(config)
    load_weights(model, folder / TEXT)
    return model, Tokenizer(folder / "vocab.txt", config.max_position_embeddings)


def load_image(folder: Path) -> ImageModel:
    state = torch.load(folder / IMAGE, map_location="cpu", weights_only=True)
    facts = read_facts(folder / IMAGE)
    framing = {name: facts[name] for name in FRAMING if name in facts}
    width, projection = state["encoder.encoder.conv1.weight"].shape[0], state["projector.model.3.weight"].shape[0]
    model = ImageModel(ImageConfig(width, projection, **framing))
    load_weights(model, folder / IMAGE)
    return model
