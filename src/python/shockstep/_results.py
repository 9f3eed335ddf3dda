"""What the functions return."""

from __future__ import annotations

import collections
import functools
import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy
import torch

from . import _core
from ._solver import Solver, save


class ShockstepWarning(UserWarning):
    """What the program would warn of, too: a result that is not what was asked for, and what would help."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in a run. result: what was done, the rest with the status "interrupted"."""

    def __init__(self, result: Any):
        super().__init__("interrupted; what was done is in .result")
        self.result = result


def _statistics(raw: dict[str, Any]) -> dict[str, Any]:
    """Of a run whose statuses are counted over all its rows, those that never started among them."""
    counts = collections.Counter(raw["columns"]["status"])
    return {**raw["statistics"], "counts": dict(counts)}


class Result:
    """Samples, and what is known of each.

    samples: Tensor [count, *shape], float64, data units; NaN where the status says why.
    columns: a dict of arrays [count], status a list; each of them is an attribute too, events apart:
{columns}
    events: a list of dicts, the lines of events.jsonl: pandas.DataFrame(result.events).
    statistics: a dict of counts, sums and seconds. profile: the guard's. sigmas: the grid; empty where steps are adaptive.
    warnings: sentences, each of which was a ShockstepWarning as well. notes: those of what was not done as asked. prepared_rows: that the model computed before the first sample.
    rounding: of a network in half precision {"rms", "rows"}, how far samples move from those in float32, of a few rows; None: not measured.
    """

    def __init__(self, raw: dict[str, Any], decode: Callable[[torch.Tensor], Any] | None = None):
        self._decode = decode
        self.samples: torch.Tensor = raw["samples"]
        self.events: list[dict[str, Any]] = raw["events"]
        self.statistics: dict[str, Any] = _statistics(raw)
        self.profile: dict[str, Any] = raw["profile"]
        self.sigmas: list[float] = raw["sigmas"]
        self.warnings: list[str] = raw["warnings"]
        self.notes: list[str] = raw["notes"]
        self.prepared_rows: int = raw["prepared_rows"]
        self.rounding: dict[str, float] | None = raw.get("rounding")
        self.columns: dict[str, Any] = raw["columns"]
        self.status: list[str] = self.columns["status"]

    def __getattr__(self, name: str) -> numpy.ndarray:
        columns = vars(self).get("columns", {})
        if name not in columns:
            raise AttributeError(f"'Result' object has no attribute {name!r}")
        return columns[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.columns]

    @functools.cached_property
    def images(self) -> Any:
        """What the pipeline of from_diffusers(pipeline, ...) makes of the samples: of its output_type, PIL images or tensors."""
        if self._decode is None:
            raise _core.ConfigError("images: are of networks made by from_diffusers(pipeline, ...), whose decoder is known")
        return self._decode(self.samples)

    def numpy(self) -> numpy.ndarray:
        """The samples; shares their memory."""
        return self.samples.numpy()

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {status}" for status, n in self.statistics["counts"].items())
        mean, most = self.statistics["evaluations_mean"], self.statistics["evaluations_max"]
        return f"<shockstep.Result: {counts}; evaluations mean {mean:.4g}, max {most}; shape {tuple(self.samples.shape)}>"

    def plot(self, axes: Any = None) -> Any:
        """Samples as points (one or two numbers each) coloured by exponent, or as a grid of images; returns the axes.

        Needs matplotlib. Raises ValueError for samples of any other shape.
        """
        from ._plot import plot

        return plot(self, axes)


Result.__doc__ = (Result.__doc__ or "").replace(
    "{columns}", "\n".join(f"        {name}: {meaning}." for name, meaning in _core.columns().items())
)


class Encoding:
    """Data as latents.

    latents: Tensor [n, *shape], float64, x(sigma_max)/sigma_max: `noise` of sample(). latent_rms: 1 for data that the model knows.
    log_likelihood: array [n], nats, of the datum with noise of sigma_min, data units; NaN where it was not asked for or failed.
    standard_error: of the trace's random directions, 0: exact. quadrature_error: of the integral over the steps. status,
    evaluations, warnings: as of Result.
    """

    def __init__(self, raw: dict[str, Any]):
        self.latents: torch.Tensor = raw["latents"]
        self.warnings: list[str] = raw["warnings"]
        self.latent_rms: float = raw["latent_rms"]
        self.log_likelihood = numpy.asarray(raw["log_likelihood"])
        self.standard_error = numpy.asarray(raw["standard_error"])
        self.quadrature_error = numpy.asarray(raw["quadrature_error"])
        self.statistics: dict[str, Any] = _statistics(raw)
        self.columns: dict[str, Any] = raw["columns"]
        self.status: list[str] = self.columns["status"]
        self.evaluations: numpy.ndarray = self.columns["evaluations"]

    @property
    def bits_per_dimension(self) -> numpy.ndarray:
        """-log2 p per coordinate, array [n]."""
        return -self.log_likelihood / (self.latents[0].numel() * numpy.log(2))

    def __repr__(self) -> str:
        mean = numpy.nanmean(self.log_likelihood) if numpy.isfinite(self.log_likelihood).any() else numpy.nan
        return f"<shockstep.Encoding: {len(self.latents)} rows, latents' rms {self.latent_rms:.4f}, log-likelihood {mean:.6g}>"


class Schedule(list):
    """Sigmas, descending, as k-diffusion, diffusers and ComfyUI take them: with a last 0 where the result is denoised.

    sigmas: the list itself. nodes: the same without that 0, for steps=. times: native time of the process at each node. error: {"rms",
    "median"} to expect, data units. solver: the Solver that was fitted, None where a method was named; the sigmas beside it are those
    of the plan, error what the plan makes of them. log_sigma, karras: errors of these schedules with the method that was named, else
    None. fit: everything else that is known of the fit. warnings: as of Result.
    """

    def __init__(self, fit: dict[str, Any], denoise: bool, solver: Solver | None = None):
        super().__init__(fit["sigmas"] + ([0.0] if denoise else []))
        self.warnings: list[str] = fit["warnings"]
        self.nodes: list[float] = fit["sigmas"]
        self.times: list[float] = fit["times"]
        self.error: dict[str, float] = fit["error"]
        self.log_sigma: dict[str, float] | None = fit.get("log_sigma")
        self.karras: dict[str, float] | None = fit.get("karras")
        self.solver = solver
        self.fit = fit

    @classmethod
    def of_solver(cls, solver: Solver, times: list[float], denoise: bool, warnings: list[str]) -> Schedule:
        """The plan that a solver was held against, with its times."""
        plan = {"sigmas": solver.document["planned"], "times": times, "error": solver.plan, "warnings": warnings}
        return cls({**plan, "gained": solver.gained, "rows": solver.rows, "evaluations": solver.evaluations}, denoise, solver)

    @property
    def sigmas(self) -> list[float]:
        return list(self)


class Schedules(dict):
    """A Schedule for each number of steps, of one fit.

    evaluations: rows that the model computed for all.
    """

    def __init__(self, fits: Iterable[Schedule]):
        super().__init__({len(fit.nodes): fit for fit in fits})
        solvers = [fit.solver.document for fit in self.values()]
        self.evaluations: int = sum(one["evaluations"] - one["shared"] for one in solvers) + solvers[0]["shared"]

    def save(self, path: str | os.PathLike[str]) -> None:
        """One file of all solvers, for sampler.steps: {file: path, count: 8}."""
        save((fit.solver for fit in self.values()), path)

class Comparison(list):
    """The rows of compare.csv, a dict for each method. warnings: as of Result."""

    def __init__(self, raw: dict[str, Any]):
        super().__init__(raw["rows"])
        self.warnings: list[str] = raw["warnings"]
