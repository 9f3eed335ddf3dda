"""Samples from diffusion, score and flow-matching models, every trajectory with its own steps.

    import shockstep
    result = shockstep.sample(lambda x, sigma: net(x, sigma), shape=(1, 28, 28), count=64, sigma_max=80.0, tolerance=1e-2)
    result.samples, result.error_estimate, result.events

A model is a callable on Torch tensors, a Network that says what a callable or a file computes, an exact model such as
GaussianMixture, or the path of a config (.yaml). docs/python.md has the pages.
"""

import atexit as _atexit

import torch as _torch  # first: its libraries are those of _core

from ._built import TORCH as _built_for  # before the module itself, which another Torch would not let load

if _torch.__version__.split(".")[:2] != _built_for.split(".")[:2]:
    _minor = ".".join(_torch.__version__.split(".")[:2])
    raise ImportError(
        f"shockstep was built for Torch {_built_for}, here is {_torch.__version__}; install the wheel shockstep-...+torch{_minor}-..., "
        "or build it for this Torch (pip install --no-deps --force-reinstall . in its source folder)"
    )
try:
    from . import _core
except ImportError as error:
    raise ImportError(
        f"shockstep does not load beside this Torch ({_torch.__version__}) and Python; install it again beside them "
        f"(pip install --no-deps --force-reinstall . in its source folder). What failed: {error}"
    ) from error

from ._core import ConfigError, DoubleWell, Error, FileError, GaussianMixture, Model, ModelError, Multiplicative, PointCloud, Process
from . import _copying  # gives the exact models what copy and pickle ask for
from ._functions import compare, encode, inspect, sample, schedule
from ._network import Network, from_azula, from_diffusers
from ._results import Comparison, Encoding, Interrupted, Result, Schedule, Schedules, ShockstepWarning
from ._solver import Solver

_atexit.register(_core.close)  # no thread dies in the library

__version__ = _core.__version__
__all__ = [
    "Comparison", "ConfigError", "DoubleWell", "Encoding", "Error", "FileError", "GaussianMixture", "Interrupted", "Model",
    "ModelError", "Multiplicative", "Network", "PointCloud", "Process", "Result", "Schedule", "Schedules", "ShockstepWarning", "Solver",
    "compare", "encode", "from_azula", "from_diffusers", "inspect", "sample", "schedule",
]


def __getattr__(name: str):
    if name in ("diffusers", "k_diffusion"):  # what imports another package is imported where it is used
        import importlib

        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
