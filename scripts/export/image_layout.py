"""Names and shapes of the published image checkpoints, in their order."""

from collections.abc import Iterator

Rows = Iterator[tuple[str, tuple[int, ...]]]

BLOCKS = (3, 4, 6, 3)
POOLER_BLOCKS = 3
# The unused head of torchvision's ResNet, which the published files carry along.
FC_CLASSES = 1000
# int64, of no dimension: how many batches a BatchNorm was trained on.
COUNTER = "num_batches_tracked"


def batch_norm(name: str, width: int) -> Rows:
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", (width,)
    yield f"{name}.{COUNTER}", ()


def convolution(name: str, number: str, inputs: int, outputs: int, kernel: int = 1) -> Rows:
    """`conv1` and its `bn1`."""
    yield f"{name}conv{number}.weight", (outputs, inputs, kernel, kernel)
    yield from batch_norm(f"{name}bn{number}", outputs)


def linear(name: str, inputs: int, outputs: int, bias: bool = True) -> Rows:
    yield f"{name}.weight", (outputs, inputs)
    if bias:
        yield f"{name}.bias", (outputs,)


def norm(name: str, width: int) -> Rows:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)


def resnet(name: str, width: int) -> Rows:
    yield from convolution(f"{name}.", "1", 3, width, 7)
    inputs = width
    for number, blocks in enumerate(BLOCKS):
        planes = width << number
        for block in range(blocks):
            prefix = f"{name}.layer{number + 1}.{block}."
            yield from convolution(prefix, "1", inputs, planes)
            yield from convolution(prefix, "2", planes, planes, 3)
            yield from convolution(prefix, "3", planes, 4 * planes)
            if block == 0:
                yield f"{prefix}downsample.0.weight", (4 * planes, inputs, 1, 1)
                yield from batch_norm(f"{prefix}downsample.1", 4 * planes)
            inputs = 4 * planes
    yield from linear(f"{name}.fc", inputs, FC_CLASSES)


def pooler(name: str, width: int) -> Rows:
    yield f"{name}.type_embed", (2, 1, width)
    for number in range(POOLER_BLOCKS):
        block = f"{name}.blocks.{number}"
        yield from norm(f"{block}.norm1", width)
        for part in "qkv":
            yield from linear(f"{block}.attn.proj_{part}", width, width, bias=False)
        yield from linear(f"{block}.attn.proj", width, width)
        yield from norm(f"{block}.norm2", width)
        yield from linear(f"{block}.mlp.fc1", width, width)
        yield from linear(f"{block}.mlp.fc2", width, width)
    yield from norm(f"{name}.norm_post", width)


def shapes(width: int, projection: int, temporal: bool) -> Rows:
    """BioViL, or BioViL-T with a grid of 4 * `width` channels; `width` is 64 in the published files."""
    features = 32 * width
    if temporal:
        static = 4 * width
        yield "encoder.missing_previous_emb", (1, static, 1, 1)
    yield from resnet("encoder.encoder", width)
    if temporal:
        yield "encoder.backbone_to_vit.weight", (static, features, 1, 1)
        yield from pooler("encoder.vit_pooler", static)
        features = 2 * static
    yield "projector.model.0.weight", (projection, features, 1, 1)
    yield from batch_norm("projector.model.1", projection)
    yield "projector.model.3.weight", (projection, projection, 1, 1)
    yield "projector.model.3.bias", (projection,)
