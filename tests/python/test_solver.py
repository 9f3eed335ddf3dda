"""Fitted solvers: what schedule() returns, files of them, and the function that runs one without Shockstep."""

import json
import math

import numpy
import pytest
import torch

import shockstep

RANGE = dict(sigma_min=0.01, sigma_max=20.0)
MEANS = [[math.cos(i), math.sin(i)] for i in range(5)]


@pytest.fixture(scope="module")
def ring():
    return shockstep.GaussianMixture(means=MEANS, std=0.1)


@pytest.fixture(scope="module")
def solvers(ring):
    return shockstep.schedule(ring, steps=[8, 5], budget=8000, **RANGE)


def noise(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def rounding(solver, denoise, x, unit):
    """What a relative error `unit` of each D becomes in a sample, in theory: F errs by its gain hypot(sigma, s)/sigma times that of D, and
    weights pass on what is wrong with F to all nodes behind. Where D is smooth its own slope adds as much again: a factor for it."""
    s, nodes = solver.data_std, [*solver.sigmas]
    largest = 0.0
    for n, sigma in enumerate(nodes):
        size = denoise(x * sigma / nodes[0], x.new_full((len(x),), sigma)).abs().max().item()
        weights = sum(abs(w) for step in (solver.predict[n:], solver.correct[n:]) for each in step for w in each)
        largest = max(largest, weights * math.hypot(sigma, s) / sigma * max(size, 1.0) * unit)
    return len(nodes) * largest * math.hypot(solver.sigma_min, s)


def check_stands_alone(solver, model, denoise, x, unit, **settings):
    engine = shockstep.sample(model, noise=x, count=len(x), steps=solver, guard=False, **settings)  # which alone repeats nothing
    assert set(engine.evaluations.tolist()) == {len(solver)}
    assert solver.gained
    start = solver.sigmas[0] * x
    for form in ("torch", "python"):
        printed = {}
        exec(solver.text(form), printed)
        if form == "torch":
            alone = printed["sample"](denoise, start)
            assert torch.equal(alone, solver(denoise, start))
        else:
            alone = printed["sample"](lambda x, sigma: denoise(x, x.new_full((len(x),), sigma)), start)
        bound = 10 * rounding(solver, denoise, start, unit)
        assert bound < 0.05 * solver.error["rms"]  # so that it tells a wrong weight from rounding
        assert (alone - engine.samples).abs().max() < bound


def test_the_printed_function_gives_the_samples_of_the_engine_on_an_exact_mixture(ring, solvers):
    for fit in solvers.values():
        check_stands_alone(fit.solver, ring, ring, noise(100, 2), 2.0**-53, **RANGE)


@pytest.mark.parametrize("config, path", [("configs/digits.yaml", "models/digits.pt"), ("build/networks/strings.yaml", "build/networks/strings.pt")])
def test_the_printed_function_gives_the_samples_of_the_engine_on_a_network(source, config, path):
    """Of float32: each D is rounded to it, and so is what the network is asked."""
    if not (source / path).exists():
        pytest.skip("tools/train_networks.py makes it")
    network = torch.jit.load(source / path).eval()
    fit = shockstep.schedule(source / config, steps=8)
    shape = (64, 1, 8, 8) if "digits" in config else (64, 1, 64)

    def denoise(x, sigma):
        with torch.no_grad():
            return network(x.float(), sigma.float()).to(x.dtype)

    check_stands_alone(fit.solver, source / config, denoise, noise(*shape), 2.0**-24)


def test_a_schedule_has_its_solver(ring):
    fit = shockstep.schedule(ring, steps=6, **RANGE)
    assert isinstance(fit, list) and fit.sigmas == list(fit) and fit[-1] == 0 and fit.nodes == fit[:-1]
    assert fit[0] == 20 and fit[-2] == 0.01 and len(fit) == 7
    assert fit.error == fit.solver.plan and fit.log_sigma is None
    assert 0 < fit.solver.error["rms"] < fit.error["rms"]
    assert fit.solver.evaluations <= 10_000 and len(fit.solver) == 6
    assert fit.solver.fitted_to["dimension"] == 2
    # With ve time is sigma.
    assert fit.times == pytest.approx(fit.nodes, rel=1e-12)
    named = shockstep.schedule(ring, steps=4, method="dpmpp_2m", budget=5000, **RANGE)
    assert named.solver is None and named.karras["rms"] > 0 and named.fit["evaluations"] <= 5000


def test_several_numbers_of_steps_are_one_fit_and_one_file(ring, solvers, tmp_path):
    assert list(solvers) == [5, 8] and 4000 < solvers.evaluations <= 8000
    path = tmp_path / "solvers.yaml"
    solvers.save(path)
    for count, fit in solvers.items():
        read = shockstep.Solver.load(path, count)
        assert read.document == fit.solver.document and len(read) == count
        by_file = shockstep.sample(ring, count=4, steps={"file": str(path), "count": count}, **RANGE)
        assert torch.equal(by_file.samples, shockstep.sample(ring, count=4, steps=fit.solver, **RANGE).samples)
    printed = {}
    text = shockstep._core.solver_text([json.dumps(fit.solver.document) for fit in solvers.values()], "python")
    exec(text, printed)
    x = 20 * noise(10, 2)
    alone = printed["sample"](lambda x, sigma: ring(x, sigma), x, 8)
    assert numpy.allclose(alone, solvers[8].solver(ring, x), rtol=1e-12, atol=1e-12)
    for wrong in (None, 7):
        with pytest.raises(shockstep.ConfigError, match="5, 8"):
            shockstep.Solver.load(path, wrong)
    solvers[5].solver.save(path)
    assert shockstep.Solver.load(path).document == solvers[5].solver.document
    with pytest.raises(shockstep.FileError):
        shockstep.Solver.load(tmp_path / "none.yaml")
    with pytest.raises(shockstep.FileError, match="cannot be written"):
        solvers.save(tmp_path)


def test_what_does_not_fit(ring, solvers):
    other = shockstep.GaussianMixture(means=MEANS[:3], std=0.1)
    assert "another model" in shockstep.sample(other, count=2, steps=solvers[5].solver, **RANGE).notes[0]
    assert not shockstep.sample(ring, count=2, steps=solvers[5].solver, **RANGE).notes
    with pytest.raises(shockstep.ConfigError, match="several numbers are for solvers"):
        shockstep.schedule(ring, steps=[5, 8], method="dpmpp_2m", **RANGE)
    with pytest.raises(shockstep.ConfigError, match="takes more than the 300 evaluations .* set budget to"):
        shockstep.schedule(ring, steps=8, budget=300, **RANGE)
    with pytest.raises(shockstep.ConfigError, match="steps: missing"):
        shockstep.schedule(ring, steps=[], **RANGE)
    with pytest.raises(shockstep.ConfigError, match="yaml, json, python or torch"):
        solvers[5].solver.text("toml")
