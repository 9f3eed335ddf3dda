"""What a plan needs to know of a network that a pipeline alone can ask."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import torch

from . import _core
from ._asked import ALPHA, OUT, SKIP, TIME
from ._network import Network
from ._pipeline import Pipeline
from ._settings import problem
from ._times import RowTimes


class Ended(RuntimeError):
    """The pipeline has ended before all was asked."""


class Measurement:
    """The loop of a pipeline whose network answers what the library asks in another thread: four rows at sigmas of their own, a dozen
    times. The first answer, to the pipeline's own noise, is dropped.

    one_time: the network takes one time for all rows. found: what _core.measure returns, once done.
    """

    begin = 0

    def __init__(self, pipeline: Pipeline, data_std: float | None, one_time: bool):
        self._pipeline, self._one_time, self._data_std = pipeline, one_time, data_std
        self._questions: queue.Queue[Any] = queue.Queue()
        self._answers: queue.Queue[torch.Tensor | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self.told: list[torch.Tensor] = []
        self.sigmas: list[float] = []
        self.rows = SimpleNamespace(sigmas=None)
        self.steps, self.done = 0, False
        self.found: dict[str, Any] = {}
        self._failed: BaseException | None = None

    def started(self, time: torch.Tensor) -> Measurement:
        self.told, self.sigmas = [time], [self._pipeline.range.asked.sigma_max]
        return self

    def step(self, output: torch.Tensor, sample: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The network's answer for these latents; returns the next ones, and D."""
        if self.steps == 0:
            self._thread = threading.Thread(target=self._measure, args=(list(sample.shape[1:]),), daemon=True)
            self._thread.start()
            self._pieces, denoised = self._all_pieces(len(sample)), sample
        else:
            denoised = self._take(output[:, : sample.shape[1]].detach().cpu().double())
        self.steps += 1
        latents = next(self._pieces, None)
        self.done = latents is None
        return (sample if latents is None else latents.to(sample)), denoised.to(sample)

    def _all_pieces(self, rows: int) -> Iterator[torch.Tensor]:
        """Latents, `rows` at once, for all that is asked."""
        while (question := self._questions.get()) is not None:
            x, sigmas = question
            self._D = torch.empty_like(x)
            levels = [sigmas == sigma for sigma in sigmas.unique()] if self._one_time else [torch.ones_like(sigmas, dtype=torch.bool)]
            for group in levels:
                for piece in group.nonzero()[:, 0].split(rows):
                    self._piece, self._x = piece, x
                    padded = torch.cat([piece, piece[-1:].expand(rows - len(piece))])
                    self._levels = self._pipeline.range.levels(sigmas[padded])
                    self.rows.sigmas = sigmas[padded]
                    times = self._levels[:, TIME].float().to(self.told[0].device)
                    self.told.append(times[0] if (times == times[0]).all() else times.as_subclass(RowTimes))
                    self.sigmas.append(float(sigmas[padded[0]]))
                    yield self._column(self._levels[:, ALPHA]) * x[padded]
            self._answers.put(self._D)

    def _column(self, values: torch.Tensor) -> torch.Tensor:
        return values.reshape(-1, *[1] * (self._x.dim() - 1))

    def _take(self, answer: torch.Tensor) -> torch.Tensor:
        n = len(self._piece)
        skip, out = self._column(self._levels[:n, SKIP]), self._column(self._levels[:n, OUT])
        denoised = self._pipeline.bounded(skip * self._x[self._piece] + out * answer[:n])
        self._D[self._piece] = denoised
        return torch.cat([denoised, denoised[-1:].expand(len(answer) - n, *denoised.shape[1:])])

    def _measure(self, shape: list[int]) -> None:
        try:
            description = {} if self._data_std is None else {"data_std": self._data_std}
            network = Network(self._ask, shape=shape, process=self._pipeline.process, **description)
            self.found = json.loads(_core.measure(problem(network, None, {"dtype": "float64"})))
        except BaseException as error:  # of this thread, for result()
            self._failed = error
        self._questions.put(None)

    def _ask(self, x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        self._questions.put((x.clone(), sigma.double().clone()))
        answer = self._answers.get()
        if answer is None:
            raise Ended("the pipeline ended before its network was measured")
        return answer

    def close(self) -> None:
        """Whatever has become of the pipeline."""
        if self._thread is not None:
            self._answers.put(None)
            self._thread.join()

    def result(self) -> dict[str, Any]:
        """Raises what went wrong."""
        if self._failed is not None:
            raise self._failed
        if not self.found:
            raise ValueError("ShockstepScheduler.measure: the pipeline made no steps")
        return self.found
