"""Sampling from Python: what a callable sees, what comes back, and that it is what the program draws."""

import math
import os
import subprocess

import numpy
import pytest
import torch
from conftest import DATA_STD, denoiser

import shockstep

CALL = dict(shape=(1,), sigma_max=20.0, data_std=DATA_STD, dtype=torch.float64)


def test_the_program_draws_the_same_bits(source, tmp_path):
    config = source / "configs" / "two_modes.yaml"
    out = tmp_path / "run"
    subprocess.run([os.environ["SHOCKSTEP"], "sample", config, "--count", "300", "--out", out, "--quiet"], check=True, capture_output=True)
    result = shockstep.sample(config, count=300)
    assert numpy.array_equal(numpy.load(out / "samples.npy"), result.numpy())
    lines = (out / "events.jsonl").read_text().splitlines()
    assert len(lines) == len(result.events) > 0
    header, *rows = (out / "trajectories.csv").read_text().splitlines()
    assert set(header.split(",")) == set(result.columns)
    assert [int(row.split(",")[2]) for row in rows] == result.evaluations.tolist()


def test_a_callable_draws_what_the_exact_model_draws(modes):
    ours = shockstep.sample(denoiser, count=64, seed=3, tolerance=1e-6, guard=False, **CALL)
    exact = shockstep.sample(modes, count=64, seed=3, tolerance=1e-6, guard=False, sigma_max=20.0)
    assert ours.status == ["ok"] * 64
    assert (ours.evaluations == exact.evaluations).all()
    # The same steps from the same starts: what differs is the rounding of D, once a step, amplified by exp(exponent).
    exponent = shockstep.sample(modes, count=64, seed=3, tolerance=1e-6, sigma_max=20.0).exponent.max()
    rounding = numpy.finfo(float).eps * exact.evaluations.max()
    assert (ours.samples - exact.samples).abs().max() < rounding * math.exp(exponent)


def test_a_callable_sees_full_batches_of_its_type():
    seen = set()

    def watched(x, sigma):
        seen.add((x.shape, x.dtype, sigma.shape, sigma.dtype, torch.is_grad_enabled()))
        return denoiser(x, sigma)

    shockstep.sample(watched, shape=(1,), sigma_max=20.0, count=20, batch=16, guard=False, data_std=DATA_STD)
    shapes = {shape for shape, *_ in seen}
    # And the three rows of the check at load, four of the measurement.
    assert shapes == {torch.Size([16, 1]), torch.Size([3, 1]), torch.Size([4, 1])}
    assert {rest[0] for _, *rest in seen} == {torch.float32}
    assert {rest[-1] for _, *rest in seen} == {False}


def test_a_module_is_called_in_the_type_of_its_weights():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))

        def forward(self, x, sigma):
            assert x.dtype == torch.float64
            return self.scale * denoiser(x, sigma)

    net = Net()
    with pytest.warns(UserWarning, match="training mode"):
        shockstep.sample(net, shape=(1,), count=4, sigma_max=20.0)
    net.eval()
    assert shockstep.sample(net, shape=(1,), count=4, sigma_max=20.0).status == ["ok"] * 4


def test_trajectory_977_alone_is_trajectory_977(modes):
    many = shockstep.sample(modes, count=1000, sigma_max=20.0)
    one = shockstep.sample(modes, first=977, count=1, sigma_max=20.0)
    assert torch.equal(one.samples[0], many.samples[977])
    assert one.trajectory.tolist() == [977]
    assert one.evaluations[0] == many.evaluations[977]


def test_networks_are_described_as_in_a_config(modes):
    """A noise predictor in a variance preserving process, exactly that of the mixture: the same samples."""
    beta_min, beta_max = 0.1, 20.0

    def alpha_at(t):
        return torch.exp(-0.5 * (beta_min * t + 0.5 * (beta_max - beta_min) * t * t))

    def noise(x_t, t):
        alpha = alpha_at(t)
        s = torch.sqrt(1 - alpha**2)
        x, sigma = x_t / alpha[:, None], s / alpha
        return (x - denoiser(x, sigma)) / sigma[:, None]

    process = {"kind": "vp_linear", "beta_min": beta_min, "beta_max": beta_max}
    network = shockstep.Network(noise, shape=(1,), predicts="noise", time="t", scale_input="process", data_std=DATA_STD, process=process)
    settings = dict(count=50, tolerance=1e-4, guard={"profile": "default", "events": False})  # the same steps for both
    ours = shockstep.sample(network, dtype=torch.float64, **settings)
    exact = shockstep.sample(modes, process=process, **settings)
    # D = x - sigma (x - D)/sigma loses about eps sigma/sigma_min, and t(sigma) is inverted to rounding: far below the tolerance.
    assert (ours.samples - exact.samples).abs().max() < 1e-4
    assert shockstep.inspect(network, dtype=torch.float64, quick=True)["fit"]["fits"]
    wrong = shockstep.Network(noise, shape=(1,), predicts="velocity", time="t", scale_input="process", process=process)
    fit = shockstep.inspect(wrong, dtype=torch.float64)["fit"]
    assert not fit["fits"]
    assert any("noise" in setting for setting in fit["suggestion"]["settings"])


def test_paths_load(source):
    config = shockstep.sample(source / "configs" / "digits.yaml", count=4, batch=4, threads=1, guard=False)
    assert config.samples.shape[0] == 4 and config.status == ["ok"] * 4
    network = shockstep.Network(source / "models" / "digits.pt", shape=config.samples.shape[1:], data_std=0.5)
    result = shockstep.sample(network, count=4, batch=4, threads=1, guard=False)
    assert result.samples.shape == config.samples.shape


def test_steps_may_be_sigmas(modes):
    sigmas = [20.0, 5.0, 1.0, 0.3, 0.1, 0.02, 0.002, 0.0]
    for steps in (sigmas, torch.tensor(sigmas), numpy.array(sigmas)):
        result = shockstep.sample(modes, sigma_max=20.0, count=3, method="dpmpp_2m", steps=steps)
        assert result.sigmas == pytest.approx(sigmas[:-1], rel=1e-6)
        assert result.evaluations.tolist() == [7, 7, 7]


def test_views_share_memory(modes):
    result = shockstep.sample(modes, count=8, sigma_max=20.0)
    assert numpy.shares_memory(result.numpy(), result.samples.numpy())
    assert result.samples.dtype == torch.float64
    assert len(result) == 8 and "8 ok" in repr(result)


def test_starts(modes):
    noise = torch.linspace(-2, 2, 5, dtype=torch.float64)[:, None]
    result = shockstep.sample(modes, noise=noise, count=5, sigma_max=20.0, final="keep")
    back = shockstep.encode(modes, result.samples, sigma_max=20.0, add_noise=False, tolerance=1e-4)
    # The flow is one to one: what comes down from these latents goes back up to them, within both tolerances.
    assert (back.latents - noise).abs().max() < 2e-2
    kept = shockstep.sample(modes, init=torch.ones(1, 1, dtype=torch.float64), strength=0.3, count=5, sigma_max=20.0)
    assert (kept.samples > 0).all()
