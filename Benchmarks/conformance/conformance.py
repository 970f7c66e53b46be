"""Compares `offstage` with the programs that define what is right, and fails when a figure misses its bound.

    python3 Benchmarks/conformance/conformance.py            all checks
    python3 Benchmarks/conformance/conformance.py tokenizer  only one

The first run builds the reference programs under `.build/conformance` (some minutes, from PyPI).
"""

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

import environment

CHECKS = {
    "transformers": "check_transformers",
    "llama.cpp": "check_llama_cpp",
    "tokenizer": "check_tokenizer",
    "byte-level": "check_byte_level",
    "bits": "check_bits",
    "export": "check_export",
    "mixes": "check_mixes",
    "real weights": "check_real_weights",
}
# What takes long.
ON_REQUEST = {"every format": "check_every_format"}


def main():
    options = parse_options()
    environment.enter()
    from offstage import Offstage

    passed = True
    with tempfile.TemporaryDirectory(prefix="conformance-") as scratch:
        for name in options.checks or CHECKS:
            check = importlib.import_module((CHECKS | ON_REQUEST)[name])
            for finding in check.findings(Offstage(options.offstage, Path(scratch)), Path(scratch)):
                print(finding, flush=True)
                passed &= finding.passed
    print("all within bounds" if passed else "OUT OF BOUNDS")
    sys.exit(0 if passed else 1)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checks", nargs="*", help=f"some of: {', '.join(CHECKS)} (all these when none is named), "
                        f"{', '.join(ON_REQUEST)}")
    parser.add_argument("--offstage", type=Path, default=environment.PROJECT / ".build/release/offstage")
    options = parser.parse_args()
    if unknown := set(options.checks) - set(CHECKS | ON_REQUEST):
        parser.error(f"no such check: {', '.join(unknown)}")
    if not options.offstage.exists():
        parser.error(f"{options.offstage} is not there; build it with `make build`")
    return options


if __name__ == "__main__":
    main()
