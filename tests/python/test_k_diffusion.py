"""The sampler with k-diffusion's signature, and the nodes of ComfyUI that are made of it."""

import importlib.util
import math
import sys
import types

import pytest
import torch
from conftest import denoiser

import shockstep
from shockstep.k_diffusion import get_sigmas_shockstep, sample_shockstep

SIGMA_MIN, SIGMA_MAX, ROWS = 0.01, 20.0, 6


def karras(n=12):
    ramp = torch.linspace(0, 1, n, dtype=torch.float64)
    return torch.cat([(SIGMA_MAX ** (1 / 7) + ramp * (SIGMA_MIN ** (1 / 7) - SIGMA_MAX ** (1 / 7))) ** 7, torch.zeros(1)])


def noise(rows=ROWS):
    return torch.randn(rows, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def drawn(**keywords):
    """By sample(), of the same noise."""
    return shockstep.sample(
        denoiser, shape=(3,), count=ROWS, noise=noise(), sigma_min=SIGMA_MIN, sigma_max=SIGMA_MAX, dtype=torch.float64, data_std=1.0,
        **keywords,
    )  # fmt: skip


DEFAULT = dict(guard={"profile": "default", "events": False})


@pytest.mark.parametrize("one_time", [False, True])
def test_samples_are_those_of_sample(one_time):
    expected = drawn(tolerance=1e-2, **DEFAULT)
    results, inner = [], karras()
    inner[1:-2] = inner[1:-2].clamp(max=1.0)  # adaptive steps do not heed them
    out = sample_shockstep(
        denoiser, SIGMA_MAX * noise(), inner, tolerance=1e-2, one_time=one_time, on_result=results.append, **DEFAULT
    )
    assert torch.allclose(out, expected.samples, rtol=1e-9, atol=1e-12)
    assert results[0].evaluations.tolist() == expected.evaluations.tolist()
    assert len(set(expected.evaluations)) > 1


def test_a_method_takes_the_sigmas():
    expected = drawn(method="dpmpp_2m", steps=karras().tolist())
    assert torch.allclose(sample_shockstep(denoiser, SIGMA_MAX * noise(), karras(), method="dpmpp_2m"), expected.samples, rtol=1e-12)
    kept = drawn(method="dpmpp_2m", steps=karras()[:-1].tolist(), final="keep")
    out = sample_shockstep(denoiser, SIGMA_MAX * noise(), karras()[:-1], method="dpmpp_2m")
    assert torch.allclose(out, kept.samples, rtol=1e-12)


def test_k_diffusion_agrees():
    """The same steps as its own samplers."""
    k = pytest.importorskip("k_diffusion.sampling")
    for method, own in (("dpmpp_2m", k.sample_dpmpp_2m), ("euler", k.sample_euler), ("heun", k.sample_heun)):
        out = sample_shockstep(denoiser, SIGMA_MAX * noise(), karras(), method=method)
        assert torch.allclose(out, own(denoiser, SIGMA_MAX * noise(), karras(), disable=True), rtol=1e-9, atol=1e-12)


def test_a_flow():
    """x = (1 - w) data + w noise, from pure noise: against a fine run, and in the frame of w at the end."""
    seen = []

    def model(x, share):
        seen.append(share)
        data = 1 - share.reshape(-1, 1)
        return denoiser(x / data.clamp(min=1e-9), (share / data.flatten().clamp(min=1e-9)))

    shares = torch.tensor([1.0, 0.5, 0.01, 0.0])
    coarse = sample_shockstep(model, noise(), shares, flow=True, tolerance=1e-3)
    assert seen[0].tolist() == pytest.approx([1 - 1e-6] * ROWS) and all((0 < share).all() and (share < 1).all() for share in seen)
    fine = sample_shockstep(model, noise(), shares, flow=True, tolerance=1e-6, max_evaluations=2000)
    assert (coarse - fine).square().mean(1).sqrt().median() < 1e-3
    kept = sample_shockstep(model, noise(), torch.tensor([1.0, 0.5, 0.2]), flow=True, method="euler")
    w, D = 0.5, model(noise(), torch.full((ROWS,), 1 - 1e-6))
    half = (1 - w) * D + w * noise()
    end = 0.8 * model(half, torch.full((ROWS,), 0.5)) + 0.2 * (half - 0.5 * model(half, torch.full((ROWS,), 0.5))) / 0.5
    assert torch.allclose(kept, end, atol=1e-5)


def test_the_callback_sees_every_call_and_may_end_it():
    calls = []
    sample_shockstep(denoiser, SIGMA_MAX * noise(), karras(), callback=calls.append, tolerance=1e-2, extra_args={})
    assert [call["i"] for call in calls] == list(range(len(calls))) and float(calls[0]["sigma"]) == pytest.approx(SIGMA_MAX)
    assert all(call["x"].shape == call["denoised"].shape == (ROWS, 3) and call["sigma"] == call["sigma_hat"] for call in calls)

    class Enough(Exception):
        pass

    def interrupt(call):
        if call["i"] == 2:
            raise Enough

    with pytest.raises(Enough):
        sample_shockstep(denoiser, SIGMA_MAX * noise(), karras(), callback=interrupt)
    for wrong in (dict(tolerence=1), dict(steps=3), dict(seeds=1)):
        with pytest.raises(TypeError, match="unexpected"):
            sample_shockstep(denoiser, SIGMA_MAX * noise(), karras(), **wrong)
    with pytest.raises(ValueError, match="at least 2"):
        sample_shockstep(denoiser, SIGMA_MAX * noise(), karras()[-2:])


def test_schedules():
    sigmas = get_sigmas_shockstep("log_sigma", 5, 0.01, 100.0)
    assert sigmas.tolist() == pytest.approx([100, 10, 1, 0.1, 0.01, 0])
    shares = get_sigmas_shockstep("log_sigma", 5, 0.1, 0.9, flow=True)
    assert (shares[:-1] / (1 - shares[:-1])).tolist() == pytest.approx([9, 3, 1, 1 / 3, 1 / 9])


@pytest.fixture
def comfy(monkeypatch, source):
    """The nodes, with what they import of ComfyUI."""
    modules = {name: types.ModuleType(name) for name in ("comfy", "comfy.samplers", "comfy.model_sampling")}
    modules["comfy"].samplers, modules["comfy"].model_sampling = modules["comfy.samplers"], modules["comfy.model_sampling"]

    class KSAMPLER:
        def __init__(self, sampler_function, extra_options={}, inpaint_options={}):
            self.sampler_function, self.extra_options = sampler_function, extra_options

    modules["comfy.samplers"].KSAMPLER = KSAMPLER
    modules["comfy.model_sampling"].CONST = type("CONST", (), {})
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    folder = source / "tools" / "integrations" / "comfyui"
    spec = importlib.util.spec_from_file_location("comfyui", folder / "__init__.py", submodule_search_locations=[str(folder)])
    package = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "comfyui", package)
    spec.loader.exec_module(package)
    return package, modules["comfy.model_sampling"].CONST


def patcher(sampling):
    return types.SimpleNamespace(get_model_object=lambda name: {"model_sampling": sampling}[name])


def test_comfyui_sampler(comfy):
    package, _ = comfy
    node = package.NODE_CLASS_MAPPINGS["ShockstepSampler"]
    assert set(node.INPUT_TYPES()["required"]) == {"method", "tolerance", "max_evaluations", "one_sigma_for_all_images"}

    class Model:  # as a KSAMPLER hands one over
        inner_model = types.SimpleNamespace(model_patcher=patcher(object()))

        def __call__(self, x, sigma, model_options=None, seed=None):
            assert model_options == {} and sigma.shape == (ROWS,)
            return denoiser(x, sigma)

    for method in node.INPUT_TYPES()["required"]["method"][0]:
        (sampler,) = getattr(node(), node.FUNCTION)(method, 1e-2, 100, False)
        out = sampler.sampler_function(
            Model(), SIGMA_MAX * noise(), karras(), extra_args={"model_options": {}, "seed": 1}, callback=None, disable=True,
            **sampler.extra_options,
        )  # fmt: skip
        assert out.shape == (ROWS, 3) and (out.abs() - 1).abs().max() < 0.5  # near the modes


def test_comfyui_sigmas(comfy):
    package, CONST = comfy
    node = package.NODE_CLASS_MAPPINGS["ShockstepSigmas"]
    discrete = types.SimpleNamespace(sigma_min=torch.tensor(0.03), sigma_max=torch.tensor(14.6))
    flow = CONST()
    flow.sigma_min, flow.sigma_max = torch.tensor(0.003), torch.tensor(1.0)
    for sampling in (discrete, flow):
        for schedule in node.INPUT_TYPES()["required"]["schedule"][0]:
            (sigmas,) = getattr(node(), node.FUNCTION)(patcher(sampling), schedule, 10, 1.0)
            assert len(sigmas) == 11 and sigmas[-1] == 0 and (sigmas.diff() < 0).all()
            assert sigmas[0].item() == pytest.approx(float(sampling.sigma_max), rel=1e-5)
            (late,) = getattr(node(), node.FUNCTION)(patcher(sampling), schedule, 10, 0.5)
            assert len(late) == 11 and late[0] < sigmas[0] and late[-2].item() == pytest.approx(float(sampling.sigma_min), rel=1e-4)
    assert len(node().make(patcher(discrete), "karras", 10, 0.0)[0]) == 0
    assert math.isfinite(float(sigmas.sum()))
