"""Runs whose network is evaluated by the loop of another package, which sees all rows of its batch in every call."""

from __future__ import annotations

from typing import Any

import torch

from . import _core
from ._network import Network
from ._results import Result
from ._settings import problem

ALPHA, IN, TIME, SKIP, OUT = range(5)


class Rows:
    """The rows of a run, each of which waits for D at a point and sigma of its own, or is done.

    described: as of Network. keywords: of sample(). one_time: rows whose sigmas differ are asked one sigma after another, the largest
    first, for networks or loops that take one time for all. measured: what _core.measure returned for this network, or empty. kept: samples are the state at sigma_min, not D there.
    After begin() and answer(): done; points [n, *shape], data units; sigmas [n], of a row that is not asked one that it had before;
    rows [n], those that are asked; together, whether one sigma is that of all of these.
    """

    def __init__(
        self,
        described: dict[str, Any],
        keywords: dict[str, Any],
        *,
        whole_times: bool = False,
        one_time: bool = False,
        measured: str = "",
    ):
        self.asked = _core.Asked(problem(Network(_core.NotAtHand(), **described), None, keywords), whole_times, measured)
        self.kept, self.one_time = keywords.get("final") == "keep", one_time

    def begin(self, x: torch.Tensor, sigma: float | None = None, seed: int = 0) -> None:
        """x: [n, *shape] float64, data units; sigma: where they stand, None for sigma_max."""
        self.asked.begin(x, sigma, seed)
        self._shift = torch.zeros_like(x)
        self._ask()

    def _ask(self) -> None:
        waits = torch.tensor(self.asked.waits)
        self.done = not waits.any()
        self.rows = waits
        self.sigmas = torch.tensor(self.asked.sigmas, dtype=torch.float64)
        end = self.asked.sigma_min if self.kept else 0.0
        self.points = self.asked.points + self.column(torch.where(waits, self.sigmas, end)) * self._shift
        self.together = self.done or self.one_time or bool((self.sigmas[waits] == self.sigmas[waits][0]).all())
        if self.together and not self.done:
            sigma = self.sigmas[waits].max()
            self.rows = waits & (self.sigmas == sigma)
            self.sigmas[~waits] = sigma

    def column(self, values: torch.Tensor) -> torch.Tensor:
        """[n] as factors of [n, *shape]."""
        return values.reshape(-1, *[1] * (self._shift.dim() - 1))

    def move(self, points: torch.Tensor) -> None:
        """The caller has changed points of rows that are asked, and the trajectory follows the flow of the new ones.

        x = y + (sigma/sigma_here) moved: the second part solves dx/dlam = D - x without D, so that y has the equation of before,
        with D asked at x.
        """
        self._shift += (points - self.points) / self.column(self.sigmas) * self.column(self.rows)
        self.points = points

    def answer(self, denoised: torch.Tensor) -> None:
        """D at the points, of which the rows that are asked count."""
        self.asked.answer(denoised.contiguous(), self.rows.tolist())
        self._ask()

    def levels(self, sigmas: torch.Tensor) -> torch.Tensor:
        """[n, 5]: alpha, and D = skip x + out F(in x, time), x = x_t/alpha."""
        return self.asked.levels(sigmas.tolist())

    def result(self) -> Result:
        raw = self.asked.result()
        if self.kept:
            raw["samples"] += self.asked.sigma_min * self._shift
        return Result(raw)
