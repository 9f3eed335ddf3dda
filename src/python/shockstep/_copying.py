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

    __init__.__doc__ = made.__doc__
    kind.__init__ = __init__
    kind.__reduce__ = lambda self: (_make, (kind, *self._made))


for _kind in (_core.GaussianMixture, _core.PointCloud, _core.DoubleWell, _core.Multiplicative):
    _remembering(_kind)
