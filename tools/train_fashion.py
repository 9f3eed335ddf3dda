#!/usr/bin/env python3
"""Train the class-conditional denoiser that ships as models/fashion.pt, and measure samples of it.

    python tools/train_fashion.py --out models/fashion.pt            train and write: an hour on two cores
    python tools/train_fashion.py --check SAMPLES.npy --labels L.npy figures of samples [count, 1, 28, 28] in [-1, 1] and of the
                                                                     classes they were asked for; trains its classifier first
Needs torch, numpy and Debian's package dataset-fashion-mnist (60 000 training and 10 000 test images of 28x28 pixels).
With --device cuda it trains on a GPU. On one type of CPU and version of torch the weights are a function of --seed, --steps,
--batch, --precision and --threads (which sets the order of sums). Exit status 1 when a figure misses its target.

The network is D(x, sigma, label): the label is 0 to 9, or -1 for "any", which classifier-free guidance needs.
"""

import argparse
import gzip
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoiser_training import ConvBlock, GlobalBlock, SigmaEmbedding, draw_sigma, report, squared_error, train, write, zeroed

NAMES = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]


class Fashion:
    """The images as [N, 1, 28, 28] in [-1, 1]: 60 000 to train on, 10 000 held out."""

    def __init__(self, folder: str, device: str):
        def read(name: str, header: int) -> Tensor:
            with gzip.open(f"{folder}/{name}-ubyte.gz") as file:
                return torch.from_numpy(np.frombuffer(file.read(), np.uint8, offset=header).copy()).to(device)

        def images(name: str) -> Tensor:
            return read(f"{name}-images-idx3", 16).view(-1, 1, 28, 28).float() / 127.5 - 1

        self.train, self.train_label = images("train"), read("train-labels-idx1", 8).long()
        self.held_out, self.held_out_label = images("t10k"), read("t10k-labels-idx1", 8).long()
        self.data_std = round(self.train.std().item(), 3)  # over all pixels


class Denoiser(nn.Module):
    """D(x, sigma, label): a network on 14x14 and 7x7 places inside the EDM preconditioning, eq. (7) and table 1."""

    def __init__(self, data_std: float, fine: int = 64, coarse: int = 128, embedding: int = 128):
        super().__init__()
        self.data_std = data_std
        self.embed = SigmaEmbedding(embedding)
        self.embed_label = nn.Embedding(11, embedding)  # the last one is "any"
        self.input = nn.Conv2d(4, fine, 3, padding=1)
        self.position = nn.Parameter(torch.zeros(1, fine, 14, 14))  # the pieces are centred: where a pixel lies says much
        self.fine1 = ConvBlock(fine, embedding, 0.0)
        self.down = nn.Conv2d(fine, coarse, 2, stride=2)
        self.coarse1 = ConvBlock(coarse, embedding, 0.0)
        self.everywhere1 = GlobalBlock(coarse, 49, embedding, 0.0, hidden=384)
        self.coarse2 = ConvBlock(coarse, embedding, 0.0)
        self.everywhere2 = GlobalBlock(coarse, 49, embedding, 0.0, hidden=384)
        self.coarse3 = ConvBlock(coarse, embedding, 0.0)
        self.up = nn.ConvTranspose2d(coarse, fine, 2, stride=2)
        self.fine2 = ConvBlock(fine, embedding, 0.0)
        self.norm = nn.GroupNorm(8, fine)
        self.output = zeroed(nn.Conv2d(fine, 4, 3, padding=1))

    def network(self, x: Tensor, c_noise: Tensor, label: Tensor) -> Tensor:
        e = self.embed(c_noise) + self.embed_label(torch.where(label < 0, 10, label))
        fine = self.fine1(self.input(F.pixel_unshuffle(x, 2)) + self.position, e)
        h = self.everywhere1(self.coarse1(self.down(fine), e), e)
        h = self.coarse3(self.everywhere2(self.coarse2(h, e), e), e)
        h = self.fine2(fine + self.up(h), e)
        return F.pixel_shuffle(self.output(F.silu(self.norm(h))), 2)

    def forward(self, x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        s = sigma.view(-1, 1, 1, 1)
        total = (s**2 + self.data_std**2).sqrt()
        c_skip = self.data_std**2 / total**2
        c_out = s * self.data_std / total
        return c_skip * x + c_out * self.network(x / total, sigma.log() / 4, label)


def train_denoiser(fashion: Fashion, steps: int, batch: int, seed: int, precision: torch.dtype) -> Denoiser:
    """One label in ten is dropped, so that the network also knows the law of all classes together. `precision` is that of the
    products and convolutions; weights, sums of the preconditioning and loss stay float32."""
    torch.manual_seed(seed)
    device = fashion.train.device
    count = len(fashion.train)

    def loss_of_batch(model: nn.Module) -> Tensor:
        row = torch.randint(count, (batch,)).to(device)
        dropped = (torch.rand(batch) < 0.1).to(device)
        x0, label = fashion.train[row], torch.where(dropped, -1, fashion.train_label[row])
        sigma = draw_sigma(batch, centre=-0.5).to(device)
        x = x0 + sigma.view(-1, 1, 1, 1) * torch.randn_like(x0)
        with torch.autocast(device.type, precision, enabled=precision != torch.float32):
            denoised = model(x, sigma, label)
        return squared_error(denoised, x0, sigma, fashion.data_std).mean()

    return train(Denoiser(fashion.data_std).to(device), loss_of_batch, steps, learning_rate=1e-3)


# ---- figures of merit


class Classifier(nn.Module):
    """A small convolutional classifier; its last hidden layer is the feature space of the Fréchet distance."""

    def __init__(self):
        super().__init__()
        def layer(before: int, after: int):
            return [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]

        self.features = nn.Sequential(*layer(1, 24), *layer(24, 48), *layer(48, 96), nn.Flatten(), nn.Dropout(0.3),
                                      nn.Linear(96 * 9, 64), nn.ReLU())
        self.output = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.features(x))


def train_classifier(fashion: Fashion, epochs: int = 8) -> Classifier:
    torch.manual_seed(0)
    model = Classifier().to(fashion.train.device)
    batch = 128
    steps = epochs * (len(fashion.train) // batch)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
    for step in range(steps):
        if step % (len(fashion.train) // batch) == 0:
            order = torch.randperm(len(fashion.train)).to(fashion.train.device)
        row = order[(step * batch) % (len(order) - batch):][:batch]
        loss = F.cross_entropy(model(fashion.train[row]), fashion.train_label[row])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model.eval()


@torch.no_grad()
def in_parts(function, images: Tensor) -> Tensor:
    return torch.cat([function(part) for part in images.split(500)])


def frechet(a: Tensor, b: Tensor) -> float:
    """Squared Fréchet distance of the two normal laws with the rows' means and covariances: |m - n|^2 + tr(A + B - 2 (A B)^1/2),
    the last trace from the eigenvalues of A B, which are real and not negative (Dowson and Landau 1982)."""
    a, b = a.double().cpu(), b.double().cpu()
    product = torch.linalg.eigvals(a.T.cov() @ b.T.cov()).real.clamp(min=0)
    return ((a.mean(0) - b.mean(0)).square().sum() + a.var(0).sum() + b.var(0).sum() - 2 * product.sqrt().sum()).item()


def check(samples: Tensor, label: Tensor, fashion: Fashion) -> bool:
    """Prints the figures of the samples; true when every target is met."""
    classifier = train_classifier(fashion)

    def accuracy(images: Tensor, wanted: Tensor) -> tuple[float, Tensor]:
        right = in_parts(classifier, images).argmax(dim=1) == wanted
        return right.float().mean().item(), torch.stack([right[wanted == c].float().mean() for c in range(10)])

    held_out, held_out_of = accuracy(fashion.held_out, fashion.held_out_label)
    given, given_of = accuracy(samples, label)
    features = in_parts(classifier.features, fashion.held_out)
    print(f"\n{len(samples)} samples, {len(fashion.train)} training and {len(fashion.held_out)} held-out images")
    passed = [
        report("classifier: accuracy on held-out images", held_out, 0.9, 1),
        report("samples: classified as the class asked for", given, 0.9, 1),
        report("samples: the same for the worst class", given_of.min().item(), 0.8, 1),
        report("Fréchet distance of samples to held-out images", frechet(in_parts(classifier.features, samples), features)),
        report("Fréchet distance of 10 000 training images to held-out", frechet(in_parts(classifier.features, fashion.train[:10000]), features)),
        report("mean square pixel, samples over held-out", (samples.square().mean() / fashion.held_out.square().mean()).item()),
    ]
    for c, name in enumerate(NAMES):
        print(f"  {name:12} held-out {held_out_of[c]:.3f}   samples {given_of[c]:.3f}")
    return all(passed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--out", default="models/fashion.pt", help="train and write this TorchScript file (default %(default)s)")
    task.add_argument("--check", metavar="FILE.npy", help="do not train a denoiser, measure these samples")
    parser.add_argument("--labels", metavar="FILE.npy", help="with --check: the class asked for, one per sample")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="the package's folder (default %(default)s)")
    parser.add_argument("--steps", type=int, default=16000, help="training steps (default %(default)s)")
    parser.add_argument("--batch", type=int, default=128, help="images per step (default %(default)s)")
    parser.add_argument("--precision", choices=["bfloat16", "float32"], default="bfloat16",
                        help="of the network's products while training; float32 where a CPU has no bfloat16 (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of training (default %(default)s)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=0, help="default: one per core")
    options = parser.parse_args()
    if options.check and not options.labels:
        parser.error("--check needs --labels, the classes asked for")
    if options.threads:
        torch.set_num_threads(options.threads)

    fashion = Fashion(options.data, options.device)
    if options.check:
        samples = torch.from_numpy(np.load(options.check)).float().to(options.device)
        label = torch.from_numpy(np.load(options.labels)).long().to(options.device)
        if samples.shape[1:] != (1, 28, 28) or len(label) != len(samples):
            parser.error(f"{options.check}: must be [count, 1, 28, 28] with a label each, got {list(samples.shape)} and {len(label)}")
        return 0 if check(samples, label, fashion) else 1
    model = train_denoiser(fashion, options.steps, options.batch, options.seed, getattr(torch, options.precision))
    print(f"parameters {sum(p.numel() for p in model.parameters())}, data_std {fashion.data_std}")
    write(model.cpu(), options.out)
    print(f"wrote {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
