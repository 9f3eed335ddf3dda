import math
import os
import pathlib

import pytest
import torch

import shockstep

SOURCE = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def source():
    return SOURCE


A, S0 = 1.0, 0.1  # two modes at +-A of width S0


def denoiser(x, sigma):
    """Their D = E[x0 | x], in closed form: each mode's, weighted by tanh of half the log ratio."""
    noise = sigma.reshape(-1, *[1] * (x.dim() - 1)) ** 2
    v = noise + S0**2
    return (noise * A * torch.tanh(A * x / v) + S0**2 * x) / v


@pytest.fixture
def modes():
    return shockstep.GaussianMixture(means=[[-A], [A]], std=S0)


DATA_STD = math.hypot(A, S0)
