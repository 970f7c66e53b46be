"""Makes `encoding.json`: rows of numbers, what ggml's quantizer makes of them, and by how much that errs.

    .build/conformance/venv/bin/python Tests/Golden/make_encoding_golden.py
"""

import base64
import ctypes
import json
import sys
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "Benchmarks/conformance"))

import environment  # noqa: E402

FORMATS = ["Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"]


def main():
    numbers = rows(np.random.default_rng(1))
    library = ctypes.CDLL(str(environment.LLAMA_BUILD / "bin" / "libggml-base.so"))
    formats = [golden(library, name, numbers) for name in FORMATS]
    text = ",\n".join(json.dumps(format) for format in formats)
    (HERE / "encoding.json").write_text(f'{{"numbers": "{encoded(numbers)}",\n"formats": [\n{text}\n]}}\n')


def rows(generator):
    normal = generator.normal(size=(8, 256))
    normal[1, ::37] *= 12  # a few that stand out
    normal[2] **= 3  # many that do
    normal[3] = abs(normal[3]) + 0.5  # none below zero
    normal[4] *= 1e-3
    normal[5] = generator.uniform(-300, 300, 256)
    normal[6, generator.random(256) < 0.6] = 0
    normal[7] *= np.repeat(2.0 ** -np.arange(8), 32)  # parts of very different size
    return normal.astype("<f4")


def golden(library, name, numbers):
    kind = GGMLQuantizationType[name]
    weights, size = GGML_QUANT_SIZES[kind]
    blocks = np.zeros((len(numbers), numbers.shape[1] // weights * size), dtype=np.uint8)
    pointer, wide = ctypes.c_void_p, ctypes.c_int64
    library.ggml_quantize_chunk.argtypes = [ctypes.c_int, pointer, pointer, wide, wide, wide, pointer]
    library.ggml_quantize_chunk(kind, numbers.ctypes.data, blocks.ctypes.data, 0, *numbers.shape, None)
    errors = dequantize(blocks, kind).astype(np.float64) - numbers
    return {"format": name.lower(), "blocks": encoded(blocks), "errors": (errors**2).sum(axis=1).tolist()}


def encoded(array):
    return base64.b64encode(array.tobytes()).decode()


if __name__ == "__main__":
    main()
