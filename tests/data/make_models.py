"""Makes the TorchScript models that the command line tests need: networks that break for some rows at some noise level, and
one that fits almost any description.

Run: .venv/bin/python tests/data/make_models.py      (needs what tools/requirements-train.txt lists)
"""
import pathlib
import sys
from typing import Optional

import torch


class Nan(torch.nn.Module):
    """A Gaussian's denoiser that returns NaN for rows on the right below sigma = 1."""

    def forward(self, x, sigma):
        bad = (x[:, 0] > .3) & (sigma < 1)
        D = x / (1 + sigma[:, None]**2)
        return torch.where(bad[:, None], torch.full_like(D, float('nan')), D)


class Throws(torch.nn.Module):
    """A Gaussian's denoiser that throws for a batch with a row on the right below sigma = 1."""

    def forward(self, x, sigma):
        if bool(((x[:, 0] > .3) & (sigma < 1)).any()):
            raise RuntimeError('a row on the right')
        return x / (1 + sigma[:, None]**2)


class Counts(torch.nn.Module):
    """Counts its calls below sigma = .999."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def count(self, sigma):
        if bool((sigma < .999).any()):
            self.calls += 1


class Hangs(Counts):
    """A Gaussian's denoiser whose two hundredth call below sigma = .999 never comes back."""

    def forward(self, x, sigma):
        self.count(sigma)
        while self.calls >= 200:
            pass
        return x / (1 + sigma[:, None]**2)


class Lost(Counts):
    """A Gaussian's denoiser whose device is lost at the sixtieth call below sigma = .999, and in every call after it."""

    def forward(self, x, sigma):
        self.count(sigma)
        if self.calls >= 60:
            raise RuntimeError('CUDA error: an illegal memory access was encountered')
        return x / (1 + sigma[:, None]**2)


class Reshapes(torch.nn.Module):
    """A Gaussian's denoiser that returns one column too many for a batch with a row below sigma = .999."""

    def forward(self, x, sigma):
        D = x / (1 + sigma[:, None]**2)
        if bool((sigma < .999).any()):
            D = torch.cat([D, D], 1)
        return D


class Any(torch.nn.Module):
    """Zero, with a label or without."""

    def forward(self, x, time, label: Optional[torch.Tensor] = None):
        if label is not None:
            assert label.shape == time.shape
        return torch.zeros_like(x)


sys.path.append(str(pathlib.Path(__file__).parents[2] / 'tools'))
from train_digits import write  # noqa: E402

for model in (Nan(), Throws(), Hangs(), Lost(), Reshapes(), Any()):
    write(model, str(pathlib.Path(__file__).parent / f'{type(model).__name__.lower()}.pt'))
