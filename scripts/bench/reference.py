"""Times the Python reference: embeds the sentences of a file exactly as hi-ml-multimodal does.

    python scripts/bench/reference.py SENTENCES --model DIR [--batch-size 32] [--threads N] [--repeat 1] [--limit N]

SENTENCES has one sentence a line. DIR holds config.json, vocab.txt and weights. hi-ml's own text engine runs: each
batch in input order is padded to its longest sentence, the logits over the vocabulary are computed for every token
and all hidden states are kept, the [CLS] row is projected and normalised. Loading and one batch of warm-up are not
timed; tokenization is. Needs scripts/export/requirements.txt. Prints one JSON object.
"""

import argparse
import json
import os
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--limit", type=int, help="only the first N sentences")
    parser.add_argument("--output", type=Path, help="write the embeddings there, .npy float32 [n, projection_size]")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    warnings.simplefilter("ignore")

    # Imported late: importing warns, and takes seconds.
    from health_multimodal.text.inference_engine import TextInferenceEngine
    from health_multimodal.text.model import CXRBertModel
    from transformers import BertTokenizer, __version__

    sentences = options.sentences.read_text(encoding="utf-8").splitlines()[: options.limit]
    tokenizer = BertTokenizer(str(options.model / "vocab.txt"), do_lower_case=True)
    model = CXRBertModel.from_pretrained(options.model).eval().to(options.device)
    engine = TextInferenceEngine(tokenizer, model)

    def embed(texts: list[str]) -> np.ndarray:
        """float32 [len(texts), projection_size]"""
        batches = (texts[start : start + options.batch_size] for start in range(0, len(texts), options.batch_size))
        return np.concatenate(
            [engine.get_embeddings_from_prompt(batch, verbose=False).cpu().numpy() for batch in batches]
        )

    embed(sentences[: options.batch_size])
    runs = []
    for _ in range(options.repeat):
        start = time.perf_counter()
        embeddings = embed(sentences)
        runs.append(time.perf_counter() - start)
    if options.output:
        np.save(options.output, embeddings)

    seconds = statistics.median(runs)
    result = {
        "sentences": len(sentences),
        "seconds": round(seconds, 3),
        "sentencesPerSecond": round(len(sentences) / seconds, 2),
        "runs": [round(run, 3) for run in runs],
        "batchSize": options.batch_size,
        "device": options.device,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "transformers": __version__,
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
