"""What pip calls to build the package: scikit-build-core, behind a look at what the build needs.

pip shows what a build prints only where it fails, or with -v; a terminal gets the first lines all the same.
"""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from scikit_build_core import build as _build
from scikit_build_core.build import build_sdist, get_requires_for_build_sdist, get_requires_for_build_wheel

__all__ = [
    "build_editable", "build_sdist", "build_wheel", "get_requires_for_build_editable", "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]  # fmt: skip

LEAST_TORCH = (2, 4)
# Header -> Debian's package.
LIBRARIES = {
    "boost/version.hpp": "libboost-dev", "yaml-cpp/yaml.h": "libyaml-cpp-dev", "nlohmann/json.hpp": "nlohmann-json3-dev",
    "Random123/philox.h": "librandom123-dev",
}  # fmt: skip

# Of the Python that pip was called with: a build has an environment of its own, in which there is no Torch.
FIND_TORCH = """
import importlib.util, os, re
spec = importlib.util.find_spec("torch")
if spec and spec.origin:
    folder = os.path.dirname(os.path.realpath(spec.origin))
    with open(os.path.join(folder, "version.py")) as file:
        print(re.search(r"__version__ = '([^']+)'", file.read())[1], folder, sep="\\n")
"""


def refuse(sentence: str) -> None:
    raise SystemExit(f"shockstep: {sentence}")


def tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
    try:
        with open("/dev/tty", "w") as terminal:
            terminal.write(f"\r{sentence}\n")
    except OSError:  # no terminal: a log has the line above
        pass


def torch() -> tuple[str, str]:
    """Version and folder. Torch_DIR names another one."""
    found = subprocess.run([sys.executable, "-I", "-c", FIND_TORCH], capture_output=True, text=True).stdout.split("\n")
    if len(found) < 2:
        refuse(f"no Torch in {sys.executable}: install it first (pip install torch), then this; the module is built for the one that is there")
    version, folder = found[:2]
    if tuple(int(number) for number in version.split(".")[:2]) < LEAST_TORCH:
        refuse(f"Torch {version} in {folder} is older than {LEAST_TORCH[0]}.{LEAST_TORCH[1]}; install a newer one (pip install -U torch)")
    return version, folder


def compiler() -> list[str]:
    command = shlex.split(os.environ.get("CXX", "")) or [name for name in ("c++", "g++", "clang++") if shutil.which(name)][:1]
    if not command or not shutil.which(command[0]):
        refuse(f"no C++ compiler{f' {command[0]}' if command else ''}: install one (Debian and Ubuntu: apt install g++), or name it in CXX")
    return command


def missing_libraries(command: list[str]) -> list[str]:
    prefixes = [prefix for prefix in os.environ.get("CMAKE_PREFIX_PATH", "").replace(";", ":").split(":") if prefix]
    asked = "\n".join(f'#if !__has_include(<{header}>)\nmissing {header}\n#endif' for header in LIBRARIES)
    includes = [f"-I{prefix}/include" for prefix in prefixes]
    seen = subprocess.run([*command, *includes, "-E", "-P", "-x", "c++", "-"], input=asked, capture_output=True, text=True)
    if seen.returncode != 0:
        refuse(f"{shlex.join(command)} does not work: {(seen.stderr.strip().splitlines() or ['no message'])[0]}")
    return [line.split()[1] for line in seen.stdout.splitlines() if line.startswith("missing ")]


def jobs() -> int:
    """CMAKE_BUILD_PARALLEL_LEVEL, or MAX_JOBS as other packages for Torch have it, or the cores that there are."""
    asked = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") or os.environ.get("MAX_JOBS") or str(len(os.sched_getaffinity(0)))
    if not asked.isdigit() or int(asked) < 1:
        refuse(f"CMAKE_BUILD_PARALLEL_LEVEL and MAX_JOBS must be whole numbers from 1, got {asked}")
    return int(asked)


@functools.cache
def prepared() -> None:
    """Says what is built of what, or in one line what is missing."""
    version, folder = torch()
    command = compiler()
    if absent := missing_libraries(command):
        packages = " ".join(LIBRARIES[header] for header in absent)
        refuse(f"missing {', '.join(absent)}: apt install {packages}, or CMAKE_PREFIX_PATH=where they are (tools/setup installs all)")
    os.environ["CMAKE_BUILD_PARALLEL_LEVEL"] = str(jobs())
    defines = [f"Torch_DIR={os.environ.get('Torch_DIR') or folder + '/share/cmake/Torch'}", f"Python_EXECUTABLE={sys.executable}"]
    os.environ["SKBUILD_CMAKE_DEFINE"] = ";".join([*filter(None, [os.environ.get("SKBUILD_CMAKE_DEFINE")]), *defines])
    tell(f"shockstep: compiles for Torch {version} in {folder} with {shlex.join(command)}, {jobs()} at once (MAX_JOBS).")
    tell("shockstep: this takes minutes (13 on two busy cores); a wheel (docs/wheels.md) installs in seconds. pip -v shows the progress.")


def _with_needs(hook: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(hook)
    def checked(*arguments: Any, **keywords: Any) -> Any:
        prepared()
        return hook(*arguments, **keywords)

    return checked


build_wheel = _with_needs(_build.build_wheel)
build_editable = _with_needs(_build.build_editable)
# The first hook that pip calls, before it asks scikit-build-core for CMake and ninja: what is missing is said there.
get_requires_for_build_wheel = _with_needs(get_requires_for_build_wheel)
get_requires_for_build_editable = _with_needs(_build.get_requires_for_build_editable)
# Where the metadata need no build; without these hooks pip builds a wheel to read them.
for _name in ("prepare_metadata_for_build_wheel", "prepare_metadata_for_build_editable"):
    if hasattr(_build, _name):
        globals()[_name] = getattr(_build, _name)
        __all__.append(_name)
