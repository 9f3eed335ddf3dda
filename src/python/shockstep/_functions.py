"""sample, encode, schedule, compare, inspect."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any, Union

import torch

from . import _core
from ._network import Network
from ._results import Encoding, Interrupted, Result, Schedule
from ._settings import problem

AnyModel = Union[Callable[..., torch.Tensor], Network, _core.Model, str, "os.PathLike[str]"]

# What every function takes; the same words as in a config, whose pages say more. Left out: the config's, or the usual one.
_KEYWORDS = """
    model: a callable (x [B, *shape], sigma [B]) -> denoised [B, *shape] on Torch tensors, E[x0 | x0 + sigma n]; a Network, for
        callables and files that compute anything else; an exact model; or the path of a config, whose settings the arguments
        override.
    shape: of one sample, needed for a callable. data_std: standard deviation of the data, data units.
    process: name or section, such as {"kind": "vp_linear", "beta_start": 1e-4, "beta_end": 0.02, "steps": 1000}; ve for a
        plain denoiser. sigma_min, sigma_max: range of integration in sigma/alpha, data units.
    dtype, device: of the callable's inputs; those of a module's weights, else float32 on the CPU. The state is float64.
    batch: rows of one call. A network always sees batches of this size, padded, since its bits may depend on it.
    seed: of the starting latents; trajectory i depends on (settings, model, seed, i) alone.
    observer: an object with any of the methods step(dict), wants_steps(trajectory), finished(dict, sample), progress(share)
        and cancelled(), which ends the run when it returns True.
    Ctrl-C raises Interrupted, a KeyboardInterrupt, with what is done in its .result.
    Raises ConfigError (a ValueError) naming the argument that is wrong, ModelError if the model does not fit its description,
    FileError (an OSError), and whatever a callable of yours raises, as it was raised."""


def _unless_interrupted(result: Any) -> Any:
    """Of the last call of this thread."""
    if _core.interrupted():
        raise Interrupted(result)
    return result


def _documented(function: Callable[..., Any]) -> Callable[..., Any]:
    function.__doc__ = (function.__doc__ or "").replace("    {keywords}", _KEYWORDS.lstrip("\n"))
    return function


@_documented
def sample(
    model: AnyModel,
    *,
    shape: Sequence[int] | None = None,
    count: int | None = None,
    seed: int | None = None,
    tolerance: float | None = None,
    process: dict[str, Any] | str | None = None,
    sigma_min: float | None = None,
    sigma_max: float | None = None,
    dynamics: str | None = None,
    eta: float | None = None,
    method: str | None = None,
    order: int | None = None,
    solver_type: str | None = None,
    steps: Any = None,
    guard: bool | dict[str, Any] | None = None,
    max_evaluations: int | None = None,
    final: str | None = None,
    batch: int | None = None,
    threads: int | None = None,
    device: Any = None,
    dtype: Any = None,
    data_std: float | None = None,
    label: Any = None,
    noise: Any = None,
    init: Any = None,
    strength: float | None = None,
    mask: Any = None,
    interpolate: int | None = None,
    first: int = 0,
    observer: Any = None,
) -> Result:
    """Draws samples.

    {keywords}
    count: trajectories first .. first + count - 1; 1024. tolerance: error of a finished sample, root mean square over its
        coordinates, data units; 1e-2.
    dynamics: ode or sde, with eta. method, order, solver_type: docs/methods.md. guard: False, or its section.
    steps: adaptive (the default); a number for a log-uniform grid; {"schedule": "karras", "count": 20}; or a list of sigmas.
    max_evaluations: of one trajectory, never exceeded; 1000. final: denoise, or keep for the state at sigma_min.
    noise: starting latents of unit variance, [count, *shape]. init: data to start from, noised by strength; mask: where it is
        1, init is kept. interpolate: rows from each latent to the next.
    """
    keywords = dict(
        shape=shape, count=count, seed=seed, tolerance=tolerance, sigma_min=sigma_min, sigma_max=sigma_max,
        dynamics=dynamics, eta=eta, method=method, order=order, solver_type=solver_type, steps=steps, guard=guard,
        max_evaluations=max_evaluations, final=final, batch=batch, threads=threads, device=device, dtype=dtype,
        data_std=data_std, label=label,
    )  # fmt: skip
    start = dict(noise=noise, init=init, strength=strength, mask=mask, interpolate=interpolate, first=first)
    raw = _core.sample(problem(model, process, keywords), start, observer)
    return _unless_interrupted(Result(raw))


@_documented
def encode(
    model: AnyModel,
    data: Any,
    *,
    likelihood: str | None = None,
    probes: int | None = None,
    add_noise: bool | None = None,
    shape: Sequence[int] | None = None,
    seed: int | None = None,
    tolerance: float | None = None,
    process: dict[str, Any] | str | None = None,
    sigma_min: float | None = None,
    sigma_max: float | None = None,
    guard: bool | dict[str, Any] | None = None,
    max_evaluations: int | None = None,
    batch: int | None = None,
    threads: int | None = None,
    device: Any = None,
    dtype: Any = None,
    data_std: float | None = None,
    label: Any = None,
    observer: Any = None,
) -> Encoding:
    """Data to latents, and their log-likelihood: the probability flow taken upwards.

    data: [n, *shape], data units.
    {keywords}
    likelihood: auto (exact up to 16 dimensions, else hutchinson), off, exact, hutchinson with `probes` directions.
    add_noise: the model knows data with noise of sigma_min; False where these have it already.
    """
    keywords = dict(
        shape=shape, seed=seed, tolerance=tolerance, sigma_min=sigma_min, sigma_max=sigma_max, guard=guard,
        max_evaluations=max_evaluations, batch=batch, threads=threads, device=device, dtype=dtype, data_std=data_std,
        label=label,
    )  # fmt: skip
    section = {"likelihood": likelihood, "probes": probes, "noise": add_noise}
    section = {key: value for key, value in section.items() if value is not None}
    raw = _core.encode(problem(model, process, keywords, encode=section or None), data, observer)
    return _unless_interrupted(Encoding(raw))


@_documented
def schedule(
    model: AnyModel,
    *,
    steps: int,
    method: str | None = None,
    order: int | None = None,
    solver_type: str | None = None,
    final: str | None = None,
    shape: Sequence[int] | None = None,
    process: dict[str, Any] | str | None = None,
    sigma_min: float | None = None,
    sigma_max: float | None = None,
    batch: int | None = None,
    device: Any = None,
    dtype: Any = None,
    data_std: float | None = None,
    label: Any = None,
    observer: Any = None,
) -> Schedule:
    """Fits a fixed schedule of `steps` steps to a model and a method; 10 000 model evaluations.

    {keywords}
    Returns a list for diffusers, k-diffusion and ComfyUI. A fit that Ctrl-C ends has no result: a plain KeyboardInterrupt.
    """
    keywords = dict(
        shape=shape, method=method, order=order, solver_type=solver_type, steps=steps, final=final, sigma_min=sigma_min,
        sigma_max=sigma_max, batch=batch, device=device, dtype=dtype, data_std=data_std, label=label,
    )  # fmt: skip
    posed = problem(model, process, keywords)
    return Schedule(_core.schedule(posed, observer), posed.denoises)


@_documented
def compare(
    model: AnyModel,
    methods: Sequence[dict[str, Any]] | None = None,
    *,
    reference: str | float | None = None,
    data: Any = False,
    shape: Sequence[int] | None = None,
    count: int | None = None,
    seed: int | None = None,
    process: dict[str, Any] | str | None = None,
    sigma_min: float | None = None,
    sigma_max: float | None = None,
    final: str | None = None,
    batch: int | None = None,
    threads: int | None = None,
    device: Any = None,
    dtype: Any = None,
    data_std: float | None = None,
    label: Any = None,
    observer: Any = None,
) -> list[dict[str, Any]]:
    """Several methods on the same trajectories: a list of dicts, the rows of compare.csv.

    methods: [{"name": "UniPC", "method": "unipc", "steps": {"schedule": "karras", "count": 20}}, {"name": "adaptive"}].
    {keywords}
    reference: exact (mixtures in one dimension), or the tolerance of an unguarded run. data: samples to compare distributions
        with, [m, *shape]; True: exact ones, of Gaussian mixtures.
    """
    keywords = dict(
        shape=shape, count=count, seed=seed, sigma_min=sigma_min, sigma_max=sigma_max, final=final, batch=batch,
        threads=threads, device=device, dtype=dtype, data_std=data_std, label=label,
    )  # fmt: skip
    methods = None if methods is None else list(methods)
    posed = problem(model, process, keywords, methods=methods, reference=reference)
    return _unless_interrupted(_core.compare(posed, data, observer))


@_documented
def inspect(
    model: AnyModel,
    *,
    quick: bool = False,
    data: Any = None,
    labels: Any = None,
    held_out: Any = None,
    settings: dict[str, Any] | None = None,
    shape: Sequence[int] | None = None,
    count: int | None = None,
    seed: int | None = None,
    tolerance: float | None = None,
    process: dict[str, Any] | str | None = None,
    sigma_min: float | None = None,
    sigma_max: float | None = None,
    guard: bool | dict[str, Any] | None = None,
    batch: int | None = None,
    threads: int | None = None,
    device: Any = None,
    dtype: Any = None,
    data_std: float | None = None,
    label: Any = None,
    observer: Any = None,
) -> dict[str, Any]:
    """Whether the model is the denoiser of some data, and what it does with them: docs/inspect.md.

    Returns the sections of its summary.json: fit; and where the description fits, speciation, spectral, clusters, commitment,
    health, spectrum, interfaces, product, and with data training. Of Multiplicative, which never fits: stationary, clusters,
    health and product.
    quick: 640 evaluations for the fit alone, which then finds gross mistakes only.
    data: [n, *shape], what the model was trained on; labels: [n], their classes; held_out: [m, *shape], what it was not.
    settings: the section inspect of a config, such as {"health_rows": 0}; {"misfit": "go_on"} inspects what does not fit, too.
    {keywords}
    """
    keywords = dict(
        shape=shape, count=count, seed=seed, tolerance=tolerance, sigma_min=sigma_min, sigma_max=sigma_max, guard=guard,
        batch=batch, threads=threads, device=device, dtype=dtype, data_std=data_std, label=label,
    )  # fmt: skip
    posed = problem(model, process, keywords, inspect=settings)
    found = json.loads(_core.inspect(posed, dict(data=data, labels=labels, held_out=held_out), quick, observer))
    known_elsewhere = ("version", "config", "model", "device", "threads", "setup_seconds", "seconds")
    return _unless_interrupted({key: value for key, value in found.items() if key not in known_elsewhere})
