"""BioViL's image encoder: ResNet-50 without its pooling, and the projector, at any width.

Letters in shapes: n films, s their side in pixels, g = s / stride, l = g * g patches, w the width of the first
convolution, p projection size.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..values import Count, Positive, Range

BLOCKS = (3, 4, 6, 3)
STRIDES = (16, 32)
# Longest side that `biovil` takes.
LARGEST = 4096


@dataclass(frozen=True)
class ImageConfig:
    """Sizes; the defaults are the published ones."""

    width: Count = 64
    projection_size: Count = 128
    # The shorter side of a film is resized to this, then a square of `crop` pixels is taken.
    resize: Annotated[int, Range(1, LARGEST)] = 512
    crop: Count = 480
    # Standard deviation, in patches, of the Gaussian that similarity maps are smoothed with.
    sigma: Positive = 1.5
    # Pixels of a film in one patch. At 16 the last stage is dilated instead of strided, with the same weights: hi-ml's
    # `reload_encoder_with_dilation`.
    stride: Literal[16, 32] = 32

    def __post_init__(self) -> None:
        if self.stride not in STRIDES:
            raise ValueError(f"expected image.stride to be one of {STRIDES} but found {self.stride}")
        if self.crop < self.stride or self.crop % self.stride:
            raise ValueError(f"expected image.crop to be a multiple of {self.stride} but found {self.crop}")
        if self.resize < self.crop:
            raise ValueError(f"expected image.resize of at least image.crop, {self.crop}, but found {self.resize}")
        if self.sigma > self.grid:
            raise ValueError(f"expected image.sigma of at most {self.grid}, the patches across, but found {self.sigma}")

    @property
    def grid(self) -> int:
        return self.crop // self.stride

    @property
    def features(self) -> int:
        return 32 * self.width


def convolution(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2 * dilation, dilation, bias=False)


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int, dilation: int = 1) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1, self.bn1 = convolution(inputs, width), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = convolution(width, width, 3, stride, dilation), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = convolution(width, outputs), nn.BatchNorm2d(outputs)
        # A block begins as the identity: deep residual networks train faster so.
        nn.init.zeros_(self.bn3.weight)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.relu(self.bn2(self.conv2(x)), inplace=True)
        return F.relu(self.bn3(self.conv3(x)) + shortcut, inplace=True)


class ResNet(nn.Module):
    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        # Three input channels, as published; a film is grey, so their weights are only ever used as a sum.
        self.conv1, self.bn1 = convolution(3, width, 7, 2), nn.BatchNorm2d(width)
        inputs = width
        for number, blocks in enumerate(BLOCKS):
            planes, step, dilation = width << number, 1 if number == 0 else 2, 1
            if number == 3 and stride == 16:
                # The first block keeps what it saw, the others look twice as far.
                step, dilation = 1, 2
            layer = [Bottleneck(inputs, planes, step)]
            inputs = 4 * planes
            layer += [Bottleneck(inputs, planes, 1, dilation) for _ in range(blocks - 1)]
            self.add_module(f"layer{number + 1}", nn.Sequential(*layer))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, films: Tensor) -> Tensor:
        """[n, 1, s, s] from 0 to 1 -> [n, 32 w, g, g]"""
        x = F.conv2d(films, self.conv1.weight.sum(1, keepdim=True), None, 2, 3)
        x = F.max_pool2d(F.relu(self.bn1(x), inplace=True), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class Backbone(nn.Module):
    """Holds the ResNet under its published name, `encoder.encoder`."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.encoder = ResNet(width, stride)


class Projector(nn.Module):
    def __init__(self, features: int, size: int) -> None:
        super().__init__()
        self.model = nn.Sequential(
            convolution(features, size), nn.BatchNorm2d(size), nn.ReLU(inplace=True), nn.Conv2d(size, size, 1)
        )


class ImageModel(nn.Module):
    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Backbone(config.width, config.stride)
        self.projector = Projector(config.features, config.projection_size)

    def features(self, films: Tensor) -> Tensor:
        """[n, 1, s, s] from 0 to 1 -> [n, 32 w, g, g]"""
        return self.encoder.encoder(films.contiguous(memory_format=torch.channels_last))

    def forward(self, films: Tensor) -> Tensor:
        """[n, 1, s, s] from 0 to 1 -> patch embeddings [n, l, p], not normalised; their mean is the global embedding"""
        return self.projector.model(self.features(films)).flatten(2).transpose(1, 2).float()
