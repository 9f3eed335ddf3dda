"""The sampler's unguarded core in NumPy: what a careful user would write, and the yardstick for the C++ engine.

Exponential multistep of order 3 with data prediction, one model evaluation per step, PI control, a step size per
trajectory; same equations as include/shockstep/stepper.hpp, same 2-norm tolerance tol (1 + sigma).
"""
import numpy as np


class Mixture:
    """Isotropic Gaussian mixture of equal weights: means [K, d], one width."""

    def __init__(self, means, std):
        self.means, self.std = np.asarray(means, float), float(std)

    def denoise(self, x, sigma):
        v = self.std**2 + sigma[:, None]**2
        distance2 = (x**2).sum(1)[:, None] - 2 * x @ self.means.T + (self.means**2).sum(1)
        logits = -.5 * distance2 / v
        r = np.exp(logits - logits.max(1, keepdims=True))
        r /= r.sum(1, keepdims=True)
        gain = self.std**2 / v
        return (1 - gain) * (r @ self.means) + gain * x


def problems():
    """The four problems on which the core was first measured: name -> (means, std)."""
    rng, angle = np.random.default_rng(0), np.arange(8) * 2 * np.pi / 8
    yield 'two_1d', np.array([[-1.], [1.]]), .1
    yield 'ring_2d', np.c_[np.cos(angle), np.sin(angle)], .1
    yield 'ten_32d', rng.standard_normal((10, 32)) * .5, .1
    base = rng.standard_normal((3, 16))
    yield 'tree_16d', np.concatenate([b + .25 * rng.standard_normal((4, 16)) for b in base]), .05


def weights(nodes, h):
    """W_i with int_0^h e^-(h-u) p(u) du = sum_i W_i D_i, p through (nodes_i, D_i); rows are trajectories."""
    n = len(nodes)
    moments = [-np.expm1(-h)]
    for k in range(1, n):
        moments.append(h**k - k * moments[-1])
    small = h < .1  # the recurrence cancels there: series
    for k in range(n):
        total, term = np.zeros(small.sum()), h[small]**(k + 1) / (k + 1)
        for j in range(12):
            total += term
            term = -term * h[small] / (k + 2 + j)
        moments[k][small] = total
    V = np.stack([np.stack([node**k for node in nodes], -1) for k in range(n)], -2)
    scale = np.abs(V).max(-1, keepdims=True) + 1e-300
    return np.linalg.solve(V / scale, np.stack(moments, -1)[..., None] / scale)[..., 0].T


def sample(model, x, sigma_max, sigma_min, tol, order=3, first=.4, longest=2.5):
    """Integrates every row of x from sigma_max to sigma_min. Returns x and evaluations per row."""
    B, d = x.shape
    x, lam, end, h = x.copy(), np.full(B, -np.log(sigma_max)), -np.log(sigma_min), np.full(B, first)
    D, at, count = np.zeros((order, B, d)), np.zeros((order, B)), np.ones(B, int)
    D[0], at[0] = model.denoise(x, np.exp(-lam)), lam
    evaluations, before, rejected, active = np.ones(B, int), np.ones(B), np.zeros(B, bool), np.arange(B)
    while len(active):
        for c in np.unique(np.minimum(count[active], order)):
            g = active[np.minimum(count[active], order) == c]
            rest = end - lam[g]
            step = np.where(h[g] >= rest, rest, np.where(h[g] > .6 * rest, .5 * rest, h[g]))
            nodes, values = [at[i][g] - lam[g] for i in range(c)], [D[i][g] for i in range(c)]
            decayed = np.exp(-step)[:, None] * x[g]
            predicted = decayed + sum(w[:, None] * v for w, v in zip(weights(nodes, step), values))
            to = lam[g] + step
            fresh = model.denoise(predicted, np.exp(-to))
            evaluations[g] += 1
            corrected = decayed + sum(w[:, None] * v for w, v in zip(weights([step] + nodes, step), [fresh] + values))
            error = np.sqrt(((corrected - predicted)**2).sum(1))
            ratio = np.maximum(error / (tol * (1 + np.exp(-to))), 1e-10)
            ok, p = ratio <= 1, c + 1
            factor = np.clip(.8 * ratio**(-.7 / p) * np.maximum(before[g], 1e-4)**(.4 / p), .2, 2)
            factor = np.where(ok, np.where(rejected[g], np.minimum(factor, 1), factor), np.clip(.8 * ratio**(-1 / p), .2, 1))
            rejected[g], k = ~ok, g[ok]
            before[k], x[k], lam[k] = ratio[ok], corrected[ok], to[ok]
            D[1:, k], at[1:, k] = D[:-1, k], at[:-1, k]
            D[0][k], at[0][k] = fresh[ok], to[ok]
            count[k] += 1
            h[g] = np.minimum(step * factor, longest)
        active = active[lam[active] < end - 1e-12]
    return x, evaluations
