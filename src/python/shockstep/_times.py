"""Times that a pipeline of diffusers loops over, without knowing them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Protocol

import torch


class RowTimes(torch.Tensor):
    """A time for each image, which expands to as many rows as the network sees: with guidance the images several times over."""

    def expand(self, *sizes: Any) -> torch.Tensor:
        times = self.as_subclass(torch.Tensor)
        rows = torch.Size(sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)
        repeats = rows[0] // len(times) if len(rows) == 1 and rows[0] > 0 and rows[0] % len(times) == 0 else 0
        return times.repeat(repeats) if repeats else times.expand(rows)

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        with torch._C.DisableTorchFunctionSubclass():
            out = function(*arguments, **(keywords or {}))
            if not isinstance(out, torch.Tensor):
                return out
            # What is still a time for each image, in another type or unit, expands as well.
            rows = {argument.numel() for argument in arguments if isinstance(argument, RowTimes)}
            keeps = out.is_floating_point() and out.dim() == 1 and out.numel() in rows
            return out.as_subclass(RowTimes if keeps else torch.Tensor)


class Loop(Protocol):
    """What Times asks of a loop under way."""

    begin: int
    done: bool
    steps: int
    told: list[torch.Tensor]  # times of the steps made, and of the next one


class Clock(Protocol):
    """What Times asks of its scheduler."""

    announced: torch.Tensor
    loop: Loop | None
    entered: Times | None

    def most_steps(self, begin: int, end: int) -> int: ...


class Times:
    """What a pipeline loops over; how many there are is known at the end.

    Iterated, it yields the time for the next step once the one before is made. Without steps, and asked for anything else, it is the
    tensor of times that the pipeline's own scheduler would take, from `begin` to `end`.
    """

    def __init__(self, clock: Clock, begin: int, end: int):
        self._clock, self.begin, self.end = clock, begin, end

    @property
    def _announced(self) -> torch.Tensor:
        return self._clock.announced[self.begin : self.end]

    @property
    def _loop(self) -> Loop | None:
        """The one that runs over these."""
        loop = self._clock.loop
        return loop if loop is not None and loop.begin == self.begin else None

    def __len__(self) -> int:
        """How many at most; once the loop is done, how many there were. retrieve_timesteps, which every pipeline has a copy of, takes
        the length of a list for num_inference_steps, of which strength leaves out a share: it is told how many are announced."""
        loop = self._loop
        if loop is None and sys._getframe(1).f_code.co_name == "retrieve_timesteps":
            return self.end - self.begin
        return loop.steps if loop is not None and loop.done else self._clock.most_steps(self.begin, self.end)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            begin, end, step = index.indices(self.end - self.begin)
            # A single time is to be looked at; what is longer may be looped over.
            if step != 1 or end - begin < 2:
                return self._announced[index]
            return Times(self._clock, self.begin + begin, self.begin + end)
        loop = self._loop
        if loop is None or index < 0:
            return self._announced[index]
        if index >= len(self):
            raise IndexError("there are no times beyond the end of the loop")
        rest = self._announced[len(loop.told) :]
        return loop.told[index] if index < len(loop.told) else rest[min(index - len(loop.told), len(rest) - 1)]

    def __iter__(self) -> Iterator[torch.Tensor]:
        loop = self._clock.loop
        if loop is not None and not loop.done:  # looked at from inside
            yield from self._announced
            return
        self._clock.loop, self._clock.entered = None, self
        for time in self._announced:
            if self._clock.loop is not None:
                break
            yield time
        while self._clock.loop is not None and not self._clock.loop.done:
            yield self._clock.loop.told[-1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._announced, name)

    def __lt__(self, other: Any) -> torch.Tensor:
        return self._announced < other

    def __le__(self, other: Any) -> torch.Tensor:
        return self._announced <= other

    def __gt__(self, other: Any) -> torch.Tensor:
        return self._announced > other

    def __ge__(self, other: Any) -> torch.Tensor:
        return self._announced >= other
