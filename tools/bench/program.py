"""One run of the program a user has, and what it wrote."""
import csv
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get('SHOCKSTEP', str(ROOT / 'build' / 'shockstep'))


def sample(config, folder, count, tolerance, options, *settings):
    """Samples, rows of trajectories.csv and summary.json. count: None is the config's; `options`: of the command line;
    settings: KEY=VALUE."""
    command = [PROGRAM, 'sample', config, '--quiet', '--out', folder, '--tolerance', tolerance, *options]
    if count is not None:
        command += ['--count', count]
    for setting in ('output.steps=0', 'output.report=none', *settings):
        command += ['--set', setting]
    command = list(map(str, command))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f'{" ".join(command)} ended with {done.returncode}: {done.stderr.strip()}')
    folder = pathlib.Path(folder)
    with open(folder / 'trajectories.csv') as table:
        rows = list(csv.DictReader(table))
    return np.load(folder / 'samples.npy'), rows, json.loads((folder / 'summary.json').read_text())
