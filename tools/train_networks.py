#!/usr/bin/env python3
"""Train small networks of many kinds, to choose constants on and to report on: images, sound, tables, curves in the plane;
multilayer perceptrons, convolutions, a U-Net, transformers; every `predicts`, `time` and `process` that docs/models.md lists.

    python tools/train_networks.py --out build/networks                    all: half an hour of one core
    python tools/train_networks.py --out build/networks --set tuning       those that constants may be chosen on
    python tools/train_networks.py --out build/networks moons strings      these
    python tools/train_networks.py --out build/networks --check PROGRAM    do not train; sample with this program and compare

Writes NAME.pt and the config NAME.yaml of each, beside them NAME.npy, up to 4096 rows of its data for `inspect --data`, and prints
the seconds of processor that it took. What was chosen on the first set is reported on the second. They share no data but the digits,
and no architecture but perceptrons and a transformer. Of digits_ddpm, moons_noise, diabetes, pinwheel_rough, cancer and chirps, which
return noise or score without help, D at the highest noise is that noise's error times sigma, and `inspect` says so of some.
pinwheel_rough, modes_rough and digits_rough are told the time by fast sines. The range of wide_rings ends below the spread of
its data: its samples miss most of the outer ring.
Needs torch, numpy, scikit-learn (whose data it takes) and, for the two networks of fashion, Debian's package
dataset-fashion-mnist. On one type of CPU and version of torch the weights are a function of --seed alone.
"""

import argparse
import csv
import dataclasses
import gzip
import math
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from sklearn import datasets
from torch import Tensor, nn

from denoiser_training import ConvBlock, GlobalBlock, SigmaEmbedding, train, write, zeroed

EMBEDDING = 64  # width of the embedding of time and label, in all networks

# ---- data: rows [N, *shape] and, where there are any, labels [N]


def digits(generator: np.random.Generator):
    pixels, label = datasets.load_digits(return_X_y=True)
    return (pixels / 8 - 1).reshape(-1, 1, 8, 8), label


def fashion(generator: np.random.Generator):
    """14x14: means of 2x2 pixels."""
    def read(name: str, header: int) -> np.ndarray:
        with gzip.open(f"/usr/share/datasets/fashion-mnist/{name}-ubyte.gz") as file:
            return np.frombuffer(file.read(), np.uint8, offset=header)

    pixels = read("train-images-idx3", 16).reshape(-1, 1, 14, 2, 14, 2).astype(np.float32)
    return pixels.mean(axis=(3, 5)) / 127.5 - 1, read("train-labels-idx1", 8)


def patches(name: str, grey: bool):
    """20 000 patches of 8x8 pixels of a photograph."""
    def of(generator: np.random.Generator):
        picture = datasets.load_sample_image(name) / 127.5 - 1
        picture = picture.mean(axis=2, keepdims=True) if grey else picture
        row, column = (generator.integers(0, size - 8, 20000) for size in picture.shape[:2])
        return np.stack([picture[r : r + 8, c : c + 8].transpose(2, 0, 1) for r, c in zip(row, column)]), None

    return of


def moons(generator: np.random.Generator):
    points, _ = datasets.make_moons(20000, noise=0.06, random_state=0)
    return points - [0.5, 0.25], None


def pinwheel(generator: np.random.Generator):
    """Five arms that bend as they leave the centre."""
    arm = generator.integers(0, 5, 20000)
    along, across = 1 + 0.3 * generator.standard_normal(20000), 0.08 * generator.standard_normal(20000)
    angle = arm * 2 * math.pi / 5 + 0.25 * np.exp(along)
    return np.stack([along * np.cos(angle) - across * np.sin(angle), along * np.sin(angle) + across * np.cos(angle)], axis=1), None


def rose(generator: np.random.Generator):
    """A thin line: three petals."""
    angle = generator.uniform(0, math.pi, 20000)
    radius = np.cos(3 * angle) + 0.02 * generator.standard_normal(20000)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), None


def knot(generator: np.random.Generator):
    """The trefoil, a thin line in space."""
    t = generator.uniform(0, 2 * math.pi, 20000)
    points = np.stack([np.sin(t) + 2 * np.sin(2 * t), np.cos(t) - 2 * np.cos(2 * t), -np.sin(3 * t)], axis=1)
    return points / 2 + 0.03 * generator.standard_normal((20000, 3)), None


def lissajous(generator: np.random.Generator):
    """A thin line that crosses itself."""
    t = generator.uniform(0, 2 * math.pi, 20000)
    points = np.stack([np.sin(3 * t), np.sin(2 * t + 0.4)], axis=1)
    return 1.3 * points + 0.03 * generator.standard_normal((20000, 2)), None


def snail(generator: np.random.Generator):
    """One arm of a logarithmic spiral, thinner inwards."""
    turn = 4 * math.pi * generator.uniform(0, 1, 20000)
    radius = 0.2 * np.exp(0.18 * turn) * (1 + 0.02 * generator.standard_normal(20000))
    points = radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return points - points.mean(axis=0), None


def swiss_roll(generator: np.random.Generator):
    points, _ = datasets.make_swiss_roll(20000, noise=0.3, random_state=0)
    return (points - points.mean(axis=0)) / 7, None


def modes(generator: np.random.Generator):
    """Twelve clusters in 16 dimensions, of unequal weights and widths."""
    centre, width = generator.standard_normal((12, 16)), generator.uniform(0.08, 0.3, 12)
    mode = generator.choice(12, 20000, p=generator.dirichlet(np.full(12, 3.0)))
    return centre[mode] + width[mode, None] * generator.standard_normal((20000, 16)), None


def strings(generator: np.random.Generator):
    """The first 64 samples of a plucked string: pitch, place of the pluck, decay and loudness at random."""
    count, at, k = 20000, np.arange(64) / 64, np.arange(1, 7)[None, :, None]
    pitch, pluck, decay = (generator.uniform(low, high, (count, 1, 1)) for low, high in ((1.5, 5), (0.1, 0.5), (0.3, 1.5)))
    partials = np.sin(math.pi * k * pluck) / k**2 * np.exp(-decay * k * at) * np.sin(2 * math.pi * k * pitch * at)
    return generator.uniform(0.6, 1, (count, 1, 1)) * partials.sum(axis=1, keepdims=True), None


def chirps(generator: np.random.Generator):
    """128 samples with a tone that rises or falls within a window, somewhere."""
    count, at = 20000, np.linspace(-1, 1, 128)
    centre, width, first, rise, phase = (generator.uniform(low, high, (count, 1, 1)) for low, high in
                                         ((-0.4, 0.4), (0.15, 0.4), (5, 14), (-8, 8), (0, 2 * math.pi)))
    since = at - centre
    return np.exp(-((since / width) ** 2) / 2) * np.sin(2 * math.pi * (first * since + rise * since**2 / 2) + phase), None


def heartbeats(generator: np.random.Generator):
    """96 samples of a trace like that of a heart: three waves, each of its own place, height and width, and a wandering base."""
    count, at = 20000, np.linspace(0, 1, 96)
    trace = 0.15 * generator.standard_normal((count, 1, 1)) * np.sin(2 * math.pi * (at + generator.random((count, 1, 1))))
    start, pace = generator.uniform(0.05, 0.25, (count, 1, 1)), generator.uniform(0.85, 1.15, (count, 1, 1))
    for place, height, width in ((0.1, 0.25, 0.025), (0.27, -0.3, 0.012), (0.3, 1.5, 0.015), (0.34, -0.4, 0.014), (0.55, 0.4, 0.05)):
        tall = height * (1 + 0.2 * generator.standard_normal((count, 1, 1)))
        trace = trace + tall * np.exp(-(((at - start - pace * place) / width) ** 2) / 2)
    return trace, None


def diabetes(generator: np.random.Generator):
    """442 rows of 10 measurements of mean 0 and deviation 1, one of them of two values."""
    rows = datasets.load_diabetes(scaled=False).data
    return (rows - rows.mean(axis=0)) / rows.std(axis=0), None


def checkerboard(generator: np.random.Generator):
    """Eight of the sixteen squares of [-2, 2]^2, with sharp edges."""
    column, row = generator.integers(0, 4, 20000), generator.integers(0, 2, 20000)
    corner = np.stack([column - 2, 2 * row + column % 2 - 2], axis=1)
    return corner + generator.random((20000, 2)), None


def spirals(generator: np.random.Generator):
    turn = 3 * math.pi * np.sqrt(generator.uniform(0.02, 1, 20000))
    side = generator.choice([-1, 1], 20000)
    points = (side * turn / (3 * math.pi))[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return 1.5 * points + 0.03 * generator.standard_normal((20000, 2)), None


def wide_rings(generator: np.random.Generator):
    radius = generator.choice([25, 55], 20000) + 1.5 * generator.standard_normal(20000)
    angle = generator.uniform(0, 2 * math.pi, 20000)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), None


def cancer(generator: np.random.Generator):
    """569 rows of 30 measurements of mean 0 and deviation 1, heavy of tail and strongly correlated."""
    rows = datasets.load_breast_cancer().data
    return (rows - rows.mean(axis=0)) / rows.std(axis=0), None


# ---- bodies: forward(x, e) of the scaled sample and the embedding of time and label


class Mlp(nn.Module):
    """Sample and embedding side by side, then plain layers."""

    def __init__(self, size: int, width: int, layers: int):
        super().__init__()
        widths = [size + EMBEDDING] + [width] * layers
        hidden = [part for before, after in zip(widths, widths[1:]) for part in (nn.Linear(before, after), nn.SiLU())]
        self.layers = nn.Sequential(*hidden, nn.Linear(width, size))

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        return self.layers(torch.cat([x.flatten(1), e], dim=1)).view_as(x)


class MlpBlock(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulation = zeroed(nn.Linear(EMBEDDING, 2 * width))
        self.linear1 = nn.Linear(width, width)
        self.linear2 = zeroed(nn.Linear(width, width))

    def forward(self, h: Tensor, e: Tensor) -> Tensor:
        scale, shift = self.modulation(e).chunk(2, dim=1)
        return h + self.linear2(F.silu(self.linear1(self.norm(h) * (1 + scale) + shift)))


class ResidualMlp(nn.Module):
    """Modulated residual layers, and past them the sample itself times a gain of the time: at high noise that is the answer."""

    def __init__(self, size: int, width: int, blocks: int):
        super().__init__()
        self.input = nn.Linear(size, width)
        self.blocks = nn.ModuleList([MlpBlock(width) for _ in range(blocks)])
        self.output = zeroed(nn.Linear(width, size))
        self.gain = zeroed(nn.Linear(EMBEDDING, size))

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        flat = x.flatten(1)
        h = self.input(flat)
        for block in self.blocks:
            h = block(h, e)
        return (self.output(F.silu(h)) + self.gain(e) * flat).view_as(x)


class ConvNet(nn.Module):
    """Residual convolutions on 8x8 places, all of one size, with a look at all places in their middle."""

    def __init__(self, channels: int):
        super().__init__()
        self.input = nn.Conv2d(1, channels, 3, padding=1)
        self.position = nn.Parameter(torch.zeros(1, channels, 8, 8))
        self.before = ConvBlock(channels, EMBEDDING, 0.1)
        self.everywhere = GlobalBlock(channels, 64, EMBEDDING, 0.1)
        self.after = ConvBlock(channels, EMBEDDING, 0.1)
        self.norm = nn.GroupNorm(8, channels)
        self.output = zeroed(nn.Conv2d(channels, 1, 3, padding=1))

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        h = self.before(self.input(x) + self.position, e)
        return self.output(F.silu(self.norm(self.after(self.everywhere(h, e), e))))


class UNet(nn.Module):
    """14x14 places and 7x7, joined by addition."""

    def __init__(self, fine: int, coarse: int):
        super().__init__()
        self.input = nn.Conv2d(1, fine, 3, padding=1)
        self.position = nn.Parameter(torch.zeros(1, fine, 14, 14))
        self.fine1 = ConvBlock(fine, EMBEDDING, 0.0)
        self.down = nn.Conv2d(fine, coarse, 2, stride=2)
        self.coarse1 = ConvBlock(coarse, EMBEDDING, 0.0)
        self.everywhere = GlobalBlock(coarse, 49, EMBEDDING, 0.0)
        self.coarse2 = ConvBlock(coarse, EMBEDDING, 0.0)
        self.up = nn.ConvTranspose2d(coarse, fine, 2, stride=2)
        self.fine2 = ConvBlock(fine, EMBEDDING, 0.0)
        self.norm = nn.GroupNorm(8, fine)
        self.output = zeroed(nn.Conv2d(fine, 1, 3, padding=1))

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        fine = self.fine1(self.input(x) + self.position, e)
        h = self.coarse2(self.everywhere(self.coarse1(self.down(fine), e), e), e)
        return self.output(F.silu(self.norm(self.fine2(fine + self.up(h), e))))


class PlainConv(nn.Module):
    """Wide filters one after the other, the embedding added to the channels: no norms, no skips, no places."""

    def __init__(self, channels: int, layers: int):
        super().__init__()
        self.input = nn.Conv2d(1, channels, 5, padding=2)
        self.layers = nn.ModuleList([nn.Conv2d(channels, channels, 5, padding=2) for _ in range(layers)])
        self.biases = nn.ModuleList([nn.Linear(EMBEDDING, channels) for _ in range(layers)])
        self.output = nn.Conv2d(channels, 1, 5, padding=2)

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        h = self.input(x)
        for layer, bias in zip(self.layers, self.biases):
            h = torch.tanh(layer(h) + bias(e)[:, :, None, None])
        return self.output(h)


class Wave(nn.Module):
    """Gated convolutions along a line, dilated by 1, 2, 4, ..., the sum of their second halves read out (WaveNet)."""

    def __init__(self, channels: int, layers: int):
        super().__init__()
        self.input = nn.Conv1d(1, channels, 3, padding=1)
        self.position = nn.Parameter(torch.zeros(1, channels, 64))
        self.filters = nn.ModuleList([nn.Conv1d(channels, 2 * channels, 3, padding=2**k, dilation=2**k) for k in range(layers)])
        self.biases = nn.ModuleList([nn.Linear(EMBEDDING, channels) for _ in range(layers)])
        self.mixers = nn.ModuleList([nn.Conv1d(channels, 2 * channels, 1) for _ in range(layers)])
        self.output = zeroed(nn.Conv1d(channels, 1, 3, padding=1))

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        h = self.input(x) + self.position
        read = torch.zeros_like(h)
        for filter, bias, mixer in zip(self.filters, self.biases, self.mixers):
            value, gate = filter(h + bias(e)[:, :, None]).chunk(2, dim=1)
            onward, out = mixer(torch.tanh(value) * torch.sigmoid(gate)).chunk(2, dim=1)
            h = (h + onward) / math.sqrt(2)
            read = read + out
        return self.output(F.silu(read))


class LineBlock(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.GroupNorm(4, channels)
        self.conv1 = nn.Conv1d(channels, channels, 5, padding=2)
        self.modulation = zeroed(nn.Linear(EMBEDDING, 2 * channels))
        self.conv2 = zeroed(nn.Conv1d(channels, channels, 5, padding=2))

    def forward(self, h: Tensor, e: Tensor) -> Tensor:
        scale, shift = self.modulation(e)[:, :, None].chunk(2, dim=1)
        return h + self.conv2(F.silu(self.conv1(self.norm(h)) * (1 + scale) + shift))


class LineUNet(nn.Module):
    """Convolutions along a line of three resolutions, a quarter of the places each."""

    def __init__(self, channels: int):
        super().__init__()
        self.input = nn.Conv1d(1, channels, 5, padding=2)
        self.fall = nn.ModuleList([LineBlock(channels), LineBlock(2 * channels)])
        self.down = nn.ModuleList([nn.Conv1d(channels, 2 * channels, 4, stride=4), nn.Conv1d(2 * channels, 4 * channels, 4, stride=4)])
        self.bottom1 = LineBlock(4 * channels)
        self.bottom2 = LineBlock(4 * channels)
        self.up = nn.ModuleList([nn.ConvTranspose1d(4 * channels, 2 * channels, 4, stride=4),
                                 nn.ConvTranspose1d(2 * channels, channels, 4, stride=4)])
        self.rise = nn.ModuleList([LineBlock(2 * channels), LineBlock(channels)])
        self.output = zeroed(nn.Conv1d(channels, 1, 5, padding=2))

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        h = self.input(x)
        kept: list[Tensor] = []
        for block, down in zip(self.fall, self.down):
            h = block(h, e)
            kept.append(h)
            h = down(h)
        h = self.bottom2(self.bottom1(h, e), e)
        for up, block in zip(self.up, self.rise):
            h = block(up(h) + kept.pop(), e)
        return self.output(F.silu(h))


class AttentionBlock(nn.Module):
    """Attention and a perceptron, both modulated (DiT)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulation = zeroed(nn.Linear(EMBEDDING, 4 * width))
        self.qkv = nn.Linear(width, 3 * width)
        self.join = zeroed(nn.Linear(width, width))
        self.linear1 = nn.Linear(width, 2 * width)
        self.linear2 = zeroed(nn.Linear(2 * width, width))

    def forward(self, h: Tensor, e: Tensor) -> Tensor:
        scale1, shift1, scale2, shift2 = self.modulation(e)[:, None].chunk(4, dim=2)
        q, k, v = self.qkv(self.norm(h) * (1 + scale1) + shift1).unflatten(2, (self.heads, -1)).transpose(1, 2).chunk(3, dim=3)
        h = h + self.join(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return h + self.linear2(F.silu(self.linear1(self.norm(h) * (1 + scale2) + shift2)))


class Transformer(nn.Module):
    """Tokens are patches of an image of 8x8 pixels, 2x2 each, or pieces of a line, `piece` samples each."""

    def __init__(self, channels: int, tokens: int, piece: int, width: int, blocks: int):
        super().__init__()
        self.image, self.piece = piece == 4, piece
        self.input = nn.Linear(channels * piece, width)
        self.position = nn.Parameter(0.02 * torch.randn(1, tokens, width))
        self.blocks = nn.ModuleList([AttentionBlock(width, 4) for _ in range(blocks)])
        self.norm = nn.LayerNorm(width)
        self.output = zeroed(nn.Linear(width, channels * piece))

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        tokens = F.pixel_unshuffle(x, 2).flatten(2).transpose(1, 2) if self.image else x.flatten(1).unflatten(1, (-1, self.piece))
        h = self.input(tokens) + self.position
        for block in self.blocks:
            h = block(h, e)
        out = self.output(self.norm(h))
        return F.pixel_shuffle(out.transpose(1, 2).unflatten(2, (4, 4)), 2) if self.image else out.reshape_as(x)


# ---- networks: forward(x, time[, label]), around a body


class Clock(nn.Module):
    """Embeds what the network is told; `unit` is about its range, `octave` that of the fastest feature."""

    def __init__(self, unit: float, octave: float):
        super().__init__()
        self.unit = unit
        self.embed = SigmaEmbedding(EMBEDDING, octave)

    def forward(self, time: Tensor) -> Tensor:
        return self.embed(time / self.unit)


class Network(nn.Module):
    def __init__(self, body: nn.Module, clock: nn.Module):
        super().__init__()
        self.body, self.clock = body, clock

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        return self.body(x, self.clock(time))


class LabelledNetwork(nn.Module):
    """Knows ten classes, and 10 for "any"."""

    def __init__(self, body: nn.Module, clock: nn.Module):
        super().__init__()
        self.body, self.clock = body, clock
        self.classes = nn.Embedding(11, EMBEDDING)

    def forward(self, x: Tensor, time: Tensor, label: Tensor) -> Tensor:
        return self.body(x, self.clock(time) + self.classes(label))


class Exploding(nn.Module):
    """For x = x0 + sigma n, told sigma or its logarithm: the denoised sample with EDM's preconditioning inside (eq. 7 of Karras et al.
    2022), or the noise or the score that belong to it."""

    def __init__(self, body: nn.Module, clock: nn.Module, returns: str, told_logarithm: bool, data_std: float):
        super().__init__()
        self.body, self.clock = body, clock
        self.returns, self.told_logarithm, self.data_std = returns, told_logarithm, data_std

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        sigma = time.exp() if self.told_logarithm else time
        s = sigma.view([-1] + [1] * (x.dim() - 1))
        total = (s**2 + self.data_std**2).sqrt()
        out = self.body(x / total, self.clock(sigma.log() / 4))
        if self.returns == "denoised":
            return self.data_std**2 / total**2 * x + s * self.data_std / total * out
        noise = s / total**2 * x - self.data_std / total * out
        return noise if self.returns == "noise" else -noise / s


class NoiseFromV(nn.Module):
    """The noise as s x + alpha v, v what the body returns: an error of the body's is not multiplied by sigma where D is made of it.
    alpha^2 = exp(-u), u the integral of beta = 0.1 + 19.9 t; a table of DDPM has nearly that."""

    def __init__(self, body: nn.Module, clock: nn.Module, unit: float, labelled: bool):
        super().__init__()
        self.network = (LabelledNetwork if labelled else Network)(body, clock)
        self.unit = unit

    def mixed(self, x: Tensor, time: Tensor, v: Tensor) -> Tensor:
        t = (time / self.unit).view([-1] + [1] * (x.dim() - 1))
        u = t * (0.1 + t * 9.95)
        return (-torch.expm1(-u)).sqrt() * x + (-u / 2).exp() * v


class PlainNoiseFromV(NoiseFromV):
    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        return self.mixed(x, time, self.network(x, time))


class LabelledNoiseFromV(NoiseFromV):
    def forward(self, x: Tensor, time: Tensor, label: Tensor) -> Tensor:
        return self.mixed(x, time, self.network(x, time, label))


class SubVpScore(nn.Module):
    """The score -n/s of sub_vp with its usual betas, told t."""

    def __init__(self, body: nn.Module, clock: nn.Module):
        super().__init__()
        self.body, self.clock = body, clock

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        s = -torch.expm1(-time * (0.1 + time * 9.95))
        return -self.body(x, self.clock(time)) / s.view([-1] + [1] * (x.dim() - 1))


# ---- processes: x_t = alpha x0 + s n


@dataclasses.dataclass
class Process:
    section: str  # of the config
    draw: Callable[[int], Tensor]  # own times to train at
    levels: Callable[[Tensor], tuple[Tensor, Tensor]]  # alpha and s at own times
    steps: int = 0  # of a table
    alphas_cumprod: Tensor | None = None  # of a table that must lie beside the config

    @property
    def kind(self) -> str:
        return self.section.split(":")[1].strip(" }").split(",")[0]


def exploding(sigma_min: float, sigma_max: float, centre: float, kind: str = "ve") -> Process:
    """3/4 log-normal about ln sigma = centre, 1/4 log-uniform, as in denoiser_training.draw_sigma."""
    def draw(count: int) -> Tensor:
        log_uniform = torch.empty(count).uniform_(math.log(sigma_min), math.log(sigma_max))
        log_normal = (centre + 1.3 * torch.randn(count)).clamp(math.log(sigma_min), math.log(sigma_max))
        return torch.where(torch.rand(count) < 0.75, log_normal, log_uniform).exp()

    return Process(f"{{kind: {kind}, sigma_min: {sigma_min:g}, sigma_max: {sigma_max:g}}}", draw, lambda t: (torch.ones_like(t), t))


def uniform(low: float, high: float) -> Callable[[int], Tensor]:
    return lambda count: torch.empty(count).uniform_(low, high)


def linear(sub: bool = False) -> Process:
    def levels(t: Tensor) -> tuple[Tensor, Tensor]:
        u = t * (0.1 + t * 9.95)  # the integral of beta
        return (-u / 2).exp(), -torch.expm1(-u) if sub else (-torch.expm1(-u)).sqrt()

    return Process(f"{{kind: {'sub_vp' if sub else 'vp_linear'}, beta_min: 0.1, beta_max: 20}}", uniform(1e-3, 1), levels)


def cosine() -> Process:
    first = 0.008 / 1.008 * math.pi / 2

    def levels(t: Tensor) -> tuple[Tensor, Tensor]:
        alpha = ((t + 0.008) / 1.008 * math.pi / 2).cos() / math.cos(first)
        return alpha, (1 - alpha**2).sqrt()

    return Process("{kind: vp_cosine, s: 0.008}", uniform(1e-3, 0.9946), levels)


def cosine_shifted(shift: float) -> Process:
    first = math.atan(math.exp(-7.5))

    def levels(t: Tensor) -> tuple[Tensor, Tensor]:
        sigma = shift * (first + t * (math.pi / 2 - 2 * first)).tan()
        alpha = (1 + sigma**2).rsqrt()
        return alpha, sigma * alpha

    return Process(f"{{kind: vp_cosine_shifted, shift: {shift:g}}}", uniform(0, 1), levels)


def flow(data_at: int, shift: float = 1) -> Process:
    return Process(f"{{kind: flow, data_at: {data_at}, shift: {shift:g}}}", uniform(0.001, 0.999),
                   lambda t: (1 - t, t) if data_at == 0 else (t, 1 - t))


def table(section: str, alphas_cumprod: Tensor, to_write: bool = False) -> Process:
    """Trained at the whole indices alone, as such networks are."""
    alpha, s = alphas_cumprod.sqrt().float(), (1 - alphas_cumprod).sqrt().float()
    return Process(section, lambda count: torch.randint(len(alpha), (count,)), lambda index: (alpha[index], s[index]), len(alpha),
                   alphas_cumprod if to_write else None)


def linear_table(steps: int = 1000) -> Process:
    betas = torch.linspace(1e-4, 0.02, steps, dtype=torch.float64)
    return table(f"{{kind: vp_linear, beta_start: 1.0e-4, beta_end: 0.02, steps: {steps}}}", (1 - betas).cumprod(0))


def scaled_linear_table() -> Process:
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    return table("{kind: vp_linear, beta_start: 0.00085, beta_end: 0.012, steps: 1000, beta_schedule: scaled_linear}",
                 (1 - betas).cumprod(0))


def cosine_table(steps: int, sigma_max: float) -> Process:
    """Its last entry, after the largest beta, has a sigma of 80 000; the range ends before."""
    alpha2 = ((torch.arange(steps + 1, dtype=torch.float64) / steps + 0.008) / 1.008 * math.pi / 2).cos() ** 2
    betas = (1 - alpha2[1:] / alpha2[:-1]).clamp(max=0.999)
    return table(f"{{kind: vp_cosine, s: 0.008, steps: {steps}, sigma_max: {sigma_max:g}}}", (1 - betas).cumprod(0))


def zero_terminal_table(name: str) -> Process:
    """The scaled linear table, its square roots moved and stretched so that the last is 0 (Lin et al. 2023, arXiv 2305.08891)."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    root = (1 - betas).cumprod(0).sqrt()
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    return table(f"{{kind: table, alphas_cumprod: {name}.alphas_cumprod.npy, index_offset: 0}}", root**2, to_write=True)


# ---- the two sets


@dataclasses.dataclass
class Recipe:
    name: str
    set: str
    line: str  # what it is, the comment of the config
    data: Callable
    body: Callable[[], nn.Module]
    process: Process
    predicts: str
    time: str
    steps: int  # of training
    batch: int = 256
    rate: float = 2e-3
    time_scale: float = 1
    octave: float = 2  # of the fastest feature of time
    tells_data_std: bool = True
    guidance: float = 0  # 0: no labels
    from_v: bool = False  # NoiseFromV

    @property
    def scale_input(self) -> str:
        return "none" if self.process.kind in ("ve", "edm") else "process"


RECIPES = [
    Recipe("digits_edm", "tuning", "Digits of 8x8 pixels, residual convolutions: the raw network of EDM",
           digits, lambda: ConvNet(16), exploding(0.002, 80, -0.8), "edm", "edm", steps=2800, batch=64),
    Recipe("digits_index", "tuning", "Digits of 8x8 pixels, residual perceptron: the noise of DDPM's thousand steps",
           digits, lambda: ResidualMlp(64, 192, 3), linear_table(), "noise", "index", steps=5000, batch=128, octave=3,
           from_v=True),
    Recipe("moons", "tuning", "Two moons in the plane, plain perceptron: flow matching, data at t = 1",
           moons, lambda: Mlp(2, 128, 3), flow(1), "flow", "t", steps=9000, octave=3),
    Recipe("digits_guided", "tuning", "Digits of 8x8 pixels by class, residual perceptron: v, cosine, guidance 2",
           digits, lambda: ResidualMlp(64, 192, 3), cosine(), "velocity", "t", steps=5000, batch=128, octave=3, guidance=2),
    Recipe("strings", "tuning", "64 samples of a plucked string, dilated convolutions: the denoised signal, sigma up to 80",
           strings, lambda: Wave(16, 6), exploding(0.002, 80, -1.5, "edm"), "denoised", "sigma", steps=3000, batch=48, rate=3e-3),
    Recipe("pinwheel_rough", "tuning", "Five bent arms in the plane, plain perceptron told fast sines of its index: rough in time",
           pinwheel, lambda: Mlp(2, 128, 3), linear_table(), "noise", "index", steps=9000, octave=8.3, tells_data_std=False),
    Recipe("china_patches", "tuning", "Grey patches of 8x8 pixels of a photograph, residual perceptron: flow matching, data at t = 0",
           patches("china.jpg", grey=True), lambda: ResidualMlp(64, 192, 3), flow(0, 3), "flow", "t", steps=5500, batch=128,
           time_scale=1000, octave=3),
    Recipe("modes", "tuning", "Twelve clusters in 16 dimensions, plain perceptron: the score, told ln sigma",
           modes, lambda: Mlp(16, 192, 3), exploding(0.01, 50, -0.7), "score", "log_sigma", steps=8000),
    Recipe("swiss_roll", "tuning", "A rolled sheet in space, plain perceptron: v of a table with no signal at its end",
           swiss_roll, lambda: Mlp(3, 128, 3), zero_terminal_table("swiss_roll"), "velocity", "index/N", steps=9000, octave=3,
           tells_data_std=False),
    Recipe("digits_ddpm", "tuning", "Digits of 8x8 pixels, residual perceptron: the noise as it is, of DDPM's thousand steps",
           digits, lambda: ResidualMlp(64, 192, 3), linear_table(), "noise", "index", steps=4000, batch=128, octave=3),
    Recipe("moons_noise", "tuning", "Two moons in the plane, plain perceptron: the noise as it is, vp",
           moons, lambda: Mlp(2, 128, 3), linear(), "noise", "t", steps=7000, octave=3),
    Recipe("diabetes", "tuning", "Ten measurements of patients, residual perceptron: the noise of a thousand steps, scaled_linear",
           diabetes, lambda: ResidualMlp(10, 96, 3), scaled_linear_table(), "noise", "index", steps=3000, octave=3),
    Recipe("modes_rough", "tuning", "Twelve clusters in 16 dimensions, plain perceptron told fast sines of ln sigma: rough in time",
           modes, lambda: Mlp(16, 192, 3), exploding(0.01, 50, -0.7), "denoised", "log_sigma", steps=7000, octave=7),
    Recipe("digits_rough", "tuning", "Digits of 8x8 pixels, residual perceptron told fast sines of the time: flow matching",
           digits, lambda: ResidualMlp(64, 192, 3), flow(1), "flow", "t", steps=4000, batch=128, octave=7.5),
    Recipe("china_colours", "tuning", "Colour patches of 8x8 pixels of a photograph, transformer: flow matching, data at t = 0",
           patches("china.jpg", grey=False), lambda: Transformer(3, 16, 4, 48, 2), flow(0), "flow", "t", steps=1600, batch=64,
           octave=3),
    Recipe("rose", "tuning", "A rose of three petals in the plane, plain perceptron: v, vp",
           rose, lambda: Mlp(2, 128, 3), linear(), "velocity", "t", steps=9000, octave=3),
    Recipe("knot", "tuning", "A knot in space, plain perceptron: the raw network of EDM",
           knot, lambda: Mlp(3, 128, 3), exploding(0.002, 80, -1.5), "edm", "edm", steps=9000),
    Recipe("lissajous", "tuning", "A thin line that crosses itself, residual perceptron: v of a cosine table of 4000 steps",
           lissajous, lambda: ResidualMlp(2, 64, 3), cosine_table(4000, sigma_max=150), "velocity", "index", steps=4500,
           octave=3, tells_data_std=False),
    Recipe("snail", "tuning", "An arm of a logarithmic spiral, plain perceptron: the noise of a cosine table of 1000 steps",
           snail, lambda: Mlp(2, 128, 3), cosine_table(1000, sigma_max=150), "noise", "index", steps=4500,
           octave=3, tells_data_std=False),
    Recipe("fashion_unet", "reporting", "Clothes of 14x14 pixels, U-Net: the raw network of EDM",
           fashion, lambda: UNet(16, 24), exploding(0.002, 80, -0.6), "edm", "edm", steps=2000, batch=32),
    Recipe("fashion_guided", "reporting", "Clothes of 14x14 pixels by class, residual perceptron: noise, vp, guidance 1.5",
           fashion, lambda: ResidualMlp(196, 192, 2), linear(), "noise", "t", steps=3000, batch=64, time_scale=999, octave=3,
           guidance=1.5, from_v=True),
    Recipe("checkerboard", "reporting", "A chess board in the plane, residual perceptron: v of the cosine process",
           checkerboard, lambda: ResidualMlp(2, 64, 3), cosine(), "velocity", "t", steps=4000, octave=3),
    Recipe("flower_patches", "reporting", "Colour patches of 8x8 pixels of a photograph, transformer: flow matching, data at t = 1",
           patches("flower.jpg", grey=False), lambda: Transformer(3, 16, 4, 48, 2), flow(1), "flow", "t", steps=1600, batch=64,
           octave=3),
    Recipe("chirps", "reporting", "128 samples with a rising or falling tone, U-Net along the line: the score of sub_vp",
           chirps, lambda: LineUNet(8), linear(sub=True), "score", "t", steps=1800, batch=32, octave=3),
    Recipe("cancer", "reporting", "30 measurements of tumours, plain perceptron: the noise of a thousand steps, scaled_linear",
           cancer, lambda: Mlp(30, 256, 3), scaled_linear_table(), "noise", "index", steps=2500, octave=3),
    Recipe("digits_crude", "reporting", "Digits of 8x8 pixels, plain convolutions, little trained: the denoised image, sigma up to 20",
           digits, lambda: PlainConv(16, 3), exploding(0.005, 20, -0.8), "denoised", "log_sigma", steps=700, batch=64),
    Recipe("wide_rings", "reporting", "Two rings of deviation 30 in the plane, residual perceptron: noise from no more than 20",
           wide_rings, lambda: ResidualMlp(2, 64, 3), exploding(0.02, 20, 1.0), "noise", "sigma", steps=3500),
    Recipe("spirals", "reporting", "Two spirals in the plane, residual perceptron: v of a cosine table of 4000 steps",
           spirals, lambda: ResidualMlp(2, 64, 3), cosine_table(4000, sigma_max=150), "velocity", "index", steps=4500,
           octave=3, tells_data_std=False),
    Recipe("heartbeats", "reporting", "96 samples of a trace with three waves, transformer: v of the shifted cosine process",
           heartbeats, lambda: Transformer(1, 12, 8, 48, 2), cosine_shifted(0.5), "velocity", "t", steps=1600, batch=64, octave=3),
]

# ---- training


@dataclasses.dataclass
class Data:
    rows: Tensor
    label: Tensor | None
    data_std: float  # root mean square over the coordinates of their deviations

    @staticmethod
    def of(recipe: Recipe):
        rows, label = recipe.data(np.random.default_rng(0))
        rows = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))
        data_std = rows.double().var(dim=0, correction=0).mean().sqrt().item()
        return Data(rows, torch.from_numpy(np.array(label, np.int64)) if recipe.guidance else None, float(f"{data_std:.3g}"))


def make(recipe: Recipe, data_std: float) -> nn.Module:
    unit = {"log_sigma": 4, "t": recipe.time_scale, "index": recipe.process.steps}.get(recipe.time, 1)
    body = recipe.body()
    if recipe.process.kind in ("ve", "edm") and recipe.predicts != "edm":
        return Exploding(body, Clock(1, recipe.octave), recipe.predicts, recipe.time == "log_sigma", data_std)
    clock = Clock(unit, recipe.octave)
    if recipe.from_v:
        return (LabelledNoiseFromV if recipe.guidance else PlainNoiseFromV)(body, clock, unit, bool(recipe.guidance))
    if recipe.predicts == "score":
        return SubVpScore(body, clock)
    return (LabelledNetwork if recipe.guidance else Network)(body, clock)


def loss_of(recipe: Recipe, data: Data, model: nn.Module) -> Tensor:
    """Mean square of what the body answers wrong, at times of the process: as much at high noise as elsewhere, whatever is made of
    the answer. One label in ten is that for "any"."""
    row = torch.randint(len(data.rows), (recipe.batch,))
    x0, noise, at = data.rows[row], torch.randn(recipe.batch, *data.rows.shape[1:]), recipe.process.draw(recipe.batch)
    along = [-1] + [1] * (x0.dim() - 1)
    alpha, s = (level.view(along) for level in recipe.process.levels(at))
    sigma = s / alpha
    total = (sigma**2 + data.data_std**2).sqrt()
    outside = (1 / alpha**2 if recipe.from_v else
               (total / data.data_std) ** 2 if recipe.process.kind in ("ve", "edm") else 1)  # of the noise, in units of the body's answer
    target, weight = {
        "denoised": lambda: (x0, (total / (sigma * data.data_std)) ** 2),
        "noise": lambda: (noise, outside),
        "velocity": lambda: (alpha * noise - s * x0, 1),
        "flow": lambda: (noise - x0 if "data_at: 0" in recipe.process.section else x0 - noise, 1),
        "score": lambda: (-noise / s, s**2 * outside),
        "edm": lambda: ((x0 - data.data_std**2 / total**2 * (x0 + sigma * noise)) * total / (sigma * data.data_std), 1),
    }[recipe.predicts]()
    told = {"sigma": lambda: sigma.flatten(), "log_sigma": lambda: sigma.flatten().log(), "edm": lambda: sigma.flatten().log() / 4,
            "t": lambda: recipe.time_scale * at, "index": lambda: at.float(), "index/N": lambda: at / recipe.process.steps}[recipe.time]()
    x = (x0 + sigma * noise) / total if recipe.predicts == "edm" else alpha * x0 + s * noise
    label = () if data.label is None else (torch.where(torch.rand(recipe.batch) < 0.1, 10, data.label[row]),)
    return (weight * (model(x, told, *label) - target).square()).mean()


def train_recipe(recipe: Recipe, seed: int, folder: pathlib.Path):
    torch.manual_seed(seed)
    start = time.process_time()
    data = Data.of(recipe)
    model = train(make(recipe, data.data_std), lambda model: loss_of(recipe, data, model), recipe.steps, recipe.rate, quick=True)
    with torch.no_grad():
        loss = np.mean([loss_of(recipe, data, model).item() for _ in range(8192 // recipe.batch)])
    write(model, str(folder / f"{recipe.name}.pt"))
    write_config(recipe, data, folder)
    print(f"{recipe.name:15} {time.process_time() - start:6.1f} s   loss {loss:7.4f}   parameters "
          f"{sum(p.numel() for p in model.parameters()):7}   data_std {data.data_std:g}", flush=True)


def write_config(recipe: Recipe, data: Data, folder: pathlib.Path):
    model = {"kind": "torchscript", "path": f"{recipe.name}.pt", "shape": list(data.rows.shape[1:]), "predicts": recipe.predicts,
             "time": recipe.time}
    if recipe.time_scale != 1:
        model["time_scale"] = f"{recipe.time_scale:g}"
    model["scale_input"] = recipe.scale_input
    if recipe.tells_data_std:
        model["data_std"] = f"{data.data_std:g}"
    if recipe.guidance:
        model["label"] = f"{recipe.name}.labels.npy"
        model["guidance"] = f"{{scale: {recipe.guidance:g}, null_label: 10}}"
        np.save(folder / model["label"], np.arange(4096) % 10)
    if recipe.process.alphas_cumprod is not None:
        np.save(folder / f"{recipe.name}.alphas_cumprod.npy", recipe.process.alphas_cumprod.numpy())
    some = torch.randperm(len(data.rows), generator=torch.Generator().manual_seed(0))[:4096]
    np.save(folder / f"{recipe.name}.npy", data.rows[some].numpy())
    lines = "".join(f"  {key}: {value}\n" for key, value in model.items())
    (folder / f"{recipe.name}.yaml").write_text(
        f"# {recipe.line}.\n\nmodel:\n{lines}\nprocess: {recipe.process.section}\n\nrun:\n  count: 256\n", encoding="utf-8")


# ---- figures of samples


def check(recipe: Recipe, program: str, folder: pathlib.Path, count: int) -> bool:
    """Samples with the program and prints a line; true if all trajectories landed. `mean off` is in deviations of the data, `nearest`
    the median distance of samples to the nearest row of data over that of data to other data."""
    out = folder / "samples" / recipe.name
    ran = subprocess.run([program, "sample", str(folder / f"{recipe.name}.yaml"), "--out", str(out), "--count", str(count), "--quiet",
                          "--set", "sampler.guard=off", "--threads", "1"], capture_output=True, text=True)
    if ran.returncode:
        print(f"{recipe.name:15} FAILED: {ran.stderr.strip()}", flush=True)
        return False
    with open(out / "trajectories.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    landed = sum(row["status"] == "ok" for row in rows)
    samples = torch.from_numpy(np.load(out / "samples.npy")).float().flatten(1)
    data = torch.from_numpy(np.load(folder / f"{recipe.name}.npy")).flatten(1)
    spread = [part.var(dim=0).mean().sqrt() for part in (samples, data)]
    off = (samples.mean(0) - data.mean(0)).square().mean().sqrt() / spread[1]
    half = len(data) // 2
    near = [torch.cdist(part, data[half:]).min(dim=1).values.median() for part in (samples, data[:half])]
    print(f"{recipe.name:15} ok {landed}/{len(rows)}   evaluations {np.mean([int(row['evaluations']) for row in rows]):6.1f}   "
          f"deviation over the data's {spread[0] / spread[1]:.3f}   mean off {off:.3f}   nearest {near[0] / near[1]:.2f}", flush=True)
    return landed == len(rows)


def main() -> int:
    names = [recipe.name for recipe in RECIPES]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--set", choices=["tuning", "reporting", "all"], default="all", help="where no names are given (default %(default)s)")
    parser.add_argument("--out", default="build/networks", type=pathlib.Path, help="folder for the files (default %(default)s)")
    parser.add_argument("--check", metavar="PROGRAM", help="do not train; sample with this program and compare with the data")
    parser.add_argument("--count", type=int, default=256, help="samples of --check (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of training (default %(default)s)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"unknown network {', '.join(sorted(unknown))} (known: {', '.join(names)})")
    torch.set_num_threads(1)  # small networks gain little from more, and the order of sums stays the same
    options.out.mkdir(parents=True, exist_ok=True)
    chosen = [recipe for recipe in RECIPES
              if (recipe.name in options.names if options.names else options.set in ("all", recipe.set))]
    if options.check:
        return 0 if all([check(recipe, options.check, options.out, options.count) for recipe in chosen]) else 1
    for recipe in chosen:
        train_recipe(recipe, options.seed, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
