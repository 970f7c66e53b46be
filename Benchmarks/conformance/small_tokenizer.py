"""A small vocabulary with Mixtral's settings, for models that are small themselves."""

import itertools

import sentencepiece
from stories import stories


def train(folder, size=512):
    """Returns the path of a new `tokenizer.model`."""
    prefix = folder / "tokenizer"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=itertools.islice(stories(seed=3), 3000),
        model_prefix=str(prefix),
        model_type="bpe",
        vocab_size=size,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,
        split_digits=True,
        minloglevel=2,
    )
    return prefix.with_suffix(".model")


def story_tokens(tokenizer, length, seed):
    """`length` tokens of stories with BOS in front."""
    text = "\n".join(itertools.islice(stories(seed), length // 20 + 1))
    return tokenizer.encode(text, add_bos=True)[:length]
