"""A decoder with a mixture of experts in plain PyTorch, short enough to be checked by reading it.

Weights are a dictionary under the names of an offstage checkpoint. All that may differ between models is in `Shape`;
a dense model is one with a single expert.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy, normalize, one_hot, scaled_dot_product_attention, silu


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    head_size: int
    intermediate: int
    experts: int
    top_k: int
    score: str = "softmax"  # or "sigmoid"
    renormalized: bool = True
    shared: int = 0  # width of the expert that every token visits
    qk_norm: bool = False
    tied: bool = True
    norm_epsilon: float = 1e-5
    rotary_base: float = 10000.0


class Routing(NamedTuple):
    """How the tokens of one layer found their experts."""

    logits: torch.Tensor  # [tokens, experts]
    probabilities: torch.Tensor  # [tokens, experts], each row sums to 1
    experts: torch.Tensor  # [tokens, top-k], best first
    margin: torch.Tensor  # [tokens]: how far the last expert chosen is ahead of the first one that was not


class Losses(NamedTuple):
    cross_entropy: torch.Tensor
    balance: torch.Tensor  # [layers]
    z: torch.Tensor  # [layers]

    def total(self, balance, z):
        return self.cross_entropy + balance * self.balance.mean() + z * self.z.mean()


def losses(weights, shape, tokens, targets):
    logits, routings = forward(weights, shape, tokens)
    balance = torch.stack([balance_loss(routing) for routing in routings])
    z = torch.stack([routing.logits.logsumexp(dim=-1).square().mean() for routing in routings])
    return Losses(cross_entropy(logits.flatten(0, 1), targets.flatten()), balance, z), routings


def balance_loss(routing):
    """E · Σ f·P with f the share of all visits and P the mean probability: 1 when even, whatever top-k is."""
    return routing.logits.shape[-1] * (load(routing) * routing.probabilities.mean(dim=0)).sum()


def load(routing):
    """Which share of all visits each expert gets."""
    experts = routing.logits.shape[-1]
    return torch.bincount(routing.experts.flatten(), minlength=experts) / routing.experts.numel()


def forward(weights, shape, tokens):
    """Logits `[sequences, positions, vocabulary]` of `tokens` `[sequences, positions]`, and each layer's routing."""
    hidden, routings = weights["token_embedding"][tokens], []
    for index in range(shape.layers):
        layer = Layer(weights, f"layers.{index}.", shape)
        hidden = hidden + layer.attention(layer.norm(hidden, "attention_norm"))
        mixed, routing = layer.mixture(layer.norm(hidden, "expert_norm").flatten(0, 1))
        hidden = hidden + mixed.view_as(hidden)
        routings.append(routing)
    output = weights["token_embedding" if shape.tied else "output"]
    return rms_norm(hidden, weights["output_norm"], shape.norm_epsilon) @ output.T, routings


class Layer:
    def __init__(self, weights, prefix, shape):
        self.weights, self.prefix, self.shape = weights, prefix, shape

    def __getitem__(self, name):
        return self.weights[self.prefix + name]

    def norm(self, input, name):
        return rms_norm(input, self[name], self.shape.norm_epsilon)

    def attention(self, input):
        shape = self.shape
        queries, keys, values = (
            (input @ self[name].T).unflatten(-1, (-1, shape.head_size)) for name in ["query", "key", "value"]
        )
        if shape.qk_norm:
            queries, keys = self.norm(queries, "query_norm"), self.norm(keys, "key_norm")
        queries, keys, values = (heads.transpose(1, 2) for heads in [queries, keys, values])
        queries, keys = rotated(queries, shape.rotary_base), rotated(keys, shape.rotary_base)
        group = shape.heads // shape.key_value_heads
        keys, values = keys.repeat_interleave(group, dim=1), values.repeat_interleave(group, dim=1)
        mixed = scaled_dot_product_attention(queries, keys, values, is_causal=True, scale=shape.head_size**-0.5)
        return mixed.transpose(1, 2).flatten(2) @ self["attention_output"].T

    def mixture(self, input):
        """The experts' answer to `input` `[tokens, hidden]`, and the routing."""
        routing, visits = self.route(input)
        output = torch.zeros_like(input)
        for expert in range(self.shape.experts):
            tokens, slots = (routing.experts == expert).nonzero(as_tuple=True)
            gate, up, down = (self[f"experts.{name}"][expert] for name in ["gate", "up", "down"])
            answer = swiglu(input[tokens], gate, up, down) * visits[tokens, slots, None]
            output = output.index_add(0, tokens, answer)
        if self.shape.shared:
            output = output + swiglu(input, self["shared.gate"], self["shared.up"], self["shared.down"])
        return output, routing

    def route(self, input):
        """A selection bias decides who is chosen, and never how much a visit counts."""
        shape = self.shape
        logits = input @ self["router.gate"].T
        scores = logits.sigmoid() if shape.score == "sigmoid" else logits.softmax(dim=-1)
        bias = self.weights.get(self.prefix + "router.bias", torch.zeros(()))
        ranked = (scores + bias).detach().topk(min(shape.top_k + 1, shape.experts), dim=-1)
        experts = ranked.indices[:, : shape.top_k]
        visits = scores.gather(1, experts)
        if shape.renormalized:
            visits = visits / visits.sum(dim=-1, keepdim=True)
        margin = ranked.values[:, shape.top_k - 1] - ranked.values[:, -1]
        return Routing(logits, normalize(scores, p=1, dim=-1), experts, margin), visits


def rms_norm(input, weight, epsilon):
    return input * (input.square().mean(dim=-1, keepdim=True) + epsilon).rsqrt() * weight


def rotated(heads, base):
    """Rotary embedding of `[…, positions, head size]`: component i goes with i + half."""
    half, positions = heads.shape[-1] // 2, torch.arange(heads.shape[-2], dtype=heads.dtype)
    frequencies = base ** (-torch.arange(half, dtype=heads.dtype) / half)
    cos, sin = torch.outer(positions, frequencies).cos(), torch.outer(positions, frequencies).sin()
    first, second = heads[..., :half], heads[..., half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def swiglu(input, gate, up, down):
    return (silu(input @ gate.T) * (input @ up.T)) @ down.T


def tensor_shapes(shape):
    """The name and shape of every parameter. A selection bias is none: no gradient moves it."""
    yield "token_embedding", (shape.vocabulary, shape.hidden)
    for index in range(shape.layers):
        for name, size in layer_tensor_shapes(shape):
            yield f"layers.{index}.{name}", size
    yield "output_norm", (shape.hidden,)
    if not shape.tied:
        yield "output", (shape.vocabulary, shape.hidden)


def layer_tensor_shapes(shape):
    hidden, width, shared = shape.hidden, shape.intermediate, shape.shared
    queries, keys = shape.heads * shape.head_size, shape.key_value_heads * shape.head_size
    yield "attention_norm", (hidden,)
    yield from [("query", (queries, hidden)), ("key", (keys, hidden)), ("value", (keys, hidden))]
    yield "attention_output", (hidden, queries)
    if shape.qk_norm:
        yield from [("query_norm", (shape.head_size,)), ("key_norm", (shape.head_size,))]
    yield "expert_norm", (hidden,)
    yield "router.gate", (shape.experts, hidden)
    yield from [(f"experts.{name}", (shape.experts, width, hidden)) for name in ["gate", "up"]]
    yield "experts.down", (shape.experts, hidden, width)
    if shared:
        yield from [("shared.gate", (shared, hidden)), ("shared.up", (shared, hidden))]
        yield "shared.down", (hidden, shared)
