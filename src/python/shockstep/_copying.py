"""Exact models are copied and pickled as what they were made of."""

from __future__ import annotations

import copy
from typing import Any

from . import _core


def _make(kind: type, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return kind(*arguments, **keywords)


def _remembering(kind: Any) -> None:
    made = kind.__init__

    def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:
        made(self, *arguments, **keywords)
        self._made = copy.deepcopy((arguments, keywords))  # arrays may be written to afterwards

    described = kind.__repr__

    def __repr__(self: Any) -> str:
        # Of a constructor that raised there is no model, but a frame of the traceback that debuggers and pytest print.
        return described(self) if hasattr(self, "_made") else f"<shockstep.{kind.__name__}: not made>"

    __init__.__doc__ = made.__doc__
    kind.__init__, kind.__repr__ = __init__, __repr__
    kind.__reduce__ = lambda self: (_make, (kind, *self._made))


for _kind in (_core.GaussianMixture, _core.PointCloud, _core.DoubleWell, _core.Multiplicative):
    _remembering(_kind)
