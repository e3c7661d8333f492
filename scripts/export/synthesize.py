"""Writes full-size checkpoints with seeded random weights in the published layout: CXR-BERT in both formats, BioViL.

    python scripts/export/synthesize.py DIR --seed N [--parts text,image] [--vocab FILE] [--layers 12] ...

The weights are untrained: they prove that numbers agree, and mean nothing. The bits are defined in README.md beside
this file, and `biovil synthesize` writes the same ones. NumPy makes them; PyTorch and safetensors only write files.
"""

import argparse
import json
import sys
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import image_layout
import synthetic

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

IMAGE_FILES = {
    "image": "biovil_image_resnet50_proj_size_128.pt",
    "image-t": "biovil_t_image_model_proj_size_128.pt",
}

CONFIG = {
    "architectures": ["CXRBertModel"],
    "attention_probs_dropout_prob": 0.25,
    "auto_map": {
        "AutoConfig": "configuration_cxrbert.CXRBertConfig",
        "AutoModel": "modeling_cxrbert.CXRBertModel",
    },
    "classifier_dropout": None,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.25,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "cxr-bert",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 0,
    "position_embedding_type": "absolute",
    "projection_size": 128,
    "torch_dtype": "float32",
    "transformers_version": "4.18.0",
    "type_vocab_size": 2,
    "use_cache": True,
    "vocab_size": 30522,
}

TOKENIZER_CONFIG = {
    "do_lower_case": True,
    "do_basic_tokenize": True,
    "never_split": None,
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
    "tokenize_chinese_chars": True,
    "strip_accents": None,
    "tokenizer_class": "CXRBertTokenizer",
}

SPECIAL_TOKENS_MAP = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}

Config = dict[str, object]


def shapes(config: Config) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Published names and shapes, in the order of the published file, without the tied duplicates."""
    hidden, intermediate = config["hidden_size"], config["intermediate_size"]
    vocabulary, projection = config["vocab_size"], config["projection_size"]

    def linear(name: str, inputs: int, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (outputs, inputs)
        yield f"{name}.bias", (outputs,)

    def norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (width,)
        yield f"{name}.bias", (width,)

    yield "bert.embeddings.word_embeddings.weight", (vocabulary, hidden)
    yield "bert.embeddings.position_embeddings.weight", (config["max_position_embeddings"], hidden)
    yield "bert.embeddings.token_type_embeddings.weight", (config["type_vocab_size"], hidden)
    yield from norm("bert.embeddings.LayerNorm", hidden)
    for number in range(config["num_hidden_layers"]):
        layer = f"bert.encoder.layer.{number}"
        for part in ("query", "key", "value"):
            yield from linear(f"{layer}.attention.self.{part}", hidden, hidden)
        yield from linear(f"{layer}.attention.output.dense", hidden, hidden)
        yield from norm(f"{layer}.attention.output.LayerNorm", hidden)
        yield from linear(f"{layer}.intermediate.dense", hidden, intermediate)
        yield from linear(f"{layer}.output.dense", intermediate, hidden)
        yield from norm(f"{layer}.output.LayerNorm", hidden)
    yield "cls.predictions.bias", (vocabulary,)
    yield from linear("cls.predictions.transform.dense", hidden, hidden)
    yield from norm("cls.predictions.transform.LayerNorm", hidden)
    yield from linear("cls_projection_head.dense_to_hidden", hidden, projection)
    yield from norm("cls_projection_head.LayerNorm", projection)
    yield from linear("cls_projection_head.dense_to_output", projection, projection)


def weights(config: Config, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """Every tensor of the checkpoint once, float32, in the order of `shapes`."""
    rules = synthetic.rules()
    for name, shape in shapes(config):
        yield name, synthetic.values(seed, name, shape, rules)


def image_weights(width: int, projection: int, temporal: bool, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """Every tensor of an image checkpoint, float32 but for the counters, in the published order."""
    rules = synthetic.rules()
    for name, shape in image_layout.shapes(width, projection, temporal):
        counter = name.endswith(image_layout.COUNTER)
        yield name, np.zeros((), np.int64) if counter else synthetic.values(seed, name, shape, rules)


def default_vocabulary(size: int) -> list[str]:
    """The special tokens in their published order, single characters, and fillers up to `size`."""
    characters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    tokens = [*SPECIAL_TOKENS, *characters, *(f"##{character}" for character in characters)][:size]
    return [*tokens, *(f"[unused{number}]" for number in range(size - len(tokens)))]


def write(directory: Path, config: Config, seed: int, vocabulary: list[str]) -> None:
    """Writes a published repository's files but for its code; the two weight files hold the same numbers."""
    import torch
    from safetensors.numpy import save_file

    directory.mkdir(parents=True, exist_ok=True)
    described = {**config, "biovil": {"untrained": True, "seed": seed}}
    for name, content in (
        ("config.json", described),
        ("tokenizer_config.json", TOKENIZER_CONFIG),
        ("special_tokens_map.json", SPECIAL_TOKENS_MAP),
    ):
        (directory / name).write_text(json.dumps(content, indent=2) + "\n")
    (directory / "vocab.txt").write_bytes("".join(f"{token}\n" for token in vocabulary).encode())

    arrays = dict(weights(config, seed))
    metadata = {"format": "pt", "untrained": "true", "seed": str(seed)}
    save_file(arrays, directory / "model.safetensors", metadata)

    state: OrderedDict[str, torch.Tensor] = OrderedDict()
    state["bert.embeddings.position_ids"] = torch.arange(config["max_position_embeddings"]).unsqueeze(0)
    for name, array in arrays.items():
        state[name] = torch.from_numpy(array)
        if name == "cls.predictions.transform.LayerNorm.bias":
            state["cls.predictions.decoder.weight"] = state["bert.embeddings.word_embeddings.weight"]
            state["cls.predictions.decoder.bias"] = state["cls.predictions.bias"]
    torch.save(state, directory / "pytorch_model.bin")
    synthetic.mark(directory / "pytorch_model.bin", seed)


def write_image(directory: Path, part: str, width: int, projection: int, seed: int) -> Path:
    """Writes `image` or `image-t` as published."""
    import torch

    directory.mkdir(parents=True, exist_ok=True)
    path = directory / IMAGE_FILES[part]
    arrays = image_weights(width, projection, part == "image-t", seed)
    torch.save(OrderedDict((name, torch.from_numpy(array)) for name, array in arrays), path)
    synthetic.mark(path, seed)
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--parts", default="text", help="of text, image, image-t; default text")
    parser.add_argument("--image-width", type=int, default=64, help="channels of the first convolution")
    parser.add_argument("--vocab", type=Path, help="a vocab.txt; without --vocab-size its lines decide the size")
    sizes = {
        "--layers": "num_hidden_layers",
        "--heads": "num_attention_heads",
        "--hidden": "hidden_size",
        "--intermediate": "intermediate_size",
        "--projection": "projection_size",
        "--positions": "max_position_embeddings",
    }
    for option, key in sizes.items():
        parser.add_argument(option, dest=key, type=int, default=CONFIG[key])
    parser.add_argument("--vocab-size", type=int)
    options = parser.parse_args()
    parts = options.parts.split(",")
    unknown = set(parts) - {"text", *IMAGE_FILES}
    if unknown:
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")

    config: Config = {**CONFIG, **{key: getattr(options, key) for key in sizes.values()}}
    if options.vocab:
        vocabulary = options.vocab.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        config["vocab_size"] = options.vocab_size or len(vocabulary)
        if config["vocab_size"] < len(vocabulary):
            parser.error(f"{options.vocab} has {len(vocabulary)} lines, more than --vocab-size")
    else:
        config["vocab_size"] = options.vocab_size or CONFIG["vocab_size"]
        vocabulary = default_vocabulary(config["vocab_size"])
    if "text" in parts:
        write(options.directory, config, options.seed, vocabulary)
    for part in IMAGE_FILES:
        if part in parts:
            write_image(options.directory, part, options.image_width, config["projection_size"], options.seed)
    print(f"{options.directory}: untrained weights, seed {options.seed}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
