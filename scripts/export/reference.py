"""Writes the parity files: inputs, and what the Python reference makes of them.

    python scripts/export/reference.py [--vocab vocab.txt] [--out test/fixtures/parity] [--only full|tiny]

The reference is hi-ml's own `CXRBertModel` over `transformers`' BERT with eager attention, fp32, loaded from the
checkpoint that `synthesize.py` writes. With --vocab, the token ids below are also compared with what hi-ml's text
engine makes of the texts. The format of the files is described in README.md beside this file.
"""

import argparse
import base64
import copy
import hashlib
import json
import platform
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from health_multimodal.text.inference_engine import TextInferenceEngine
from health_multimodal.text.model import CXRBertModel
from torch import Tensor
from transformers import BertTokenizer

import synthesize

CLS, SEP, MASK = 2, 3, 4
TOP_K = 10

# hi-ml's test prompts and the model card's sentences (both MIT), with their ids in the published vocabulary.
# A trailing "!?." is stripped, as hi-ml's engine does.
EMPTY = ("", [2, 3])
SHORT = [
    ("Normal", [2, 2257, 3]),
    ("Heart size is top normal", [2, 2874, 2861, 1752, 4286, 2257, 3]),
    ("The heart is largely enlarged", [2, 1689, 2874, 1752, 6558, 8225, 3]),
]
MODEL_CARD = [
    ("There is no pneumothorax or pleural effusion", [2, 2009, 1752, 1858, 4809, 1783, 3752, 3370, 3]),
    ("No pleural effusion or pneumothorax is seen", [2, 1858, 3752, 3370, 1783, 4809, 1752, 2972, 3]),
    ("The extent of the pleural effusion is constant", [2, 1689, 4768, 1694, 1689, 3752, 3370, 1752, 5327, 3]),
]
# The model card's own snippet keeps the full stop.
MODEL_CARD_SNIPPET = [
    *MODEL_CARD[:2],
    ("The extent of the pleural effusion is constant.", [2, 1689, 4768, 1694, 1689, 3752, 3370, 1752, 5327, 18, 3]),
]
MIDDLE = [
    (
        "The lungs are mostly clear aside from lower lung atelectasis",
        [2, 1689, 4596, 1823, 7128, 2782, 24846, 1820, 2425, 2572, 5483, 3],
    ),
    (
        "The loculated right pleural effusion has increased, and is now moderate in size",
        [2, 1689, 18236, 2354, 3752, 3370, 2034, 2141, 16, 1700, 1752, 3388, 3540, 1690, 2861, 3],
    ),
    (
        "Also, the lateral pleural sinuses are free, which excludes major pleural effusion",
        [2, 2095, 16, 1689, 3870, 3752, 12047, 1823, 2920, 16, 1988, 12064, 1037, 2778, 3752, 3370, 3],
    ),
]
LONG = (
    "Comparison is made to the prior radiograph: the endotracheal tube ends 4.2 cm above the carina, the right "
    "internal jugular catheter ends in the upper superior vena cava, and there is no pneumothorax",
    [2, 3142, 1752, 3574, 1708, 1689, 2996, 4732, 30, 1689, 7787, 3176, 10900, 24, 18, 22, 2732, 3791, 1689, 11248]
    + [16, 1689, 2354, 4237, 10101, 4087, 10900, 1690, 1689, 3802, 5126, 12723, 13146, 16, 1700, 2009, 1752, 1858]
    + [4809, 3],
)  # fmt: skip
MASKED = [
    ("Moderate [MASK] pleural effusions and associated [MASK]", [2, 3540, 4, 3752, 6096, 1700, 2178, 4, 3]),
    (
        "Right basilar [MASK], potentially due to infiltrate in the proper clinical setting",
        [2, 2354, 11078, 4, 16, 5331, 2688, 1708, 8665, 1690, 1689, 3161, 2157, 3408, 3],
    ),
    (
        "The right basilar chest [MASK] appears to be in unchanged position",
        [2, 1689, 2354, 11078, 2649, 4, 4017, 1708, 1779, 1690, 3916, 3392, 3],
    ),
    (
        "The small basal pneumothorax has slightly [MASK] compared to the prior",
        [2, 1689, 2538, 4892, 4809, 2034, 4798, 4, 2158, 1708, 1689, 2996, 3],
    ),
    (
        "Poorly defined [MASK] in the right lung is concerning for aspiration",
        [2, 6756, 4078, 4, 1690, 1689, 2354, 2572, 1752, 6147, 1733, 6143, 3],
    ),
    (
        "Retrocardiac opacity likely reflects known hiatal [MASK]",
        [2, 12608, 7638, 3052, 11005, 3063, 19268, 4, 3],
    ),
]

Case = dict[str, object]


def case(name: str, outputs: list[str], ids: list[list[int]], **more: object) -> Case:
    """One batch. `ids` are not padded; `outputs` are names of what to compute."""
    return {"name": name, "outputs": outputs, "ids": ids, **more}


def of_texts(name: str, outputs: list[str], sentences: list[tuple[str, list[int]]], **more: object) -> Case:
    return case(name, outputs, [ids for _, ids in sentences], texts=[text for text, _ in sentences], **more)


def full_cases() -> list[Case]:
    embedding = ["projected", "normalized"]
    sentences = [*SHORT, *MODEL_CARD, *MIDDLE, LONG]
    words = [token for _, ids in sentences for token in ids[1:-1]]
    limit = [CLS, *(words * 8)[:510], SEP]
    pair = [ids for _, ids in SHORT[1:]]
    return [
        of_texts("empty string", embedding, [EMPTY]),
        *(of_texts(f"single sentence, {len(ids)} tokens", embedding, [(text, ids)]) for text, ids in sentences),
        of_texts("mixed lengths", embedding, [LONG, EMPTY, SHORT[0], MODEL_CARD[0], MIDDLE[1], SHORT[1], MIDDLE[2]]),
        case("512 tokens", embedding, [limit]),
        case("512 tokens beside 9", embedding, [MODEL_CARD[0][1], limit]),
        case(
            "pair",
            [*embedding, "cls"],
            [[*pair[0], *pair[1][1:]]],
            types=[[0] * len(pair[0]) + [1] * (len(pair[1]) - 1)],
        ),
        of_texts("model card, hi-ml's punctuation", [*embedding, "similarity"], MODEL_CARD),
        of_texts("model card, its own punctuation", [*embedding, "similarity"], MODEL_CARD_SNIPPET, punctuation="keep"),
        of_texts("hidden states", ["hidden"], [MIDDLE[0]]),
        of_texts("no projection head", ["cls"], [MODEL_CARD[0], MIDDLE[0], SHORT[0]]),
        *(of_texts(f"masked tokens {number}", ["mlm"], [masked]) for number, masked in enumerate(MASKED, 1)),
        of_texts("masked tokens, one batch", ["mlm"], MASKED),
    ]


def tiny_cases(vocab_size: int) -> list[Case]:
    draw = np.random.RandomState(0)

    def ids(length: int, masks: int = 0) -> list[int]:
        result = [CLS, *(int(token) for token in draw.randint(5, vocab_size, length - 2)), SEP]
        for position in draw.permutation(length - 2)[:masks]:
            result[1 + int(position)] = MASK
        return result

    everything = ["projected", "normalized", "cls", "hidden"]
    return [
        case("empty string", everything, [[CLS, SEP]]),
        case("single", everything, [ids(9)]),
        case("mixed lengths", everything, [ids(length) for length in (5, 17, 2, 33, 9)]),
        case("512 tokens", ["projected", "normalized", "cls"], [ids(512)]),
        case("pair", everything, [[*ids(7), *ids(7)[1:]]], types=[[0] * 7 + [1] * 6]),
        case("masked tokens", ["mlm"], [ids(12, 2), ids(7, 1), ids(20, 3)]),
    ]


def padded(rows: list[list[int]], fill: int) -> Tensor:
    length = max(map(len, rows))
    return torch.tensor([[*row, *[fill] * (length - len(row))] for row in rows])


def arguments(case: Case) -> dict[str, Tensor]:
    rows: list[list[int]] = case["ids"]
    return {
        "input_ids": padded(rows, 0),
        "attention_mask": padded([[1] * len(row) for row in rows], 0),
        "token_type_ids": padded(case.get("types", [[0] * len(row) for row in rows]), 0),
    }


def packed(tensor: Tensor) -> dict[str, object]:
    array = np.ascontiguousarray(tensor.float().numpy(), dtype="<f4")
    return {"type": "float32", "dims": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


@torch.inference_mode()
def outputs(model: CXRBertModel, case: Case) -> dict[str, Tensor]:
    """Everything that a case can ask for, and `probabilities` [m, v] at the masked positions."""
    given = arguments(case)
    result = model(**given, output_cls_projected_embedding=True, return_dict=True)
    normalized = torch.nn.functional.normalize(result.cls_projected_embedding, dim=1)
    return {
        "projected": result.cls_projected_embedding,
        "normalized": normalized,
        "similarity": normalized @ normalized.T,
        "cls": result.last_hidden_state[:, 0],
        "hidden": result.last_hidden_state,
        "probabilities": result.logits[given["input_ids"] == MASK].softmax(-1),
    }


def predictions(case: Case, probabilities: Tensor) -> dict[str, object]:
    """The most likely tokens at each mask; fails on near ties, which another correct implementation could swap."""
    top = probabilities.topk(TOP_K + 1)
    gap = (1 - top.values[:, 1:] / top.values[:, :-1]).min().item() if len(probabilities) else 1
    if gap < 2e-5:
        raise SystemExit(f"{case['name']}: two of the first {TOP_K + 1} probabilities are within {gap:.1e}")
    positions = (arguments(case)["input_ids"] == MASK).nonzero()
    return {
        "positions": positions.tolist(),
        "ids": top.indices[:, :TOP_K].tolist(),
        "probabilities": packed(top.values[:, :TOP_K]),
    }


def difference(model: CXRBertModel, cases: list[Case], expected: list[dict[str, Tensor]]) -> dict[str, float]:
    """Largest difference of another dtype or attention to the reference, by output; padding does not count."""
    largest: dict[str, float] = {}
    for case, reference in zip(cases, expected, strict=True):
        got = outputs(model, case)
        keep = arguments(case)["attention_mask"].bool()
        for name in ("projected", "normalized", "hidden", "probabilities"):
            a, b = got[name].double(), reference[name].double()
            a, b = (a[keep], b[keep]) if name == "hidden" else (a, b)
            if a.numel():
                largest[name] = max(largest.get(name, 0), (a - b).abs().max().item())
    return largest


def checksums(config: synthesize.Config, seed: int) -> dict[str, dict[str, object]]:
    """SHA-256 of the little-endian float32 bytes of every tensor of the synthetic checkpoint."""
    return {
        name: {"shape": list(array.shape), "sha256": hashlib.sha256(array.astype("<f4").tobytes()).hexdigest()}
        for name, array in synthesize.weights(config, seed)
    }


def check_texts(model: CXRBertModel, vocab: Path, cases: list[Case], expected: list[dict[str, Tensor]]) -> None:
    """The ids in this file are what hi-ml's engine makes of the texts, and its embeddings are the expected ones."""
    tokenizer = BertTokenizer(str(vocab), do_lower_case=True)
    engine = TextInferenceEngine(tokenizer, model)
    for case, reference in zip(cases, expected, strict=True):
        texts = case.get("texts")
        if not texts:
            continue
        if tokenizer(texts)["input_ids"] != case["ids"]:
            raise SystemExit(f"{case['name']}: {tokenizer(texts)['input_ids']} instead of {case['ids']}")
        # The engine strips a trailing full stop, so a case that keeps it is compared by ids alone.
        if "projected" in case["outputs"] and case.get("punctuation") != "keep":
            got = engine.get_embeddings_from_prompt(texts, normalize=True, verbose=False)
            largest = (got - reference["normalized"]).abs().max().item()
            if largest > 1e-6:
                raise SystemExit(f"{case['name']}: hi-ml's engine differs by {largest}")
    print("ids and embeddings equal those of hi-ml's text engine", file=sys.stderr)


def load(directory: str, attention: str) -> CXRBertModel:
    """From pytorch_model.bin, as hi-ml does."""
    loaded, info = CXRBertModel.from_pretrained(
        directory, attn_implementation=attention, use_safetensors=False, output_loading_info=True
    )
    # position_ids stopped being part of the state in transformers 4.31.
    unexpected = [key for key in info["unexpected_keys"] if not key.endswith("position_ids")]
    if info["missing_keys"] or unexpected or info["mismatched_keys"]:
        raise SystemExit(f"the reference did not load the checkpoint: {info}")
    return loaded.eval()


def write(path: Path, config: synthesize.Config, seed: int, cases: list[Case], vocab: Path | None) -> None:
    with tempfile.TemporaryDirectory() as directory:
        synthesize.write(Path(directory), config, seed, synthesize.default_vocabulary(config["vocab_size"]))
        model = load(directory, "eager")
        expected = [outputs(model, case) for case in cases]
        if vocab:
            check_texts(model, vocab, cases, expected)
        spread = {"sdpa": difference(load(directory, "sdpa"), cases, expected)}
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        spread[str(dtype).removeprefix("torch.")] = difference(copy.deepcopy(model).to(dtype), cases, expected)

    sizes = {key: value for key, value in config.items() if key.startswith("num_") or key.endswith("_size")}
    header = {
        "format": 1,
        "script": "scripts/export/reference.py",
        "reference": "health_multimodal.text.model.CXRBertModel, eager attention, float32, CPU",
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "transformers", "hi-ml-multimodal", "numpy")},
        },
        "seed": seed,
        "config": {**sizes, "max_position_embeddings": config["max_position_embeddings"]},
        "spread": {name: {key: float(f"{x:.2e}") for key, x in found.items()} for name, found in spread.items()},
    }
    body = [
        {
            **{key: value for key, value in case.items() if key != "outputs"},
            "expected": {
                name: predictions(case, found["probabilities"]) if name == "mlm" else packed(found[name])
                for name in case["outputs"]
            },
        }
        for case, found in zip(cases, expected, strict=True)
    ]
    rows = ",\n".join(f"    {json.dumps(case)}" for case in body)
    sums = ",\n".join(f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in checksums(config, seed).items())
    start = json.dumps(header, indent=2).removesuffix("\n}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{start},\n  "weights": {{\n{sums}\n  }},\n  "cases": [\n{rows}\n  ]\n}}\n')
    print(f"{path}: {path.stat().st_size} bytes; spread {json.dumps(header['spread'])}", file=sys.stderr)


TINY = {
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "hidden_size": 32,
    "intermediate_size": 64,
    "vocab_size": 128,
    "projection_size": 16,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocab", type=Path, help="the published vocab.txt")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "test" / "fixtures" / "parity")
    parser.add_argument("--only", choices=["full", "tiny"])
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    tiny = {**synthesize.CONFIG, **TINY}
    if options.only != "full":
        write(options.out / "tiny-seed3.json", tiny, 3, tiny_cases(tiny["vocab_size"]), None)
    if options.only != "tiny":
        write(options.out / "cxr-bert-seed7.json", synthesize.CONFIG, 7, full_cases(), options.vocab)
    return 0


if __name__ == "__main__":
    sys.exit(main())
