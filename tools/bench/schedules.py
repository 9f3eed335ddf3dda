#!/usr/bin/env python3
"""What a fitted schedule gains over the better of log_sigma and karras (rho 7), with the program a user has.

  schedules.py [--problems public,validation] [--methods dpmpp_2m,multistep] [--steps 6,8,10,15,20] [--count 10000] [--digits]

Errors are root mean squares over coordinates of denoised samples against the program's own solution, unguarded, order 5,
tolerance 1e-9, from the same starts, which are not those of the fit. A gain is the error of the better of the two schedules
over that of the fitted one, in the root mean square over trajectories (rms) and in the median; the better is taken anew for
each of the two. Needs tools/requirements-train.txt.
"""
import argparse
import pathlib
import tempfile

import numpy as np

from mixtures import sets
from program import REFERENCE, ROOT, sample

OPTIONS = '--seed', 5
ORDERS = {'multistep': 3}  # without one of its own, what is fitted is a solver (few_evaluations)


def configs(folder, groups, digits):
    """Config by name of problem."""
    found = {name: m.config(folder, name) for group in groups for name, m in sets()[group].items()}
    return found | ({'digits': ROOT / 'configs' / 'digits.yaml'} if digits else {})


def errors(config, folder, count, exact, method, steps, schedule):
    """rms and median, and the evaluations of the fit."""
    x, _, summary = sample(config, folder, count, 1e-2, OPTIONS, f'sampler.method={method}',
                           f'sampler.steps={{schedule: {schedule}, count: {steps}}}', f'sampler.order={ORDERS.get(method, 0)}', 'output.report=none')
    error = np.sqrt(((x - exact)**2).reshape(len(x), -1).mean(1))
    return np.sqrt((error**2).mean()), np.median(error), summary.get('fitted', {}).get('evaluations', 0)


def mean(gains):
    """Geometric, over problems."""
    return np.exp(np.log(gains).mean(0))


def show(label, gains):
    (rms, median), (least_rms, least_median) = mean(gains), gains.min(0)
    print(f'{label}: rms {rms:.2f}, least {least_rms:.2f}; median {median:.2f}, least {least_median:.2f}', flush=True)


def main():
    words = lambda text: [word for word in text.split(',') if word]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--problems', type=words, default=['public', 'validation'])
    parser.add_argument('--methods', type=words, default=['dpmpp_2m', 'multistep'])
    parser.add_argument('--steps', type=words, default=['6', '8', '10', '15', '20'])
    parser.add_argument('--count', type=int, default=10000)
    parser.add_argument('--digits', action='store_true', help='the network of configs/digits.yaml too, on a tenth of the trajectories')
    args = parser.parse_args()
    gains, spent = {}, []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, config in configs(folder, args.problems, args.digits).items():
            count = args.count // 10 if name == 'digits' else args.count
            exact, _, _ = sample(config, folder / 'out', count, 1e-5 if name == 'digits' else 1e-9, OPTIONS,
                                 *REFERENCE, 'output.report=none')
            for method in args.methods:
                line = []
                for steps in args.steps:
                    log_sigma, karras, fitted = (np.array(errors(config, folder / 'out', count, exact, method, steps, s))
                                                 for s in ('log_sigma', 'karras', 'fitted'))
                    gain = np.minimum(log_sigma, karras)[:2] / fitted[:2]
                    gains.setdefault((method, steps), []).append(gain)
                    spent.append(fitted[2])
                    line.append(f'{gain[0]:5.2f} {gain[1]:6.2f}')
                print(f'{name:14s} {method:10s} ' + '  |  '.join(line), flush=True)
    for (method, steps), found in gains.items():
        show(f'{method:10s} N = {steps:>2s}', np.array(found))
    for method in args.methods:
        show(f'{method}, all N', np.concatenate([v for (m, _), v in gains.items() if m == method]))
    all_gains = np.concatenate(list(gains.values()))
    show('all', all_gains)
    rms = all_gains[:, 0]
    print(f'{len(rms)} cases: rms more than 1.1 times worse in {(rms < 1 / 1.1).sum()}, as without a fit in {(rms == 1).sum()}')
    print(f'evaluations of a fit: mean {np.mean(spent):.0f}, most {max(spent):.0f}')


if __name__ == '__main__':
    main()
