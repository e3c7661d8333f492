"""Checkpoints: what is written is read back, in the published layout."""

import json
from pathlib import Path

import pytest
import torch

from biovil_train.checkpoint import (
    IMAGE,
    SAFETENSORS,
    TEXT,
    load_image,
    load_text,
    published_image,
    read_facts,
    read_state,
    save_image,
    save_safetensors,
    save_text,
)
from biovil_train.models import ImageConfig, ImageModel, TextConfig, TextModel
from biovil_train.tokenizer import SPECIAL, write_tokenizer

SIZE = TextConfig(2, 2, 32, 64, 40, 48, projection_size=16)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_text_encoder_is_read_back(tmp_path: Path, dtype: torch.dtype):
    model = TextModel(SIZE)
    write_tokenizer([*SPECIAL, *(f"w{i}" for i in range(35))], tmp_path)
    save_text(model, tmp_path, {"demonstration": True}, dtype)
    found, tokenizer = load_text(tmp_path)
    assert (found.config, tokenizer.size) == (SIZE, 40)
    for name, tensor in model.state_dict().items():
        assert found.state_dict()[name].equal(tensor.to(dtype).float()), name
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["biovil"] == read_facts(tmp_path / TEXT) == {"demonstration": True}
    assert config["torch_dtype"] == str(dtype).removeprefix("torch.")


def test_tied_weights_are_written_once(tmp_path: Path):
    save_text(TextModel(SIZE), tmp_path, {})
    state = torch.load(tmp_path / TEXT, weights_only=True)
    words, decoder = state["bert.embeddings.word_embeddings.weight"], state["cls.predictions.decoder.weight"]
    assert words.data_ptr() == decoder.data_ptr()
    assert state["cls.predictions.bias"].data_ptr() == state["cls.predictions.decoder.bias"].data_ptr()


def test_an_image_encoder_is_read_back_with_its_sizes(tmp_path: Path):
    config = ImageConfig(4, 16, 72, 64)
    model = ImageModel(config).to(memory_format=torch.channels_last)
    model.train()(torch.rand(2, 1, 64, 64))
    save_image(model, tmp_path, {"phase": "test"})
    found = load_image(tmp_path)
    assert found.config == config and read_facts(tmp_path / IMAGE)["crop"] == 64
    for name, tensor in model.state_dict().items():
        assert found.state_dict()[name].equal(tensor), name
    films = torch.rand(1, 1, 64, 64)
    assert found.eval()(films).allclose(model.eval()(films), atol=1e-6)
    assert found(films).shape == (1, 4, 16)


def test_a_dilated_encoder_sees_the_same_at_every_second_patch(tmp_path: Path):
    coarse = ImageModel(ImageConfig(4, 16, 72, 64)).eval()
    fine = ImageModel(ImageConfig(4, 16, 72, 64, stride=16)).eval()
    for name, parameter in coarse.named_parameters():
        if name.endswith("bn3.weight"):
            torch.nn.init.ones_(parameter)
    fine.load_state_dict(coarse.state_dict())
    films = torch.rand(2, 1, 64, 64)
    patches = fine(films).unflatten(1, (4, 4))
    assert patches[:, ::2, ::2].flatten(1, 2).allclose(coarse(films), atol=1e-5)
    assert not patches[:, 1::2, 1::2].flatten(1, 2).allclose(coarse(films), atol=1e-3)
    save_image(fine, tmp_path, {})
    assert load_image(tmp_path).config == fine.config


def test_a_stride_must_be_one_and_fit_the_crop():
    for sizes, message in (({"stride": 8}, "stride"), ({"crop": 250}, "a multiple of 32"), ({"crop": 0}, "crop")):
        with pytest.raises(ValueError, match=message):
            ImageConfig(**sizes)


def test_files_have_the_keys_and_shapes_of_the_published_classes():
    """Those of hi-ml's ImageModel and CXRBertModel, recorded by scripts/export/himl_strict.py: they load strictly."""
    recorded = json.loads(Path(__file__).with_name("himl_keys.json").read_text(encoding="utf-8"))
    with torch.device("meta"):
        states = {"image": published_image(ImageModel(ImageConfig())), "text": TextModel(TextConfig()).state_dict()}
    for part, state in states.items():
        found = {name: " x ".join(map(str, tensor.shape)) for name, tensor in state.items()}
        assert found == recorded[part]


def test_what_is_written_has_those_keys(tmp_path: Path):
    image, text = ImageModel(ImageConfig(4, 16, 72, 64)), TextModel(SIZE)
    save_image(image, tmp_path, {})
    save_text(text, tmp_path, {})
    save_safetensors(text, tmp_path, {"untrained": False}, torch.float32)
    assert read_state(tmp_path / IMAGE).keys() == published_image(image).keys()
    assert not read_state(tmp_path / IMAGE)["encoder.encoder.fc.weight"].any()
    for name in (TEXT, SAFETENSORS):
        state = read_state(tmp_path / name)
        assert state.keys() == text.state_dict().keys()
        assert all(state[key].equal(tensor) for key, tensor in text.state_dict().items())


@pytest.mark.parametrize("name", [IMAGE, SAFETENSORS])
def test_a_file_that_holds_no_weights_is_named(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(ValueError, match=f"{name} cannot be read as weights"):
        read_state(tmp_path / name)
