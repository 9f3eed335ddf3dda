"""What pip says of a build before it compiles: tools/python/build_backend.py, in processes of their own."""

import os
import re
import subprocess
import sys

import pytest

# scikit-build-core is not among the packages of the tests: pip brings it for a build.
STUB = """
import sys, types
package, build = types.ModuleType("scikit_build_core"), types.ModuleType("scikit_build_core.build")
for name in ("build_wheel", "build_sdist", "build_editable", "get_requires_for_build_wheel", "get_requires_for_build_sdist",
             "get_requires_for_build_editable"):
    setattr(build, name, lambda *arguments, **keywords: ["ninja"])
package.build = build
sys.modules.update({"scikit_build_core": package, "scikit_build_core.build": build})
sys.path.insert(0, "tools/python")
import build_backend
"""


def asked(source, tmp_path, code="print(build_backend.get_requires_for_build_wheel({}))", python=sys.executable, **changed):
    left_out = ("MAX_JOBS", "CMAKE_BUILD_PARALLEL_LEVEL", "CXX")
    environment = {key: value for key, value in os.environ.items() if key not in left_out}
    return subprocess.run(
        [python, "-c", STUB + code], cwd=source, env={**environment, **changed}, capture_output=True, text=True,
        start_new_session=True,
    )  # fmt: skip


def test_what_is_built_of_what(source, tmp_path):
    code = "build_backend.get_requires_for_build_wheel({}); import os\n"
    code += "print(os.environ['CMAKE_BUILD_PARALLEL_LEVEL'], os.environ['SKBUILD_CMAKE_DEFINE'])"
    for name in ("MAX_JOBS", "CMAKE_BUILD_PARALLEL_LEVEL"):
        done = asked(source, tmp_path, code, **{name: "3"})
        assert done.returncode == 0, done.stderr
        first, second = done.stderr.splitlines()
        assert re.fullmatch(r"shockstep: compiles for Torch \d+\.\d+\.\S+ in /.*/torch with \S+, 3 at once \(MAX_JOBS\)\.", first)
        assert "minutes" in second
        level, defines = done.stdout.strip().split(" ", 1)
        assert level == "3" and "Torch_DIR=/" in defines and "Python_EXECUTABLE=/" in defines


@pytest.mark.parametrize(
    "changed,sentence",
    [
        (dict(MAX_JOBS="many"), "shockstep: CMAKE_BUILD_PARALLEL_LEVEL and MAX_JOBS must be whole numbers from 1, got many"),
        (dict(CXX="no-such-compiler"), "shockstep: no C++ compiler no-such-compiler: install one "),
        (dict(CXX="false"), "shockstep: false does not work: no message"),
        (dict(CXX="c++ -nostdinc -isystem docs"),
         "shockstep: missing boost/version.hpp, yaml-cpp/yaml.h, nlohmann/json.hpp, Random123/philox.h: apt install "),
    ],
)  # fmt: skip
def test_what_is_missing_is_one_line(source, tmp_path, changed, sentence):
    done = asked(source, tmp_path, **changed)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(sentence) and done.stderr.count("\n") == 1


def test_no_torch(source, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    done = asked(source, tmp_path, python=tmp_path / "bare" / "bin" / "python")
    assert done.returncode == 1
    assert re.fullmatch(r"shockstep: no Torch in \S+/bare/bin/python: install it first \(pip install torch\), .*\n", done.stderr)


def test_another_torch_is_refused_on_import(tmp_path):
    """Before the module is loaded, which fails with names of symbols: the wheel that is needed."""
    code = "import torch; torch.__version__ = '2.99.0'; import shockstep"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    wheel = r"install the wheel shockstep-\.\.\.\+torch2\.99-\.\.\., or"
    assert re.search(rf"ImportError: shockstep was built for Torch 2\.\d+\.\d+, here is 2\.99\.0; {wheel}", last)
    same = "import torch; torch.__version__ = torch.__version__.rsplit('.', 1)[0] + '.99'; import shockstep"
    assert subprocess.run([sys.executable, "-c", same]).returncode == 0  # of one minor
