"""A sampler with the signature of k-diffusion's, for whatever has a slot for one: docs/diffusers.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from . import _core
from ._asked import Rows
from ._results import Result
from ._settings import KEYS

__all__ = ["get_sigmas_shockstep", "sample_shockstep"]

FLOW_BEGINS = 999.0  # sigma of adaptive steps of a flow: share of noise .999


def sample_shockstep(
    model: Callable[..., torch.Tensor],
    x: torch.Tensor,
    sigmas: torch.Tensor,
    extra_args: dict[str, Any] | None = None,
    callback: Callable[[dict[str, Any]], Any] | None = None,
    disable: bool | None = None,
    *,
    flow: bool = False,
    one_time: bool = False,
    data_std: float = 1.0,
    seed: int = 0,
    on_result: Callable[[Result], Any] | None = None,
    **settings: Any,
) -> torch.Tensor:
    """Samples from x at sigmas[0] on; steps are each row's own.

    model: (x, sigma [B], **extra_args) -> denoised. x: noise of sigmas[0], on data or not. sigmas: descending, with a last 0 where the
    sample is to be denoised. **Adaptive steps take its ends alone**: how many there are between follows from tolerance. With a method
    on a grid (method="dpmpp_2m", unipc, heun, euler, ...) all of them are its nodes.
    extra_args: further arguments of model. callback: gets {"x", "i", "sigma", "sigma_hat", "denoised"} after each call of model, x and
    denoised of all rows, sigma of the first; what it raises ends the run. disable: there is no progress bar.
    flow: sigma is the share of noise, x = (1 - sigma) data + sigma noise. one_time: model takes one sigma for all rows, which are then
    evaluated one sigma after another where theirs differ. data_std: standard deviation of the data. seed: of the reverse SDE.
    on_result: gets what sample() returns. settings: other keywords of sample() that are in a config's section sampler, such as
    tolerance, max_evaluations, method and order; events are off unless guard is given.
    """
    for name in settings:
        if name not in KEYS or KEYS[name][0] != "sampler" or name == "steps":
            raise TypeError(f"sample_shockstep() got an unexpected keyword argument {name!r}")
    levels = torch.as_tensor(sigmas).detach().cpu().double().tolist()
    denoise = levels[-1] == 0
    nodes = levels[:-1] if denoise else levels
    if len(nodes) < 2:
        raise ValueError(f"sample_shockstep: sigmas must hold at least 2 positive ones, got {levels}")
    if flow:
        nodes = [share / (1 - min(share, 1 - 1e-6)) for share in nodes]
    settings = {"guard": {"events": False}, "final": "denoise" if denoise else "keep", **settings}
    adaptive = _core.is_adaptive(settings.get("method") or "multistep")
    if not adaptive:
        settings["steps"] = nodes
    ends = [min(nodes[0], FLOW_BEGINS) if flow and adaptive else nodes[0], nodes[-1]]
    described = {"shape": list(x.shape[1:]), "data_std": data_std, "process": _process(flow, *ends)}
    rows = Rows(described, settings, one_time=one_time)
    calls = 0

    def denoised(points: torch.Tensor, sigmas: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        alpha = 1 / (1 + sigmas) if flow else torch.ones_like(sigmas)
        told = (alpha * sigmas if flow else sigmas).to(x)
        latents = (alpha.reshape(-1, *[1] * (x.dim() - 1)) * points).to(x)
        D = model(latents, told, **(extra_args or {}))
        if callback is not None:
            callback({"x": latents, "i": calls, "sigma": told[0], "sigma_hat": told[0], "denoised": D})
        calls += 1
        return D.detach().cpu().double()

    start = x.detach().cpu().double() * (1 + nodes[0] if flow else 1)
    if nodes[0] > ends[0]:  # from pure noise into the range, where D hardly depends on x: it stays what it is
        D = denoised(start, torch.full((len(x),), nodes[0], dtype=torch.float64))
        rows.begin(D + ends[0] / nodes[0] * (start - D), None, seed)
        rows.answer(D)
    else:
        rows.begin(start, None, seed)
    while not rows.done:
        rows.answer(denoised(rows.points, rows.sigmas))
    if on_result is not None:
        on_result(rows.result())
    return (rows.points / (1 + nodes[-1] if flow and not denoise else 1)).to(x)


def get_sigmas_shockstep(schedule: str, n: int, sigma_min: float, sigma_max: float, *, flow: bool = False) -> torch.Tensor:
    """A schedule of shockstep's for plain methods: n sigmas from sigma_max to sigma_min, and a last 0. flow: they are shares of noise."""
    ends = [share / (1 - share) for share in (sigma_max, sigma_min)] if flow else [sigma_max, sigma_min]
    settings = {"method": "euler", "steps": {"schedule": schedule, "count": n}}
    nodes = torch.tensor(Rows({"shape": [1], "data_std": 1.0, "process": _process(flow, *ends)}, settings).asked.grid)
    return torch.cat([nodes / (1 + nodes) if flow else nodes, torch.zeros(1)])


def _process(flow: bool, sigma_max: float, sigma_min: float) -> dict[str, Any]:
    kind = {"kind": "flow", "data_at": 0} if flow else {"kind": "ve"}
    return {**kind, "sigma_max": sigma_max, "sigma_min": sigma_min}
