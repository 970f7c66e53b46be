"""Small Mixtrals and other mixtures with random weights that decide: routes and tokens are far from a coin toss."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM


@dataclass(frozen=True)
class Shape:
    """One model to make. The defaults are the common case, so that each shape states only what it is there to test."""

    name: str
    family: str = "mixtral"  # the model_type
    hidden: int = 64
    intermediate: int = 64
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 16
    experts: int = 8
    top_k: int = 2
    theta: float = 1e6
    window: int | None = None
    tied: bool = False
    dtype: torch.dtype = torch.float32
    shard_size: str = "1GB"
    old_config: bool = False
    seed: int = 1
    sharpness: float = 3.0  # how far log-probabilities are from uniform
    more: dict = field(default_factory=dict)  # what else its configuration says


def save(shape, folder, tokenizer_model, vocabulary):
    """Writes the checkpoint and its tokenizer as a Hugging Face folder; returns the folder."""
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    model = random_model(shape, vocabulary)
    model.to(shape.dtype).save_pretrained(folder, max_shard_size=shape.shard_size)
    (folder / "generation_config.json").unlink(missing_ok=True)
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)
    if shape.old_config:
        write_old_config(folder / "config.json")
    shutil.copy(tokenizer_model, folder / "tokenizer.model")
    return folder


def random_model(shape, vocabulary):
    torch.manual_seed(shape.seed)
    model = AutoModelForCausalLM.from_config(configuration(shape, vocabulary), dtype=torch.float32)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(random_weight(name, weight.shape, shape.sharpness))
    return model


def configuration(shape, vocabulary):
    return AutoConfig.for_model(
        shape.family,
        vocab_size=vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        moe_intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim,
        **{"num_local_experts" if shape.family == "mixtral" else "num_experts": shape.experts},
        num_experts_per_tok=shape.top_k,
        max_position_embeddings=512,
        sliding_window=shape.window,
        tie_word_embeddings=shape.tied,
        rope_parameters={"rope_type": "default", "rope_theta": shape.theta},
        **shape.more,
    )


def random_weight(name, shape, sharpness):
    """Norms near one, and the rest scaled so that every product keeps its variance, times a factor by role."""
    if len(shape) == 1:
        return 1 + 0.2 * torch.randn(shape)
    return torch.randn(shape) * factor(name, sharpness) / shape[-1] ** 0.5


def factor(name, sharpness):
    if name.endswith("mlp.gate.weight"):
        return 2.0  # decisive routes
    if "lm_head" in name or "embed_tokens" in name:
        return sharpness
    return 1.0


def write_old_config(path):
    """Rewrites a config.json the way transformers 4 writes it."""
    config = json.loads(path.read_text())
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.57.1"
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
