"""Makes everything in this folder again. Needs `make conformance` to have run once (it builds the reference programs):

    .build/conformance/venv/bin/python Tests/Golden/make_golden.py
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path += [str(PROJECT / "Benchmarks"), str(PROJECT / "Benchmarks/conformance")]

import environment  # noqa: E402
import golden_byte_level  # noqa: E402
import golden_checkpoints  # noqa: E402
import golden_gguf  # noqa: E402
import golden_tokenizers  # noqa: E402
from llama_reference import Tools  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llama-source", type=Path, default=environment.LLAMA_SOURCE, help="llama.cpp's source tree")
    parser.add_argument("--llama-build", type=Path, default=environment.LLAMA_BUILD, help="its build folder")
    options = parser.parse_args()
    golden_tokenizers.make(HERE)
    golden_byte_level.make(HERE / "tokenizers")
    golden_checkpoints.make(HERE)
    golden_gguf.make(HERE, Tools(options.llama_source, options.llama_build))


if __name__ == "__main__":
    main()
