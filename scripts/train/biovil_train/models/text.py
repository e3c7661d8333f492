"""CXR-BERT: BERT, the masked-token head and the projection head, with dropout.

Letters in shapes: n sentences, l tokens, h hidden size, p projection size, v vocabulary, m masked positions.
"""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..values import Count, Dropout, Positive, Range

LAYER_NORM_EPS = 1e-12


@dataclass(frozen=True)
class TextConfig:
    """Sizes under their names in `config.json`; the defaults are the published ones."""

    num_hidden_layers: Count = 12
    num_attention_heads: Count = 12
    hidden_size: Count = 768
    intermediate_size: Count = 3072
    vocab_size: Annotated[int, Range(6)] = 30522
    max_position_embeddings: Annotated[int, Range(3)] = 512
    type_vocab_size: Count = 2
    projection_size: Count = 128
    hidden_dropout_prob: Dropout = 0.1
    attention_probs_dropout_prob: Dropout = 0.1
    initializer_range: Positive = 0.02

    def __post_init__(self) -> None:
        if self.hidden_size % self.num_attention_heads:
            heads = f"text.num_attention_heads, {self.num_attention_heads},"
            raise ValueError(f"expected text.hidden_size to be a multiple of {heads} but found {self.hidden_size}")

    def json(self) -> dict[str, Any]:
        """What `config.json` says."""
        fixed = {"hidden_act": "gelu", "layer_norm_eps": LAYER_NORM_EPS, "pad_token_id": 0, "model_type": "cxr-bert"}
        return {"architectures": ["CXRBertModel"], **asdict(self), **fixed}


def layer_norm(width: int) -> nn.LayerNorm:
    return nn.LayerNorm(width, LAYER_NORM_EPS)


class Embeddings(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = layer_norm(config.hidden_size)
        self.dropout = config.hidden_dropout_prob

    def forward(self, ids: Tensor) -> Tensor:
        positions = self.position_embeddings.weight[: ids.shape[1]]
        x = self.word_embeddings(ids) + positions + self.token_type_embeddings.weight[0]
        return F.dropout(self.LayerNorm(x), self.dropout, self.training)


class SelfAttention(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.dropout = config.attention_probs_dropout_prob
        self.query, self.key, self.value = (nn.Linear(config.hidden_size, config.hidden_size) for _ in range(3))

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        query, key, value = (
            part(x).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        dropout = self.dropout if self.training else 0.0
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=keep, dropout_p=dropout)
        return attended.transpose(1, 2).flatten(2)


class Output(nn.Module):
    """A dense layer, dropout, the residual connection and a LayerNorm."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, outputs)
        self.LayerNorm = layer_norm(outputs)
        self.dropout = dropout

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        return self.LayerNorm(F.dropout(self.dense(x), self.dropout, self.training) + residual)


class Attention(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.self = SelfAttention(config)
        self.output = Output(config.hidden_size, config.hidden_size, config.hidden_dropout_prob)


class Intermediate(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)


class Layer(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.intermediate = Intermediate(config)
        self.output = Output(config.intermediate_size, config.hidden_size, config.hidden_dropout_prob)

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        x = self.attention.output(self.attention.self(x, keep), x)
        return self.output(F.gelu(self.intermediate.dense(x)), x)


class Encoder(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))


class Bert(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.embeddings = Embeddings(config)
        self.encoder = Encoder(config)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids, mask [n, l] -> last hidden states [n, l, h]"""
        keep = mask.bool()[:, None, None, :]
        x = self.embeddings(ids)
        for layer in self.encoder.layer:
            x = layer(x, keep)
        return x


class Transform(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.LayerNorm = layer_norm(width)

    def forward(self, x: Tensor) -> Tensor:
        return self.LayerNorm(F.gelu(self.dense(x)))


class MaskedTokenHead(nn.Module):
    """`cls.predictions`; its decoder shares the word embeddings, and `decoder.bias` is `bias`."""

    def __init__(self, config: TextConfig, words: nn.Embedding) -> None:
        super().__init__()
        self.transform = Transform(config.hidden_size)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.decoder = nn.Linear(config.hidden_size, config.vocab_size)
        self.decoder.weight, self.decoder.bias = words.weight, self.bias

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.transform(x))


class Heads(nn.Module):
    def __init__(self, config: TextConfig, words: nn.Embedding) -> None:
        super().__init__()
        self.predictions = MaskedTokenHead(config, words)


class ProjectionHead(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.dense_to_hidden = nn.Linear(config.hidden_size, config.projection_size)
        self.LayerNorm = layer_norm(config.projection_size)
        self.dense_to_output = nn.Linear(config.projection_size, config.projection_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.dense_to_output(self.LayerNorm(F.gelu(self.dense_to_hidden(x))))


class TextModel(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.bert = Bert(config)
        self.cls = Heads(config, self.bert.embeddings.word_embeddings)
        self.cls_projection_head = ProjectionHead(config)
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=config.initializer_range)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids, mask [n, l] -> projected [CLS], not normalised: [n, p]"""
        return self.cls_projection_head(self.bert(ids, mask)[:, 0]).float()

    def words(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids, mask [n, l] -> every token projected as [CLS] is: [n, l, p]; of [CLS] itself at column 0"""
        return self.cls_projection_head(self.bert(ids, mask)).float()

    def masked_logits(self, ids: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        """ids, mask [n, l], positions [m], each row * l + column -> logits [m, v]"""
        hidden = self.bert(ids, mask).flatten(0, 1)
        return self.cls.predictions(hidden[positions]).float()
