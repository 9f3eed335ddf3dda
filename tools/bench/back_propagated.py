"""A non-stationary solver fitted by back-propagation, as in the literature (Shaul et al. 2024, arXiv 2403.01329, "BNS"; Frankel et al.
2025, arXiv 2502.17423, "S4S"): nodes and the weights of every step at once, by gradients through the network.

In the fitted solver's own coordinates y = x/sqrt(sigma^2 + s^2) and F (docs/solver.md), without correctors, as published:
y_{n+1} = y_n + sum_{i <= n} w_{n,i} F_i for n < N. It starts from the analytic weights of order 2 on the plan's nodes.
"""
import math

import numpy as np
import torch

RATES, ROWS_A_STEP = (1e-2, 3e-2), 16  # smaller rates are worse at these numbers of steps


def denoiser(file, label=None):
    """Of a TorchScript network that predicts D and is told sigma, with gradients; `label`: of each row of a batch."""
    net = torch.jit.load(file).double().eval()
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    told = lambda x, sigma: (x, sigma) if label is None else (x, sigma, label[:len(x)])
    return lambda x, sigma: net(*told(x, sigma.expand(len(x))))


class Solver(torch.nn.Module):
    def __init__(self, sigmas, sigma_min, s):
        super().__init__()
        self.s, self.count = s, len(sigmas)
        lams = [-math.log(v) for v in sigmas] + [-math.log(sigma_min)]
        self.first, self.range = lams[0], lams[-1] - lams[0]
        # Nodes by shares of the range that softmax keeps positive; the first is sigma_max.
        self.steps = torch.nn.Parameter(torch.tensor(np.log(np.maximum(np.diff(lams), 1e-3)), dtype=torch.float64))
        weights = torch.zeros(self.count, self.count, dtype=torch.float64)
        for n in range(self.count):
            length = math.atan(math.exp(-lams[n]) / s) / s - math.atan(math.exp(-lams[n + 1]) / s) / s
            ratio = (lams[n + 1] - lams[n]) / (lams[n] - lams[n - 1]) / 2 if n else 0
            weights[n, n] = length * (1 + ratio)
            if n:
                weights[n, n - 1] = -length * ratio
        self.weights = torch.nn.Parameter(weights)

    def forward(self, D, noise):
        s, shares = self.s, torch.softmax(self.steps, 0).cumsum(0)
        lams = self.first + self.range * torch.cat([torch.zeros(1, dtype=torch.float64), shares])
        sigmas = torch.exp(-lams)
        y, values = noise * (sigmas[0] / torch.hypot(sigmas[0], torch.tensor(s))), []
        for n in range(self.count):
            sigma, scale = sigmas[n], torch.sqrt(sigmas[n]**2 + s * s)
            x = scale * y
            values.append((D(x, sigma) - s * s / scale**2 * x) * scale / sigma)
            y = y + sum(self.weights[n, i] * value for i, value in enumerate(values))
        return y * (s * s / torch.sqrt(sigmas[-1]**2 + s * s))


def fit(D, sigmas, sigma_min, s, noise, exact, rows, rate):
    """The solver after so many forward evaluations of rows of the network (backward ones are not counted). noise, exact: of its own."""
    solver = Solver(sigmas, sigma_min, s)
    steps = max(1, rows // (ROWS_A_STEP * len(sigmas)))
    optimiser = torch.optim.Adam(solver.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    draw = np.random.default_rng(0)
    for _ in range(steps):
        chosen = draw.choice(len(noise), ROWS_A_STEP, replace=False)
        optimiser.zero_grad()
        loss = ((solver(D, noise[chosen]) - exact[chosen])**2).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(solver.parameters(), 1.)
        optimiser.step()
        schedule.step()
    return solver
