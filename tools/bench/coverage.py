#!/usr/bin/env python3
"""Is a tolerance kept, and is an error estimate true? Prints both for exact mixtures, with the program a user has.

  coverage.py [--problems public,validation,seeded] [--tolerances 1e-2,3e-3,3e-4] [--count 1000]

kept: share of trajectories whose error is at most the tolerance; covered: share whose error is at most its estimate;
ratio: median estimate over median error. Errors are root mean squares over coordinates at sigma_min (`final: keep`)
against the program's own solution, unguarded, order 5, tolerance 1e-11. Needs tools/requirements-train.txt.
"""
import argparse
import pathlib
import tempfile

import numpy as np

from mixtures import sets
from program import sample

OPTIONS = '--seed', 5


def main():
    words = lambda text: text.split(',')
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--problems', type=words, default=['public', 'validation', 'seeded'])
    parser.add_argument('--tolerances', type=words, default=['1e-2', '3e-3', '3e-4'])
    parser.add_argument('--count', type=int, default=1000)
    args = parser.parse_args()
    pooled = {tolerance: [] for tolerance in args.tolerances}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, mixture in {k: m for group in args.problems for k, m in sets()[group].items()}.items():
            config = mixture.config(folder, name)
            exact, _, _ = sample(config, folder / 'out', args.count, 1e-11, OPTIONS, 'sampler.final=keep', 'sampler.guard=off',
                                 'sampler.order=5', 'sampler.max_evaluations=1000000')
            for tolerance in args.tolerances:
                x, rows, summary = sample(config, folder / 'out', args.count, tolerance, OPTIONS, 'sampler.final=keep',
                                          'sampler.guard.events=off')
                error = np.sqrt(((x - exact)**2).mean(1))
                estimate = np.array([float(row['error_estimate']) for row in rows])
                figures = ((error <= float(tolerance)).mean(), (error <= estimate).mean(), np.median(estimate) / np.median(error),
                           summary['evaluations']['mean'], summary['guard']['evaluations'])
                pooled[tolerance].append(figures)
                print(f'{name:14s} {tolerance}: kept {100 * figures[0]:5.1f} %  covered {100 * figures[1]:5.1f} %  ratio {figures[2]:6.1f}  '
                      f'evaluations {figures[3]:5.1f}  pilot {figures[4]}', flush=True)
    for tolerance, figures in pooled.items():
        kept, covered, ratio, evaluations, pilot = np.array(figures).T
        print(f'{len(kept)} problems, {tolerance}: kept {100 * kept.mean():.1f} %, least {100 * kept.min():.1f}; covered '
              f'{100 * covered.mean():.1f} %, least {100 * covered.min():.1f}; median ratio {np.median(ratio):.1f}, above 10 on '
              f'{(ratio > 10).sum()}; evaluations {evaluations.mean():.1f}; pilot {pilot.mean():.0f}, most {pilot.max():.0f}')


if __name__ == '__main__':
    main()
