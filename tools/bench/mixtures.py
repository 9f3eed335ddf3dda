"""The exact mixtures of the benchmarks, each a function of nothing but its name or seed.

  public      four simple ones: two modes on a line, a ring, ten modes in 32 dimensions, a tree of modes in 16
  validation  seven with unequal weights and widths: loose modes, trees, a noisy curve of points, in 1 to 128 dimensions
  seeded      drawn by kind: a rule turns (kind, seed) into a mixture in 1 to 256 dimensions with 2 to 100 modes,
              and a smoothed set of real images
  tuning      the only ones that were looked at while settings were chosen; never reported
"""
import numpy as np

SIGMA_MAX, SIGMA_MIN = 80., .01


class Mixture:
    """Isotropic Gaussian mixture: means [K, d], component standard deviations [K], weights [K]."""

    def __init__(self, means, std, weights=None):
        self.means = np.atleast_2d(np.asarray(means, float))
        self.modes, self.dimension = self.means.shape
        self.std = np.array(np.broadcast_to(np.asarray(std, float), self.modes))
        weights = np.ones(self.modes) if weights is None else np.asarray(weights, float)
        self.weights = weights / weights.sum()

    def log_densities(self, x, sigma):
        """ln of weight times density of every component at noise level sigma, up to a constant: [n, K]."""
        variance = self.std**2 + sigma**2
        square = (x**2).sum(1)[:, None] - 2 * x @ self.means.T + (self.means**2).sum(1)
        return np.log(self.weights) - .5 * square / variance - .5 * self.dimension * np.log(variance)

    def nearest(self, x, sigma):
        """Index of the component most responsible for each row of x."""
        return self.log_densities(x, sigma).argmax(1)

    def _posterior(self, x, sigma):
        """Shares of the components given each row of x, [n, K], and the mean of x0 in each, [n, K, d]."""
        logits = self.log_densities(x, sigma)
        share = np.exp(logits - logits.max(1, keepdims=True))
        kept = (self.std**2 / (self.std**2 + sigma**2))[:, None]
        return share / share.sum(1, keepdims=True), self.means + kept * (x[:, None] - self.means)

    def denoised(self, x, sigma):
        """D = E[x0 | x] of each row."""
        return np.einsum('nk,nkd->nd', *self._posterior(x, sigma))

    def growth(self, x, sigma):
        """J = lambda_max(dD/dx) of each row: dD/dx = Cov[x0 | x] / sigma^2, within the components a multiple of the
        identity, between them of rank K at most."""
        share, within = self._posterior(x, sigma)
        between = np.sqrt(share)[:, :, None] * (within - np.einsum('nk,nkd->nd', share, within)[:, None]) / sigma
        if self.modes > self.dimension:
            between = between.transpose(0, 2, 1)
        gram = between @ between.transpose(0, 2, 1)
        return share @ (self.std**2 / (self.std**2 + sigma**2)) + np.linalg.eigvalsh(gram)[:, -1]

    def config(self, folder, name):
        """Writes NAME.yaml and its arrays to `folder`; returns the path of the former."""
        for key in ('means', 'std', 'weights'):
            np.save(folder / f'{name}_{key}.npy', getattr(self, key))
        path = folder / f'{name}.yaml'
        stds = ', '.join(repr(float(s)) for s in self.std)
        weights = ', '.join(repr(float(w)) for w in self.weights)
        path.write_text(f'model: {{kind: gaussian_mixture, means: {name}_means.npy, std: [{stds}], weights: [{weights}]}}\n'
                        f'process: {{kind: ve, sigma_min: {SIGMA_MIN}, sigma_max: {SIGMA_MAX:g}}}\n')
        return path


def loose(seed, d, modes, spread, std, alpha=1.):
    """Means spread sqrt(2/d) normal, so that the distance of a pair does not depend on d; Dirichlet weights."""
    r = np.random.default_rng(seed)
    means = r.standard_normal((modes, d)) * spread * np.sqrt(2 / d)
    return Mixture(means, r.uniform(*std, modes), r.dirichlet(np.ones(modes) * alpha) + 1e-3)


def tree(seed, d, branches, scales, std):
    """Modes of modes: branches[k] children at distance about scales[k]; unequal weights and widths."""
    r = np.random.default_rng(seed)
    means = np.zeros((1, d))
    for branch, scale in zip(branches, scales):
        means = (means[:, None] + scale * r.standard_normal((len(means), branch, d)) * np.sqrt(2 / d)).reshape(-1, d)
    return Mixture(means, std * r.uniform(.7, 1.5, len(means)), r.dirichlet(np.ones(len(means)) * 3))


def curve(seed, d, points, std):
    """Points near a closed curve, smoothed: what a model that memorised its data would know."""
    r = np.random.default_rng(seed)
    t = r.uniform(0, 2 * np.pi, points)
    frame = r.standard_normal((4, d)) / 2
    on_curve = np.c_[np.cos(t), np.sin(t), .5 * np.cos(2 * t), .5 * np.sin(3 * t)] @ frame
    return Mixture(on_curve + .05 * r.standard_normal((points, d)), std)


def line(seed, modes):
    r = np.random.default_rng(seed)
    means = np.sort(r.uniform(-2, 2, modes))[:, None]
    return Mixture(means, r.uniform(.03, .15, modes), r.dirichlet(np.ones(modes) * 2))


def images(seed, points, std):
    """Images of digits, 8x8 in [-1, 1], as a smoothed point cloud."""
    from sklearn.datasets import load_digits
    data = load_digits().data / 8 - 1
    return Mixture(data[np.random.default_rng(seed).permutation(len(data))[:points]], std)


def seeded(kind, seed):
    """A mixture from (kind, seed) alone; d is log-uniform in [1, 256], the number of modes in [2, 100]."""
    r = np.random.default_rng([seed, sum(map(ord, kind))])
    d = int(round(256**r.uniform()))
    modes = int(round(2 * 50**r.uniform()))
    seed = int(r.integers(2**31))
    if kind == 'loose':
        return loose(seed, d, modes, r.uniform(.8, 2), sorted(r.uniform(.03, .3, 2)), r.uniform(.5, 2))
    if kind == 'tree':
        branches = [(2, 3), (3, 3), (2, 4), (3, 2, 3), (2, 2, 2, 2), (4, 3, 2)][r.integers(6)]
        ratio = r.uniform(.25, .45)
        scales = [r.uniform(.8, 1.5) * ratio**k for k in range(len(branches))]
        return tree(seed, max(d, 2), branches, scales, r.uniform(.08, .15) * scales[-1])
    if kind == 'curve':
        return curve(seed, max(d, 2), max(modes, 10), r.uniform(.02, .08))
    return line(seed, 2 + modes // 10)


def sets():
    angle = np.arange(8) * 2 * np.pi / 8
    r = np.random.default_rng(0)
    ten = Mixture(r.standard_normal((10, 32)) * .5, .1)
    base = r.standard_normal((3, 16))
    twelve = Mixture(np.concatenate([b + .25 * r.standard_normal((4, 16)) for b in base]), .05)
    public = {'two_1d': Mixture([[-1], [1]], .1), 'ring_2d': Mixture(np.c_[np.cos(angle), np.sin(angle)], .1),
              'ten_32d': ten, 'tree_16d': twelve}
    validation = {'loose3_2d': loose(201, 2, 3, 1., (.05, .3)), 'loose20_64d': loose(202, 64, 20, 1.2, (.05, .2)),
                  'tree24_32d': tree(203, 32, (2, 3, 4), (1., .4, .15), .04), 'curve30_10d': curve(204, 10, 30, .03),
                  'line7': line(205, 7), 'loose8_128d': loose(206, 128, 8, 2., (.05, .15), .7),
                  'tree9_3d': tree(207, 3, (3, 3), (1., .3), .04)}
    chosen = [('loose', 1), ('loose', 2), ('tree', 1), ('tree', 2), ('curve', 1), ('curve', 2), ('line', 1)]
    fresh = {f'{kind}_{seed}': seeded(kind, seed) for kind, seed in chosen}
    fresh['wide_256d'] = loose(9, 256, 100, 1.5, (.05, .2))
    fresh['images_64d'] = images(1, 300, .15)
    tuning = {'g2_8d': loose(101, 8, 2, 1.2, (.05, .3)), 'g30_128d': loose(102, 128, 30, 1., (.05, .2)),
              't27_4d': tree(103, 4, (3, 3, 3), (1., .35, .12), .03), 'c40_3d': curve(104, 3, 40, .03),
              'line5': line(105, 5), 'g12_64d': loose(106, 64, 12, 1.5, (.05, .15), .5)}
    for kind in ('loose', 'tree', 'curve', 'line'):
        for seed in (1001, 1002, 1003):
            tuning[f'{kind}_{seed}'] = seeded(kind, seed)
    tuning['images_tuning'] = images(1001, 200, .2)
    return {'public': public, 'validation': validation, 'seeded': fresh, 'tuning': tuning}
