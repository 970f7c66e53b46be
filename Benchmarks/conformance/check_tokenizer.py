"""Mixtral's own vocabulary (mistral-common ships the file) on ten thousand hard strings, against sentencepiece."""

from pathlib import Path

import environment
import mistral_common
import random_mixtral
import sentencepiece
from finding import none_of
from hard_strings import hard_strings
from llama_reference import Tools
from random_mixtral import Shape

COUNT = 10_000
TINY = Shape("tiny", hidden=32, intermediate=32, layers=1, heads=2, kv_heads=1, experts=2)


def findings(offstage, scratch):
    tokenizer_model = Path(mistral_common.__file__).parent / "data" / "tokenizer.model.v1"
    reference = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
    texts = hard_strings(COUNT, seed=1)
    expected = [reference.encode(text) for text in texts]
    decoded = [reference.decode(tokens, out_type=bytes) for tokens in expected]
    for kind, model in models(offstage, tokenizer_model, reference.vocab_size(), scratch).items():
        our_tokens, our_decoded = offstage.tokenize(model, texts)
        title = f"sentencepiece, Mixtral's vocabulary in a {kind}"
        yield compared(f"{title}: other ids", texts, our_tokens, expected)
        yield compared(f"{title}: decoded otherwise", texts, our_decoded, decoded)


def models(offstage, tokenizer_model, vocabulary, scratch):
    """Everything that can carry a vocabulary; the model around it is as small as can be."""
    folder = random_mixtral.save(TINY, scratch / "checkpoint", tokenizer_model, vocabulary)
    tools = Tools(environment.LLAMA_SOURCE, environment.LLAMA_BUILD)
    gguf = tools.convert(folder, scratch / "tiny.gguf", "f16")
    return {
        "file": folder / "tokenizer.model",
        "folder": folder,
        "GGUF": gguf,
        "store": offstage.pack(folder, "from-folder"),
        "store of a GGUF": offstage.pack(gguf, "from-gguf"),
    }


def compared(what, texts, ours, theirs):
    different = [index for index, (our, their) in enumerate(zip(ours, theirs, strict=True)) if our != their]
    for index in different[:3]:
        print(f"      {texts[index][:60]!r}\n        ours   {ours[index][:20]}\n        theirs {theirs[index][:20]}")
    return none_of(what, len(different), len(texts))
