"""A scheduler for pipelines of diffusers, as they are: docs/diffusers.md.

    pipe.scheduler = shockstep.diffusers.ShockstepScheduler.from_config(pipe.scheduler.config, tolerance=1e-2)
    pipe("a cat")
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import diffusers
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.schedulers.scheduling_utils import SchedulerMixin, SchedulerOutput

from . import _core
from ._asked import ALPHA, IN, OUT, SKIP, TIME, Rows
from ._measure import Measurement
from ._pipeline import PURE_NOISE, Pipeline
from ._results import Result
from ._settings import KEYS
from ._times import RowTimes, Times

__all__ = ["RowTimes", "ShockstepScheduler", "ShockstepSchedulerOutput", "Times"]


@dataclass
class ShockstepSchedulerOutput(SchedulerOutput):
    """prev_sample: the next latents. pred_original_sample: D, the expected data at those before."""

    prev_sample: torch.Tensor
    pred_original_sample: torch.Tensor | None = None


class ShockstepScheduler(SchedulerMixin, ConfigMixin):
    """Adaptive steps, of each image its own, in a pipeline that is not changed. Made by from_config(pipe.scheduler.config).

    tolerance: error allowed in a sample, data units. max_evaluations: of an image, never exceeded; num_inference_steps where it is
    left out. data_std: standard deviation of what the network works on, 1 being that of usual latents. guard: as of sample(), without
    a pilot and with events off.
    method: one with a fixed grid, such as dpmpp_2m, unipc, heun or euler; the grid is that of the pipeline's own scheduler in
    num_inference_steps. order: where it has several. steps: another grid: the name of a schedule, a section {"schedule": ...} or
    {"file": ...}, or a list of sigmas.
    one_time: rows whose times differ are evaluated one time after another, for networks and pipelines that take one for all images.
    whole_times: the network knows whole times of its table only. options: other keys of a config's section sampler, such as
    {"solver_type": "bh1"}, and seed.
    measured: what measure() has found, in the config from then on.
    of: the class of the pipeline's own scheduler; from_config knows it.
    """

    _compatibles = [name for name in dir(diffusers.schedulers) if name.endswith("Scheduler")]
    order = 1

    @register_to_config
    def __init__(
        self,
        tolerance: float | None = None,
        max_evaluations: int | None = None,
        data_std: float | None = None,
        guard: Any = None,
        method: str | None = None,
        order: int | None = None,
        steps: Any = None,
        one_time: bool = False,
        whole_times: bool = False,
        options: dict[str, Any] | None = None,
        measured: dict[str, Any] | None = None,
        of: str | None = None,
    ):
        for key in options or {}:
            if key != "seed" and (key not in KEYS or KEYS[key][0] != "sampler"):
                raise ValueError(f"ShockstepScheduler: options: unknown key {key}; it may have seed and keys of the section sampler")
        self.num_inference_steps: int | None = None
        self.begin_index: int | None = None
        #: What Times asks for: the loop under way or done, and the times that were entered before there was one.
        self.loop: _Loop | Measurement | None = None
        self.entered: Times | None = None
        self._measurement: Measurement | None = None  # while measure() runs

    @classmethod
    def from_config(cls, config: Any = None, return_unused_kwargs: bool = False, **keywords: Any) -> Any:
        """From the config of a pipeline's scheduler, or the scheduler itself, or one of these; keywords are those of the class.

        The config of a scheduler that was loaded says its class; one that was made in Python does not.
        """
        known = inspect.signature(cls.__init__).parameters
        for name in keywords:
            if name not in known:
                raise TypeError(f"ShockstepScheduler: unknown argument {name}; known: {', '.join(list(known)[1:-1])}")
        if isinstance(config, SchedulerMixin):
            config = {**config.config, "_class_name": type(config).__name__}
        if isinstance(config, dict):  # what was a default is no default of this class, and pipelines look for it
            config = {key: value for key, value in config.items() if key != "_use_default_values"}
            if not (config.get("_class_name") or config.get("of") or keywords.get("of")):
                raise ValueError(
                    "ShockstepScheduler: the config does not say of which scheduler it is; take from_config(pipe.scheduler), or name "
                    'the class, of="DDIMScheduler"'
                )
            if config.get("_class_name", cls.__name__) != cls.__name__:
                keywords["of"] = config["_class_name"]
        made, unused = super().from_config(config, return_unused_kwargs=True, **keywords)
        # Whether network and settings are understood: now, and not in the middle of a pipeline.
        made._rows((1,), {}, {"steps": {"schedule": "log_sigma", "count": 2}} if made._fixed else {})
        return (made, unused) if return_unused_kwargs else made

    def __getstate__(self) -> dict[str, Any]:
        """What copy.deepcopy and pickle take: the settings. A run under way stays here; the copy begins at set_timesteps."""
        kept = {name: value for name, value in self.__dict__.items() if name != "_pipeline"}
        return {**kept, "loop": None, "entered": None, "_measurement": None, "num_inference_steps": None}

    # ---- Before there are latents

    @functools.cached_property
    def _pipeline(self) -> Pipeline:
        if self.config.of is None:
            raise ValueError("ShockstepScheduler: make it by from_config(pipe.scheduler.config)")
        config, measured = self.config, self.config.measured
        if measured is None:
            return Pipeline(config.of, config, config.data_std)
        if config.data_std not in (None, measured["data_std"]):
            raise ValueError(
                f"ShockstepScheduler: data_std={config.data_std:g}, but measured= is of {measured['data_std']:g}; leave one out, or measure again"
            )
        return Pipeline(config.of, config, measured["data_std"])

    @property
    def _fixed(self) -> bool:
        return self.config.steps is not None or not _core.is_adaptive(self.config.method or "multistep")

    @property
    def _own_grid(self) -> bool:
        """That of the pipeline's own scheduler."""
        return self._fixed and self.config.steps is None

    def _rows(self, shape: Any, process: dict[str, Any], keywords: dict[str, Any]) -> Rows:
        config = self.config
        keywords = {
            "tolerance": config.tolerance, "max_evaluations": config.max_evaluations, "method": config.method, "order": config.order,
            "guard": {"events": False} if config.guard is None else config.guard,
            **{key: value for key, value in (config.options or {}).items() if key != "seed"}, **keywords,
        }  # fmt: skip
        measured = "" if config.measured is None else json.dumps(dict(config.measured))
        return self._pipeline.rows(
            shape, process, keywords, whole_times=config.whole_times, one_time=config.one_time, measured=measured
        )

    @property
    def init_noise_sigma(self) -> float:
        """What the pipeline multiplies its noise by."""
        known = self._own_grid and self.num_inference_steps is not None
        return self._pipeline.noise_scale(self._nodes[0] if known else self._pipeline.range.asked.sigma_max)

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: Any = None,
        *,
        sigmas: Any = None,
        timesteps: Any = None,
        mu: float | None = None,
        **keywords: Any,
    ) -> None:
        """As the pipeline's own scheduler takes them: its grid is what strength and begin index refer to, and where a method takes
        its steps. Adaptive steps start at sigma_max, and are as many as the tolerance needs."""
        self.loop = self.entered = self.begin_index = None
        given = {"num_inference_steps": num_inference_steps, "sigmas": sigmas, "timesteps": timesteps, "mu": mu, **keywords}
        self._pipeline.own.set_timesteps(device="cpu", **{key: value for key, value in given.items() if value is not None})
        self._listed = sigmas is not None or timesteps is not None
        self._counts: dict[tuple[int, int], int] = {}
        self._nodes, self._ends = self._grid()
        self.announced = self._pipeline.time(self._nodes).to(device)
        self.num_inference_steps = len(self._nodes)

    def _grid(self) -> tuple[list[float], str]:
        """sigmas of the nodes that are announced, and what comes after the last: denoise or keep."""
        nodes, steps, asked = self._pipeline.nodes(), self.config.steps, self._pipeline.range.asked
        own = nodes if nodes[-1] > 0 else nodes[:-1]
        if self._own_grid:
            return own, "keep" if nodes[-1] > 0 else "denoise"
        if self._fixed:
            grid = self._rows((1,), {}, {"steps": self._counted(len(own))}).asked.grid
            if len(grid) != len(own) and (not isinstance(steps, (str, dict)) or "file" in steps):
                raise ValueError(f"ShockstepScheduler: steps has {len(grid)} nodes; num_inference_steps is {len(own)}")
        else:
            grid = [min(max(sigma, asked.sigma_min), asked.sigma_max) for sigma in own]
        # A list says where to start. Spacing may begin below sigma_max, which is no reason to do so; the range of a flow ends before
        # pure noise, from where its pipeline starts.
        lower = self._listed and own[0] < asked.sigma_max
        first = own[0] if lower else PURE_NOISE if self._pipeline.flow else asked.sigma_max
        return [first, *grid[1:]], "denoise"

    def _counted(self, count: int) -> Any:
        steps = self.config.steps
        steps = {"schedule": steps} if isinstance(steps, str) else steps
        return {**steps, "count": count} if isinstance(steps, dict) and "schedule" in steps else steps

    @property
    def timesteps(self) -> Times:
        if self.num_inference_steps is None:
            raise ValueError("ShockstepScheduler: call set_timesteps first")
        return Times(self, 0, len(self._nodes))

    @property
    def sigmas(self) -> torch.Tensor:
        """In the unit of the pipeline's own scheduler, with a last 0: those of the steps made and of the next one, and the rest as
        announced; NaN where images stand at several."""
        begin = self.loop.begin if self.loop is not None else 0
        known = self._nodes[:begin] + (self.loop.sigmas if self.loop is not None else [])
        rest = self._nodes[len(known) :]
        zeros = max(0, begin + self.most_steps(begin, len(self._nodes)) - len(known) - len(rest))
        sigmas = torch.tensor(known + rest + [0.0] * (zeros + 1), dtype=torch.float64)
        return (sigmas / (1 + sigmas) if self._pipeline.flow else sigmas).float()

    @property
    def step_index(self) -> int | None:
        return None if self.loop is None else self.loop.begin + self.loop.steps

    def set_begin_index(self, begin_index: int = 0) -> None:
        """Of the times that are announced; a loop over a slice of them begins where that does."""
        self.begin_index = begin_index

    def most_steps(self, begin: int, end: int) -> int:
        """Evaluations from one announced time to another: of a method, or at most of adaptive steps."""
        if not self._fixed:
            return self.config.max_evaluations or max(2, end - begin)
        if (begin, end) not in self._counts:
            rows, sigma, nothing = *self._rows_of((1,), begin, end), torch.zeros(1, 1, dtype=torch.float64)
            rows.begin(nothing, sigma)
            self._counts[begin, end] = 0
            while not rows.done:
                rows.answer(nothing)
                self._counts[begin, end] += 1
        return self._counts[begin, end]

    def _rows_of(self, shape: Any, begin: int, end: int) -> tuple[Rows, float | None]:
        """A run from one announced time to another; and sigma where it starts, None for the largest."""
        nodes, stops = self._nodes[begin:end], end < len(self._nodes)
        if self._own_grid:
            steps = nodes + ([self._nodes[end]] if stops else [])
            keywords = {"steps": steps, "final": "keep" if stops else self._ends}
            return self._rows(shape, {"sigma_max": steps[0], "sigma_min": steps[-1]}, keywords), None
        sigma = nodes[0] if nodes[0] < self._pipeline.range.asked.sigma_max else None
        if not self._fixed:
            keywords = {"max_evaluations": self.most_steps(begin, end), **({"final": "keep"} if stops else {})}
            return self._rows(shape, {"sigma_min": self._nodes[end]} if stops else {}, keywords), sigma
        if stops:
            raise ValueError("ShockstepScheduler: steps: a grid of its own has to be taken to its end")
        return self._rows(shape, {}, {"steps": self._counted(len(self._nodes))}), sigma

    # ---- Steps

    def scale_model_input(self, sample: torch.Tensor, timestep: Any = None) -> torch.Tensor:
        """Of networks that are told scaled latents; others get them as they are."""
        pipeline, loop = self._pipeline, self.loop
        sigmas = torch.tensor([pipeline.sigma(float(timestep))]) if loop is None else loop.rows.sigmas
        levels = pipeline.range.levels(sigmas)
        factor = levels[:, IN] / levels[:, ALPHA]
        if (factor == 1).all():
            return sample
        factor = factor.repeat(len(sample) // len(factor)).reshape(-1, *[1] * (sample.dim() - 1))
        return sample * factor.to(sample)

    def step(
        self,
        model_output: torch.Tensor,
        timestep: Any,
        sample: torch.Tensor,
        generator: Any = None,
        return_dict: bool = True,
        **ignored: Any,
    ) -> Any:
        """Takes the network's answer at the time that `timesteps` yielded, and returns the latents for the next one."""
        if self.loop is None:
            self.loop = self._begun(sample, generator)
        if self.loop.done:
            raise ValueError("ShockstepScheduler: step() after the run was done; loop over scheduler.timesteps")
        self._check(timestep)
        previous, denoised = self.loop.step(model_output, sample)
        return ShockstepSchedulerOutput(previous, denoised) if return_dict else (previous, denoised)

    def _begun(self, sample: torch.Tensor, generator: Any) -> _Loop | Measurement:
        times = self.entered or Times(self, self.begin_index or 0, len(self._nodes))
        if self._measurement is not None:
            return self._measurement.started(self.announced[times.begin])
        rows, sigma = self._rows_of(sample.shape[1:], times.begin, times.end)
        start = self._nodes[times.begin] if self._nodes[times.begin] == PURE_NOISE else sigma
        return _Loop(rows, start, self._seed(generator), self.announced[times.begin], times.begin, self._pipeline.bounded)

    def _seed(self, generator: Any) -> int:
        options = self.config.options or {}
        if options.get("dynamics") != "sde" or generator is None or "seed" in options:
            return int(options.get("seed", 0))
        if isinstance(generator, list):
            raise ValueError("ShockstepScheduler: dynamics sde takes one generator; its noise is of the image's number beside it")
        return int(torch.randint(2**62, (), generator=generator, device=generator.device))

    def _check(self, timestep: Any) -> None:
        told, heard = self.loop.told[-1].cpu().double(), torch.as_tensor(timestep).detach().cpu().double()
        if heard.numel() not in (1, told.numel()) and told.dim() > 0 or not torch.allclose(heard, told, rtol=1e-4, atol=0):
            raise ValueError(
                f"ShockstepScheduler: step() at time {heard.flatten()[0]:.6g} where {told.flatten()[0]:.6g} was asked for; loop over "
                "scheduler.timesteps itself, which knows the next time after each step"
            )

    # ---- Measured once

    @classmethod
    def measure(cls, pipe: Any, *arguments: Any, **keywords: Any) -> ShockstepScheduler:
        """Measures the network of a pipeline whose scheduler is one of these, through the pipeline's own loop, and returns that scheduler.

        arguments, keywords: of a call of the pipeline, such as a prompt and guidance_scale: the conditions that are measured, the same
        for all rows. It takes 64 rows, four at once where the pipeline has num_images_per_prompt or batch_size.
        What is found, data_std among it, stands in config.measured: the plan takes its steps from it, as that of sample() does, and it
        is saved and loaded with the config. Raises ModelError where the network fails.
        """
        scheduler = pipe.scheduler
        if not isinstance(scheduler, cls):
            raise ValueError(
                f"ShockstepScheduler.measure: the pipeline's scheduler is {type(scheduler).__name__}; "
                "set pipe.scheduler = ShockstepScheduler.from_config(pipe.scheduler.config) first"
            )
        known = inspect.signature(pipe.__call__).parameters
        rows = next((name for name in ("num_images_per_prompt", "batch_size") if name in known), None)
        if rows is not None:
            keywords.setdefault(rows, 4)
        if "output_type" in known and getattr(pipe, "vae", None) is not None:
            keywords.setdefault("output_type", "latent")
        scheduler._measurement = measurement = Measurement(
            scheduler._pipeline, scheduler.config.data_std, scheduler.config.one_time
        )
        try:
            pipe(*arguments, **keywords)
        finally:
            scheduler._measurement = scheduler.loop = None
            measurement.close()
        scheduler.register_to_config(measured=measurement.result())
        scheduler.__dict__.pop("_pipeline", None)  # it has another data_std now
        scheduler.num_inference_steps = None
        return scheduler

    # ---- Noise

    def add_noise(self, original_samples: torch.Tensor, noise: torch.Tensor, timesteps: Any) -> torch.Tensor:
        """Latents at these times: alpha x0 + s n."""
        times = torch.as_tensor(timesteps).detach().cpu().double().reshape(-1)
        sigmas = torch.tensor([self._pipeline.sigma(time) for time in times.tolist()], dtype=torch.float64)
        alpha = self._pipeline.range.levels(sigmas)[:, ALPHA]
        column = (-1, *[1] * (original_samples.dim() - 1))
        return alpha.reshape(column).to(noise) * original_samples + (alpha * sigmas).reshape(column).to(noise) * noise

    def scale_noise(self, sample: torch.Tensor, timestep: Any, noise: torch.Tensor) -> torch.Tensor:
        """add_noise, as pipelines of flows call it."""
        return self.add_noise(sample, noise, timestep)

    # ---- What came of it

    @property
    def run(self) -> Result:
        """Of the last loop: evaluations, status, error_estimate of each image, as sample() returns them."""
        if not isinstance(self.loop, _Loop):
            raise ValueError("ShockstepScheduler: nothing has been run yet")
        result = self.loop.rows.result()
        if self.config.data_std is None and self.config.measured is None and not self._fixed:
            result.notes.append(f"data_std was taken to be {self._pipeline.network['data_std']:g}; give data_std= where it is known")
        return result

    def __len__(self) -> int:
        return int(self.config.num_train_timesteps)


class _Loop:
    """A run in the frame and the types of a pipeline's latents, x_t = alpha x0 + s n."""

    def __init__(
        self,
        rows: Rows,
        sigma: float | None,
        seed: int,
        time: torch.Tensor,
        begin: int,
        bounded: Callable[[torch.Tensor], torch.Tensor],
    ):
        self.rows, self.begin, self._bounded, self._seed = rows, begin, bounded, seed
        self._start, self._handed = sigma, None
        self.told, self.sigmas = [time], [rows.asked.sigma_max if sigma is None else sigma]
        self.steps, self.done = 0, False

    def step(self, output: torch.Tensor, sample: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The network's answer for these latents; returns the next ones, and D."""
        rows, latents = self.rows, sample.detach().cpu().double()
        answer = self._answer(output, sample)
        if self.steps == 0:
            denoised = self._begin(latents, answer)
        else:
            levels = rows.levels(rows.sigmas)
            # Latents that the pipeline has changed, as inpainting does, are followed; others are known better than they were told.
            changed = (latents != self._handed) & rows.column(rows.rows)
            if changed.any():
                rows.one_time = True
                rows.move(torch.where(changed, latents / rows.column(levels[:, ALPHA]), rows.points))
            denoised = self._denoised(levels, rows.points, answer)
        rows.answer(denoised)
        self.steps, self.done = self.steps + 1, rows.done
        levels = rows.levels(rows.sigmas)
        if not self.done:
            times = levels[:, TIME].float().to(self.told[0].device)
            self.told.append(times[rows.rows][0] if rows.together else times.as_subclass(RowTimes))
            self.sigmas.append(rows.sigmas[rows.rows][0].item() if rows.together else float("nan"))
        previous = (rows.column(self._frame(levels)) * rows.points).to(sample)
        self._handed = previous.cpu().double().clone()  # what is returned may be changed in place
        return previous, denoised.to(sample)

    def _answer(self, output: torch.Tensor, sample: torch.Tensor) -> torch.Tensor:
        if output.shape != sample.shape and output.dim() == sample.dim() and output.shape[1] == 2 * sample.shape[1]:
            output = output[:, : sample.shape[1]]  # the other half is a variance that was learned
        if output.shape != sample.shape:
            raise ValueError(f"ShockstepScheduler: the network returns {tuple(output.shape)} for latents {tuple(sample.shape)}")
        return output.detach().cpu().double()

    def _begin(self, latents: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
        rows, sigma = self.rows, self._start
        sigmas = torch.full((len(latents),), self.sigmas[0], dtype=torch.float64)
        levels = rows.levels(sigmas)
        x = latents / levels[0, ALPHA]
        if sigma is not None and sigma > rows.asked.sigma_max:
            # From pure noise into the range: D hardly depends on x there, and stays what it is.
            shape = (-1, *[1] * (x.dim() - 1))
            denoised = self._bounded(levels[:, SKIP].reshape(shape) * x + levels[:, OUT].reshape(shape) * answer)
            rows.begin(denoised + rows.asked.sigma_max / sigma * (x - denoised), None, self._seed)
            return denoised
        rows.begin(x, sigma, self._seed)
        return self._denoised(levels, rows.points, answer)

    def _denoised(self, levels: torch.Tensor, x: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
        column = self.rows.column
        return self._bounded(column(levels[:, SKIP]) * x + column(levels[:, OUT]) * answer)

    def _frame(self, levels: torch.Tensor) -> torch.Tensor:
        """Factor of the data in the latents that are returned: in samples none, but for those that keep their noise."""
        rows = self.rows
        end = rows.asked.levels([rows.asked.sigma_min])[0, ALPHA].item() if rows.kept else 1.0
        return torch.where(torch.tensor(rows.asked.waits), levels[:, ALPHA], end)
