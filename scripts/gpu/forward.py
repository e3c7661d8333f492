"""Forward of a BERT-base and a ResNet-50 by PyTorch alone: a line of JSON a figure."""

import json
import sys
import time

import torch

device = torch.device(sys.argv[1])
cuda = device.type == "cuda"


def say(**entries):
    print(json.dumps(entries), flush=True)


def rate(count, work):
    def once():
        began = time.perf_counter()
        work()
        if cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - began

    once()
    return float(f"{count / sorted(once() for _ in range(5))[2]:.3g}")


def measure(name, module, inputs, count):
    kinds = [("float32", torch.float32, False)]
    if cuda:
        kinds += [("float32 with TF32", torch.float32, True), ("float16", torch.float16, False)]
    for kind, dtype, tf32 in kinds:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        module = module.to(device, dtype).eval()
        cast = [x.to(dtype) if x.is_floating_point() else x for x in inputs]
        with torch.inference_mode():
            say(name=f"{name}, {kind}, {count} at once", value=rate(count, lambda m=module, c=cast: m(*c)))


try:
    from transformers import BertConfig, BertModel

    for count in (32, 256) if cuda else (32,):
        ids = torch.randint(5, 30000, (count, 23), device=device)
        measure("BertModel, 23 tokens: sentences/s", BertModel(BertConfig()), [ids], count)
except ImportError:
    say(left="transformers is not installed")

try:
    from torchvision.models import resnet50

    for count in (32, 256) if cuda else (8,):
        films = torch.rand(count, 3, 480, 480, device=device)
        measure("resnet50, 480 x 480: films/s", resnet50(), [films], count)
except ImportError:
    say(left="torchvision is not installed")
