"""What is known of a pipeline of diffusers before it has latents: its network, and the grid of its own scheduler."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any

import diffusers
import torch

from ._asked import ALPHA, TIME, Rows
from ._diffusers import scheduler_settings

# sigma where a flow starts from noise alone, share .999999: there it is infinite, and no data are seen either.
PURE_NOISE = 999_999.0


class Pipeline:
    """of: the class of its own scheduler. config: of that. data_std: None for what the scheduler says, or 1."""

    def __init__(self, of: str, config: Mapping[str, Any], data_std: float | None = None):
        kind = getattr(diffusers, of, None)
        if kind is None:
            raise ValueError(f"ShockstepScheduler: {of} is no scheduler of diffusers {diffusers.__version__}")
        known = inspect.signature(kind.__init__).parameters
        self.own = kind(**{key: value for key, value in config.items() if key in known})
        described = scheduler_settings({**self.own.config, "_class_name": of}, lambda: self.own.alphas_cumprod.double().tolist())
        self.network = {"data_std": 1.0, **described, **({} if data_std is None else {"data_std": data_std})}
        self.process = self.network.pop("process")
        self.flow = self.process["kind"] == "flow"

    def rows(self, shape: Any, process: Mapping[str, Any], keywords: dict[str, Any], **others: Any) -> Rows:
        """A run of latents of this shape. process: what differs from the pipeline's. keywords: as of sample()."""
        return Rows({**self.network, "shape": list(shape), "process": {**self.process, **process}}, keywords, **others)

    @functools.cached_property
    def range(self) -> Rows:
        return self.rows((1,), {}, {})

    def time(self, sigmas: list[float]) -> torch.Tensor:
        """What the network is told."""
        return self.range.levels(torch.tensor(sigmas, dtype=torch.float64))[:, TIME].float()

    def sigma(self, time: float) -> float:
        if not self.flow:
            return self.range.asked.sigma_at(time)
        share = time / self.network.get("time_scale", 1.0)
        share = 1 - share if self.process["data_at"] == 1 else share
        return min(share / max(1 - share, 1e-12), PURE_NOISE)

    def nodes(self) -> list[float]:
        """sigmas of the grid that its own scheduler has been set to, descending; with a last 0 where it ends without noise."""
        own = self.own
        if self.flow:
            shares = torch.as_tensor(own.sigmas).double()
            nodes = (shares / (1 - shares)).clamp(max=PURE_NOISE).tolist()
        elif getattr(own, "sigmas", None) is not None:
            nodes = torch.as_tensor(own.sigmas).double().tolist()
        else:
            last = float(getattr(own, "final_alpha_cumprod", 1.0))
            nodes = [*(self.sigma(float(time)) for time in own.timesteps), ((1 - last) / last) ** 0.5]
        return [node for i, node in enumerate(nodes) if i == 0 or node < nodes[i - 1]]

    def noise_scale(self, sigma: float) -> float:
        """What noise is multiplied by at the start: as its own scheduler does, in the frame of alpha x0 + s n."""
        own = float(getattr(self.own, "init_noise_sigma", 1.0))
        if own == 1:
            return own
        return own / float(self.own.sigmas[0]) * sigma * self.range.asked.levels([sigma])[0, ALPHA].item()

    def bounded(self, denoised: torch.Tensor) -> torch.Tensor:
        """As its own scheduler bounds what it takes for data."""
        known = inspect.signature(type(self.own).__init__).parameters
        if "thresholding" in known and self.own.config.thresholding:
            return self.own._threshold_sample(denoised)
        if "clip_sample" in known and self.own.config.clip_sample:
            bound = self.own.config.get("clip_sample_range", 1.0)
            return denoised.clamp(-bound, bound)
        return denoised
