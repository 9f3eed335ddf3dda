"""How much errors grow along exact trajectories: ln G(lam) = int_lam^end (J - 1) dlam, J = lambda_max(dD/dx), lam = -ln sigma."""
import sys

import numpy as np
from scipy.integrate import solve_ivp

from mixtures import Mixture, SIGMA_MAX, SIGMA_MIN


def log_gain(mixture, noise, nodes=400, rows_at_once=50):
    """ln G of the trajectories from SIGMA_MAX times noise [n, d]: lam [nodes], uniform, and ln G [n, nodes]. The paths are
    DOP853's, the closed form of J is integrated by the trapezoid rule between the nodes."""
    lam = np.linspace(-np.log(SIGMA_MAX), -np.log(SIGMA_MIN), nodes)
    found = []
    for x in (SIGMA_MAX * noise[i:i + rows_at_once] for i in range(0, len(noise), rows_at_once)):
        slope = lambda at, y: (mixture.denoised(y.reshape(x.shape), np.exp(-at)) - y.reshape(x.shape)).ravel()
        path = solve_ivp(slope, lam[[0, -1]], x.ravel(), 'DOP853', t_eval=lam, rtol=1e-11, atol=1e-12).y.T.reshape(nodes, *x.shape)
        rate = np.array([mixture.growth(y, np.exp(-at)) for at, y in zip(lam, path)]).T - 1
        parts = .5 * (rate[:, 1:] + rate[:, :-1]) * (lam[1] - lam[0])
        found.append(np.c_[np.cumsum(parts[:, ::-1], 1)[:, ::-1], np.zeros(len(x))])
    return lam, np.concatenate(found)


def check():
    """Against the closed form between two modes at -a and a of width s, v = s^2 + sigma^2: on the plane that separates them
    J = s^2/v + a^2 sigma^2/v^2, so that ln G = ln(v_end/v)/2 + a^2 (1/v_end - 1/v)/2; a single Gaussian is a = 0."""
    s = .3
    for a in (0., 1.):
        means = [[-a, 0, 0], [a, 0, 0]] if a else [[0, 0, 0]]
        lam, found = log_gain(Mixture(means, s), np.array([[0, 1.3, -.4]]), nodes=801)
        v = s**2 + np.exp(-2 * lam)
        exact = .5 * np.log(v[-1] / v) + .5 * a**2 * (1 / v[-1] - 1 / v)
        # The trapezoid rule errs by spacing^2/12 times the change of dJ/dlam, which is smaller than max(1, a^2/s^2).
        if not np.abs(found - exact).max() < (lam[1] - lam[0])**2 / 6 * max(1, a / s)**2:
            sys.exit('log_gain differs from its closed form')


if __name__ == '__main__':
    check()
