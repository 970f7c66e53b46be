"""GGUFs of early 2024 kept every expert as a tensor of its own: this rewrites a file of today that way."""

import re

from gguf import GGUFReader, GGUFValueType, GGUFWriter


def split_experts(source, target):
    """The same bytes; `blk.0.ffn_gate_exps.weight` becomes `blk.0.ffn_gate.0.weight`, `blk.0.ffn_gate.1.weight`, …"""
    reader = GGUFReader(source)
    writer = GGUFWriter(target, "llama")
    copy_metadata(reader, writer)
    for tensor in reader.tensors:
        for name, data in parts(tensor):
            writer.add_tensor(name, data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def copy_metadata(reader, writer):
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key == "general.architecture":
            continue
        kind, *item = field.types
        writer.add_key_value(key, field.contents(), kind, item[-1] if kind == GGUFValueType.ARRAY else None)


def parts(tensor):
    match = re.fullmatch(r"(blk\.\d+\.ffn_(?:gate|up|down))_exps\.weight", tensor.name)
    if not match:
        return [(tensor.name, tensor.data)]
    return [(f"{match[1]}.{expert}.weight", data) for expert, data in enumerate(tensor.data)]
