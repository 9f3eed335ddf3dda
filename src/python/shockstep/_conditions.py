"""Conditions and guidance, from what users hand over to what the library takes."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy
import torch

from . import _core


def rows(argument: str, given: Any) -> dict[str, torch.Tensor]:
    """{name: tensor, array, numbers or .npy file} as tensors of the type that they have; lists are float64 or int64."""
    if not isinstance(given, Mapping):
        raise _core.ConfigError(f"{argument}: must be a dict of names and tensors, got {type(given).__name__}")
    return {str(name): _tensor(f"{argument}: {name}", value) for name, value in given.items()}


def _tensor(which: str, value: Any) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        return value.detach()
    if isinstance(value, (str, os.PathLike)):
        return _of_file(which, os.fspath(value))
    try:
        return torch.as_tensor(numpy.asarray(value))
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise _core.ConfigError(f"{which} must be numbers, a tensor, an array or a .npy file, got {kind}") from None


def _of_file(which: str, path: str) -> torch.Tensor:
    try:
        return torch.as_tensor(numpy.load(path))
    except OSError as error:
        raise _core.FileError(f"{which}: {path}: cannot be read: {error.strerror or error}") from None
    except MemoryError:
        raise _core.FileError(f"{which}: {path}: does not fit into the free memory; take fewer rows") from None
    except (TypeError, ValueError, EOFError) as error:
        said = " ".join(str(error).split())
        raise _core.FileError(f"{which}: {path}: is no .npy file of numbers: {said}") from None


def guidance_of(guidance: Any) -> tuple[dict[str, Any] | None, Callable[..., torch.Tensor] | None]:
    """The section `guidance` of a config, and a function of the user's in its place."""
    if callable(guidance):
        return None, guidance
    if isinstance(guidance, Mapping):
        section = dict(guidance)
        function = section.pop("function", None)
        if function is not None and not callable(function):
            raise _core.ConfigError(f"guidance: function must be callable, got {function!r}")
        return section, function
    return (None if guidance is None else {"scale": guidance}), None


def check_callable(model: Any, label: Any, names: Sequence[str]) -> None:
    """Raises ConfigError where the callable's own signature says that it does not take these."""
    call = model.forward if isinstance(model, torch.nn.Module) else model
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*[None] * (2 if label is None else 3), **dict.fromkeys(names))
    except TypeError as error:
        asked = ", ".join(["x", "time", *([] if label is None else ["label"]), *(f"{name}=" for name in names)])
        raise _core.ConfigError(f"condition: the model is called as ({asked}) and takes {signature}: {error}") from None


def trajectories(conditions: Mapping[str, torch.Tensor]) -> int:
    """That have rows of their own; 1 where one row is everybody's."""
    return max((len(tensor) for tensor in conditions.values() if tensor.dim() > 0), default=1)
