"""Makes `formats.json`: blocks of every quantized format that is read, and the numbers that the gguf package makes of them.

    .build/conformance/venv/bin/python Tests/Golden/make_formats_golden.py
"""

import base64
import json
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

# Where a block's f16 numbers lie. MXFP4 has a byte of exponent instead.
HALVES = {
    "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2],
    "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0], "IQ3_S": [0], "MXFP4": [],
}


def main():
    generator = np.random.default_rng(1)
    formats = [golden(name, halves, generator) for name, halves in HALVES.items()]
    text = ",\n".join(json.dumps(format) for format in formats)
    (Path(__file__).parent / "formats.json").write_text(f"[\n{text}\n]\n")


def golden(name, halves, generator):
    kind = GGMLQuantizationType[name]
    size = GGML_QUANT_SIZES[kind][1]
    blocks = generator.integers(0, 256, (4, size), dtype=np.uint8)
    blocks[2] = 0xFF
    blocks[3] = np.where(blocks[3] < 128, 0, 0xFF)
    for index, offset in enumerate(halves):
        sign = -1 if index else 1
        scales = np.array([0.0123, -2.5e-5, 65504 * sign, -6e-8 * sign], dtype=np.float16)  # normal to subnormal
        blocks[:, offset : offset + 2] = scales.view(np.uint8).reshape(4, 2)
    if name == "MXFP4":
        blocks[:, 0] = [127, 0, 1, 250]
    numbers = dequantize(blocks, kind).astype("<f4")
    assert np.isfinite(numbers).all()
    return {"format": name.lower(), "blocks": text(blocks), "numbers": text(numbers)}


def text(array):
    return base64.b64encode(array.tobytes()).decode()


if __name__ == "__main__":
    main()
