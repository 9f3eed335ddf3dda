#!/usr/bin/env python3
"""What a run takes beside other work, and what its files take beside its samples, as ratios.

  busy    the default threads over --threads 1, wall time of digits with as many loops that spin beside it as there are cores, and idle
  report  processor time of 8 samples of 10^4 modes with a report over that without

Run: .venv/bin/python tools/bench/beside_others.py [PART ...]
"""
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

from parts import run_parts

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get('SHOCKSTEP', str(ROOT / 'build' / 'shockstep'))
TURNS = 5


def seconds(folder, config, *options):
    """Wall and processor time of a run."""
    environment = {key: value for key, value in os.environ.items() if key not in ('OMP_WAIT_POLICY', 'GOMP_SPINCOUNT', 'OMP_NUM_THREADS')}
    command = [PROGRAM, 'sample', str(config), '--quiet', '--out', str(folder / 'out'), *map(str, options)]
    begin = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**environment, 'SHOCKSTEP_CACHE': 'off'})
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f'{" ".join(command)} ended with {child.returncode}')
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime


def compared(folder):
    """In turns, so that both see the same machine."""
    run = [ROOT / 'configs' / 'digits.yaml', '--count', 256]
    default, one = zip(*((seconds(folder, *run)[0], seconds(folder, *run, '--threads', 1)[0]) for _ in range(TURNS)))
    return statistics.median(default), statistics.median(one)


def busy(folder):
    for label, loops in (('idle', 0), ('busy', os.cpu_count())):
        others = [subprocess.Popen([sys.executable, '-c', 'while True: pass']) for _ in range(loops)]
        try:
            default, one = compared(folder)
        finally:
            for other in others:
                other.kill()
                other.wait()
        print(f'{label}, {loops} loops beside it: {default:.2f} s with the default threads, {one:.2f} s with one, medians of {TURNS}, '
              f'ratio {default / one:.2f}', flush=True)


def report(folder):
    numbers = random.Random(1)
    means = ', '.join(f'[{numbers.uniform(-5, 5):.3f}, {numbers.uniform(-5, 5):.3f}]' for _ in range(10**4))
    config = folder / 'many.yaml'
    config.write_text(f'model: {{kind: gaussian_mixture, std: .01, means: [{means}]}}\nprocess: {{kind: ve}}\nrun: {{count: 8}}\n')
    with_it, without = (min(seconds(folder, config, '--set', f'output.report={kind}')[1] for _ in range(TURNS)) for kind in ('html', 'none'))
    print(f'10^4 modes, 8 samples, processor time, least of {TURNS}: {with_it:.2f} s with a report, {without:.2f} s without, '
          f'ratio {with_it / without:.2f}')


if __name__ == '__main__':
    run_parts(busy=busy, report=report)
