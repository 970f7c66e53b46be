"""The reference programs, made once under `.build/conformance`: a Python environment from PyPI and a llama.cpp.

llama.cpp comes from the source package of llama-cpp-python, which carries it, so PyPI is all that has to be reachable.
Uses nothing but the standard library, because it runs before the environment exists.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
HOME = PROJECT / ".build" / "conformance"
PYTHON = HOME / "venv" / "bin" / "python"
BINDINGS = "llama_cpp_python-0.3.36"
LLAMA_SOURCE = HOME / BINDINGS / "vendor" / "llama.cpp"
LLAMA_BUILD = HOME / "llama.cpp"
LLAMA_TOOLS = ["llama", "llama-quantize", "llama-bench"]
# Without this machine's later instructions: AVX2, FMA and F16C, as most processors have them.
LLAMA_AVX2_BUILD = HOME / "llama.cpp-avx2"
LLAMA_AVX2_TOOLS = ["llama-bench"]

CMAKE_OPTIONS = [
    "-GNinja", "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=ON", "-DGGML_NATIVE=ON", "-DGGML_CCACHE=OFF",
    "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_SERVER=OFF", "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_OPENSSL=OFF", "-DLLAMA_CURL=OFF",
]


def enter():
    """Makes what is missing, then runs the calling script again with the environment's Python."""
    prepare()
    if Path(sys.prefix) != PYTHON.parent.parent:
        os.execv(PYTHON, [str(PYTHON), *sys.argv])


def prepare():
    HOME.mkdir(parents=True, exist_ok=True)
    once("packages", install_packages, Path(__file__).with_name("requirements.txt").read_text())
    once("source", unpack_llama, BINDINGS)
    once("build", build_llama, BINDINGS + " ".join(CMAKE_OPTIONS + LLAMA_TOOLS))


def prepare_avx2():
    """The benchmark program of a llama.cpp that knows AVX2 and nothing later."""
    prepare()
    options = [option.replace("GGML_NATIVE=ON", "GGML_NATIVE=OFF") for option in CMAKE_OPTIONS]
    options += ["-DGGML_AVX2=ON", "-DGGML_FMA=ON", "-DGGML_F16C=ON", "-DGGML_BMI2=ON"]
    once("build-avx2", lambda: build_llama(LLAMA_AVX2_BUILD, options, LLAMA_AVX2_TOOLS),
         BINDINGS + " ".join(options + LLAMA_AVX2_TOOLS))


def once(name, action, recipe):
    """Does `action` unless it has been done before with the same recipe."""
    stamp = HOME / f"{name}.done"
    if stamp.exists() and stamp.read_text() == recipe:
        return
    print(f"making {name} (once) …", file=sys.stderr, flush=True)
    action()
    stamp.write_text(recipe)


def install_packages():
    run(sys.executable, "-m", "venv", PYTHON.parent.parent)
    run(PYTHON, "-m", "pip", "install", "--quiet", "-r", Path(__file__).with_name("requirements.txt"))


def unpack_llama():
    """Leaves out `.git`, which points nowhere, and dates every file now: Ninja mistrusts files from the future."""
    requirement = BINDINGS.replace("_", "-").rpartition("-")
    run(PYTHON, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", requirement[0], "-d", HOME,
        f"{requirement[0]}=={requirement[2]}")
    shutil.rmtree(HOME / BINDINGS, ignore_errors=True)
    with tarfile.open(HOME / f"{BINDINGS}.tar.gz") as archive:
        archive.extractall(HOME, members=undated(archive), filter="data")


def undated(archive):
    for member in archive:
        if Path(member.name).name != ".git":
            yield member.replace(mtime=None)


def build_llama(folder=LLAMA_BUILD, options=CMAKE_OPTIONS, tools=LLAMA_TOOLS):
    for program in ["cmake", "ninja"]:
        if not shutil.which(program):
            raise SystemExit(f"{program} is needed to build llama.cpp: apt-get install cmake ninja-build")
    run("cmake", "-S", LLAMA_SOURCE, "-B", folder, *options)
    run("ninja", "-C", folder, *tools)


def run(*command):
    """Runs a program with its output on standard error: standard output is for results."""
    subprocess.run([str(part) for part in command], check=True, stdout=sys.stderr)
