"""A trained network, or an exact mixture, as its user has it: a file and its description, no profile beside it, nothing measured before."""
import hashlib
import json
import os
import shutil
import time

import numpy as np
import yaml

from error_curves import figures, least, row_errors
from program import all_rows, sample

SOLVERS = {
    **{f'unipc {order} {kind}': {'method': 'unipc', 'order': order, 'solver_type': kind} for order in (2, 3) for kind in ('bh2', 'bh1')},
    'dpmpp_2m': {'method': 'dpmpp_2m'},
    'dpmpp_3m': {'method': 'dpmpp_3m'},
    'lms 4': {'method': 'lms', 'order': 4},
    'deis 3': {'method': 'deis', 'order': 3},
    **{f'ipndm {order}': {'method': 'ipndm', 'order': order} for order in (3, 4)},
}
PEERS = [(solver, schedule) for solver in SOLVERS for schedule in ('karras', 'log_sigma', 'linear')]
FINE, COARSER = 400, 280  # nodes of the reference, and of the one that it is compared with
LADDER = [*range(4, 50), *(round(50 * 1.1**k) for k in range(16))]
NON_FINITE = 4  # exit code of a run in which samples are not finite: they are its error


class OwnNetwork:
    """NAME.yaml and the network it names. Of the config the sections model and process count, the rest is the program's defaults.
    scratch: folder for runs; cache: folder for what no version of the program changes, in files named by what it depends on."""

    def __init__(self, config, count, seed, scratch, cache):
        described = yaml.safe_load(config.read_text())
        self.name, self.count, self.scratch = config.stem, count, scratch / config.stem
        self.scratch.mkdir()
        cache.mkdir(parents=True, exist_ok=True)
        model = described['model']
        shape = model['shape'] if 'shape' in model else np.load(config.parent / model['means']).shape[1:]
        self.noise = np.random.default_rng(seed).standard_normal((count, *shape))
        content = hashlib.sha256(json.dumps([model, described['process'], seed, count], sort_keys=True).encode())
        self.model, self.process = (self.with_files(described[section], config.parent, content) for section in ('model', 'process'))
        self.cache = cache / f'{self.name}-{content.hexdigest()[:16]}'
        self.exact, self.uncertainty, self.std = self.reference()

    def with_files(self, section, folder, content):
        """A section that names copies of its files, beside which no profile lies; `content` takes in what is in them."""
        section = dict(section)
        for key, value in section.items():
            if isinstance(value, str) and (folder / value).is_file():
                content.update((folder / value).read_bytes())
                section[key] = str(shutil.copy(folder / value, self.scratch))
        return section

    def config(self, count):
        """Of the first `count` rows, in one model call a step."""
        model = dict(self.model)
        if isinstance(model.get('label'), list):
            model['label'] = [model['label'][i % len(model['label'])] for i in range(count)]
        path = self.scratch / f'{count}.yaml'
        path.write_text(yaml.safe_dump({'model': model, 'process': self.process, 'run': {'count': count, 'batch': count}}))
        np.save(self.scratch / f'{count}.npy', self.noise[:count])
        return path

    def grid(self, schedule, nodes, **method):
        """Samples on a fixed grid, by the Python module: it loads Torch once, and checks no fit. As many evaluations as nodes."""
        import shockstep
        steps = {'schedule': schedule, 'count': nodes}
        result = shockstep.sample(self.config(self.count), noise=self.noise, threads=1, final='denoise', steps=steps, **method)
        assert (result.evaluations == nodes).all(), f'{self.name}: {method} on {nodes} nodes took {result.evaluations.mean()} evaluations'
        return result.samples.numpy()

    def reference(self):
        """The solution of the network's equation, the rms that separates it from the coarser one, and the unit of errors."""
        path = self.cache.with_suffix('.npz')
        if not path.exists():
            fine, coarser = (self.grid('log_sigma', nodes, method='multistep', order=3) for nodes in (FINE, COARSER))
            np.savez(path, fine=fine, coarser=coarser)
        known = np.load(path)
        std = self.model.get('data_std') or float(np.sqrt(known['fine'].var(0).mean()))
        return known['fine'], figures(row_errors(known['coarser'], known['fine'], std))['rms'], std

    def run(self, tolerance, *settings, count=None):
        """The program, in units of data_std: `tolerance`, errors. Evaluations are all rows of the network, a sample."""
        count = count or self.count
        config, before = self.config(count), time.perf_counter()
        x, table, summary = sample(config, self.scratch / 'out', None, tolerance and f'{tolerance * self.std:.6g}',
                                   ['--noise', config.with_suffix('.npy'), '--threads', 1], *settings, codes=(0, NON_FINITE))
        errors = row_errors(x, self.exact[:count], self.std)
        estimates = np.array([float(row['error_estimate'] or 'nan') for row in table]) / self.std
        known = np.isfinite(estimates)
        found = {'evaluations': all_rows(summary) / count, 'of_trajectories': summary['evaluations']['total'] / count,
                 'probes': summary['evaluations']['probes_mean'], 'seconds': time.perf_counter() - before, **figures(errors),
                 'warnings': summary['warnings'], 'status': {status: n for status, n in summary['status'].items() if n}}
        if tolerance:
            q95 = float(np.quantile(errors, .95, method='higher'))
            found |= {'tolerance': tolerance, 'within': float((errors <= tolerance).mean()), 'q95': q95 / tolerance}
        if known.any():
            errors, estimates = errors[known], estimates[known]
            found |= {'estimated': float(known.mean()), 'covered': float((errors <= estimates).mean()),
                      'sharpness': float(np.median(estimates) / np.median(errors))}
        return found


class Peers:
    """Published samplers on their schedules, all errors known."""

    def __init__(self, network, budgets):
        self.network, self.budgets, self.path = network, budgets, network.cache.with_suffix('.json')
        self.known = json.loads(self.path.read_text()) if self.path.exists() else {}

    def errors(self, peer, count):
        solver, schedule = peer
        key = f'{solver} {schedule} {count}'
        if key not in self.known:
            x = self.network.grid(schedule, count, **SOLVERS[solver])
            self.known[key] = figures(row_errors(x, self.network.exact, self.network.std))
            partial = self.path.with_suffix('.part')
            partial.write_text(json.dumps(self.known, indent=1))
            os.replace(partial, self.path)
        return self.known[key]

    def ranked(self, count):
        """All of them, the one of least rms first."""
        return sorted(PEERS, key=lambda peer: self.errors(peer, count)['rms'])

    def cheapest(self, wanted):
        """(peer, evaluations) of the fewest evaluations with an rms of at most `wanted`, among the five that are best at the first
        budget that suffices, or at the last; None where none of these does."""
        enough = lambda peer, count: self.errors(peer, count)['rms'] <= wanted
        suffices = next((budget for budget in self.budgets if enough(self.ranked(budget)[0], budget)), None)
        limit, found = suffices or LADDER[-1], None
        below = max((budget for budget in self.budgets if suffices is None or budget < suffices), default=0)
        for peer in self.ranked(suffices or self.budgets[-1])[:5]:
            counts = [n for n in LADDER if below < n <= limit]
            count = least(counts, lambda n: enough(peer, n))
            if count:
                found, limit = (peer, count), count - 1
        return found
