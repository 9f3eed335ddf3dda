"""Keyword arguments as settings of a config: "model.shape=[1, 8, 8]", which the library reads as --set does."""

from __future__ import annotations

import copy
import json
import os
from typing import Any

import numpy
import torch

from . import _conditions, _core
from ._network import DESCRIPTION, Network
from ._solver import Solver

# The keys of a config that are keywords: name -> (section, what it may be and means).
KEYS = {
    "shape": ("model", "of one sample, needed for a callable."),
    "data_std": ("model", "standard deviation of the data, data units."),
    "label": ("model", "class, one or one for each trajectory."),
    "condition": ("model", "{name: tensor [count, ...]}, row i for trajectory i; the callable takes rows of it as name=."),
    "guidance": ("model", "classifier-free: a scale, a section, or a callable (conditional, unconditional, sigma) -> D."),
    "null": ("model", "{name: row or number}, conditions of the unconditional half of guidance."),
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


TRAINING = "the module is in training mode, in which dropout and batch norm make rows depend on each other; call .eval()"


LARGEST_COPY = 10**8  # weights of a network that is copied in float32: 400 MB


def plain(value: Any) -> Any:
    """Numbers, strings, lists and dicts of what Torch and NumPy hold."""
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if isinstance(value, numpy.dtype) or (isinstance(value, type) and issubclass(value, numpy.generic)):
        return numpy.dtype(value).name
    if isinstance(value, (torch.device, os.PathLike)):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(item) for item in value]
    return value


def number(name: str, value: Any, whole: bool = False) -> Any:
    """An argument that is one, of whatever library; None stays."""
    value = plain(value)
    if value is None:
        return None
    right = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not right or (whole and not float(value).is_integer()):
        raise _core.ConfigError(f"{name}: must be a {'whole ' if whole else ''}number, got {value!r}")
    return int(value) if whole else value


def setting(key: str, value: Any) -> str:
    """As --set takes it. Characters stay as they are: the library's YAML knows no pairs of surrogates."""
    try:
        return f"{key}={json.dumps(plain(value), ensure_ascii=False)}"
    except TypeError:
        raise _core.ConfigError(f"{key}: must be numbers, words, lists or dicts, got {value!r}") from None


def steps(value: Any) -> Any:
    """A list of sigmas is one in the config under its own key."""
    value = plain(value)
    return {"sigmas": value} if isinstance(value, list) else value


def of_module(model: Any) -> dict[str, Any]:
    """Type and device of a module's weights, which its inputs must share."""
    if not isinstance(model, torch.nn.Module):
        return {}
    weight = next((p for p in model.parameters() if p.is_floating_point()), None)
    return {} if weight is None else {"dtype": weight.dtype, "device": weight.device}


def in_float32(model: Any) -> torch.nn.Module | None:
    """A copy of a module in half precision, to measure what its rounding does; None where there is none, or it takes too much memory."""
    if not isinstance(model, torch.nn.Module) or sum(weight.numel() for weight in model.parameters()) > LARGEST_COPY:
        return None
    try:
        return copy.deepcopy(model).float()
    except Exception:  # what a module of somebody else's may raise: it is no copy then
        return None


def problem(model: Any, process: Any, keywords: dict[str, Any], **sections: Any) -> _core.Problem:
    """What a function of the module works on, with what to warn of. `sections`: whole sections, such as methods=[...]."""
    file, call, network, whole, solver = "", None, {}, {}, ""
    if isinstance(keywords.get("steps"), Solver):
        solver = json.dumps(keywords["steps"].document)
        keywords = {key: value for key, value in keywords.items() if key != "steps"}
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
    own = whole["process"] if isinstance(whole.get("process"), _core.Process) else None
    if own is not None:
        whole["process"] = {}  # of which the config says nothing but the range
    whole.update(sections)
    label = network.get("label") if keywords.get("label") is None else keywords["label"]
    told = {key: network.pop(key, None) for key in ("condition", "null", "guidance")}
    told.update({key: keywords[key] for key in told if keywords.get(key) is not None})
    keywords = {key: value for key, value in keywords.items() if key not in told}
    given = _given(call, label, told, network)
    first = number("first", keywords.get("first"), whole=True) or 0
    count = _conditions.trajectories(given.get("condition", {})) - first
    if not file and count > 1 and keywords.get("count") is None:
        keywords["count"] = count
    settings = [setting(key, value) for key, value in whole.items() if value is not None]
    settings += [setting(f"model.{key}", value) for key, value in network.items()]
    for key, value in keywords.items():
        if value is not None:
            settings.append(setting(f"{SECTION[key]}.{key}", steps(value) if key == "steps" else value))
    if isinstance(label, bool):
        raise _core.ConfigError(f"label: must be a whole number, one for each trajectory, or a .npy file, got {label}")
    posed = _core.Problem(file, settings, call, solver, given, own, lambda: in_float32(call))
    training = isinstance(call, torch.nn.Module) and any(module.training for module in call.modules())
    posed.warnings = [TRAINING] if training else []
    return posed


def _given(call: Any, label: Any, told: dict[str, Any], network: dict[str, Any]) -> dict[str, Any]:
    """Tensors and functions, which are no settings; `network` gets the guidance that is one."""
    given = {key: _conditions.rows(key, told[key]) for key in ("condition", "null") if told[key] is not None}
    section, function = _conditions.guidance_of(told["guidance"])
    if section is not None:
        network["guidance"] = section
    if function is not None:
        given["guidance"] = function
    if call is not None and "condition" in given and not isinstance(call, (_core.Model, _core.NotAtHand)):
        _conditions.check_callable(call, label, list(given["condition"]))
    return given
