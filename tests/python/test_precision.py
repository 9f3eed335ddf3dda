"""Networks in half precision, and what their numbers cannot tell."""

import numpy
import pytest
import torch

import shockstep

# 1 + EPS is the next number after 1; an answer of size 1 is off by up to half of it, and by as much for each rounding on the way.
EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
HALF = sorted(EPS)


def digits(source):
    return str(source / "configs" / "digits.yaml")


def linear():
    """The denoiser of Gaussian data of variance 1, D = x/(1 + sigma^2), as a module with a weight that can be in any type."""

    class Linear(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one = torch.nn.Parameter(torch.ones(()))

        def forward(self, x, sigma):
            return self.one * x / (1 + sigma.to(x.dtype).reshape(-1, 1) ** 2)

    return Linear().eval()


@pytest.mark.parametrize("dtype", HALF)
def test_a_good_network_is_not_accused(source, dtype):
    with pytest.warns(shockstep.ShockstepWarning):
        result = shockstep.sample(digits(source), count=32, dtype=dtype)
    assert result.statistics["counts"] == {"ok": 32}
    for accusation in ("does not fit", "gradient field", "drift", "blows up"):
        assert not any(accusation in sentence for sentence in result.warnings), result.warnings
    # Events are differences of answers: there are none, and one sentence says so.
    assert not result.events
    said = [sentence for sentence in result.warnings if "events are not sought" in sentence]
    assert len(said) == 1 and said[0].startswith(f"run.dtype: {dtype} rounds")


@pytest.mark.parametrize("dtype", HALF)
def test_what_rounding_does_to_samples_is_measured(source, dtype):
    """Against the samples themselves. The rows that are measured are four others, each with an error of its own: of about the same size."""
    fine = shockstep.sample(digits(source), count=16, dtype="float32", guard="off")
    with pytest.warns(shockstep.ShockstepWarning, match="pilot rows against float32") as told:
        coarse = shockstep.sample(digits(source), count=16, dtype=dtype, guard="off")
    moved = (coarse.samples - fine.samples).pow(2).mean().sqrt().item()
    sentence = next(s for s in (str(w.message) for w in told) if "pilot rows" in s)
    stated = float(sentence.split("moves samples by about ")[1].split()[0])
    assert moved / 4 < stated < moved * 4
    assert coarse.rounding["rows"] == 4 and coarse.rounding["rms"] == pytest.approx(stated, rel=0.01)
    assert fine.rounding is None


def test_a_module_is_measured_against_its_copy():
    """D is x times a number: an answer is rounded a few times, so that samples, of size 1, move by a few EPS at most."""
    module = linear().bfloat16()
    with pytest.warns(shockstep.ShockstepWarning, match="pilot rows"):
        result = shockstep.sample(module, shape=(2,), data_std=1.0, count=2)
    assert 0 < result.rounding["rms"] < 8 * EPS["bfloat16"]
    assert module.one.dtype == torch.bfloat16  # as it was

    with pytest.warns(shockstep.ShockstepWarning, match="is not measured"):
        other = shockstep.sample(lambda x, sigma: module(x, sigma), shape=(2,), data_std=1.0, count=2, dtype="bfloat16")
    assert other.rounding is None


@pytest.mark.parametrize("dtype", HALF)
def test_a_likelihood_is_left_out_or_refused(source, dtype):
    data = torch.zeros(2, 1, 8, 8)
    with pytest.warns(shockstep.ShockstepWarning, match="encode.likelihood: left out"):
        found = shockstep.encode(digits(source), data, dtype=dtype)
    assert numpy.isnan(found.log_likelihood).all() and torch.isfinite(found.latents).all()
    for kind in ("exact", "hutchinson"):
        with pytest.raises(shockstep.ConfigError, match="encode.likelihood: .*float32"):
            shockstep.encode(digits(source), data, dtype=dtype, likelihood=kind)


@pytest.mark.parametrize("dtype", HALF)
def test_inspect_checks_the_fit_alone(source, dtype):
    found = shockstep.inspect(digits(source), dtype=dtype)
    assert found["fit"]["fits"] and "float32" in found["left_out"]
    assert "speciation" not in found and not found["complete"]
