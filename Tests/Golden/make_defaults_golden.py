"""What transformers takes where a config.json is silent: adds the version that runs this to `transformers-defaults.json`.

Run it once with a version 4 and once with a version 5; PyTorch is not needed.
"""

import json
import pathlib

import transformers

# What a config.json cannot do without; the rest is left to the classes.
SIZES = {
    "mixtral": dict(vocab_size=262, hidden_size=64, intermediate_size=32, num_hidden_layers=1, num_attention_heads=16,
                    num_local_experts=8),
    "qwen3_moe": dict(vocab_size=262, hidden_size=64, moe_intermediate_size=32, num_hidden_layers=1,
                      num_attention_heads=16, num_experts=8),
}
CASES = {
    "silent": {},
    "a window": {"sliding_window": 9},
    "a window that is used": {"use_sliding_window": True},
    "a base beside": {"rope_theta": 500000.0},
    "a base in rope_parameters": {"rope_parameters": {"rope_type": "default", "rope_theta": 250000.0}},
    "no heads of their own": {"num_key_value_heads": None},
}
TARGET = pathlib.Path(__file__).with_name("transformers-defaults.json")


def resolved(config):
    """The numbers that the forward pass takes."""
    rotation = getattr(config, "rope_parameters", None) or {}
    heads = config.num_attention_heads
    return {
        "keyValueHeads": config.num_key_value_heads,
        "headSize": getattr(config, "head_dim", None) or config.hidden_size // heads,
        "normEpsilon": config.rms_norm_eps,
        "rotaryBase": rotation.get("rope_theta") or config.rope_theta,
        "contextLength": config.max_position_embeddings,
        "slidingWindow": config.sliding_window,
        "tiedEmbeddings": config.tie_word_embeddings,
        "expertsPerToken": config.num_experts_per_tok,
        "normalizes": getattr(config, "norm_topk_prob", True),
    }


def case(model_type, name, more):
    settings = {"model_type": model_type, **SIZES[model_type], **more}
    config = transformers.AutoConfig.for_model(**settings)
    return {"name": name, "settings": json.dumps(settings), "resolved": resolved(config)}


def main():
    version = transformers.__version__
    kept = [one for one in json.loads(TARGET.read_text()) if one["version"] != version] if TARGET.exists() else []
    for model_type in SIZES:
        for name, more in CASES.items():
            if "num_key_value_heads" in more and (model_type == "qwen3_moe" or version >= "5"):
                continue  # not allowed there
            if "rope_parameters" in more and version < "5":
                continue  # not known there
            kept.append({"version": version, **case(model_type, name, more)})
    kept.sort(key=lambda one: one["version"])
    TARGET.write_text("[\n" + ",\n".join(json.dumps(one) for one in kept) + "\n]\n")


if __name__ == "__main__":
    main()
