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
# Of references: steps that follow their own errors, whatever the model. Of a network guard=off leaves the plan.
REFERENCE = ('sampler.guard={profile: default, events: off}', 'sampler.order=5', 'sampler.max_evaluations=1000000')


def sample(config, folder, count, tolerance, options, *settings, codes=(0,)):
    """Samples, rows of trajectories.csv and summary.json. count, tolerance: None is the config's; `options`: of the command line;
    settings: KEY=VALUE; codes: exit codes with which it goes on."""
    command = [PROGRAM, 'sample', config, '--quiet', '--out', folder, *options]
    if tolerance is not None:
        command += ['--tolerance', tolerance]
    if count is not None:
        command += ['--count', count]
    for setting in ('output.steps=0', 'output.report=none', *settings):
        command += ['--set', setting]
    command = list(map(str, command))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in codes:
        sys.exit(f'{" ".join(command)} ended with {done.returncode}: {done.stderr.strip()}')
    folder = pathlib.Path(folder)
    with open(folder / 'trajectories.csv') as table:
        rows = list(csv.DictReader(table))
    return np.load(folder / 'samples.npy'), rows, json.loads((folder / 'summary.json').read_text())


def all_rows(summary):
    """Rows of the model that a run computed, for whatever purpose: trajectories, pilot, fit of a schedule, fit check."""
    if 'all' in summary['evaluations']:
        return summary['evaluations']['all']
    guard = summary.get('guard') or {}  # false on a grid
    pilot = guard['evaluations'] if guard.get('source') == 'pilot' else 0
    return summary['evaluations']['total'] + pilot + sum(summary.get(part, {}).get('evaluations', 0) for part in ('fitted', 'fit'))
