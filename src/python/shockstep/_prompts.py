"""A whole pipeline of diffusers as a network: what it tells its own of each prompt, how it guides, and how it decodes.

Both are seen by letting the pipeline run to its first step, with a network that answers noise, and to its end, with a scheduler
whose step is the samples: so nothing has to be known of a pipeline's class, and what it does with the network's answers is checked
and not assumed.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import torch

from . import _core

PROMPTS = 16  # encoded at a time
IMAGES = 4  # decoded at a time
ELSEWHERE = {
    "num_inference_steps": "is for sample(steps=) with a method, or max_evaluations=", "latents": "is noise= of sample()",
    "timesteps": "is for sample(steps=)", "sigmas": "is for sample(steps=)", "callback_on_step_end": "is observer= of sample()",
    "strength": "is for sample(init=, strength=)", "image": "is init= of sample(): encode it by pipeline.vae first",
}  # fmt: skip


def _refuse(sentence: str) -> NoReturn:
    raise _core.ConfigError(f"from_diffusers: {sentence}")


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """The owner's own attribute, for a while."""
    own, before = name in vars(owner), vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


class _Stepped(Exception):
    """The pipeline has come to its first step."""


@dataclass
class _Asked:
    """One call of the network. told: tensors by their path; others: what else it was given."""

    x: torch.Tensor
    time: torch.Tensor
    told: dict[tuple[str, ...], torch.Tensor]
    others: dict[tuple[str, ...], Any]
    answer: torch.Tensor


@dataclass
class _Seen:
    """asked: the calls before the first step. output, time: what the step was given."""

    asked: list[_Asked] = field(default_factory=list)
    output: torch.Tensor | None = None
    time: float = 0.0


Path = tuple[str, ...]


def _sort(value: Any, path: Path, told: dict[Path, torch.Tensor], others: dict[Path, Any]) -> None:
    if isinstance(value, torch.Tensor):
        told[path] = value
    elif isinstance(value, dict):
        for key, item in value.items():
            _sort(item, (*path, key), told, others)
    elif isinstance(value, (list, tuple)) and any(isinstance(item, torch.Tensor) for item in value):
        _refuse(f"the network is told {'.'.join(path)}, a list of tensors, which the state may have a part in")
    else:
        others[path] = value


class Prompted:
    """pipeline: of diffusers. call: arguments of its call, prompt and others; lists are one for each trajectory.

    shape: of a sample. forward(x, time, **rows of conditions): what the network returns. conditions, null: names and rows. scale:
    of guidance, None without. decode(samples): what the pipeline makes of them. Raises ConfigError where it is not understood.
    """

    def __init__(self, pipeline: Any, call: dict[str, Any]):
        for name, instead in ELSEWHERE.items():
            if call.get(name) is not None:
                _refuse(f"{name}: {instead}")
        self.pipeline = pipeline
        self.network = self._network()
        self._signature = inspect.signature(self.network.forward)
        self._state = next(iter(self._signature.parameters))
        self._call, chunks = call, self._chunks(call)
        self._first = chunks[0]
        self._like: torch.Tensor | None = None  # what the network answers; None: not known
        seen = [self._see(chunk) for chunk in chunks]
        self.shape = tuple(seen[0].output.shape[1:])
        self._check_state(seen[0])
        self.scale, halves = self._guidance(seen[0])
        # What there is one of for each row shows by prompts once and twice.
        self._gather(seen, seen if len(seen) > 1 else [*seen, self._see(_twice(self._first))], halves)

    def _network(self) -> torch.nn.Module:
        if getattr(self.pipeline, "transformer_2", None) is not None:
            _refuse(f"{type(self.pipeline).__name__} has two networks, one for each part of the times")
        found = [getattr(self.pipeline, name, None) for name in ("unet", "transformer")]
        network = next((module for module in found if isinstance(module, torch.nn.Module)), None)
        if network is None or not hasattr(self.pipeline, "scheduler"):
            _refuse(f"a {type(self.pipeline).__name__} alone says too little; give a pipeline, or a network and its scheduler")
        return network

    def _chunks(self, call: dict[str, Any]) -> list[dict[str, Any]]:
        """Arguments of the pipeline for the first prompt, and for several of the others each."""
        lists = {k: v for k, v in call.items() if _is_prompt(k) and isinstance(v, (list, tuple, torch.Tensor))}
        if lists:  # pipelines take a word for all beside a list at best by chance
            lists |= {k: [v] for k, v in call.items() if _is_prompt(k) and isinstance(v, str)}
        counts = {len(value) for value in lists.values() if len(value) != 1}
        if len(counts) > 1 or 0 in counts:
            _refuse(f"{', '.join(lists)}: have {sorted(counts)} rows; give each one for every trajectory, or one for all")
        n = counts.pop() if counts else 1
        ends = [0, *range(1, n, PROMPTS), n]
        return [{**call, **{k: _rows(v, n)[a:b] for k, v in lists.items()}} for a, b in zip(ends, ends[1:])]

    # ---- What the pipeline shows

    @contextlib.contextmanager
    def _with(self, forward: Callable[..., Any], step: Callable[..., Any]) -> Iterator[None]:
        """The pipeline with another network and another step."""
        bar = {**getattr(self.pipeline, "_progress_bar_config", {}), "disable": True}
        scheduler = self.pipeline.scheduler
        with (
            _replaced(self.network, "forward", functools.wraps(self.network.forward)(forward)),
            _replaced(scheduler, "step", functools.wraps(scheduler.step)(step)),
            _replaced(self.pipeline, "_progress_bar_config", bar),
        ):
            yield

    def _bound(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
        return dict(self._signature.bind(*arguments, **keywords).arguments)

    @staticmethod
    def _in_form(answer: torch.Tensor, keywords: dict[str, Any]) -> Any:
        if keywords.get("return_dict", True):
            from diffusers.models.modeling_outputs import Transformer2DModelOutput

            return Transformer2DModelOutput(sample=answer)
        return (answer,)

    def _see(self, call: dict[str, Any]) -> _Seen:
        seen, original = _Seen(), self.network.forward
        noise = torch.Generator().manual_seed(len(call))

        def forward(*arguments: Any, **keywords: Any) -> Any:
            given = self._bound(arguments, keywords)
            x, time = given.pop(self._state), torch.as_tensor(given.pop("timestep"))
            if self._like is None:
                with torch.no_grad():
                    self._like = original(*arguments, **keywords)[0]
            answer = torch.randn(len(x), *self._like.shape[1:], generator=noise).to(self._like)
            told: dict[tuple[str, ...], torch.Tensor] = {}
            others: dict[tuple[str, ...], Any] = {}
            _sort({key: value for key, value in given.items() if key != "return_dict"}, (), told, others)
            seen.asked.append(_Asked(x, time, told, others, answer))
            return self._in_form(answer, given)

        def step(model_output: torch.Tensor, timestep: Any, *arguments: Any, **keywords: Any) -> None:
            seen.output, seen.time = model_output, float(torch.as_tensor(timestep).flatten()[0])
            raise _Stepped

        with self._with(forward, step), contextlib.suppress(_Stepped):
            self.pipeline(**call, num_inference_steps=2)
        if seen.output is None or not seen.asked:
            _refuse(f"{type(self.pipeline).__name__} makes no step of its scheduler with its network's answer")
        return seen

    def decode(self, samples: torch.Tensor) -> Any:
        """Images, videos or what else the pipeline returns, in the form of its output_type."""
        parts = []
        for rows in samples.split(IMAGES):
            rows = rows.to(self._like)

            def forward(*arguments: Any, **keywords: Any) -> Any:
                given = self._bound(arguments, keywords)
                return self._in_form(self._like.new_zeros(len(given[self._state]), *self._like.shape[1:]), given)

            def step(*arguments: Any, **keywords: Any) -> Any:
                from diffusers.schedulers.scheduling_utils import SchedulerOutput

                return SchedulerOutput(rows) if keywords.get("return_dict", True) else (rows,)

            with self._with(forward, step), torch.no_grad():
                parts.append(self.pipeline(**{**self._first, "return_dict": True}, num_inference_steps=2)[0])
        if isinstance(parts[0], torch.Tensor):
            return torch.cat(parts)
        if hasattr(parts[0], "shape"):
            import numpy

            return numpy.concatenate(parts)
        return [image for part in parts for image in part]

    # ---- What it means

    def _check_state(self, seen: _Seen) -> None:
        """The network sees the state and nothing else in its place, and hears the scheduler's time in a unit of its own."""
        x, time = seen.asked[0].x, float(seen.asked[0].time.flatten()[0])
        if x.shape[1:] != self.shape:
            _refuse(f"the network sees {tuple(x.shape[1:])} and steps have {self.shape}: it is shown more than the state")
        steps = float(self.pipeline.scheduler.config.get("num_train_timesteps", 1000))
        units = [unit for unit in (1.0, 1 / steps) if abs(time - seen.time * unit) <= 1e-3 * abs(seen.time * unit)]
        if not units:
            _refuse(f"the network is told the time {time:.6g} where the scheduler says {seen.time:.6g}")
        self._unit = units[0]

    def _cut(self, answer: torch.Tensor) -> torch.Tensor:
        """Without the variance that some networks predict in further channels."""
        return answer[:, : self.shape[0]] if answer.dim() > 1 else answer

    def _guidance(self, seen: _Seen) -> tuple[float | None, Callable[[_Seen, Callable[[_Asked], Any]], list[Any]]]:
        """Its scale, and how to take (conditional, unconditional) of what the network was told."""
        rows, M = len(seen.output), seen.output.double()
        answers = [self._cut(asked.answer).double() for asked in seen.asked]
        if len(answers) == 1 and len(answers[0]) == rows:
            self._check_answer(M - answers[0], 1.0)
            return None, lambda seen, of: [of(seen.asked[0])]
        if len(answers) == 1 and len(answers[0]) == 2 * rows:
            without, conditional = answers[0].chunk(2)
            halves = lambda seen, of: list(of(seen.asked[0]).chunk(2))[::-1]
        elif [len(answer) for answer in answers] == [rows, rows]:
            conditional, without = answers
            halves = lambda seen, of: [of(asked) for asked in seen.asked]
        else:
            self._check_answer(M, 0.0)
        apart = conditional - without
        scale = float(((M - without) * apart).sum() / apart.square().sum())
        self._check_answer(M - without - scale * apart, scale)
        if scale < 0:  # the other half comes first: M = a + s (b - a) = b + (1 - s)(a - b)
            scale, in_order = 1 - scale, halves
            halves = lambda seen, of: in_order(seen, of)[::-1]
        return self._as_it_was_said(scale), halves

    def _check_answer(self, off: torch.Tensor, scale: float) -> None:
        """Of answers of unit size; off by rounding alone."""
        if off.square().mean().sqrt() > 2 * torch.finfo(self._like.dtype).eps * (1 + abs(scale)):
            _refuse(
                f"{type(self.pipeline).__name__} makes something else of its network's answers than guidance does; "
                "ShockstepScheduler runs in any pipeline"
            )

    def _as_it_was_said(self, scale: float) -> float:
        """Without the rounding."""
        usual = {name: parameter.default for name, parameter in inspect.signature(self.pipeline.__call__).parameters.items()}
        said = [float(v) for v in {**usual, **self._call}.values() if isinstance(v, (int, float)) and not isinstance(v, bool)]
        nearest = min(said, key=lambda value: abs(value - scale), default=scale)
        return nearest if abs(nearest - scale) <= torch.finfo(self._like.dtype).eps * 16 * (1 + abs(scale)) else scale

    def _gather(self, seen: list[_Seen], compared: list[_Seen], halves: Callable[..., list[Any]]) -> None:
        """Rows of all prompts; what is not one for each row, in all of `compared`, is a constant."""
        self.conditions: dict[str, torch.Tensor] = {}
        self.null: dict[str, torch.Tensor] = {}
        self._paths: dict[str, tuple[str, ...]] = {}
        first = seen[0].asked[0]
        self._constants: dict[tuple[str, ...], Any] = dict(first.others)
        calls = [asked for one in compared for asked in one.asked]
        for path, value in first.others.items():
            if any(asked.others[path] != value for asked in calls):
                _refuse(f"the network is told {'.'.join(path)}, which is no tensor and not always the same")
        for path, value in first.told.items():
            if not all(asked.told[path].dim() > 0 and len(asked.told[path]) == len(asked.x) for asked in calls):
                if any(not torch.equal(asked.told[path], value) for asked in calls):
                    _refuse(f"the network is told {'.'.join(path)}, which is neither a row for each sample nor always the same")
                self._constants[path] = value
                continue
            name = ".".join(path)
            parts = list(zip(*(halves(one, lambda asked: asked.told[path]) for one in seen)))
            if any(part.shape[1:] != parts[0][0].shape[1:] for half in parts for part in half):
                _refuse(f"{name} has another length for other prompts; pad them to one, for example by max_sequence_length")
            self._paths[name] = path
            self.conditions[name], *null = (_shared(torch.cat(half)) for half in parts)
            if null and not (null[0].shape == self.conditions[name].shape and torch.equal(null[0], self.conditions[name])):
                self.null[name] = null[0]

    def forward(self, x: torch.Tensor, time: torch.Tensor, **rows: torch.Tensor) -> torch.Tensor:
        keywords: dict[str, Any] = {}
        told = {self._paths[name]: value for name, value in rows.items()}
        for path, value in {**self._constants, **told}.items():
            inner = keywords
            for key in path[:-1]:
                inner = inner.setdefault(key, {})
            inner[path[-1]] = value
        return self._cut(self.network(x, timestep=time * self._unit, **keywords, return_dict=False)[0])


def _is_prompt(name: str) -> bool:
    return name.startswith(("prompt", "negative_prompt", "pooled_prompt", "negative_pooled_prompt"))


def _rows(value: Any, n: int) -> Any:
    """n of them, of n or one."""
    if len(value) == n:
        return value
    return value.expand(n, *value.shape[1:]) if isinstance(value, torch.Tensor) else list(value) * n


def _twice(call: dict[str, Any]) -> dict[str, Any]:
    """The same prompt two times."""

    def two(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return torch.cat([value, value])
        return [value] * 2 if isinstance(value, str) else list(value) * 2 if isinstance(value, (list, tuple)) else value

    return {name: two(value) if _is_prompt(name) else value for name, value in call.items()}


def _shared(rows: torch.Tensor) -> torch.Tensor:
    """One row where all are the same, but for what an encoder rounds in batches of other sizes."""
    if len(rows) == 1 or rows.numel() == 0:
        return rows
    apart = (rows - rows[:1]).abs().max() if rows.is_floating_point() else (rows != rows[:1]).any()
    rounding = 16 * torch.finfo(rows.dtype).eps * rows.abs().max() if rows.is_floating_point() else 0
    return rows[:1].clone() if apart <= rounding else rows
