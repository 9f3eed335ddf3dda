"""Keyword arguments as settings of a config: "model.shape=[1, 8, 8]", which the library reads as --set does."""

from __future__ import annotations

import json
import os
import warnings
from typing import Any

import torch

from . import _core
from ._network import DESCRIPTION, Network

# The keys of a config that are keywords: name -> (section, what it may be and means).
KEYS = {
    "shape": ("model", "of one sample, needed for a callable."),
    "data_std": ("model", "standard deviation of the data, data units."),
    "label": ("model", "class, one or one for each trajectory."),
    "sigma_min": ("process", "range of integration in sigma/alpha, data units, to sigma_max."),
    "sigma_max": ("process", "where it begins."),
    **{
        name: (section, f"{meaning}: {values}.")
        for section, name, values, meaning in _core.keys()
        if section in ("sampler", "run")
    },
}
# What any is, those of a Network included.
SECTION = {**dict.fromkeys(DESCRIPTION, "model"), **{name: section for name, (section, _) in KEYS.items()}}


def plain(value: Any) -> Any:
    """Numbers, strings, lists and dicts of what Torch and NumPy hold."""
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if isinstance(value, (torch.device, os.PathLike)):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def steps(value: Any) -> Any:
    """A list of sigmas is one in the config under its own key."""
    value = plain(value)
    return {"sigmas": value} if isinstance(value, list) else value


def of_module(model: Any) -> dict[str, Any]:
    """Type and device of a module's weights, which its inputs must share."""
    if not isinstance(model, torch.nn.Module):
        return {}
    if model.training:
        warnings.warn(
            "the module is in training mode, in which dropout and batch norm make rows depend on each other; call .eval()",
            stacklevel=5,
        )
    weight = next((p for p in model.parameters() if p.is_floating_point()), None)
    return {} if weight is None else {"dtype": weight.dtype, "device": weight.device}


def problem(model: Any, process: Any, keywords: dict[str, Any], **sections: Any) -> _core.Problem:
    """What a function of the module works on; `sections`: whole sections, such as methods=[...]."""
    file, call, network, whole = "", None, {}, {}
    if isinstance(model, Network):
        network, whole, model = dict(model.settings), {"process": model.process}, model.model
    if isinstance(model, _core.Model):
        call = model
        for key, value in keywords.items():
            if value is not None and SECTION[key] == "model":
                raise _core.ConfigError(f"{key}: is for callables, networks and configs; {model!r} has its own")
    elif isinstance(model, (str, os.PathLike)):
        path = os.path.abspath(model)
        if path.endswith((".yaml", ".yml")):
            file = path
        else:
            network = {"kind": "aot_inductor" if path.endswith(".pt2") else "torchscript", "path": path, **network}
    elif callable(model):
        call = model
        keywords = {**of_module(model), **{key: value for key, value in keywords.items() if value is not None}}
    else:
        raise TypeError(f"model must be a callable, a Network, an exact model or a path, got {type(model).__name__}")

    if process is not None:
        whole["process"] = {"kind": process} if isinstance(process, str) else process
    if not file and whole.get("process") is None:
        whole["process"] = {"kind": "ve"}
    whole.update(sections)
    settings = [f"{key}={json.dumps(plain(value))}" for key, value in whole.items() if value is not None]
    settings += [f"model.{key}={json.dumps(plain(value))}" for key, value in network.items()]
    for key, value in keywords.items():
        if value is not None:
            value = steps(value) if key == "steps" else plain(value)
            settings.append(f"{SECTION[key]}.{key}={json.dumps(value)}")
    return _core.Problem(file, settings, call)
