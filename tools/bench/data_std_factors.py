"""What a data_std that is wrong by a factor costs a network, or one that is not told (factor 0), and whether the program says so."""
from error_curves import at_budget, geometric_mean

KINDS = 'default', 'plan'


def described(network, factor, args):
    """rms of the network under a data_std so many times the right one, by kind and budget, and how many runs warned of it."""
    right = network.model
    network.model = {key: value for key, value in right.items() if factor or key != 'data_std'}
    changed = [f'model.data_std={factor * network.std:.6g}'] if factor != 1 and factor else []
    ours = [network.run(tolerance, *changed, *args.set) for tolerance in args.tolerances]
    plans = {n: network.run(None, f'sampler.steps={{schedule: plan, count: {n}}}', *changed, *args.set) for n in args.budgets if args.plan}
    network.model = right
    curve = [run['evaluations'] for run in ours], [run['rms'] for run in ours]
    warned = [any('data_std' in sentence for sentence in run['warnings']) for run in (*ours, *plans.values())]
    return {'default': {budget: at_budget(budget, *curve) for budget in args.budgets},
            'plan': {budget: run['rms'] for budget, run in plans.items()}, 'warned': f'{sum(warned)} of {len(warned)}'}


def measure(network, args):
    """For the right data_std and each factor."""
    return {factor: described(network, factor, args) for factor in (1, *args.data_std_factors)}


def ratio(found, factor, kind, budget):
    """rms under the right data_std over that under the wrong one; None where one is not known."""
    right, wrong = (found[f][kind].get(budget) for f in (1, factor))
    return None if right is None or wrong is None else right / wrong


def show(networks, args, table):
    """A row for each network, factor and kind; geometric means; which runs warned."""
    row = table('network', 'data_std times', 'runs that say so', 'kind', *(f'{budget} rows' for budget in args.budgets))
    kinds = [kind for kind in KINDS if kind == 'default' or args.plan]
    for name, found in networks.items():
        row(name, 1, found[1]['warned'], *[None] * (1 + len(args.budgets)))
        for factor in args.data_std_factors:
            for kind in kinds:
                row(name, factor, found[factor]['warned'], kind, *(ratio(found, factor, kind, budget) for budget in args.budgets))
    for factor in args.data_std_factors:
        for kind in kinds:
            known = [[r for found in networks.values() if (r := ratio(found, factor, kind, budget)) is not None] for budget in args.budgets]
            row('geometric mean', factor, '', kind, *(geometric_mean(ratios) if ratios else None for ratios in known))
            row('least', factor, '', kind, *(min(ratios, default=None) for ratios in known))
