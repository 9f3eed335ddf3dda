"""Every Python block of README, tutorial and pages about Python runs, and so do the examples; the stubs name what there is."""

import ast
import os
import re
import subprocess
import sys

import pytest

import shockstep
from shockstep import _core


PAGES = [("README.md", 2, "diffusers"), ("docs/tutorial.md", 7, "diffusers"), ("docs/python.md", 6, "torch"),
         ("docs/diffusers.md", 2, "diffusers"), ("docs/conditions.md", 5, "torch"), ("docs/processes.md", 2, "torch"),
         ("docs/other_packages.md", 7, "azula")]


def pipeline_of_a_user():
    """The `pipe` of README, of random weights."""
    import tiny_pipelines

    return tiny_pipelines.unconditional("DDPMPipeline")[0]


@pytest.mark.parametrize("page,blocks,needs", PAGES)
def test_the_page_runs(source, page, blocks, needs):
    pytest.importorskip(needs)
    found = re.findall(r"^```python\n(.*?)^```", (source / page).read_text(), re.MULTILINE | re.DOTALL)
    assert len(found) >= blocks
    names = {"pipe": pipeline_of_a_user()} if page == "README.md" else {}
    for block in found:
        assert page != "docs/other_packages.md" or len(block.splitlines()) < 20  # what a newcomer is asked to read
        exec(compile(block, page, "exec"), names)


def run(source, name, *arguments):
    done = subprocess.run([sys.executable, source / "tools" / "examples" / name, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_ring(source, tmp_path):
    pytest.importorskip("matplotlib")
    out = run(source, "ring.py", str(tmp_path))
    assert "4000 ok" in out
    shares = [float(share) for share in re.findall(r"([0-9.]+)%", out)]
    assert min(shares) >= 97  # the tolerance and the estimate hold for 97 % each
    assert (tmp_path / "ring_example.png").stat().st_size > 10_000


def test_diffusers(source):
    pytest.importorskip("diffusers")
    out = run(source, "diffusers_swap.py")
    ours = float(re.search(r"adaptive.*solution ([0-9.e+-]+)", out)[1])
    others = [float(distance) for distance in re.findall(r"DDIM, \d+ evaluations: ([0-9.e+-]+)", out)]
    assert len(others) == 3 and 0 < ours < min(others)


def test_k_diffusion(source):
    pytest.importorskip("k_diffusion.sampling")
    out = run(source, "k_diffusion_sigmas.py")
    karras, fitted = (float(median) for median in re.findall(r"median ([0-9.e+-]+)", out))
    assert 0 < fitted < karras / 3


def test_stubs_name_what_there_is():
    path = os.path.join(os.path.dirname(shockstep.__file__), "_core.pyi")
    tree = ast.parse(open(path).read())
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    ours = {name for name in dir(_core) if not name.startswith("_") and name != "torch_version"}
    assert set(classes) | functions == ours
    for name, node in classes.items():
        for method in node.body:
            if isinstance(method, ast.FunctionDef):
                assert hasattr(getattr(_core, name), method.name), f"{name}.{method.name}"
    for name in shockstep.__all__:
        assert getattr(shockstep, name).__doc__, name
