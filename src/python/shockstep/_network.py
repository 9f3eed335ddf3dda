"""What a network computes, for models that are not denoisers of (x, sigma) themselves."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch

from . import _core
from ._diffusers import Undescribed, class_name, sample_shape, scheduler_settings


# Of the section `model` of a config: what a function of the module may be told of a callable.
DESCRIPTION = ("predicts", "time", "time_scale", "scale_input", "label", "guidance", "threshold", "data_std")


class Network:
    """A network and its description.

    model: a callable (x [B, *shape], time [B]) or (x, time, label [B]) -> [B, *shape], all Torch tensors; or the path of a
        TorchScript program (.pt) or a package of AOTInductor (.pt2). Loading a file runs the code in it.
    shape: of one sample. predicts: denoised, noise, velocity, flow, score or edm. time: sigma, log_sigma, edm, t, index or
        index/N; time_scale multiplies t. scale_input: none, or process where the network sees alpha x0 + s n.
    label: one, or one for each trajectory. guidance: {"scale": 2.0, "null_label": -1}. threshold: {"clip": 1, "quantile": 0}.
    data_std: standard deviation of the data, data units.
    process: as of sample(), which may override it. docs/models.md says what a network needs.
    """

    def __init__(
        self,
        model: Callable[..., torch.Tensor] | str | os.PathLike[str],
        *,
        shape: tuple[int, ...] | list[int] | None = None,
        process: dict[str, Any] | str | None = None,
        **description: Any,
    ):
        for key in description:
            if key not in DESCRIPTION:
                raise TypeError(f"Network: unknown argument {key}; known: {', '.join(('shape', 'process', *DESCRIPTION))}")
        self.model = model
        self.process = {"kind": process} if isinstance(process, str) else process
        self.settings = {key: value for key, value in {"shape": shape, **description}.items() if value is not None}

    def __repr__(self) -> str:
        return f"<shockstep.Network: {self.settings}, process {self.process}>"


def from_diffusers(
    unet: torch.nn.Module, scheduler: Any, *, shape: tuple[int, ...] | None = None, label: Any = None, **description: Any
) -> Network:
    """The denoiser of a diffusers pipeline: its UNet or DiT, described by its scheduler.

    scheduler: one, or its class's name and config: ("DDIMScheduler", {"num_train_timesteps": 1000, ...}).
    shape: of one sample; from unet.config where left out. label: class labels, one or one for each trajectory. What else is
    given goes to Network and overrides what the scheduler says. Samples are what the network works on: latents, where the
    pipeline has a VAE. Raises ConfigError for schedulers whose networks are no denoisers, and where unet.config has no sample_size.
    """
    shape = _said("shape", lambda: sample_shape(unet)) if shape is None else shape
    return Network(_Unet(unet, shape[0]), **{**described(scheduler), "shape": shape, "label": label, **description})


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
