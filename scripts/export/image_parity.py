"""Writes the parity files of the image encoders: what hi-ml makes of generated films.

    python scripts/export/image_parity.py [--out test/fixtures/parity] [--only biovil|biovil-t|biovil-dilated]

The reference is hi-ml's own `ImageModel` and `MultiImageModel`, float32, loaded from the checkpoints that
`synthesize.py` writes, and its own engines for whole files. The text embeddings are those of cxr-bert-seed7.json,
which `reference.py` writes. The format is described in README.md beside this file.
"""

import argparse
import base64
import copy
import hashlib
import json
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import graph
from films import film
from image_graph import ImageGraph, frozen
from parity import packed, sampled, stamp, write
from synthesize import image_weights, write_image

warnings.simplefilter("ignore")
from health_multimodal.image import ImageInferenceEngine  # noqa: E402
from health_multimodal.image.data.io import remap_to_uint8  # noqa: E402
from health_multimodal.image.data.transforms import create_chest_xray_transform_for_inference  # noqa: E402
from health_multimodal.image.model.model import ImageModel, MultiImageModel  # noqa: E402
from health_multimodal.vlp import ImageTextInferenceEngine  # noqa: E402
from PIL import Image  # noqa: E402

SEED, WIDTH, PROJECTION = 7, 64, 128
RESIZE = 512
# Patches whose numbers are stored; of all others the norms are. Fewer where they are wide.
SAMPLE = 6
WIDE_SAMPLE = 2
# Width and height of films that go through the whole chain: portrait, landscape, odd, smaller than the crop.
FILES = ((513, 701), (901, 600), (301, 257), (255, 400), (512, 512), (1100, 1023))
# The dilated encoder sees the whole resized square: a grid of 32 x 32.
DILATED_CROP = 512
DILATED_FILES = FILES[:2]
TEXTS = "cxr-bert-seed7.json"
TEXT_CASE = "model card, hi-ml's punctuation"

Results = dict[str, Tensor]


def batch(seeds: list[int], crop: int) -> Tensor:
    """uint8 [n, 1, crop, crop]: the middle of films that need no resizing."""
    margin = (RESIZE - crop) // 2
    films = np.stack([remap_to_uint8(film(seed, RESIZE, RESIZE)) for seed in seeds])
    return torch.from_numpy(films)[:, None, margin : margin + crop, margin : margin + crop]


def flat(grid: Tensor) -> Tensor:
    """[n, c, g, g] -> [n, l, c]"""
    return grid.flatten(2).transpose(1, 2)


class Reference:
    def __init__(self, temporal: bool, directory: Path) -> None:
        self.temporal, self.crop = temporal, 448 if temporal else 480
        checkpoint = write_image(directory, "image-t" if temporal else "image", WIDTH, PROJECTION, SEED)
        kind = "resnet50_multi_image" if temporal else "resnet50"
        make = MultiImageModel if temporal else ImageModel
        self.model = make(img_encoder_type=kind, joint_feature_size=PROJECTION, pretrained_model_path=checkpoint).eval()

    @torch.inference_mode()
    def encode(self, *films: Tensor) -> Results:
        """Films, and priors if given, uint8 [n, 1, s, s] -> the results under the names of the graph's sidecar."""
        dtype = next(self.model.parameters()).dtype
        found = self.model(*((given.to(dtype) / 255).repeat_interleave(3, 1) for given in films))
        results = {
            "global": found.projected_global_embedding,
            "patches": flat(found.projected_patch_embeddings),
            "pooled": found.img_embedding,
        }
        if self.temporal:
            static, difference = found.patch_embeddings.chunk(2, dim=1)
            results |= {"static": flat(static), "difference": flat(difference)}
        return results

    def double(self) -> "Reference":
        result = copy.copy(self)
        result.model = copy.deepcopy(self.model).double()
        return result


def our_graph(reference: Reference) -> torch.jit.ScriptModule:
    """The exported graph, bound to the same weights and frozen."""
    one = ImageGraph(reference.temporal)
    model = one.make(one.published).eval().requires_grad_(False)
    stored = reference.model.state_dict()
    for name, parameter in model.named_parameters():
        if name in stored:
            parameter.copy_(stored[name])
    return frozen(graph.bind(one.trace(), model), ["encode", *(["encode_pair"] if reference.temporal else [])])


def cases(reference: Reference) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"name": "one film", "films": [1]},
        {"name": "a batch", "films": [2, 3, 1]},
    ]
    if reference.temporal:
        rows += [
            {"name": "with a prior", "films": [1], "priors": [2]},
            {"name": "a batch with priors", "films": [2, 3], "priors": [1, 3]},
        ]
    return rows


def arguments(case: dict[str, object], crop: int) -> list[Tensor]:
    return [batch(case[key], crop) for key in ("films", "priors") if key in case]


def described(name: str, tensor: Tensor, seed: int) -> dict[str, object]:
    """All of a vector for each film; of a grid some patches and every norm."""
    if tensor.dim() == 2:
        return packed(tensor)
    _, count, size = tensor.shape
    draw = np.random.RandomState(seed)
    chosen = np.sort(draw.choice(count, SAMPLE if size == PROJECTION else WIDE_SAMPLE, replace=False))
    return {
        "dims": list(tensor.shape),
        "patches": chosen.tolist(),
        "values": packed(tensor[:, chosen]),
        "norms": packed(tensor.norm(dim=2)),
    }


class Texts:
    """Stands in for hi-ml's text engine, with the embeddings that it gave."""

    class Model:
        training = False

    def __init__(self, file: Path) -> None:
        state = json.loads(file.read_text())
        (found,) = (case for case in state["cases"] if case["name"] == TEXT_CASE)
        self.model, self.texts = self.Model(), found["texts"]
        self.projected, self.normalized = (self.unpack(found["expected"][key]) for key in ("projected", "normalized"))

    @staticmethod
    def unpack(stored: dict[str, object]) -> Tensor:
        data = bytearray(base64.b64decode(stored["data"]))
        return torch.from_numpy(np.frombuffer(data, "<f4").reshape(stored["dims"]))

    def get_embeddings_from_prompt(self, prompts: str | list[str], normalize: bool = True) -> Tensor:
        rows = [self.texts.index(prompt) for prompt in ([prompts] if isinstance(prompts, str) else prompts)]
        return (self.normalized if normalize else self.projected)[rows]


def chains(reference: Reference, texts: Texts, directory: Path) -> list[dict[str, object]]:
    """From a PNG file to a score and a heatmap, all by hi-ml's engines."""
    transform = create_chest_xray_transform_for_inference(RESIZE, reference.crop)
    images = ImageInferenceEngine(reference.model, transform)
    engine = ImageTextInferenceEngine(images, texts)
    rows = []
    for seed, (width, height) in enumerate(FILES, 20):
        path = directory / "film.png"
        Image.fromarray(film(seed, width, height)).save(path)
        text = texts.texts[seed % len(texts.texts)]
        patches, _ = images.get_projected_patch_embeddings(path)
        grid = engine._get_similarity_map_from_embeddings(patches, texts.get_embeddings_from_prompt(text))
        rows.append(
            {
                "film": seed,
                "width": width,
                "height": height,
                "text": text,
                "score": engine.get_similarity_score_from_raw_data(path, text),
                "ensemble": engine.get_similarity_score_from_raw_data(path, texts.texts),
                "grid": packed(grid),
                **{
                    mode: sampled(torch.from_numpy(engine.get_similarity_map_from_raw_data(path, text, mode)), seed)
                    for mode in ("nearest", "bilinear")
                },
            }
        )
    return rows


def spread(expected: list[Results], others: list[Results]) -> dict[str, float]:
    """Largest |difference| by result, over all cases; `normalized` and `patches normalized` are of unit vectors."""
    largest: dict[str, float] = {}

    def note(name: str, one: Tensor, other: Tensor) -> None:
        largest[name] = max(largest.get(name, 0.0), (one.double() - other.double()).abs().max().item())

    for one, other in zip(expected, others, strict=True):
        for name in one:
            note(name, one[name], other[name])
        for name, key in (("global", "normalized"), ("patches", "patches normalized")):
            note(key, *(torch.nn.functional.normalize(found[name], dim=-1) for found in (one, other)))
    return {name: float(f"{value:.2e}") for name, value in largest.items()}


def checksums(temporal: bool) -> dict[str, dict[str, object]]:
    """The start of the SHA-256 of the little-endian bytes of every tensor."""
    return {
        name: {"shape": list(array.shape), "sha256": hashlib.sha256(array.tobytes()).hexdigest()[:16]}
        for name, array in image_weights(WIDTH, PROJECTION, temporal, SEED)
    }


def write_state(out: Path, temporal: bool) -> None:
    with tempfile.TemporaryDirectory() as directory:
        reference = Reference(temporal, Path(directory))
        given = cases(reference)
        expected = [reference.encode(*arguments(case, reference.crop)) for case in given]
        found = chains(reference, Texts(out / TEXTS), Path(directory))
    double, ours = reference.double(), our_graph(reference)
    results = [
        dict(
            zip(
                one,
                getattr(ours, "encode_pair" if "priors" in case else "encode")(*arguments(case, reference.crop)),
                strict=True,
            )
        )
        for one, case in zip(expected, given, strict=True)
    ]
    name = "biovil-t" if temporal else "biovil"
    header = {
        **stamp(
            "scripts/export/image_parity.py", ("torch", "torchvision", "timm", "hi-ml-multimodal", "pillow", "numpy")
        ),
        "reference": f"health_multimodal {'MultiImageModel' if temporal else 'ImageModel'}, float32, CPU",
        "seed": SEED,
        "width": WIDTH,
        "projection": PROJECTION,
        "resize": RESIZE,
        "crop": reference.crop,
        "spread": {
            "float64": spread(expected, [double.encode(*arguments(case, reference.crop)) for case in given]),
            "our graph, frozen": spread(expected, results),
        },
    }
    body = [
        {**case, "expected": {key: described(key, tensor, number) for key, tensor in one.items()}}
        for number, (case, one) in enumerate(zip(given, expected, strict=True))
    ]
    sums = [{"name": key, **row} for key, row in checksums(temporal).items()]
    path = write(out / f"{name}-seed7.json", header, {"weights": sums, "cases": body, "files": found})
    print(f"{path}: {path.stat().st_size} bytes; spread {json.dumps(header['spread'])}", file=sys.stderr)


def write_dilated(out: Path) -> None:
    """Files through the loader and the encoder after `reload_encoder_with_dilation`, as hi-ml's zero-shot tests do."""
    transform = create_chest_xray_transform_for_inference(RESIZE, DILATED_CROP)
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        reference = Reference(False, Path(directory))
        reference.model.encoder.reload_encoder_with_dilation()
        engine = ImageInferenceEngine(reference.model, transform)
        for seed, (width, height) in enumerate(DILATED_FILES, 30):
            path = Path(directory) / "film.png"
            Image.fromarray(film(seed, width, height)).save(path)
            batch, _ = engine.load_and_transform_input_image(path, transform)
            with torch.inference_mode():
                found = reference.model(batch)
            results = {
                "global": found.projected_global_embedding,
                "patches": flat(found.projected_patch_embeddings),
                "pooled": found.img_embedding,
            }
            expected = {key: described(key, tensor, seed) for key, tensor in results.items()}
            rows.append({"film": seed, "width": width, "height": height, "expected": expected})
    header = {
        **stamp(
            "scripts/export/image_parity.py", ("torch", "torchvision", "timm", "hi-ml-multimodal", "pillow", "numpy")
        ),
        "reference": "health_multimodal ImageModel, encoder reloaded with dilation, float32, CPU",
        "seed": SEED,
        "width": WIDTH,
        "projection": PROJECTION,
        "resize": RESIZE,
        "crop": DILATED_CROP,
        "stride": 16,
    }
    path = write(out / "biovil-dilated-seed7.json", header, {"files": rows})
    print(f"{path}: {path.stat().st_size} bytes", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "test" / "fixtures" / "parity")
    parser.add_argument("--only", choices=["biovil", "biovil-t", "biovil-dilated"])
    options = parser.parse_args()
    for name, temporal in (("biovil", False), ("biovil-t", True)):
        if options.only in (None, name):
            write_state(options.out, temporal)
    if options.only in (None, "biovil-dilated"):
        write_dilated(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
