"""Samples from diffusion, score and flow-matching models, every trajectory with its own steps.

    import shockstep
    result = shockstep.sample(lambda x, sigma: net(x, sigma), shape=(1, 28, 28), count=64, sigma_max=80.0, tolerance=1e-2)
    result.samples, result.error_estimate, result.events

A model is a callable on Torch tensors, a Network that says what a callable or a file computes, an exact model such as
GaussianMixture, or the path of a config (.yaml). docs/python.md has the pages.
"""

import atexit as _atexit

import torch as _torch  # first: its libraries are those of _core

try:
    from . import _core
except ImportError as error:
    raise ImportError(
        f"shockstep was not built for this Torch ({_torch.__version__}) and Python; install it again beside them "
        f"(pip install --no-deps --force-reinstall in its source folder). What failed: {error}"
    ) from error
if _torch.__version__.split("+")[0] != _core.torch_version.split("+")[0]:
    raise ImportError(
        f"shockstep was built for Torch {_core.torch_version}, here is {_torch.__version__}; install it again "
        "(pip install --no-deps --force-reinstall in its source folder)"
    )

from ._core import ConfigError, DoubleWell, Error, FileError, GaussianMixture, Model, ModelError, Multiplicative, PointCloud
from . import _copying  # gives the exact models what copy and pickle ask for
from ._functions import compare, encode, inspect, sample, schedule
from ._network import Network, from_diffusers
from ._results import Comparison, Encoding, Interrupted, Result, Schedule, Schedules, ShockstepWarning
from ._solver import Solver

_atexit.register(_core.close)  # no thread dies in the library

__version__ = _core.__version__
__all__ = [
    "Comparison", "ConfigError", "DoubleWell", "Encoding", "Error", "FileError", "GaussianMixture", "Interrupted", "Model",
    "ModelError", "Multiplicative", "Network", "PointCloud", "Result", "Schedule", "Schedules", "ShockstepWarning", "Solver", "compare",
    "encode", "from_diffusers", "inspect", "sample", "schedule",
]


def __getattr__(name: str):
    if name in ("diffusers", "k_diffusion"):  # what imports another package is imported where it is used
        import importlib

        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
