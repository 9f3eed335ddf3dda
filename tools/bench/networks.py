"""The networks that ship, for the benchmarks: config, noise, and the denoiser that other packages are given."""
import json
import pathlib
import tempfile

import numpy as np
import torch
import yaml

from peers import Denoiser
from program import ROOT, sample


class Network:
    """models/NAME.pt as configs/NAME.yaml describes it; class-conditional ones are asked for their classes in turn."""

    def __init__(self, name, classes=0, seed=0):
        self.name, self.config, self.seed = name, ROOT / 'configs' / f'{name}.yaml', seed
        config = yaml.safe_load(self.config.read_text())
        self.shape, self.path = tuple(config['model']['shape']), self.config.parent / config['model']['path']
        self.low, self.high = config['process']['sigma_min'], config['process']['sigma_max']
        self.classes = classes

    def noise(self, count):
        return np.random.default_rng([self.seed, len(self.name)]).standard_normal((count, *self.shape))

    def labels(self, count):
        return np.arange(count) % self.classes if self.classes else None

    def run(self, count, tolerance, *settings, threads=1):
        """Samples [count, d], evaluations [count] and summary of the program."""
        with tempfile.TemporaryDirectory() as folder:
            noise = pathlib.Path(folder) / 'noise.npy'
            np.save(noise, self.noise(count))
            if self.classes:
                settings = *settings, f'model.label={json.dumps(self.labels(count).tolist())}'
            x, rows, summary = sample(self.config, folder, count, tolerance, ['--noise', noise, '--threads', threads], *settings)
        return x.reshape(count, -1).astype(float), np.array([int(row['evaluations']) for row in rows]), summary

    def start(self, count):
        return torch.from_numpy(self.high * self.noise(count).reshape(count, -1))


class NetworkDenoiser(Denoiser):
    """The same network in Python, state in float64. `labels` are those of the rows of the next calls."""

    def __init__(self, network, dtype=torch.float32):
        super().__init__({'sigma_min': network.low, 'sigma_max': network.high}, network.path, network.shape)
        self.network, self.dtype, self.labels = self.network.to(dtype), dtype, None

    def __call__(self, x, sigma, **_):
        self.rows += len(x)
        sigma = torch.as_tensor(sigma, dtype=torch.float64).reshape(-1)
        self.check(sigma.min(), sigma.max())
        sigma = sigma.clamp(self.low, self.high).expand(len(x))
        labels = () if self.labels is None else (self.labels,)
        return self.network(x.to(self.dtype).reshape(-1, *self.shape), sigma.to(self.dtype), *labels).reshape(x.shape).double()


NETWORKS = {'digits': {}, 'fashion': {'classes': 10}}


def in_batches(network, count, size, run, D):
    """run(x) over the batches of the network's start, with their labels; concatenated along the first dimension."""
    labels, parts = network.labels(count), []
    for first in range(0, count, size):
        D.labels = None if labels is None else torch.from_numpy(labels[first:first + size])
        parts.append(run(network.start(count)[first:first + size]))
    return np.concatenate([np.asarray(part) for part in parts])
