#!/usr/bin/env python3
"""Runs the samplers of other packages on one problem, each at its best settings, and writes their errors as JSON.

  k-diffusion  LMS of order 3 and 4, Heun, DPM-Solver++ 2M, DPM-Solver adaptive of order 2 and 3
  diffusers    UniPC of order 2 and 3 (bh1, bh2), DPM-Solver++ of order 2 (midpoint, heun) and 3
  torchode     dopri5, tsit5, a step size per row; evaluations are the rows needed, not the rows issued
  SciPy        RK45, DOP853, RK23, LSODA, a call per row and therefore on the first rows only

A fixed grid is tried as Karras' of rho 7, 5, 3 and as log-uniform, with exactly the budget's evaluations (Heun: the
largest number below). The three strongest also try `bump` grids, which no package offers and a user would have to find.
An adaptive peer gets, per budget, a tolerance whose mean evaluations lie just below it.

  keep     the state at sigma_min. UniPC also `corrected`: one point less, the last evaluation spent on its corrector
  denoise  ended by D at sigma_min, a step to sigma 0 for fixed grids; LMS steps there by its own formula and is
           therefore compared with the solution at sigma 0

The state is float64, except that diffusers' DPM-Solver++ rounds it to float32 every step; its EDM twin is the same
formula and is left out. Errors are root mean squares over coordinates; those of a set of rows are rms, median, p99, max.

Run by tools/bench/frontier, or: PYTHON peers.py --problem problem.npz --out peers.json   (requirements-peers.txt)
"""
import argparse
import functools
import importlib
import importlib.util
import json
import os
import pathlib
import sys
import time
import types
import warnings

import numpy as np
import torch

from mixtures import Mixture


# ---- problems

class Denoiser:
    """D(x [B, d], sigma: number or [B]) in float64, and the number of rows evaluated so far."""

    def __init__(self, problem, network=None, shape=None):
        self.low, self.high = float(problem['sigma_min']), float(problem['sigma_max'])
        self.rows, self.network = 0, network and torch.jit.load(network).eval()
        self.shape, self.mixture = shape, None
        if not network:
            self.mixture = Mixture(problem['means'], problem['std'], problem['weights'])
            self.means, self.variance, self.log_weights = map(torch.from_numpy, (self.mixture.means, self.mixture.std**2,
                                                                                 np.log(self.mixture.weights)))
            self.square = (self.means**2).sum(1)

    def __call__(self, x, sigma, **_):
        self.rows += len(x)
        sigma = torch.as_tensor(sigma, dtype=torch.float64).reshape(-1, 1)
        self.check(sigma.min(), sigma.max())
        if self.network:
            sigma = sigma.clamp(self.low, self.high).expand(len(x), 1)[:, 0]
            return self.network(x.float().reshape(-1, *self.shape), sigma.float()).reshape(x.shape).double()
        total = self.variance + sigma**2
        distance2 = torch.addmm((x**2).sum(1, keepdim=True) + self.square, x, self.means.T, alpha=-2)
        share = torch.softmax(self.log_weights - .5 * x.shape[1] * total.log() - .5 * distance2 / total, 1)
        gain = self.variance / total
        return (share * (1 - gain)) @ self.means + (share * gain).sum(1, keepdim=True) * x

    def check(self, least, most):
        if not self.low * (1 - 1e-5) < least <= most < self.high * (1 + 1e-5):
            raise ValueError(f'evaluated outside [sigma_min, sigma_max]: {least:g} to {most:g}')

    def row(self, x, sigma):
        """The same for one row, NumPy."""
        self.rows += 1
        self.check(sigma, sigma)
        if self.network:
            return self.network(torch.from_numpy(x).float().reshape(1, *self.shape), torch.full((1,), sigma).float()).double().numpy().ravel()
        m = self.mixture
        total = m.std**2 + sigma * sigma
        difference = x - m.means
        logits = np.log(m.weights) - .5 * len(x) * np.log(total) - .5 * np.einsum('kd,kd->k', difference, difference) / total
        share = np.exp(logits - logits.max())
        share /= share.sum()
        return x - (share * sigma * sigma / total) @ difference


def errors(x, reference, mixture, sigma):
    """Root mean square over coordinates of every row's error, and the rows that ended in another mode."""
    norm = np.linalg.norm(x - reference, axis=1)
    if not mixture:
        return norm / np.sqrt(x.shape[1]), np.empty(0, int)
    ours, theirs = mixture.nearest(x, sigma), mixture.nearest(reference, sigma)
    apart = np.linalg.norm(mixture.means[ours] - mixture.means[theirs], axis=1)
    return norm / np.sqrt(x.shape[1]), np.flatnonzero((ours != theirs) & (norm > .5 * apart))


def summary(error, wrong, evaluations):
    return {'rows': len(error), 'evaluations': float(np.mean(evaluations)), 'evaluations_max': float(np.max(evaluations)),
            'rms': float(np.sqrt((error**2).mean())), 'median': float(np.median(error)), 'p99': float(np.quantile(error, .99)),
            'max': float(error.max()), 'wrong_modes': len(wrong)}


# ---- fixed grids: PEER(D, x, grid, n, ends) yields (label, end, x) for n evaluations; grid(m) has m points

def grids(low, high):
    def karras(rho, points):
        return torch.from_numpy(np.linspace(high**(1 / rho), low**(1 / rho), points)**rho)

    def log_uniform(points):
        return torch.from_numpy(np.geomspace(high, low, points))

    return {**{f'rho {rho}': functools.partial(karras, rho) for rho in (7, 5, 3)}, 'log': log_uniform}


def bumps(low, high):
    """Dense where modes of data of scale 1 are decided: in ln sigma a part `even` of the points uniform, the rest normal about ln centre."""
    def bump(centre, even, points):
        logs = np.linspace(np.log(high), np.log(low), 20001)
        density = even / np.log(high / low) + (1 - even) * np.exp(-.5 * ((logs - np.log(centre)) / 1.3)**2) / (1.3 * np.sqrt(2 * np.pi))
        share = np.cumsum(density) - density[0]
        sigmas = np.exp(np.interp(np.linspace(0, 1, points), share / share[-1], logs))
        sigmas[[0, -1]] = high, low
        return torch.from_numpy(sigmas)

    return {f'bump {centre} {even}': functools.partial(bump, centre, even) for centre in (1., .5, .25, .12) for even in (.7, .4)}


def to_zero(sigmas):
    return torch.cat([sigmas, sigmas.new_zeros(1)])


@functools.cache
def k_diffusion():
    """Its sampling.py alone: the package imports image libraries, and the file two that only other samplers need."""
    alone, utils = types.ModuleType('k_diffusion_alone'), types.ModuleType('k_diffusion_alone.utils')
    alone.__path__, alone.utils = importlib.util.find_spec('k_diffusion').submodule_search_locations, utils
    utils.append_dims = lambda x, n: x[(...,) + (None,) * (n - x.ndim)]
    unused = {name: types.SimpleNamespace(odeint=None) for name in ('torchdiffeq', 'torchsde')}
    sys.modules.update({'k_diffusion_alone': alone, 'k_diffusion_alone.utils': utils, **unused})
    sampling = importlib.import_module('k_diffusion_alone.sampling')
    for name in unused:
        del sys.modules[name]
    return sampling


def k_diffusion_fixed(name, ends_at='denoise', **options):
    heun = name == 'sample_heun'  # two evaluations a step, one for the step to 0

    def run(D, x, grid, n, ends):
        sample = functools.partial(getattr(k_diffusion(), name), D, x, disable=True, **options)
        if 'keep' in ends:
            yield '', 'keep', sample(sigmas=grid(n // 2 + 1 if heun else n + 1))
        if ends_at in ends:
            yield '', ends_at, sample(sigmas=to_zero(grid((n + 1) // 2 if heun else n)))
    return run


def diffusers_fixed(name, **options):
    def integrate(D, x, sigmas):
        """States go by alpha x, alpha = 1 / sqrt(1 + sigma^2); the float64 sigmas replace those of the scheduler."""
        import diffusers
        steps = len(sigmas) - 1
        scheduler = getattr(diffusers, name)(prediction_type='sample', lower_order_final=False, final_sigmas_type='sigma_min', **options)
        scheduler.set_timesteps(steps)
        scheduler.sigmas, scheduler.timesteps = sigmas, torch.arange(steps, 0, -1)
        alpha = 1 / (1 + sigmas**2).sqrt()
        x = x * alpha[0]
        for i in range(steps):
            scheduler._step_index = i
            if sigmas[i + 1] == 0:  # a step of order 1, which is D itself (0 times infinity in bh1)
                scheduler.register_to_config(lower_order_final=True, euler_at_final=True)
            denoised = D(x / alpha[i], sigmas[i])
            x = scheduler.step(denoised, scheduler.timesteps[i], x, return_dict=False)[0]
        return x / alpha[-1] if sigmas[-1] else denoised, scheduler, alpha

    def run(D, x, grid, n, ends):
        if 'keep' in ends:
            yield '', 'keep', integrate(D, x, grid(n + 1))[0]
        if 'denoise' in ends or name.startswith('UniPC'):
            end, scheduler, alpha = integrate(D, x, to_zero(grid(n)))
            yield '', 'denoise', end
            if name.startswith('UniPC'):  # the step to 0 began by correcting the state at sigma_min
                yield ' corrected', 'keep', scheduler.last_sample / alpha[-2]
    return run


def fixed_peers():
    lms = {f'k-diffusion lms {order}': k_diffusion_fixed('sample_lms', 'zero', order=order) for order in (3, 4)}
    unipc = {f'diffusers unipc {order} {kind}': diffusers_fixed('UniPCMultistepScheduler', solver_order=order, solver_type=kind)
             for order in (2, 3) for kind in ('bh1', 'bh2')}
    dpm = {f'diffusers dpmpp {order} {kind}': diffusers_fixed('DPMSolverMultistepScheduler', solver_order=order, solver_type=kind)
           for order, kind in ((2, 'midpoint'), (2, 'heun'), (3, 'midpoint'))}
    second = {f'k-diffusion {name}': k_diffusion_fixed(f'sample_{name}') for name in ('heun', 'dpmpp_2m')}
    return {**lms, **second, **unipc, **dpm}


BUMPED = 'k-diffusion lms 4', 'diffusers unipc 2 bh2', 'diffusers unipc 3 bh2'


# ---- adaptive: PEER(D, x, tolerance) returns the state at sigma_min and the evaluations of each row

def dpm_adaptive(order, first):
    """One step size for the rows of a batch, here of 2^18 numbers. The default ratio of its two tolerances is kept."""
    def run(D, x, tolerance):
        before = D.rows
        x = k_diffusion().sample_dpm_adaptive(D, x, D.low, D.high, order=order, rtol=tolerance, atol=.156 * tolerance,
                                              h_init=first, disable=True)
        return x, np.full(len(x), (D.rows - before) / len(x))
    return run


def in_variable(variable, D):
    """Range of integration and sigma, scale with dx/dt = scale(t) (x - D)."""
    if variable == 'sigma':
        return (D.high, D.low), lambda t: t, lambda t: 1 / t
    return (np.log(D.high), np.log(D.low)), lambda t: t.exp() if torch.is_tensor(t) else np.exp(t), lambda t: 1 + 0 * t


def torchode_peer(method, variable):
    def run(D, x, tolerance):
        import torchode
        (start, end), sigma, scale = in_variable(variable, D)
        term = torchode.ODETerm(lambda t, y: scale(t)[:, None] * (y - D(y, sigma(t))))
        solver = torchode.AutoDiffAdjoint({'dopri5': torchode.Dopri5, 'tsit5': torchode.Tsit5}[method](term=term),
                                          torchode.IntegralController(atol=tolerance, rtol=tolerance, term=term), max_steps=1000)
        times = x.new_full((len(x),), start), x.new_full((len(x),), end)
        solution = solver.solve(torchode.InitialValueProblem(y0=x, t_start=times[0], t_end=times[1]))
        return solution.ys[:, -1], 2 + 6 * solution.stats['n_steps'].double().numpy()
    return run


def scipy_peer(method, variable):
    def run(D, x, tolerance):
        from scipy.integrate import solve_ivp
        (start, end), sigma, scale = in_variable(variable, D)
        found, evaluations = [], []
        for row in x.numpy():
            within = lambda t: min(max(sigma(t), D.low), D.high)  # LSODA steps past the end and comes back
            slope = lambda t, y: scale(t) * (y - D.row(y, within(t)))
            solution = solve_ivp(slope, (start, end), row, method, rtol=tolerance, atol=tolerance)
            found.append(solution.y[:, -1])
            evaluations.append(solution.nfev)
        return torch.from_numpy(np.array(found)), np.array(evaluations, float)
    return run


def adaptive_peers():
    """Name -> (setting -> peer)."""
    for order in (2, 3):
        yield f'k-diffusion dpm_adaptive {order}', {f'h_init {first}': dpm_adaptive(order, first) for first in (.05, .5)}
    for package, peer, methods in (('torchode', torchode_peer, ('dopri5', 'tsit5')), ('scipy', scipy_peer, ('RK45', 'DOP853', 'RK23', 'LSODA'))):
        for method in methods:
            yield f'{package} {method}', {variable: peer(method, variable) for variable in ('ln sigma', 'sigma')}


def tolerances(peer, D, x, budgets):
    """Tolerance expected to need .98 of each budget, from a scan on few rows; None where no tolerance is loose enough."""
    scan = np.geomspace(30, 1e-7, 24)
    means = []
    for tolerance in scan:
        means.append(peer(D, x, tolerance)[1].mean())
        if means[-1] > max(budgets):
            break
    means, logs = np.maximum.accumulate(means), np.log(scan[:len(means)])
    return [float(np.exp(np.interp(np.log(.98 * n), np.log(means), logs))) if means[0] <= n else None for n in budgets]


def adaptive_runs(peer, D, batches, probe, budgets):
    """Full runs (tolerance, x, evaluations), at most three a budget: the last two correct what the probe got wrong."""
    for n, tolerance in zip(budgets, tolerances(peer, D, probe, budgets)):
        for _ in range(3 if tolerance else 0):
            x, evaluations = (np.concatenate(part) for part in zip(*(peer(D, batch, tolerance) for batch in batches)))
            yield n, tolerance, x, evaluations
            mean = evaluations.mean()
            if .95 * n <= mean <= n:
                break
            tolerance *= (mean / (.98 * n))**4  # evaluations go about like tolerance^-1/4


# ---- all of them

def measure(args, count=None, tried=None):
    """Records of all peers, or of the (peer, setting, budget) in `tried`, on the first `count` rows."""
    problem = dict(np.load(args.problem))
    D = Denoiser(problem, args.network, args.shape)
    d = int(np.prod(problem['noise'].shape[1:]))
    start = torch.from_numpy(D.high * problem['noise'].reshape(-1, d)[:count]).double()
    references = {end: problem[f'reference_{end}'].reshape(-1, d) for end in ('keep', 'denoise', 'zero') if f'reference_{end}' in problem}
    size = max(256, 2**18 // max(d, D.mixture.modes if D.mixture else 1))
    batches, records = start.split(size), []

    def wanted(peer, setting, n):
        return any(part in peer for part in args.peers.split(',')) and (tried is None or (peer, setting, n) in tried)

    def record(peer, label, setting, detail, end, budget, x, evaluations):
        error, wrong = errors(np.asarray(x), references[end][:len(x)], D.mixture, D.low)
        records.append({'peer': peer + label, 'setting': setting + detail, 'tried': [peer, setting], 'budget': budget,
                        'end': 'keep' if end == 'keep' else 'denoise', **summary(error, wrong, evaluations)})

    def fixed(name, peer, setting, grid, n):
        ends = {}
        for batch in batches:
            before = D.rows
            for label, end, x in peer(D, batch, grid, n, references):
                ends.setdefault((label, end), []).append((x.numpy(), (D.rows - before) / len(batch)))
                before = D.rows
        for (label, end), parts in ends.items():
            if end in references:
                evaluations = parts[0][1] or ends['', 'denoise'][0][1]  # `corrected` shares a run
                record(name, label, setting, '', end, n, np.concatenate([x for x, _ in parts]), evaluations)

    def adaptive(name, peer, setting, rows, budgets):
        wished = sorted({n - (end == 'denoise') for n in budgets for end in references if end != 'zero'})
        probe = rows[:size if 'dpm_adaptive' in name else 32 if name.startswith('scipy') else 128]
        for n, tolerance, x, evaluations in adaptive_runs(peer, D, rows.split(size), probe, wished):
            detail = f', tolerance {tolerance:.3g}'
            if n in budgets and 'keep' in references:
                record(name, '', setting, detail, 'keep', n, x, evaluations)
            if n + 1 in budgets and 'denoise' in references:
                record(name, '', setting, detail, 'denoise', n + 1, D(torch.as_tensor(x), D.low), evaluations + 1)

    for name, peer in fixed_peers().items():
        began = time.perf_counter()
        for setting, grid in {**grids(D.low, D.high), **(bumps(D.low, D.high) if name in BUMPED else {})}.items():
            for n in args.budgets:
                if wanted(name, setting, n):
                    fixed(name, peer, setting, grid, n)
        args.verbose and print(f'{name:32s} {time.perf_counter() - began:6.1f} s', flush=True)
    for name, settings in adaptive_peers():
        began = time.perf_counter()
        rows = start[:args.scipy] if name.startswith('scipy') else start
        for setting, peer in settings.items():
            budgets = [n for n in args.budgets if wanted(name, setting, n)]
            if budgets and len(rows):
                adaptive(name, peer, setting, rows, budgets)
        args.verbose and print(f'{name:32s} {time.perf_counter() - began:6.1f} s', flush=True)
    return records


def promising(records, best=3):
    """The (peer, setting, budget) of the least rms per end and budget, and of the least among the bump grids and the others."""
    found = set()
    for key in {(r['end'], r['budget'], 'bump' in r['setting']) for r in records}:
        alike = [r for r in records if (r['end'], r['budget'], 'bump' in r['setting']) == key and np.isfinite(r['rms'])]
        found |= {(*r['tried'], r['budget']) for r in sorted(alike, key=lambda r: r['rms'])[:best]}
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--problem', required=True, help='npz: noise, sigma_min, sigma_max, means, std, weights (unless --network) and '
                        'the references wanted: reference_keep, reference_denoise, reference_zero')
    parser.add_argument('--out', required=True)
    parser.add_argument('--network', help='TorchScript D(x float32 [B, *shape], sigma float32 [B])')
    parser.add_argument('--shape', type=lambda s: tuple(map(int, s.split(','))), help='of one sample of the network')
    parser.add_argument('--budgets', type=lambda s: [*map(int, s.split(','))], default=[18, 25, 35, 50, 70])
    parser.add_argument('--count', type=int, help='first rows only')
    parser.add_argument('--screen', type=int, help='choose the best three per budget on these first rows; only they see the rest')
    parser.add_argument('--scipy', type=int, default=1000, help='rows for SciPy')
    parser.add_argument('--peers', default='', help='only those with one of these in their name')
    parser.add_argument('--verbose', action='store_true')
    args = parser.parse_args()
    warnings.simplefilter('ignore')
    torch.set_num_threads(int(os.environ.get('OMP_NUM_THREADS', 0)) or torch.get_num_threads())
    torch.set_default_dtype(torch.float64)  # peers make constants of the default type
    with torch.no_grad():
        tried = promising(measure(args, args.screen)) if args.screen else None
        records = measure(args, args.count, tried)
    pathlib.Path(args.out).write_text(json.dumps(records, indent=0))


if __name__ == '__main__':
    main()
