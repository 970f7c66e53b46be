"""Small models of every routing with random weights that decide, in the form in which `offstage train` leaves one."""

import json
from dataclasses import dataclass

import numpy as np
from safetensors.numpy import save_file


@dataclass(frozen=True)
class Kind:
    """One model to make. The defaults are the common case, so that each kind states only what it is there to test."""

    name: str
    weighting: str = "softmaxOfChosen"
    selection: str = "topK"
    experts: int = 8
    top_k: int = 2
    scale: float = 1.0
    groups: int = 1
    allowed_groups: int = 1
    has_bias: bool = False
    qk_norm: bool | str = False  # of heads, or "whole"
    shared: int | None = None
    tied: bool = False
    window: int | None = None
    hidden: int = 64
    intermediate: int = 64
    layers: int = 3
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 16
    seed: int = 1

    @property
    def has_gate(self):
        return self.weighting != "constant"


def save(kind, path, tokenizer_model, vocabulary):
    """Writes the checkpoint; returns its path."""
    random = np.random.default_rng(kind.seed)
    tensors = {name: weight(random, name, shape) for name, shape in shapes(kind, vocabulary)}
    if kind.selection == "table":
        for layer in range(kind.layers):
            table = random.integers(kind.experts, size=vocabulary, dtype=np.int32)
            tensors[f"layers.{layer}.router.table"] = table
    tensors["tokenizer.model"] = np.frombuffer(tokenizer_model.read_bytes(), dtype=np.uint8)
    metadata = {"format": "offstage", "name": kind.name, "training": "{}", "architecture": architecture(kind, vocabulary)}
    save_file(tensors, path, metadata)
    return path


def architecture(kind, vocabulary):
    values = {
        "vocabularySize": vocabulary,
        "hiddenSize": kind.hidden,
        "layerCount": kind.layers,
        "headCount": kind.heads,
        "keyValueHeadCount": kind.kv_heads,
        "headSize": kind.head_dim,
        "intermediateSize": kind.intermediate,
        "expertCount": kind.experts,
        "expertsPerToken": kind.top_k,
        "normEpsilon": 1e-5,
        "rotaryBase": 10000,
        "rotaryPairing": "halves",
        "rotaryDimensions": kind.head_dim,
        "slidingWindow": kind.window,
        "tiedEmbeddings": kind.tied,
        "contextLength": 512,
        "qkNorm": kind.qk_norm,
        "sharedIntermediateSize": kind.shared,
        "routing": {
            "name": kind.name,
            "selection": kind.selection,
            "weighting": kind.weighting,
            "scale": kind.scale,
            "groups": kind.groups,
            "allowedGroups": kind.allowed_groups,
            "hasBias": kind.has_bias,
        },
    }
    return json.dumps({key: value for key, value in values.items() if value is not None})


def shapes(kind, vocabulary):
    yield "token_embedding", (vocabulary, kind.hidden)
    yield "output_norm", (kind.hidden,)
    if not kind.tied:
        yield "output", (vocabulary, kind.hidden)
    queries, keys = kind.heads * kind.head_dim, kind.kv_heads * kind.head_dim
    for layer in range(kind.layers):
        prefix = f"layers.{layer}."
        yield prefix + "attention_norm", (kind.hidden,)
        yield prefix + "query", (queries, kind.hidden)
        yield prefix + "key", (keys, kind.hidden)
        yield prefix + "value", (keys, kind.hidden)
        yield prefix + "attention_output", (kind.hidden, queries)
        yield prefix + "expert_norm", (kind.hidden,)
        if kind.qk_norm:
            is_whole = kind.qk_norm == "whole"
            yield prefix + "query_norm", (queries if is_whole else kind.head_dim,)
            yield prefix + "key_norm", (keys if is_whole else kind.head_dim,)
        if kind.has_gate:
            yield prefix + "router.gate", (kind.experts, kind.hidden)
        if kind.has_bias:
            yield prefix + "router.bias", (kind.experts,)
        if kind.selection == "threshold":
            yield prefix + "router.thresholds", (kind.experts,)
        yield prefix + "experts.gate", (kind.experts, kind.intermediate, kind.hidden)
        yield prefix + "experts.up", (kind.experts, kind.intermediate, kind.hidden)
        yield prefix + "experts.down", (kind.experts, kind.hidden, kind.intermediate)
        if kind.shared:
            yield prefix + "shared.gate", (kind.shared, kind.hidden)
            yield prefix + "shared.up", (kind.shared, kind.hidden)
            yield prefix + "shared.down", (kind.hidden, kind.shared)


def weight(random, name, shape):
    """Norms near one, and the rest scaled so that every product keeps its variance, times a factor by role."""
    numbers = random.standard_normal(shape)
    if name.endswith("router.bias"):
        return (0.2 * numbers).astype(np.float32)
    if name.endswith("router.thresholds"):
        return (0.15 + 0.05 * numbers).astype(np.float32)
    if len(shape) == 1:
        return (1 + 0.2 * numbers).astype(np.float32)
    return (numbers * factor(name) / shape[-1] ** 0.5).astype(np.float32)


def factor(name):
    if name.endswith("router.gate"):
        return 2.0  # decisive routes
    return 3.0 if name in ("output", "token_embedding") else 1.0
