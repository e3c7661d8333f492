"""CXR-BERT for export: BERT, the masked-token head and the projection head, in PyTorch alone.

Parameter names are the names in the published checkpoints. There are no buffers, because a traced graph is saved
with its parameters on the `meta` device and has nowhere to keep one. Nothing but the number of layers and the number
of attention heads may end up as a constant in a trace: the width, the vocabulary and the number of positions are
read off the weights, so that one graph serves every checkpoint of its depth.

Letters in shapes: n sentences, l tokens in the longest, h hidden size, p projection size, v vocabulary size,
m positions. Inputs are int32 and padded on the right; `mask` is 1 for a token and 0 for padding.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LAYER_NORM_EPS = 1e-12


@dataclass(frozen=True)
class Config:
    """Sizes of a model, under the names that they have in a published `config.json`."""

    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    hidden_size: int = 768
    intermediate_size: int = 3072
    vocab_size: int = 30522
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    projection_size: int = 128


class Embedding(nn.Module):
    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(rows, width))

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, self.weight)


class Linear(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


class LayerNorm(nn.Module):
    """`nn.LayerNorm` would put its width into the trace; here it is read off the weight."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))
        self.bias = nn.Parameter(torch.empty(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, [self.weight.size(0)], self.weight, self.bias, LAYER_NORM_EPS)


class Embeddings(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.word_embeddings = Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type_embeddings = Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = LayerNorm(config.hidden_size)

    def forward(self, ids: Tensor, types: Tensor) -> Tensor:
        """ids, types [n, l] -> [n, l, h]"""
        positions = self.position_embeddings.weight[: ids.size(1)]
        return self.LayerNorm(self.word_embeddings(ids) + self.token_type_embeddings(types) + positions)


class SelfAttention(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.query = Linear(config.hidden_size, config.hidden_size)
        self.key = Linear(config.hidden_size, config.hidden_size)
        self.value = Linear(config.hidden_size, config.hidden_size)

    def split(self, x: Tensor) -> Tensor:
        """[n, l, h] -> [n, heads, l, h / heads]"""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, queries: Tensor, keep: Tensor) -> Tensor:
        """x [n, l, h], queries [n, k, h], keep bool [n, 1, 1, l] -> [n, k, h]"""
        query, key, value = self.split(self.query(queries)), self.split(self.key(x)), self.split(self.value(x))
        return F.scaled_dot_product_attention(query, key, value, attn_mask=keep).transpose(1, 2).flatten(2)


class Output(nn.Module):
    """A dense layer, the residual connection, and a LayerNorm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.dense = Linear(inputs, outputs)
        self.LayerNorm = LayerNorm(outputs)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        return self.LayerNorm(self.dense(x) + residual)


class Attention(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.self = SelfAttention(config)
        self.output = Output(config.hidden_size, config.hidden_size)


class Intermediate(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.dense = Linear(config.hidden_size, config.intermediate_size)

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(self.dense(x))


class Layer(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.intermediate = Intermediate(config)
        self.output = Output(config.intermediate_size, config.hidden_size)

    def forward(self, x: Tensor, queries: Tensor, keep: Tensor) -> Tensor:
        """Every token of x is a key and a value; only `queries` [n, k, h], rows of x, are computed: -> [n, k, h]"""
        attended = self.attention.output(self.attention.self(x, queries, keep), queries)
        return self.output(self.intermediate(attended), attended)


class Encoder(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.layer = nn.ModuleList([Layer(config) for _ in range(config.num_hidden_layers)])


class Bert(nn.Module):
    """BERT without a pooler."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.embeddings = Embeddings(config)
        self.encoder = Encoder(config)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor, cls_only: bool) -> Tensor:
        """ids, types, mask [n, l] -> [n, l, h], or the row of [CLS] alone: [n, 1, h]"""
        # A boolean mask suits every dtype; an additive one would have to be of the weights' dtype.
        keep = (mask != 0)[:, None, None, :]
        x = self.embeddings(ids, types)
        *layers, last = self.encoder.layer
        for layer in layers:
            x = layer(x, x, keep)
        return last(x, x[:, :1] if cls_only else x, keep)


class MaskedTokenHead(nn.Module):
    """`cls.predictions`. The published files tie `decoder.weight` to the word embeddings; here it is its own name."""

    class Transform(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.dense = Linear(width, width)
            self.LayerNorm = LayerNorm(width)

        def forward(self, x: Tensor) -> Tensor:
            return self.LayerNorm(F.gelu(self.dense(x)))

    class Decoder(nn.Module):
        def __init__(self, width: int, vocab_size: int) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.empty(vocab_size, width))

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.transform = self.Transform(config.hidden_size)
        self.decoder = self.Decoder(config.hidden_size, config.vocab_size)
        self.bias = nn.Parameter(torch.empty(config.vocab_size))

    def forward(self, x: Tensor) -> Tensor:
        """[m, h] -> [m, v]"""
        return F.linear(self.transform(x), self.decoder.weight, self.bias)


class Heads(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.predictions = MaskedTokenHead(config)


class ProjectionHead(nn.Module):
    """`cls_projection_head`, from the [CLS] row to the space that text and images share."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.dense_to_hidden = Linear(config.hidden_size, config.projection_size)
        self.LayerNorm = LayerNorm(config.projection_size)
        self.dense_to_output = Linear(config.projection_size, config.projection_size)

    def forward(self, x: Tensor) -> Tensor:
        """[n, h] -> [n, p]"""
        return self.dense_to_output(self.LayerNorm(F.gelu(self.dense_to_hidden(x))))


class CxrBert(nn.Module):
    """The model. Every method returns float32, whatever the dtype of the weights."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.bert = Bert(config)
        self.cls = Heads(config)
        self.cls_projection_head = ProjectionHead(config)

    def embed(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """Projected [CLS], not normalised: ids, types, mask int32 [n, l] -> [n, p]"""
        return self.cls_projection_head(self.bert(ids, types, mask, True).squeeze(1)).float()

    def cls_hidden(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """Last hidden state of [CLS]: ids, types, mask int32 [n, l] -> [n, h]"""
        return self.bert(ids, types, mask, True).squeeze(1).float()

    def hidden(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """Last hidden states; the rows of padding mean nothing: ids, types, mask int32 [n, l] -> [n, l, h]"""
        return self.bert(ids, types, mask, False).float()

    def mlm(self, ids: Tensor, types: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        """Logits over the vocabulary at flat positions row * l + column: positions int32 [m] -> [m, v]"""
        rows = self.bert(ids, types, mask, False).flatten(0, 1).index_select(0, positions)
        return self.cls.predictions(rows).float()
