"""A solver fitted to a model: what schedule() returns beside sigmas, and what a file of them holds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import torch

from . import _core


class Solver:
    """Where a model is evaluated, and what each step makes of what was found: docs/solver.md.

    sigmas: the nodes, descending, data units; times: native time of the process at each. predict, correct: weights of the values
    of F, newest first, in the step out of each node and in that to it; empty where not gained. sigma_min: where the last step
    leads. data_std. final: denoise or keep. gained: False where nothing better than the plan was found, whose nodes these are.
    error: {"rms", "median", "largest"} to expect, data units; plan: those of the plan with as many evaluations. rows: trajectories
    that these are of. grids: sets of nodes tried. evaluations: rows that the model computed for the fit. fitted_to: model,
    conditioning, process, dimension, checksum. sample(..., steps=solver) samples with it; solver(denoise, x) does so without
    Shockstep, by the function that text("torch") prints.
    """

    def __init__(self, document: dict[str, Any]):
        self.document = document
        self.sigmas: list[float] = document["sigmas"]
        self.times: list[float] = document["times"]
        self.predict: list[list[float]] = document["predict"]
        self.correct: list[list[float]] = document["correct"]
        self.sigma_min: float = document["sigma_min"]
        self.data_std: float = document["data_std"]
        self.final: str = document["final"]
        self.gained: bool = document["gained"]
        self.error: dict[str, float] = document["error"]
        self.plan: dict[str, float] = document["plan"]
        self.rows: int = document["rows"]
        self.grids: int = document["grids"]
        self.evaluations: int = document["evaluations"]
        self.fitted_to: dict[str, Any] = document["fitted_to"]

    def __len__(self) -> int:
        return len(self.sigmas)

    def __repr__(self) -> str:
        rms, plan = self.error["rms"], self.plan["rms"]
        return f"<shockstep.Solver: {len(self)} evaluations, rms {rms:.3g}{f', the plan {plan:.3g}' if self.gained else ' (the plan)'}>"

    def text(self, format: str = "yaml") -> str:
        """yaml or json: what sampler.steps.file reads. torch, python: a function that runs it anywhere."""
        return _core.solver_text([json.dumps(self.document)], format)

    def save(self, path: str | os.PathLike[str]) -> None:
        """A file for sampler.steps: {file: path}."""
        save([self], path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], count: int | None = None) -> Solver:
        """Of a file, that of `count` evaluations; None: the only one."""
        found = {len(solver): solver for solver in map(cls, json.loads(_core.read_solvers(os.fspath(path))))}
        if count is None and len(found) == 1:
            return next(iter(found.values()))
        if count not in found:
            raise _core.ConfigError(f"count: must be that of a solver in {os.fspath(path)}, {', '.join(map(str, found))}; got {count}")
        return found[count]

    @cached_property
    def _sample(self) -> Callable[..., torch.Tensor]:
        if not self.gained:
            raise _core.ConfigError("solver: nothing better than the plan was found, which sample(..., steps=solver) takes")
        names: dict[str, Any] = {}
        exec(self.text("torch"), names)
        return names["sample"]

    def __call__(self, denoise: Callable[..., torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        """Samples, from x: noise of standard deviation sigmas[0], [B, ...]. denoise(x, sigma [B]): the denoised x."""
        return self._sample(denoise, x)


def save(solvers: Iterable[Solver], path: str | os.PathLike[str]) -> None:
    """One file of all."""
    text = _core.solver_text([json.dumps(solver.document) for solver in solvers], "yaml")
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise _core.FileError(f"{os.fspath(path)}: cannot be written: {error.strerror}") from error
