"""Whether hi-ml's own classes load a model directory strictly; and which keys they have, for scripts/train's tests.

python himl_strict.py                 # writes scripts/train/tests/himl_keys.json: names and shapes at published sizes
python himl_strict.py --model DIR     # loads what `biovil_train export` wrote, at published width, in both formats
"""

import argparse
import json
from pathlib import Path

import torch
from health_multimodal.image.model.model import ImageModel
from health_multimodal.text.model import CXRBertModel
from health_multimodal.text.model.configuration_cxrbert import CXRBertConfig
from safetensors.torch import load_file

KEYS = Path(__file__).resolve().parents[1] / "train" / "tests" / "himl_keys.json"
IMAGE = "biovil_image_resnet50_proj_size_128.pt"


def image_model() -> ImageModel:
    return ImageModel(img_encoder_type="resnet50", joint_feature_size=128)


def shapes(model: torch.nn.Module) -> dict[str, str]:
    return {name: " x ".join(map(str, tensor.shape)) for name, tensor in model.state_dict().items()}


def record() -> None:
    value = {"image": shapes(image_model()), "text": shapes(CXRBertModel(CXRBertConfig()))}
    KEYS.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def check(folder: Path) -> None:
    image_model().load_state_dict(torch.load(folder / IMAGE, map_location="cpu", weights_only=True), strict=True)
    print(f"{IMAGE}: all keys match")
    config = CXRBertConfig.from_pretrained(folder)
    states = {
        "pytorch_model.bin": torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True),
        "model.safetensors": load_file(folder / "model.safetensors"),
    }
    for name, state in states.items():
        CXRBertModel(config).load_state_dict(state, strict=True)
        print(f"{name}: all keys match")
    for safetensors in (False, True):
        _, info = CXRBertModel.from_pretrained(folder, use_safetensors=safetensors, output_loading_info=True)
        print(
            f"from_pretrained, {'safetensors' if safetensors else 'bin'}:",
            {name: list(some) for name, some in info.items()},
        )
        assert not any(info.values()), info


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path)
    folder = parser.parse_args().model
    check(folder) if folder else record()
