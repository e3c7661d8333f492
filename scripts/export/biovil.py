"""BioViL's image encoders for export: ResNet-50, BioViL-T's pooler over two films, the projector, the classifier heads.

As in `cxr_bert.py`, parameter names are the names in the published checkpoints and there are no buffers: the running
statistics of a BatchNorm are parameters here. Only the number of blocks and of attention heads ends up in a trace;
every width is read off the weights. `freeze` folds the BatchNorms away once weights are bound.

Letters in shapes: n films, s their side in pixels, g = s / 32 (dilated: s / 16) the side of the grid, l = g * g
patches, w the width of the first convolution, c the channels of BioViL-T's grid, f the pooled features (32 * w, or
2 * c), p projection size. Films are uint8 with one channel.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLOCKS = (3, 4, 6, 3)
BATCH_NORM_EPS = 1e-5
LAYER_NORM_EPS = 1e-6
POOLER_BLOCKS = 3
POOLER_HEADS = 8
TEMPERATURE = 10000


@dataclass(frozen=True)
class Config:
    """Sizes of a model; the defaults are the published ones."""

    width: int = 64
    projection_size: int = 128
    # Channels of BioViL-T's grid of patches; BioViL has none.
    static_size: int | None = None
    # Of the optional heads.
    classifier_hidden_size: int = 128
    num_classes: int = 2
    # The last stage looks twice as far instead of at half as many places: hi-ml's `reload_encoder_with_dilation`.
    dilated: bool = False

    @property
    def feature_size(self) -> int:
        return 2 * self.static_size if self.static_size else 32 * self.width


def parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape))


class Convolution(nn.Module):
    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, dilation: int = 1, bias: bool = False
    ) -> None:
        super().__init__()
        self.stride, self.padding, self.dilation = stride, kernel // 2 * dilation, dilation
        self.weight = parameter(outputs, inputs, kernel, kernel)
        self.bias = parameter(outputs) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation)


class FilmConvolution(Convolution):
    """The first convolution. Its three input channels see the same grey film, so one that is their sum will do."""

    def forward(self, films: Tensor) -> Tensor:
        """uint8 [n, 1, s, s] -> [n, w, s / 2, s / 2]"""
        # A division, and not smaller weights: its rounding is that of the reference.
        x = films.type_as(self.weight) / 255
        return F.conv2d(x, self.weight.sum(1, keepdim=True), None, self.stride, self.padding)


class BatchNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = parameter(width)
        self.bias = parameter(width)
        self.running_mean = parameter(width)
        self.running_var = parameter(width)

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=BATCH_NORM_EPS)


class Linear(nn.Module):
    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = parameter(outputs, inputs)
        self.bias = parameter(outputs) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


class LayerNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = parameter(width)
        self.bias = parameter(width)

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, [self.weight.size(0)], self.weight, self.bias, LAYER_NORM_EPS)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut; the 3x3 one has the stride."""

    def __init__(self, inputs: int, width: int, stride: int, dilation: int = 1) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1, self.bn1 = Convolution(inputs, width), BatchNorm(width)
        self.conv2, self.bn2 = Convolution(width, width, 3, stride, dilation), BatchNorm(width)
        self.conv3, self.bn3 = Convolution(width, outputs), BatchNorm(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(Convolution(inputs, outputs, 1, stride), BatchNorm(outputs))

    def forward(self, x: Tensor) -> Tensor:
        branch = F.relu(self.bn1(self.conv1(x)))
        branch = F.relu(self.bn2(self.conv2(branch)))
        return F.relu(self.bn3(self.conv3(branch)) + (self.downsample(x) if self.downsample else x))


class ResNet(nn.Module):
    """torchvision's ResNet-50 up to its last grid."""

    def __init__(self, width: int, dilated: bool = False) -> None:
        super().__init__()
        self.conv1, self.bn1 = FilmConvolution(3, width, 7, 2), BatchNorm(width)
        inputs = width
        for number, blocks in enumerate(BLOCKS):
            planes, stride, dilation = width << number, 1 if number == 0 else 2, 1
            if number == 3 and dilated:
                stride, dilation = 1, 2
            layer = nn.Sequential(Bottleneck(inputs, planes, stride))
            inputs = 4 * planes
            layer.extend(Bottleneck(inputs, planes, 1, dilation) for _ in range(blocks - 1))
            self.add_module(f"layer{number + 1}", layer)

    def forward(self, films: Tensor) -> Tensor:
        """uint8 [n, 1, s, s] -> [n, 32 w, g, g]"""
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(films))), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


def patches(grid: Tensor) -> Tensor:
    """[n, c, g, g] -> [n, l, c], row by row"""
    return grid.flatten(2).transpose(1, 2)


def mean_of(grid: Tensor) -> Tensor:
    """[n, c, g, g] -> [n, c]"""
    return F.adaptive_avg_pool2d(grid, (1, 1)).flatten(1)


class Attention(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj_q = Linear(width, width, bias=False)
        self.proj_k = Linear(width, width, bias=False)
        self.proj_v = Linear(width, width, bias=False)
        self.proj = Linear(width, width)

    def forward(self, x: Tensor, queries: Tensor) -> Tensor:
        """x [n, t, c], queries [n, k, c] -> [n, k, c]"""
        query, key, value = (
            part.unflatten(2, (POOLER_HEADS, -1)).transpose(1, 2)
            for part in (self.proj_q(queries), self.proj_k(x), self.proj_v(x))
        )
        return self.proj(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = Linear(width, width)
        self.fc2 = Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class PoolerBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = LayerNorm(width)
        self.attn = Attention(width)
        self.norm2 = LayerNorm(width)
        self.mlp = Mlp(width)

    def forward(self, x: Tensor, places: Tensor, tokens: int) -> Tensor:
        """All tokens of x [n, t, c] are keys; the first `tokens` are computed. Values carry `places` [t, c], too."""
        placed = self.norm1(x) + places
        x = x[:, :tokens] + self.attn(placed, placed[:, :tokens])
        return x + self.mlp(self.norm2(x))


class Pooler(nn.Module):
    """What changed between two films: a transformer over the patches of both."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.type_embed = parameter(2, 1, width)
        self.blocks = nn.ModuleList([PoolerBlock(width) for _ in range(POOLER_BLOCKS)])
        self.norm_post = LayerNorm(width)

    def forward(self, current: Tensor, previous: Tensor) -> Tensor:
        """[n, c, g, g] twice -> [n, l, c]"""
        positions = sine_positions(current)
        places = torch.cat([positions + kind for kind in self.type_embed.unbind()]).type_as(current)
        x = torch.cat([patches(current), patches(previous)], 1)
        everything, current_only = x.size(1), positions.size(0)
        *blocks, last = self.blocks
        for block in blocks:
            x = block(x, places, everything)
        return self.norm_post(last(x, places, current_only))


def sine_positions(grid: Tensor) -> Tensor:
    """Where each patch is: float32 [l, c] for a grid [n, c, g, g], half of c for the row, half for the column.

    Made of the grid itself, because a trace would keep the device of anything else.
    """
    ones = torch.ones_like(grid[0, : grid.size(1) // 2, :1, :1], dtype=torch.float32)
    number = ones.cumsum(0).flatten() - 1
    period = TEMPERATURE ** (2 * torch.div(number, 2, rounding_mode="floor") / ones.size(0))
    cells = torch.ones_like(grid[0, 0], dtype=torch.float32)
    halves = []
    for axis in (0, 1):
        place = cells.cumsum(axis)
        place = place / (place.select(axis, -1).unsqueeze(axis) + 1e-6) * (2 * torch.pi)
        angle = place[:, :, None] / period
        halves.append(torch.stack((angle[:, :, 0::2].sin(), angle[:, :, 1::2].cos()), 3).flatten(2))
    return torch.cat(halves, 2).flatten(0, 1)


class Encoder(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.encoder = ResNet(config.width, config.dilated)


class TemporalEncoder(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.missing_previous_emb = parameter(1, config.static_size, 1, 1)
        self.encoder = ResNet(config.width)
        self.backbone_to_vit = Convolution(32 * config.width, config.static_size)
        self.vit_pooler = Pooler(config.static_size)

    def static(self, films: Tensor) -> Tensor:
        """uint8 [n, 1, s, s] -> [n, c, g, g]"""
        return self.backbone_to_vit(self.encoder(films))


class Projector(nn.Module):
    """1x1 convolutions from features to the space that text and images share."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        size = config.projection_size
        self.model = nn.Sequential(
            Convolution(config.feature_size, size), BatchNorm(size), nn.ReLU(), Convolution(size, size, bias=True)
        )

    def forward(self, grid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[n, f, g, g] -> global [n, p] and patches [n, l, p], neither normalised, and pooled [n, f]"""
        projected = self.model(grid)
        return projected.mean((2, 3)).float(), patches(projected).float(), mean_of(grid).float()


class Task(nn.Module):
    """The classifier of one task, with a hidden layer (`model.0`, `.1`, `.3`) or without (`model` itself)."""

    class Layers(nn.Module):
        def __init__(self, config: Config) -> None:
            super().__init__()
            hidden = config.classifier_hidden_size
            self.weight = parameter(config.num_classes, config.feature_size)
            self.bias = parameter(config.num_classes)
            self.add_module("0", Linear(config.feature_size, hidden, bias=False))
            self.add_module("1", BatchNorm(hidden))
            self.add_module("3", Linear(hidden, config.num_classes))

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.model = self.Layers(config)


class Classifier(nn.Module):
    """A checkpoint has one `fc_0`, `fc_1`, … for each task; the graph has one, to be bound once for each."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.fc = Task(config)


class Classifying(nn.Module):
    """The methods of the optional heads: pooled features to logits, one task at a time."""

    def __init__(self, config: Config, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = Projector(config)
        self.classifier = Classifier(config)

    def classify(self, pooled: Tensor) -> Tensor:
        """float32 [n, f] -> logits [n, classes], through a hidden layer"""
        layers = self.classifier.fc.model
        first, norm, last = (getattr(layers, name) for name in "013")
        return last(F.relu(norm(first(pooled.type_as(last.weight))))).float()

    def classify_linear(self, pooled: Tensor) -> Tensor:
        """float32 [n, f] -> logits [n, classes]"""
        layers = self.classifier.fc.model
        return F.linear(pooled.type_as(layers.weight), layers.weight, layers.bias).float()


class BioViL(Classifying):
    """Every method returns float32, whatever the dtype of the weights."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, Encoder(config))

    def encode(self, films: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """uint8 [n, 1, s, s] -> global [n, p], patches [n, l, p], pooled [n, f]"""
        return self.projector(self.encoder.encoder(films))


class BioViLT(Classifying):
    """As BioViL; the features of a film are a static part and, of the same size, the difference to a prior film."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, TemporalEncoder(config))

    def encode(self, films: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """uint8 [n, 1, s, s] -> global [n, p], patches [n, l, p], pooled [n, f], static and difference [n, l, c]"""
        static = self.encoder.static(films)
        return self.project(static, self.encoder.missing_previous_emb.expand_as(static))

    def encode_pair(self, films: Tensor, priors: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """uint8 [n, 1, s, s] twice -> as `encode`"""
        static, previous = self.encoder.static(torch.cat([films, priors])).chunk(2)
        difference = self.encoder.vit_pooler(static, previous)
        return self.project(static, difference.transpose(1, 2).unflatten(2, (static.size(2), -1)))

    def project(self, static: Tensor, difference: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """[n, c, g, g] twice -> the results"""
        results = self.projector(torch.cat([static, difference], 1))
        return (*results, patches(static).float(), patches(difference).float())
