#!/usr/bin/env python3
"""Measures the engine from outside, with the program a user has, and prints the figures quoted in the README.

  accuracy    median error of the unguarded multistep against its NumPy twin at the same evaluations, same noise
  overhead    share of the wall time outside the model call for models/digits.pt, batch 256
  memory      growth of the resident peak from 10^4 to 10^6 trajectories
  throughput  10^6 trajectories of the ring at tolerance 1e-2, and the NumPy twin beside it
  journal     what the journal of a run costs: the ring with and without, in turns
  cores       the networks: all cores in one model call, against as many shards of one thread side by side, in turns
  resume      10^6 trajectories of the ring, ended after 10 s and resumed: resident peaks, bytes

Run: .venv/bin/python tools/bench/foundation.py [PART ...]     (needs numpy: tools/requirements-train.txt)
Beside it: build/tools/bench/bench_events and build/tools/bench/bench_overhead.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import numpy as np

from numpy_multistep import Mixture, problems, sample
from parts import run_parts

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get('SHOCKSTEP', str(ROOT / 'build' / 'shockstep'))
SIGMA_MAX, SIGMA_MIN = 80., .01


def shockstep(config, out, *options, code=0):
    """Runs the program; returns its summary and what it used."""
    command = [PROGRAM, 'sample', str(config), '--out', str(out), '--quiet', *map(str, options)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != code:
        sys.exit(f'{" ".join(command)} ended with {child.returncode}')
    return json.loads((pathlib.Path(out) / 'summary.json').read_text()), usage


def accuracy(folder, count=1000):
    print(f'Median error (2-norm) at the same evaluations, {count} trajectories, sigma {SIGMA_MAX:g} to {SIGMA_MIN:g}, unguarded')
    print(f'{"problem":10s} {"evaluations":>11s} {"NumPy":>9s} {"shockstep":>9s} {"ratio":>6s}')
    for name, means, std in problems():
        d = means.shape[1]
        noise = np.random.default_rng(1).standard_normal((count, d))
        np.save(folder / 'means.npy', means)
        np.save(folder / 'noise.npy', noise)
        config = folder / f'{name}.yaml'
        config.write_text(f'model: {{kind: gaussian_mixture, means: means.npy, std: {std}}}\n'
                          f'process: {{kind: ve, sigma_min: {SIGMA_MIN}, sigma_max: {SIGMA_MAX}}}\n'
                          f'sampler: {{guard: off, final: keep, max_evaluations: 100000}}\n')

        def run(tolerance, *options):
            summary, _ = shockstep(config, folder / name, '--tolerance', tolerance, '--count', count, '--noise', folder / 'noise.npy', *options)
            return np.load(folder / name / 'samples.npy'), summary['evaluations']['mean']

        reference, _ = run(1e-11, '--set', 'sampler.order=5')
        median = lambda x: np.median(np.linalg.norm(x - reference, axis=1))
        ours = [(n, median(x)) for x, n in (run(t / np.sqrt(d)) for t in np.geomspace(1, 1e-4, 65))]
        evaluations, errors = np.log(np.array(ours)).T
        for tol in (3e-1, 1e-1, 3e-2, 1e-2, 3e-3, 1e-3):
            x, n = sample(Mixture(means, std), SIGMA_MAX * noise, SIGMA_MAX, SIGMA_MIN, tol)
            here = np.exp(np.interp(np.log(n.mean()), evaluations, errors))
            print(f'{name:10s} {n.mean():11.1f} {median(x):9.1e} {here:9.1e} {here / median(x):6.2f}', flush=True)


def overhead(folder):
    summary, _ = shockstep(ROOT / 'configs' / 'digits.yaml', folder / 'digits', '--count', 4096, '--batch', 256)
    outside = summary['overhead_fraction']
    print(f'digits.pt, batch 256, 4096 samples: {summary["wall_seconds"]:.1f} s, {100 * outside:.1f} % outside the model call, output included')


def memory(folder):
    peaks = {}
    for count in (10**4, 10**6):
        _, usage = shockstep(ROOT / 'configs' / 'ring.yaml', folder / 'ring', '--count', count)
        peaks[count] = usage.ru_maxrss / 1024
        print(f'ring, {count} trajectories: resident peak {peaks[count]:.0f} MiB')
    print(f'growth {peaks[10**6] - peaks[10**4]:.0f} MiB')


def throughput(folder, count=10**6):
    for label, options in (('unguarded', ['--set', 'sampler.guard=off']), ('guarded, no events', ['--set', 'sampler.guard.events=off']),
                           ('guarded, events', [])):
        summary, _ = shockstep(ROOT / 'configs' / 'ring.yaml', folder / 'ring', '--count', count, '--tolerance', 1e-2,
                               '--set', f'process.sigma_min={SIGMA_MIN}', *options)
        wall = summary['wall_seconds']
        print(f'ring, {count} trajectories, {label}: {wall:.1f} s, {count / wall:.0f} trajectories/s, '
              f'{summary["evaluations"]["mean"]:.1f} evaluations, files written')
    few, angle = count // 50, np.arange(8) * 2 * np.pi / 8
    start = time.perf_counter()
    model = Mixture(np.c_[np.cos(angle), np.sin(angle)], .1)
    for _ in range(5):  # rows of one NumPy batch, about its best size
        noise = np.random.default_rng(1).standard_normal((few // 5, 2))
        _, n = sample(model, SIGMA_MAX * noise, SIGMA_MAX, SIGMA_MIN, 1e-2 * np.sqrt(2))
    seconds = time.perf_counter() - start
    print(f'NumPy twin, {few} trajectories, unguarded: {few / seconds:.0f} trajectories/s, {n.mean():.1f} evaluations')


def journal(folder, count=2 * 10**5, turns=5):
    seconds = {'on': [], 'off': []}
    for _ in range(turns):
        for switch, times in seconds.items():
            _, usage = shockstep(ROOT / 'configs' / 'ring.yaml', folder / 'ring', '--count', count, '--threads', 1, '--set', f'output.journal={switch}')
            times.append(usage.ru_utime + usage.ru_stime)
    on, off = (min(times) for times in seconds.values())
    ratios = ', '.join(f'{a / b:.3f}' for a, b in zip(*seconds.values()))
    print(f'ring, {count} trajectories, one thread, processor time, least of {turns}: {on:.2f} s with a journal, {off:.2f} s without, '
          f'ratio {on / off:.3f} (pair by pair {ratios})')


def cores(folder, turns=3):
    n = os.cpu_count()
    plain = ['--set', 'output.report=none', '--set', 'output.steps=0']
    for name, options in (('digits', ['--count', 1024 * n]), ('fashion', ['--count', 128 * n, '--set', 'model.label=3', '--batch', 64])):
        config = ROOT / 'configs' / f'{name}.yaml'

        def inside():
            shockstep(config, folder / name, *options, *plain, '--threads', n)

        def shards(i):
            subprocess.run([PROGRAM, 'sample', config, '--quiet', '--out', folder / f'{name}-shards', *map(str, options), *plain,
                            '--threads', '1', '--shard', f'{i + 1}/{n}'], check=True, stdout=subprocess.DEVNULL)

        ratios = []
        for _ in range(turns):
            begin = time.perf_counter()
            inside()
            middle = time.perf_counter()
            with concurrent.futures.ThreadPoolExecutor(n) as pool:
                list(pool.map(shards, range(n)))
            ratios.append((time.perf_counter() - middle) / (middle - begin))
            shutil.rmtree(folder / f'{name}-shards')
        print(f'{name}, {n} cores: time of {n} shards of one thread over that of {n} threads in the model call: '
              + ', '.join(f'{ratio:.2f}' for ratio in ratios))


def resume(folder, count=10**6, limit=10):
    out = folder / 'resumed'
    options = ['--count', count, '--threads', 1]
    _, usage = shockstep(ROOT / 'configs' / 'ring.yaml', out, *options, '--time-limit', limit, code=130)
    kept = (out / 'run.journal').stat().st_size
    done = sum(1 for line in open(out / 'trajectories.csv') if ',ok,' in line)
    print(f'ring, {count} trajectories, ended after {limit} s: {done} done, resident peak {usage.ru_maxrss / 1024:.0f} MiB, '
          f'journal {kept / done:.0f} bytes a trajectory')
    summary, usage = shockstep(ROOT / 'configs' / 'ring.yaml', out, *options, '--resume')
    files = sum(file.stat().st_size for file in out.iterdir())
    print(f'resumed: {summary["trajectories"]} done, resident peak {usage.ru_maxrss / 1024:.0f} MiB, files {files / count:.0f} bytes a trajectory')


if __name__ == '__main__':
    run_parts(accuracy=accuracy, overhead=overhead, memory=memory, throughput=throughput, journal=journal, cores=cores, resume=resume)
