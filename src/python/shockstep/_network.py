"""What a network computes, for models that are not denoisers of (x, sigma) themselves."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch

from . import _core
from ._diffusers import Undescribed, class_name, sample_shape, scheduler_settings


# Of the section `model` of a config: what a function of the module may be told of a callable.
DESCRIPTION = (
    "predicts", "time", "time_scale", "scale_input", "label", "condition", "guidance", "null", "threshold", "data_std",
)  # fmt: skip


class Network:
    """A network and its description.

    model: a callable (x [B, *shape], time [B]) or (x, time, label [B]) -> [B, *shape], all Torch tensors, that takes conditions by
        their names; or the path of a TorchScript program (.pt) or a package of AOTInductor (.pt2). Loading a file runs the code in it.
    shape: of one sample. predicts: denoised, noise, velocity, flow, score or edm. time: sigma, log_sigma, edm, t, index or
        index/N; time_scale multiplies t. scale_input: none, or process where the network sees alpha x0 + s n.
    label: one, or one for each trajectory. threshold: {"clip": 1, "quantile": 0}.
    condition: {name: tensor}, of which trajectory i has row i; a single row is everybody's. null: {name: row or number}, what they
        are without their content. guidance: a scale, {"scale": 2.0, "null_label": -1, "calls": 2, "rescale": 0.7, "interval": [0.3, 5.0]},
        or a callable (conditional, unconditional, sigma [B]) -> D: docs/conditions.md.
    data_std: standard deviation of the data, data units.
    process: as of sample(), which may override it; of a Process, time is t and scale_input process where left out, but
        for edm. docs/models.md says what a network needs.
    """

    def __init__(
        self,
        model: Callable[..., torch.Tensor] | str | os.PathLike[str],
        *,
        shape: tuple[int, ...] | list[int] | None = None,
        process: dict[str, Any] | str | _core.Process | None = None,
        **description: Any,
    ):
        for key in description:
            if key not in DESCRIPTION:
                raise TypeError(f"Network: unknown argument {key}; known: {', '.join(('shape', 'process', *DESCRIPTION))}")
        self.model = model
        #: What makes images of samples, for result.images; None: nothing does.
        self.decode: Callable[[torch.Tensor], Any] | None = None
        self.process = {"kind": process} if isinstance(process, str) else process
        if isinstance(process, _core.Process) and description.get("predicts") != "edm":
            description = {"time": "t", "scale_input": "process", **description}
        self.settings = {key: value for key, value in {"shape": shape, **description}.items() if value is not None}

    def __repr__(self) -> str:
        return f"<shockstep.Network: {_short(self.settings)}, process {self.process}>"


def _short(value: Any) -> Any:
    """Arrays by their shapes."""
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return f"of shape {tuple(value.shape)}" if hasattr(value, "shape") else value


def from_diffusers(
    unet: Any, scheduler: Any = None, *, shape: tuple[int, ...] | None = None, label: Any = None, **description: Any
) -> Network:
    """The denoiser of a diffusers pipeline: its UNet or DiT, described by its scheduler.

    unet: the network; or the pipeline, without `scheduler`, and then its call's arguments: prompt, negative_prompt,
    guidance_scale, height and others, of which prompts may be lists, one for each trajectory. The prompts are encoded at once, and
    result.images is what the pipeline makes of the samples: docs/conditions.md.
    scheduler: one, or its class's name and config: ("DDIMScheduler", {"num_train_timesteps": 1000, ...}).
    shape: of one sample; from unet.config where left out. label: class labels, one or one for each trajectory. What else is
    given goes to Network and overrides what the scheduler says. Samples are what the network works on: latents, where the
    pipeline has a VAE. Raises ConfigError for schedulers whose networks are no denoisers, and where unet.config has no sample_size.
    """
    if scheduler is None:
        return _of_pipeline(unet, {"shape": shape, "label": label, **description})
    shape = _said("shape", lambda: sample_shape(unet)) if shape is None else shape
    return Network(_Unet(unet, shape[0]), **{**described(scheduler), "shape": shape, "label": label, **description})


def _of_pipeline(pipeline: Any, given: dict[str, Any]) -> Network:
    from ._prompts import Prompted

    description = {key: value for key, value in given.items() if key in (*DESCRIPTION, "process") and value is not None}
    if given["shape"] is not None or given["label"] is not None:
        raise _core.ConfigError("from_diffusers: shape, label: a pipeline says them itself; height and width are its arguments")
    call = {key: value for key, value in given.items() if key not in (*DESCRIPTION, "shape", "process")}
    of = Prompted(pipeline, call)
    guided = {} if of.scale is None else {"guidance": of.scale, "null": of.null}
    known = {**described(pipeline.scheduler), "shape": of.shape, "condition": of.conditions, **guided}
    network = Network(_Like(of.network, of.forward), **{**known, **description})
    network.decode = of.decode
    return network


def from_azula(
    denoiser: torch.nn.Module, *, shape: tuple[int, ...], t_min: float = 0.0, t_max: float = 1.0, **description: Any
) -> Network:
    """A Denoiser of azula, whose schedule is its process between these times.

    It is called with a time for each row. shape: of one sample. What else is given goes to Network. Raises ConfigError for what has no
    schedule, and for a schedule that is no process between these times.
    """
    schedule = getattr(denoiser, "schedule", None)
    if not callable(schedule):
        raise _core.ConfigError(f"from_azula: denoiser: must be one of azula, with a schedule; {type(denoiser).__name__} has none")

    def scale(which: int) -> Callable[[float], float]:
        return lambda t: float(schedule(torch.tensor(t, dtype=torch.float64))[which])

    def forward(x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        return denoiser(x, time).mean

    process = _core.Process(alpha=scale(0), sigma=scale(1), t_min=t_min, t_max=t_max)
    return Network(_Like(denoiser, forward), shape=shape, process=process, **description)


def described(scheduler: Any) -> dict[str, Any]:
    """What the scheduler, or (name of its class, config), says of its network: arguments of Network. Raises ConfigError."""
    if isinstance(scheduler, tuple):
        name, config = scheduler
        return _said("scheduler", lambda: scheduler_settings(config, name=name))
    table = lambda: scheduler.alphas_cumprod.double().tolist()
    return _said("scheduler", lambda: scheduler_settings(scheduler.config, table, class_name(scheduler)))


def _said(argument: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Undescribed as error:
        raise _core.ConfigError(f"from_diffusers: {argument}: {error}") from None


class _Unet(torch.nn.Module):
    """A network of diffusers, called as ours: its weights say type and device of the inputs."""

    def __init__(self, unet: torch.nn.Module, channels: int):
        super().__init__()
        self.unet = unet
        self.channels = channels
        self.training = False  # that of unet counts

    def forward(self, x: torch.Tensor, time: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        arguments = {} if labels is None else {"class_labels": labels}
        # Models that learn a variance return it in a second half of the channels.
        return self.unet(x, time, return_dict=False, **arguments)[0][:, : self.channels]


class _Like(torch.nn.Module):
    """forward, with the weights of `unet`, whose type and device inputs must have."""

    def __init__(self, unet: torch.nn.Module, forward: Callable[..., torch.Tensor]):
        super().__init__()
        self.unet = unet
        self.call = forward
        self.training = False  # that of unet counts

    def forward(self, *arguments: torch.Tensor, **rows: torch.Tensor) -> torch.Tensor:
        return self.call(*arguments, **rows)

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Like":
        raise TypeError("what is called knows its own network: a copy would not be called")
