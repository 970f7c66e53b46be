"""llama.cpp as a reference: its converter, its quantizer, and what its library computes on the CPU."""

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

KEEP_F32 = {"type_k": 0, "type_v": 0}  # GGML_TYPE_F32: no rounding in the KV cache


class Tools:
    """The paths of one llama.cpp: its source tree (`.../vendor/llama.cpp`) and its build folder."""

    def __init__(self, source, build):
        self.source = Path(source)
        self.bin = Path(build) / "bin"
        self.bindings = self.source.parent.parent  # the llama-cpp-python tree around it

    def convert(self, folder, gguf, kind):
        script = self.source / "convert_hf_to_gguf.py"
        environment = os.environ | {"PYTHONPATH": str(self.source / "gguf-py")}
        quietly([sys.executable, script, folder, "--outfile", gguf, "--outtype", kind], env=environment)
        return gguf

    def quantize(self, source, target, kind, *options):
        quietly([self.bin / "llama-quantize", *options, source, target, kind, "1"])
        return target

    def library(self):
        """The `llama_cpp` Python module on top of our own build of the library."""
        os.environ["LLAMA_CPP_LIB_PATH"] = str(self.bin)
        if str(self.bindings) not in sys.path:
            sys.path.insert(0, str(self.bindings))
        import llama_cpp

        return llama_cpp


def quietly(command, **options):
    """Runs a program and shows what it said only when it failed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")


class Model:
    """A GGUF opened by llama.cpp: one thread, KV cache in f32, no flash attention.

    `repacked` takes the kernels that it would take by itself, with rows interleaved; otherwise the plain ones.
    """

    def __init__(self, tools, gguf, repacked=False):
        self.api = tools.library()
        self.silence = self.api.llama_log_callback(lambda level, text, data: None)
        self.api.llama_log_set(self.silence, None)
        self.routes = {}
        self.watch = self.api.ggml_backend_sched_eval_callback(self.on_tensor)
        self.model = self.opened(gguf, repacked)

    def version(self):
        return self.api.llama_version().decode()

    def opened(self, gguf, repacked):
        options = self.api.llama_model_default_params()
        options.use_extra_bufts = repacked
        model = self.api.llama_model_load_from_file(str(gguf).encode(), options)
        if not model:
            raise RuntimeError(f"llama.cpp cannot open {gguf}")
        return model

    def score(self, tokens):
        """The same dictionary as the transformers reference gives."""
        self.routes = {}
        context = self.api.llama_init_from_model(self.model, self.context_options(len(tokens)))
        logits = self.logits(context, tokens)
        self.api.llama_free(context)
        return {
            "tokens": tokens,
            "logprobs": token_logprobs(logits, tokens),
            "top1": logits.argmax(axis=1).tolist(),
            "layers": [self.routes[layer] for layer in sorted(self.routes)],
        }

    def context_options(self, length):
        options = self.api.llama_context_default_params()
        options.n_ctx = options.n_batch = options.n_ubatch = max(64, length)
        options.n_threads = options.n_threads_batch = 1
        options.flash_attn_type = self.api.LLAMA_FLASH_ATTN_TYPE_DISABLED
        options.cb_eval = self.watch
        for name, value in KEEP_F32.items():
            setattr(options, name, value)
        return options

    def logits(self, context, tokens):
        batch = self.api.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for position, token in enumerate(tokens):
            batch.token[position] = token
            batch.pos[position] = position
            batch.n_seq_id[position] = 1
            batch.seq_id[position][0] = 0
            batch.logits[position] = True
        if self.api.llama_decode(context, batch) != 0:
            raise RuntimeError("llama_decode failed")
        vocabulary = self.api.llama_vocab_n_tokens(self.api.llama_model_get_vocab(self.model))
        logits = np.ctypeslib.as_array(self.api.llama_get_logits(context), (len(tokens), vocabulary)).astype(np.float64)
        self.api.llama_batch_free(batch)
        return logits

    def on_tensor(self, address, asked, _):
        """Called before each tensor is computed (`asked`: do we want it?) and after."""
        tensor = Tensor.from_address(address)
        watched = WATCHED.fullmatch(tensor.name)
        if watched and not asked:
            layer = self.routes.setdefault(int(watched["layer"]), {})
            if watched["what"] == b"topk":
                layer["experts"] = tensor.rows(ctypes.c_int32)
            else:
                layer["weights"] = tensor.rows(ctypes.c_float)
        return bool(watched) if asked else True


WATCHED = re.compile(rb"ffn_moe_(?P<what>topk|weights_norm)-(?P<layer>\d+)")


class Tensor(ctypes.Structure):
    """The beginning of `ggml_tensor` (ggml.h), as far as its name."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),
        ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int),
        ("op_params", ctypes.c_int32 * 16),
        ("flags", ctypes.c_int32),
        ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p),
        ("view_offs", ctypes.c_size_t),
        ("data", ctypes.c_void_p),
        ("name", ctypes.c_char * 64),
    ]

    def rows(self, number):
        """A two-dimensional tensor as nested lists; it may be a view with gaps between its rows."""
        width, height = self.ne[0], self.ne[1]
        return [list((number * width).from_address(self.data + row * self.nb[1])) for row in range(height)]


def token_logprobs(logits, tokens):
    highest = logits.max(axis=1, keepdims=True)
    normalizer = highest[:, 0] + np.log(np.exp(logits - highest).sum(axis=1))
    rows = np.arange(len(tokens) - 1)
    return [None] + (logits[rows, tokens[1:]] - normalizer[:-1]).tolist()
