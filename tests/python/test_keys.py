"""Every key of a config does the same from both doors, the program's and the module's."""

import json
import os
import subprocess

import numpy
import pytest
import torch

import shockstep
from shockstep import _core

MODEL = "model: {kind: gaussian_mixture, means: [[-1], [1]], std: 0.1}\nprocess: {kind: ve, sigma_max: 20}\n"
# Another value of each key than the usual one, with what it takes to have an effect.
SAMPLE = {
    ("sampler", "dynamics"): {"dynamics": "sde"},
    ("sampler", "eta"): {"dynamics": "sde", "eta": 0.5},
    ("sampler", "method"): {"method": "heun", "steps": 6},
    ("sampler", "order"): {"order": 2},
    ("sampler", "solver_type"): {"method": "unipc", "solver_type": "bh1", "steps": 6},
    ("sampler", "tolerance"): {"tolerance": 0.05},
    ("sampler", "guard"): {"guard": False},
    ("sampler", "max_evaluations"): {"max_evaluations": 9},
    ("sampler", "final"): {"final": "keep"},
    ("sampler", "steps"): {"steps": 7},
    ("run", "count"): {"count": 3},
    ("run", "first"): {"first": 5},
    ("run", "seed"): {"seed": 4},
    ("run", "batch"): {"batch": 2},
    ("run", "device"): {"device": "cuda"},
    ("run", "threads"): {"threads": 1},
    ("run", "dtype"): {"dtype": "float64"},
    ("run", "state"): {"state": "device"},
    ("run", "in_flight"): {"in_flight": 2},
}
ENCODE = {"likelihood": "hutchinson", "probes": 4, "noise": False}
INSPECT = {
    "count": 60, "trajectories": 20, "clusters": 3, "levels": 3, "health_rows": 8, "spectrum_rows": 2, "interfaces": 1, "misfit": "go_on",
}  # fmt: skip
FILES_ALONE = "output"  # says which files the program writes; the module writes none


def test_all_keys_are_here():
    keys = {(section, name) for section, name, *_ in _core.keys()}
    here = {*SAMPLE, *(("encode", name) for name in ENCODE), *(("inspect", name) for name in INSPECT)}
    assert {key for key in keys if key[0] != FILES_ALONE} == here


def program(command, config, out, *arguments):
    done = subprocess.run(
        [os.environ["SHOCKSTEP"], command, config, "--out", out, "--quiet", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def written(tmp_path):
    def write(**sections):
        path = tmp_path / "config.yaml"
        path.write_text(MODEL + "".join(f"{name}: {json.dumps(value)}\n" for name, value in sections.items()))
        return path

    return write


@pytest.mark.filterwarnings("ignore::shockstep.ShockstepWarning")
@pytest.mark.parametrize("section, name", SAMPLE)
def test_sample(section, name, written, tmp_path):
    sections = {"run": {"count": 8}}
    sections[section] = {**sections.get(section, {}), **SAMPLE[section, name]}
    config = written(**sections)
    if name == "device" and not torch.cuda.is_available():
        with pytest.raises(shockstep.ConfigError, match="run.device: no CUDA device found"):
            shockstep.sample(config)
        with pytest.raises(AssertionError, match="run.device: no CUDA device found"):
            program("sample", config, tmp_path / "run")
        return
    out = program("sample", config, tmp_path / "run")
    theirs, ours = json.loads((out / "summary.json").read_text()), shockstep.sample(config)
    assert numpy.array_equal(numpy.load(out / "samples.npy"), ours.numpy())
    first, *_ = (out / "trajectories.csv").read_text().splitlines()[1].split(",")
    assert int(first) == ours.trajectory[0]
    assert theirs["evaluations"]["max"] == ours.statistics["evaluations_max"]
    assert theirs["warnings"] == ours.warnings


def test_encode(written, tmp_path):
    config = written(encode=ENCODE)
    data = numpy.array([[-1.0], [0.9], [1.1]])
    numpy.save(tmp_path / "data.npy", data)
    out = program("encode", config, tmp_path / "out", "--data", tmp_path / "data.npy")
    encoded = shockstep.encode(config, data)
    assert numpy.array_equal(numpy.load(out / "latents.npy"), encoded.latents.numpy())
    header, *rows = [line.split(",") for line in (out / "log_likelihood.csv").read_text().splitlines()]
    at = header.index("log_likelihood")
    assert [float(row[at]) for row in rows] == pytest.approx(encoded.log_likelihood, rel=1e-9)


def test_inspect(written, tmp_path):
    config = written(inspect=INSPECT)
    theirs = json.loads((program("inspect", config, tmp_path / "out") / "summary.json").read_text())
    ours = shockstep.inspect(config)
    for section in ("fit", "speciation", "clusters", "commitment", "health", "spectrum"):
        assert ours[section] == theirs[section], section


@pytest.mark.parametrize("distances", [{"distances": True}, {"data": "data.npy"}, {"data": "data.npy", "distances": False}, {}])
def test_compare(distances, written, tmp_path):
    numpy.save(tmp_path / "data.npy", numpy.array([[(-1.0) ** k + 0.01 * k] for k in range(64)]))
    methods = [{"name": "heun", "method": "heun", "steps": 6}, {"name": "euler", "method": "euler", "steps": 12}]
    config = written(methods=methods, reference=1e-6, run={"count": 32, "first": 3, "seed": 1}, **distances)
    theirs = json.loads((program("compare", config, tmp_path / "out") / "compare.json").read_text())["rows"]
    for mine, row in zip(shockstep.compare(config), theirs, strict=True):
        assert mine["rms"] == pytest.approx(row["rms"], rel=1e-12)
        if distances and distances.get("distances", True):
            assert mine["sliced_w2"]["value"] == pytest.approx(row["sliced_w2"], rel=1e-12)
        else:
            assert numpy.isnan(mine["sliced_w2"]["value"])
