#!/usr/bin/env python3
"""Train the digits denoiser that ships as models/digits.pt, and measure it.

    python tools/train_digits.py --threads 1 --out models/digits.pt   train, write, print all figures: 5 minutes on one core
    python tools/train_digits.py --evaluate models/digits.pt          only the figures of a model, on samples drawn here
    python tools/train_digits.py --check runs/digits/samples.npy      only those of given samples, [count, 1, 8, 8] in [-1, 1]

Needs torch, numpy and scikit-learn (which brings the data: 1797 images of 8x8 pixels, no download).
On one type of CPU and version of torch the weights are a function of --seed, --steps and --threads (which sets the order of
sums); elsewhere they differ, the figures hardly. Exit status 1 when a figure misses its target.
"""

import argparse
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from torch import Tensor, nn

from denoiser_training import (SIGMA_MAX, SIGMA_MIN, ConvBlock, GlobalBlock, SigmaEmbedding, draw_sigma, report, squared_error,
                               train, write, zeroed)

QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95]


class Digits:
    """The images as [N, 1, 8, 8] in [-1, 1]. The split is fixed: whatever the seed of a run, held-out images stay unseen."""

    def __init__(self):
        pixels, label = load_digits(return_X_y=True)
        images = (pixels / 8 - 1).astype(np.float32).reshape(-1, 1, 8, 8)
        split = train_test_split(images, label, test_size=0.15, stratify=label, random_state=0)
        self.train, self.held_out = (torch.from_numpy(part) for part in split[:2])
        self.train_label, self.held_out_label = split[2:]
        self.data_std = round(self.train.std().item(), 3)  # over all pixels


# ---- network


class Denoiser(nn.Module):
    """D(x, sigma): a two-level convolutional network F inside the EDM preconditioning, eq. (7) and table 1."""

    def __init__(self, data_std: float, fine: int = 16, coarse: int = 48, embedding: int = 64, dropout: float = 0.1):
        super().__init__()
        self.data_std = data_std
        self.embed = SigmaEmbedding(embedding)
        self.input = nn.Conv2d(1, fine, 3, padding=1)
        self.position = nn.Parameter(torch.zeros(1, fine, 8, 8))  # digits are centred: where a pixel lies says much
        self.fine1 = ConvBlock(fine, embedding, dropout)
        self.down = nn.Conv2d(fine, coarse, 2, stride=2)
        self.coarse1 = ConvBlock(coarse, embedding, dropout)
        self.everywhere = GlobalBlock(coarse, 16, embedding, dropout)
        self.coarse2 = ConvBlock(coarse, embedding, dropout)
        self.coarse3 = ConvBlock(coarse, embedding, dropout)
        self.up = nn.ConvTranspose2d(coarse, fine, 2, stride=2)
        self.fine2 = ConvBlock(fine, embedding, dropout)
        self.norm = nn.GroupNorm(8, fine)
        self.output = zeroed(nn.Conv2d(fine, 1, 3, padding=1))

    def network(self, x: Tensor, c_noise: Tensor) -> Tensor:
        e = self.embed(c_noise)
        fine = self.fine1(self.input(x) + self.position, e)
        h = self.everywhere(self.coarse1(self.down(fine), e), e)
        h = self.coarse3(self.coarse2(h, e), e)
        h = self.fine2(fine + self.up(h), e)
        return self.output(F.silu(self.norm(h)))

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        s = sigma.view(-1, 1, 1, 1)
        total = (s**2 + self.data_std**2).sqrt()
        c_skip = self.data_std**2 / total**2
        c_out = s * self.data_std / total
        return c_skip * x + c_out * self.network(x / total, sigma.log() / 4)


# ---- training


def error_at(model: nn.Module, x0: Tensor, sigma: Tensor, noise: Tensor, data_std: float) -> Tensor:
    return squared_error(model(x0 + sigma.view(-1, 1, 1, 1) * noise, sigma), x0, sigma, data_std)


def train_digits(digits: Digits, steps: int, seed: int) -> Denoiser:
    """Dropout, weight decay and few steps keep it from memorising."""
    torch.manual_seed(seed)

    def loss_of_batch(model: nn.Module) -> Tensor:
        x0 = digits.train[torch.randint(len(digits.train), (128,))]
        return error_at(model, x0, draw_sigma(len(x0), centre=-0.8), torch.randn_like(x0), digits.data_std).mean()

    return train(Denoiser(digits.data_std), loss_of_batch, steps, learning_rate=2e-3)


# ---- figures of merit


@torch.no_grad()
def sample(model: nn.Module, count: int, seed: int, steps: int = 64) -> Tensor:
    """Probability flow dx/dsigma = (x - D) / sigma by Heun's method on a grid uniform in ln sigma, state in float64."""
    generator = torch.Generator().manual_seed(seed)
    sigmas = torch.logspace(math.log10(SIGMA_MAX), math.log10(SIGMA_MIN), steps + 1, dtype=torch.float64).tolist()

    def denoise(x: Tensor, sigma: float) -> Tensor:
        return model(x.float(), torch.full((len(x),), sigma)).double()

    samples = []
    for first in range(0, count, 256):
        x = SIGMA_MAX * torch.randn(min(256, count - first), 1, 8, 8, generator=generator, dtype=torch.float64)
        for sigma, next_sigma in zip(sigmas, sigmas[1:]):
            slope = (x - denoise(x, sigma)) / sigma
            euler = x + (next_sigma - sigma) * slope
            next_slope = (euler - denoise(euler, next_sigma)) / next_sigma
            x = x + (next_sigma - sigma) * (slope + next_slope) / 2
        samples.append(denoise(x, SIGMA_MIN).float())
    return torch.cat(samples)


def flat(images: Tensor) -> np.ndarray:
    return images.flatten(1).numpy()


def nearest(images: Tensor, train_images: Tensor) -> Tensor:
    """Euclidean distance of each image to the nearest training image."""
    return torch.cdist(images.flatten(1), train_images.flatten(1)).min(dim=1).values


def check(samples: Tensor, digits: Digits) -> bool:
    """Prints the figures of the samples; true when every target is met."""
    # One temperature, fitted on folds of the training images, makes the probabilities honest: confidence matches accuracy.
    classifier = CalibratedClassifierCV(SVC(C=10, gamma=0.05), method="temperature", cv=5)
    classifier.fit(flat(digits.train), digits.train_label)
    held_out = classifier.predict_proba(flat(digits.held_out))
    probability = classifier.predict_proba(flat(samples))
    shares = np.bincount(probability.argmax(axis=1), minlength=10) / len(samples)
    to_held_out, to_samples = nearest(digits.held_out, digits.train), nearest(samples, digits.train)

    print(f"\n{len(samples)} samples, {len(digits.train)} training and {len(digits.held_out)} held-out digits")
    passed = [
        report("classifier: accuracy on held-out digits", (held_out.argmax(axis=1) == digits.held_out_label).mean(), 0.95, 1),
        report("classifier: mean confidence on held-out digits", held_out.max(axis=1).mean()),
        report("samples: mean confidence", probability.max(axis=1).mean(), 0.90, 1),
        report("samples: share above 0.9 confidence", (probability.max(axis=1) > 0.9).mean()),
        report("samples: smallest share of a class", shares.min(), 0.05, 0.15),
        report("samples: largest share of a class", shares.max(), 0.05, 0.15),
        report("distance to nearest training digit: median, held-out", to_held_out.median().item()),
        report("distance to nearest training digit: median, samples", to_samples.median().item()),
        report("distance ratio of the medians", (to_samples.median() / to_held_out.median()).item(), 0.8, 1.25),
        report("share of samples nearer than 99 % of held-out digits", (to_samples < to_held_out.quantile(0.01)).float().mean().item()),
    ]
    print("share per class 0..9:     " + " ".join(f"{share:6.3f}" for share in shares))
    print("distance quantile:        " + " ".join(f"{q:6.2f}" for q in QUANTILES))
    for name, distance in ("held-out", to_held_out), ("samples", to_samples):
        print(f"  {name:23} " + " ".join(f"{q:6.3f}" for q in distance.quantile(torch.tensor(QUANTILES)).tolist()))
    return all(passed)


@torch.no_grad()
def evaluate(model: nn.Module, digits: Digits, count: int, seed: int) -> bool:
    """Prints the denoising error by sigma (a gap between the two rows is overfitting), then the figures of samples."""
    sigmas = [0.002, 0.01, 0.05, 0.2, 0.5, 1, 2, 5, 20, 80]
    print("\nweighted denoising error, about 1 before training\nsigma:                    " + " ".join(f"{s:6g}" for s in sigmas))
    for name, images in ("training", digits.train), ("held-out", digits.held_out):
        noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(seed))
        errors = [error_at(model, images, torch.full((len(images),), s), noise, digits.data_std).mean() for s in sigmas]
        print(f"  {name:23} " + " ".join(f"{error:6.3f}" for error in errors))

    x, sigma = torch.zeros(256, 1, 8, 8), torch.ones(256)
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        model(x, sigma)
        seconds.append(time.perf_counter() - start)
    print(f"\nparameters {sum(p.numel() for p in model.parameters())}, data_std {digits.data_std}, "
          f"{1e3 * sorted(seconds)[len(seconds) // 2]:.1f} ms for a batch of 256 on {torch.get_num_threads()} threads")
    return check(sample(model, count, seed), digits)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--out", default="models/digits.pt", help="train and write this TorchScript file (default %(default)s)")
    task.add_argument("--evaluate", metavar="MODEL.pt", help="do not train, measure this model")
    task.add_argument("--check", metavar="FILE.npy", help="do not train, measure these samples")
    parser.add_argument("--steps", type=int, default=4000, help="training steps (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of training, and of the samples drawn (default %(default)s)")
    parser.add_argument("--count", type=int, default=2048, help="samples to draw and measure (default %(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="default: one per core")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)

    digits = Digits()
    if options.check:
        samples = torch.from_numpy(np.load(options.check)).float()
        if samples.shape[1:] != (1, 8, 8):
            parser.error(f"{options.check}: must be [count, 1, 8, 8], got {list(samples.shape)}")
        passed = check(samples, digits)
    elif options.evaluate:
        passed = evaluate(torch.jit.load(options.evaluate), digits, options.count, options.seed)
    else:
        model = write(train_digits(digits, options.steps, options.seed), options.out)
        print(f"wrote {options.out}")
        passed = evaluate(model, digits, options.count, options.seed)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
