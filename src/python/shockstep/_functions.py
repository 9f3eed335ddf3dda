"""sample, encode, schedule, compare, inspect."""

from __future__ import annotations

import functools
import json
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from inspect import Parameter, signature
from typing import Any, Union

import torch

from . import _core
from ._network import Network
from ._results import Comparison, Encoding, Interrupted, Result, Schedule, Schedules, ShockstepWarning
from ._settings import KEYS, number, plain, problem
from ._solver import Solver

AnyModel = Union[Callable[..., torch.Tensor], Network, _core.Model, str, "os.PathLike[str]"]
AnyProcess = Union[dict[str, Any], str, _core.Process]

# What every function takes, before and after the keys of a config. Left out: the config's, or the usual one.
_BEFORE = """
    model: a callable (x [B, *shape], sigma [B]) -> denoised [B, *shape] on Torch tensors, E[x0 | x0 + sigma n]; a Network, for
        callables and files that compute anything else; an exact model; or the path of a config, whose settings the arguments
        override.
    process: name or section, such as {"kind": "vp_linear", "beta_start": 1e-4, "beta_end": 0.02, "steps": 1000}; or a Process; ve
        for a plain denoiser."""
_AFTER = """
    Left out, dtype and device are those of a module's weights, else float32 on the CPU; the state is float64. A network always
    sees batches of `batch` rows, padded, since its bits may depend on it. Trajectory i depends on (settings, model, seed, i) alone.
    observer: an object with any of the methods step(dict), wants_steps(trajectory), finished(dict, sample), progress(share)
        and cancelled(), which ends the run when it returns True; where its wants_state is True, state(trajectories, sigma, x, denoised)
        after each call of the model, tensors of as many rows. compare and schedule ask for progress and cancelled alone, inspect not
        for steps.
    Ctrl-C raises Interrupted, a KeyboardInterrupt, with what is done in its .result.
    Raises ConfigError (a ValueError) naming the argument that is wrong, ModelError if the model does not fit its description,
    FileError (an OSError), and whatever a callable of yours raises, as it was raised. What the program would warn of is a
    ShockstepWarning, and stands in .warnings of the result."""


def _unless_interrupted(result: Any) -> Any:
    """Of the last call of this thread."""
    if _core.interrupted():
        raise Interrupted(result)
    return result


def _warned(posed: _core.Problem, raw: dict[str, Any]) -> dict[str, Any]:
    """Called by a function of the module, which the user calls through the wrapper of _keys."""
    raw["warnings"] = [*posed.warnings, *raw["warnings"]]
    if not _core.interrupted():
        for sentence in raw["warnings"]:
            warnings.warn(sentence, ShockstepWarning, stacklevel=4)
    return raw


def _keys(without: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a function the keys of a config as keywords, but those `without`, in its signature and its text."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        keys = {name: text for name, (_, text) in KEYS.items() if name not in without.split()}
        *own, _ = signature(function).parameters.values()
        known = {parameter.name for parameter in own} | keys.keys()

        @functools.wraps(function)
        def checked(*arguments: Any, **keywords: Any) -> Any:
            for name in keywords:
                if name not in known:
                    raise TypeError(f"{function.__name__}() got an unexpected keyword argument {name!r}")
            return function(*arguments, **keywords)

        others = [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in keys]
        checked.__signature__ = signature(function).replace(parameters=[*own, *others])  # type: ignore[attr-defined]
        lines = "".join(f"\n    {name}: {text}" for name, text in keys.items())
        checked.__doc__ = (function.__doc__ or "").replace("\n    {keywords}", _BEFORE + lines + _AFTER)
        return checked

    return decorate


@_keys()
def sample(
    model: AnyModel,
    *,
    process: AnyProcess | None = None,
    noise: Any = None,
    init: Any = None,
    strength: float | None = None,
    mask: Any = None,
    interpolate: int | None = None,
    observer: Any = None,
    **keywords: Any,
) -> Result:
    """Draws samples.

    {keywords}
    Trajectories first .. first + count - 1 are drawn. steps may be a list of sigmas, or a Solver.
    noise: starting latents of unit variance, [count, *shape]. init: data to start from, noised by strength; mask: where it is
        1, init is kept. interpolate: rows from each latent to the next.
    """
    start = dict(noise=noise, init=init, strength=strength, mask=mask, interpolate=interpolate)
    posed = problem(model, process, keywords)
    decode = model.decode if isinstance(model, Network) else None
    return _unless_interrupted(Result(_warned(posed, _core.sample(posed, start, observer)), decode))


@_keys(without="count first dynamics eta method order solver_type steps final")
def encode(
    model: AnyModel,
    data: Any,
    *,
    likelihood: str | None = None,
    probes: int | None = None,
    add_noise: bool | None = None,
    process: AnyProcess | None = None,
    observer: Any = None,
    **keywords: Any,
) -> Encoding:
    """Data to latents, and their log-likelihood: the probability flow taken upwards.

    data: [n, *shape], data units.
    {keywords}
    likelihood: auto (exact up to 16 dimensions, else hutchinson), off, exact, hutchinson with `probes` directions.
    add_noise: the model knows data with noise of sigma_min; False where these have it already.
    """
    section = {"likelihood": likelihood, "probes": probes, "noise": add_noise}
    section = {key: value for key, value in section.items() if value is not None}
    posed = problem(model, process, keywords, encode=section or None)
    return _unless_interrupted(Encoding(_warned(posed, _core.encode(posed, data, observer))))


@_keys(without="steps count first seed threads dynamics eta tolerance guard max_evaluations")
def schedule(
    model: AnyModel,
    *,
    steps: int | Iterable[int],
    budget: int | None = None,
    process: AnyProcess | None = None,
    observer: Any = None,
    **keywords: Any,
) -> Schedule | Schedules:
    """Fits a solver of `steps` evaluations to a model; with `method` or `order`, a fixed schedule to the model and that method.

    {keywords}
    steps: several numbers, [5, 8, 12] or range(5, 13), are solvers that share what is computed once.
    budget: rows that the model may compute for it; usually 600 for a solver of up to 8 evaluations and 1500 above, 10 000 of an exact
        model or for a schedule.
    Returns a list of sigmas for diffusers, k-diffusion and ComfyUI, with .solver; of several numbers of steps a dict of them. A fit that
    Ctrl-C ends has no result: a plain KeyboardInterrupt.
    """
    steps = plain(steps)
    one = not isinstance(steps, Iterable) or isinstance(steps, str)
    counts = [steps] if one else sorted({number("steps", count, whole=True) for count in steps})
    if not counts:
        raise _core.ConfigError("steps: missing; the number of steps of the schedule, for example steps=10")
    wanted = {"schedule": "fitted", "count": counts[-1], **({} if budget is None else {"budget": budget})}
    posed = problem(model, process, {"steps": wanted, **keywords})
    if not posed.fits_solver:
        if not one:
            raise _core.ConfigError("steps: several numbers are for solvers, which no method goes with; give one, or leave out method and order")
        return Schedule(_warned(posed, _core.schedule(posed, observer)), posed.denoises)
    found = _warned(posed, _core.fit_solvers(posed, counts, observer))
    fits = [Schedule.of_solver(Solver(json.loads(text)), times, posed.denoises, found["warnings"]) for text, times in found["solvers"]]
    return fits[0] if one else Schedules(fits)


@_keys(without="first dynamics eta method order solver_type steps tolerance guard max_evaluations")
def compare(
    model: AnyModel,
    methods: Sequence[dict[str, Any]] | None = None,
    *,
    reference: str | float | None = None,
    data: Any = None,
    process: AnyProcess | None = None,
    observer: Any = None,
    **keywords: Any,
) -> Comparison:
    """Several methods on the same trajectories: a list of dicts, the rows of compare.csv.

    methods: [{"name": "UniPC", "method": "unipc", "steps": {"schedule": "karras", "count": 20}}, {"name": "adaptive"}].
    {keywords}
    reference: exact (mixtures in one dimension), or the tolerance of an unguarded run. data: samples to compare distributions
        with, [m, *shape]; True: exact ones, of Gaussian mixtures; False: none; None: what the config says, or none.
    """
    if isinstance(methods, (str, dict)) or not (methods is None or isinstance(methods, Iterable)):
        raise _core.ConfigError(f"methods: must be a list of dicts, got {methods!r}")
    methods = None if methods is None else list(methods)
    posed = problem(model, process, keywords, methods=methods, reference=reference)
    return _unless_interrupted(Comparison(_warned(posed, _core.compare(posed, data, observer))))


@_keys(without="first dynamics eta method order solver_type steps max_evaluations final")
def inspect(
    model: AnyModel,
    *,
    quick: bool = False,
    data: Any = None,
    labels: Any = None,
    held_out: Any = None,
    settings: dict[str, Any] | None = None,
    process: AnyProcess | None = None,
    observer: Any = None,
    **keywords: Any,
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
    posed = problem(model, process, keywords, inspect=settings)
    found = json.loads(_core.inspect(posed, dict(data=data, labels=labels, held_out=held_out), quick, observer))
    known_elsewhere = ("version", "config", "model", "device", "threads", "setup_seconds", "seconds")
    return _unless_interrupted({key: value for key, value in found.items() if key not in known_elsewhere})
