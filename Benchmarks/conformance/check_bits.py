"""The same bits whatever the memory, the threads and the cutting of the prompt: no bound, plain equality."""

import random_mixtral
import sentencepiece
import small_tokenizer
from finding import none_of
from random_mixtral import Shape

VOCABULARY = 512
SHAPE = Shape("many experts", hidden=256, intermediate=512, layers=6, heads=8, head_dim=32)

BUDGETS = ["100%", "50%", "25%", "min"]
THREADS = ["1", "2", "3", "4"]
CHUNKS = ["1", "7", "1000"]


def findings(offstage, scratch):
    tokenizer_model = small_tokenizer.train(scratch, VOCABULARY)
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
    folder = random_mixtral.save(SHAPE, scratch / "checkpoint", tokenizer_model, VOCABULARY)
    tokens = small_tokenizer.story_tokens(tokenizer, length=200, seed=9)
    for format in ["q8_0", "q4_0", "bf16", "f32"]:
        store = offstage.pack(folder, f"bits-{format}", "--quantize", format, "--quantize-dense", format)
        yield compared(offstage, store, tokens, f"{format}: memory × threads", memory_and_threads())
        if format.startswith("q"):
            yield compared(offstage, store, tokens, f"{format}: prompt chunks × memory", chunks_and_memory())


def memory_and_threads():
    return [("--ram", budget, "--threads", threads) for budget in BUDGETS for threads in THREADS]


def chunks_and_memory():
    return [("--prompt-chunk", chunk, "--ram", budget) for chunk in CHUNKS for budget in ["100%", "25%"]]


def compared(offstage, store, tokens, what, settings):
    """JSON carries every float exactly, so equal lists are equal bits."""
    first, *others = [offstage.score(store, tokens, *setting)["logprobs"] for setting in settings]
    different = [setting for setting, other in zip(settings[1:], others) if other != first]
    for setting in different[:3]:
        print("      differs:", *setting)
    return none_of(f"bits, {what}", len(different), len(settings))
