"""Times the Python reference on films: each file to its global embedding by hi-ml-multimodal's own engine.

    python scripts/bench/film_reference.py --model DIR/biovil_image_resnet50_proj_size_128.pt [--threads N] FILE...

One film of warm-up is not timed; reading and preparing the files are. Prints one JSON object.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import torch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")

    # Imported late: importing warns, and takes seconds.
    from health_multimodal.image import ImageInferenceEngine
    from health_multimodal.image.data.transforms import create_chest_xray_transform_for_inference
    from health_multimodal.image.model.model import ImageModel

    model = ImageModel(img_encoder_type="resnet50", joint_feature_size=128, pretrained_model_path=options.model).eval()
    engine = ImageInferenceEngine(model, create_chest_xray_transform_for_inference(512, 480))
    engine.get_projected_global_embedding(options.files[0])
    start = time.perf_counter()
    for file in options.files:
        engine.get_projected_global_embedding(file)
    seconds = time.perf_counter() - start
    print(json.dumps({"films": len(options.files), "seconds": seconds, "filmsPerSecond": len(options.files) / seconds}))


if __name__ == "__main__":
    main()
