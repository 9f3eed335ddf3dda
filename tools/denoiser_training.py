"""What the tools that train denoisers share: layers, the EDM loss, the training loop, the TorchScript file, lines of figures.

The process is x = x0 + sigma n, a network predicts E[x0 | x, sigma] (Karras et al. 2022, "EDM"; equation numbers are theirs).
Everything in the layers is smooth in x and sigma (SiLU, per-sample norms), for the sake of adaptive integrators.
"""

import copy
import io
import math
import time
import zipfile

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIGMA_MIN, SIGMA_MAX = 0.002, 80.0


class SigmaEmbedding(nn.Module):
    """Fourier features of c_noise = ln(sigma) / 4, or of another time; the shortest period, 2 / 2^octave, keeps the field smooth:
    2 in ln(sigma) with the default."""

    def __init__(self, width: int, octave: float = 2):
        super().__init__()
        self.register_buffer("frequency", math.pi * torch.logspace(-2, octave, 16, base=2))
        self.mlp = nn.Sequential(nn.Linear(32, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())

    def forward(self, c_noise: Tensor) -> Tensor:
        phase = c_noise[:, None] * self.frequency
        return self.mlp(torch.cat([phase.cos(), phase.sin()], dim=1))


def zeroed(layer):
    """Residual branches start as zero, so the untrained network is the identity and deep stacks train at once."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class ConvBlock(nn.Module):
    def __init__(self, channels: int, embedding: int, dropout: float):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.modulation = zeroed(nn.Linear(embedding, 2 * channels))
        self.norm2 = nn.GroupNorm(8, channels, affine=False)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = zeroed(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, h: Tensor, e: Tensor) -> Tensor:
        scale, shift = self.modulation(e)[:, :, None, None].chunk(2, dim=1)
        u = self.conv1(F.silu(self.norm1(h)))
        return h + self.conv2(self.dropout(F.silu(self.norm2(u) * (1 + scale) + shift)))


class GlobalBlock(nn.Module):
    """Lets every place see every other one: what attention would do, cheaper on images of one size."""

    def __init__(self, channels: int, places: int, embedding: int, dropout: float, hidden: int = 256):
        super().__init__()
        reduced = channels // 4
        width = reduced * places
        self.reduce = nn.Conv2d(channels, reduced, 1)
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulation = zeroed(nn.Linear(embedding, 2 * width))
        self.linear1 = nn.Linear(width, hidden)
        self.dropout = nn.Dropout(dropout)
        self.linear2 = nn.Linear(hidden, width)
        self.expand = zeroed(nn.Conv2d(reduced, channels, 1))

    def forward(self, h: Tensor, e: Tensor) -> Tensor:
        u = self.reduce(h)
        scale, shift = self.modulation(e).chunk(2, dim=1)
        v = F.silu(self.linear1(self.norm(u.flatten(1)) * (1 + scale) + shift))
        return h + self.expand(self.linear2(self.dropout(v)).view_as(u))


def draw_sigma(count: int, centre: float) -> Tensor:
    """3/4 log-normal about ln(sigma) = centre, where the images take shape, 1/4 log-uniform so that no level down to
    sigma_min is left untrained."""
    log_normal = centre + 1.2 * torch.randn(count)
    log_uniform = torch.empty(count).uniform_(math.log(SIGMA_MIN), math.log(SIGMA_MAX))
    return torch.where(torch.rand(count) < 0.75, log_normal, log_uniform).exp()


def squared_error(denoised: Tensor, x0: Tensor, sigma: Tensor, data_std: float) -> Tensor:
    """Mean over pixels, per image, weighted as in EDM: about 1 at any sigma while the network is zero, that is before training."""
    weight = (sigma**2 + data_std**2) / (sigma * data_std) ** 2
    return weight * (denoised - x0).square().mean(dim=(1, 2, 3))


def train(model: nn.Module, loss_of_batch, steps: int, learning_rate: float, quick: bool = False):
    """AdamW with a warm-up and a cosine decay; loss_of_batch(model) draws a batch. Returns the exponential moving average of
    the weights. `quick` is for small networks: an optimizer of fewer calls, whose last bits differ, and no lines of progress."""
    average = copy.deepcopy(model).eval()
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, betas=(0.9, 0.99), weight_decay=0.01, fused=quick or None)
    warm_up = 200
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / warm_up) * (1 + math.cos(math.pi * step / steps)) / 2)
    start, running = time.perf_counter(), 1.0
    for step in range(1, steps + 1):
        loss = loss_of_batch(model)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        decay = min(0.999, step / (step + 10))  # forgets the first weights soon
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
        running += 0.01 * (loss.item() - running)
        if not quick and (step % 200 == 0 or step == steps):
            print(f"step {step}/{steps}  loss {running:.4f}  {time.perf_counter() - start:.0f} s", flush=True)
    return average


def write(model: nn.Module, path: str) -> torch.jit.ScriptModule:
    """Saves as TorchScript, without the debug records: they hold nothing but where the sources lay on this machine."""
    scripted = torch.jit.script(model)
    buffer = io.BytesIO()
    torch.jit.save(scripted, buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if not name.endswith(".debug_pkl"):
                target.writestr(zipfile.ZipInfo(name), source.read(name))
    return scripted


def report(name: str, value: float, low: float = -math.inf, high: float = math.inf) -> bool:
    """Prints one figure beside its target; true where it is met."""
    passed = low <= value <= high
    target = "" if low == -math.inf and high == math.inf else f"   target {low:g} to {high:g}: {'ok' if passed else 'MISSED'}"
    print(f"{name:58} {value:8.4f}{target}")
    return passed
