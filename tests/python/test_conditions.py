"""Conditions of each trajectory's own, and guidance, on Gaussians about the condition: every result is known in closed form.

Data N(m, S^2): D = (S^2 x + sigma^2 m)/(S^2 + sigma^2), and its flow carries x - m as sqrt(S^2 + sigma^2). Guidance between two of
these, of one width, is that of a third, whose mean is guided.
"""

import functools
import math
import os
import subprocess
import warnings

import numpy
import pytest
import torch

import shockstep

S, HIGH, LOW, COUNT = 0.3, 20.0, 0.002, 64
RANGE = dict(sigma_max=HIGH, sigma_min=LOW)
MEANS = torch.randn(COUNT, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
NOISE = torch.randn(COUNT, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def column(sigma):
    return sigma.reshape(-1, 1)


def denoised(x, sigma, mean):
    return (S**2 * x + column(sigma) ** 2 * mean) / (S**2 + column(sigma) ** 2)


def network(x, sigma, mean):
    return denoised(x, sigma, mean)


def flow(x, mean, high, low):
    return mean + (x - mean) * math.sqrt((S**2 + low**2) / (S**2 + high**2))


def exact(mean, noise=NOISE):
    """The sample: D at the end of the flow."""
    return denoised(flow(HIGH * noise, mean, HIGH, LOW), torch.tensor(LOW), mean)


sample = functools.partial(
    shockstep.sample, network, shape=(2,), condition={"mean": MEANS}, dtype=torch.float64, tolerance=1e-4, data_std=1.0, **RANGE
)


# ---- Conditions


def test_every_trajectory_has_its_row():
    result = sample(noise=NOISE)  # how many follows from the condition
    error = (result.samples - exact(MEANS)).square().mean(1).sqrt()
    assert len(result) == COUNT and set(result.status) == {"ok"}
    assert 0 < error.max() < 1e-3
    assert (exact(MEANS) - exact(MEANS.roll(1, 0))).abs().max() > 1


def test_no_bit_depends_on_batch_or_shard():
    """What the callable computes of a row has the same bits in any batch."""
    whole = sample(batch=1)
    for batch in (4, 64):
        assert torch.equal(sample(batch=batch).samples, whole.samples)
    for first, count in ((0, 5), (5, 30), (35, 29)):
        assert torch.equal(sample(first=first, count=count, batch=8).samples, whole.samples[first : first + count])
    assert torch.equal(sample(first=60).samples, whole.samples[60:])


def test_one_row_is_everybodys():
    result = sample(condition={"mean": MEANS[7:8]}, noise=NOISE, count=COUNT)
    assert (result.samples - exact(MEANS[7])).square().mean(1).sqrt().max() < 1e-3


def test_rows_travel_with_the_state():
    """In refilled batches of one size, whose free rows repeat one that is alive, its condition too."""
    sizes, live, repeated = [], [], 0

    def watching(x, sigma, mean, number):
        nonlocal repeated
        sizes.append(len(x))
        assert torch.equal(mean, MEANS[number])
        same = (x[:, None] == x).all(2) & (sigma[:, None] == sigma)  # rows that ask for the same
        assert (number[:, None] == number)[same].all()
        repeated += int((same.sum(1) > 1).any())
        live.append(len(set(number.tolist())))
        return denoised(x, sigma, mean)

    result = shockstep.sample(
        watching, shape=(2,), condition={"mean": MEANS, "number": torch.arange(COUNT)}, dtype=torch.float64, tolerance=1e-4, noise=NOISE,
        data_std=1.0, batch=7, guard=False, **RANGE,
    )  # fmt: skip
    assert set(sizes) <= {3, 4, 7} and sizes.count(7) > 100 and max(live) == 7 and repeated > 0
    assert (result.samples - exact(MEANS)).square().mean(1).sqrt().max() < 1e-3


def test_types():
    """Floating point is the network's; whole numbers and truths stay what they are; a label comes before conditions."""
    seen = {}

    def looks(x, sigma, label, **rows):
        seen.update({name: rows[name].dtype for name in rows}, label=label.tolist(), shape=rows["text"].shape[1:])
        return denoised(x, sigma, rows["text"][:, 0])

    given = {
        "text": torch.zeros(4, 3, 2, dtype=torch.float16), "flag": numpy.array([True, False, True, True]), "index": [1, 2, 3, 4],
        "small": torch.ones(1, 2, dtype=torch.int32), "numbers": [0.5, 1.0, 1.5, 2.0],
    }  # fmt: skip
    shockstep.sample(looks, shape=(2,), label=[5, 6, 7, 8], condition=given, method="euler", steps=2, batch=4, **RANGE)
    assert seen == dict(
        text=torch.float32, flag=torch.bool, index=torch.int64, small=torch.int32, numbers=torch.float32, label=[5, 6, 7, 8],
        shape=(3, 2),
    )  # fmt: skip


def test_modules_take_them_by_name():
    class Module(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones((), dtype=torch.float64))

        def forward(self, x, sigma, mean):
            return denoised(x, sigma, mean) * self.weight

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", shockstep.ShockstepWarning)
        ours = shockstep.sample(Module(), shape=(2,), condition={"mean": MEANS}, tolerance=1e-4, data_std=1.0, **RANGE)
    assert torch.equal(ours.samples, sample().samples)
    net = shockstep.Network(network, shape=(2,), condition={"mean": MEANS}, data_std=1.0)
    assert torch.equal(shockstep.sample(net, dtype=torch.float64, tolerance=1e-4, **RANGE).samples, ours.samples)
    assert "(64, 2)" in repr(net) and "tensor" not in repr(net)


def test_what_is_measured_does_not_depend_on_the_shard():
    """Without data_std, and with a pilot: rows of the condition in turn, whichever are asked for."""
    settings = dict(data_std=None, guard={"profile": "pilot"}, tolerance=1e-2)
    whole = sample(**settings)
    part = sample(first=40, count=8, **settings)
    assert torch.equal(part.samples, whole.samples[40:48]) and part.profile["data_std"] == whole.profile["data_std"]


def test_encode_takes_the_rows_own():
    """x at sigma_max over sigma_max, of y with noise of sigma_min."""
    data = MEANS[:6] + S * NOISE[:6]
    common = dict(shape=(2,), dtype=torch.float64, tolerance=1e-5, data_std=1.0, add_noise=False, **RANGE)
    encoded = shockstep.encode(network, data, condition={"mean": MEANS}, **common)
    expected = flow(data, MEANS[:6], LOW, HIGH) / HIGH
    assert (encoded.latents - expected).abs().max() < 1e-4
    v = S**2 + LOW**2
    likelihood = -(data - MEANS[:6]).square().sum(1) / (2 * v) - math.log(2 * math.pi * v)
    # The prior is a Gaussian of data_std about D, not of S: off by less than (1 + |x|^2/sigma^2)/sigma_max^2.
    assert (torch.as_tensor(encoded.log_likelihood) - likelihood).abs().max() < 0.05


def test_compare_schedule_and_inspect_know_them():
    common = dict(shape=(2,), condition={"mean": MEANS}, dtype=torch.float64, data_std=1.0, **RANGE)
    methods = [{"name": "heun", "method": "heun", "steps": 40}, {"name": "adaptive"}]
    rows = shockstep.compare(network, methods, reference=1e-7, **common)
    assert 0 < rows[0]["rms"] < 1e-2 and 0 < rows[1]["rms"] < 1e-2
    fitted = shockstep.schedule(network, steps=6, budget=600, **common)
    ends = shockstep.sample(network, steps=fitted.solver, noise=NOISE, **common)
    assert (ends.samples - exact(MEANS)).square().mean().sqrt() < 0.05
    assert shockstep.inspect(network, quick=True, **common)["fit"]["fits"]


# ---- Guidance


NULL = {"mean": torch.tensor([0.5, -0.25], dtype=torch.float64)}
SCALE = 2.5
GUIDED = NULL["mean"] + SCALE * (MEANS - NULL["mean"])


@pytest.mark.parametrize("null", [NULL["mean"], NULL["mean"][None], NULL["mean"].expand(COUNT, 2)])
def test_guidance_has_a_mean_of_its_own(null):
    result = sample(noise=NOISE, guidance=SCALE, null={"mean": null})
    assert (result.samples - exact(GUIDED)).square().mean(1).sqrt().max() < 1e-3


def test_a_null_may_be_a_number_and_of_some_conditions_alone():
    def two(x, sigma, mean, shift):
        return denoised(x, sigma, mean + shift)

    common = dict(shape=(2,), dtype=torch.float64, tolerance=1e-4, data_std=1.0, noise=NOISE, **RANGE)
    shift = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    result = shockstep.sample(two, condition={"mean": MEANS, "shift": shift}, null={"mean": 0}, guidance=SCALE, **common)
    assert (result.samples - exact(SCALE * MEANS + shift)).square().mean(1).sqrt().max() < 1e-3


def test_two_calls_are_one():
    def counted(calls, interval=None):
        rows = []

        def counting(x, sigma, mean):
            rows.append(len(x))
            return denoised(x, sigma, mean)

        section = {key: value for key, value in dict(scale=SCALE, calls=calls, interval=interval).items() if value is not None}
        result = shockstep.sample(
            counting, shape=(2,), condition={"mean": MEANS}, guidance=section, null=NULL, dtype=torch.float64, data_std=1.0,
            method="heun", steps=10, batch=16, guard=False, **RANGE,
        )  # fmt: skip
        return result, rows

    (one, together), (two, apart) = counted(1), counted(2)
    assert torch.equal(one.samples, two.samples) and one.evaluations.tolist() == two.evaluations.tolist()
    assert max(together) == 32 and max(apart) == 16 and sum(together) == sum(apart)
    assert torch.equal(counted(None)[0].samples, one.samples) and counted(None)[1] == together
    # Outside the interval there is no second call, and one is the way where there is an interval.
    (bounded, fewer), (same, all_of_them) = counted(None, [0.1, 2.0]), counted(1, [0.1, 2.0])
    assert torch.equal(bounded.samples, same.samples)
    assert max(fewer) == 16 and sum(fewer) < 0.9 * sum(apart) and sum(all_of_them) == sum(together)


class Seen:
    """The rows that a network was asked about, and D."""

    wants_state = True

    def __init__(self):
        self.rows = []

    def state(self, trajectories, sigma, x, denoised):
        self.rows.append((trajectories, sigma, x, denoised))

    def all(self):
        return [torch.cat(parts) for parts in zip(*self.rows)]


def seen(**keywords):
    observer = Seen()
    result = sample(observer=observer, noise=NOISE, method="heun", steps=12, batch=16, null=NULL, **keywords)
    return result, *observer.all()


def halves(i, sigma, x):
    return denoised(x, sigma, MEANS[i]), denoised(x, sigma, NULL["mean"])


def test_the_rescale_is_that_of_lin_et_al():
    """2305.08891, equations 15 and 16, over the numbers of a sample."""
    phi = 0.7
    _, i, sigma, x, D = seen(guidance={"scale": SCALE, "rescale": phi})
    conditional, null = halves(i, sigma, x)
    plain = null + SCALE * (conditional - null)
    std = lambda D: D.std(1, keepdim=True)
    expected = phi * plain * std(conditional) / std(plain) + (1 - phi) * plain
    assert torch.allclose(D, expected, rtol=1e-9, atol=1e-9)
    assert (D - plain).abs().max() > 0.1
    _, i, sigma, x, D = seen(guidance={"scale": SCALE, "rescale": 1})
    assert torch.allclose(std(D), std(halves(i, sigma, x)[0]), rtol=1e-9)


def test_the_interval_is_that_of_kynkaanniemi_et_al():
    low, high = 0.05, 3.0
    result, i, sigma, x, D = seen(guidance={"scale": SCALE, "interval": [low, high]})
    conditional, null = halves(i, sigma, x)
    guided = null + SCALE * (conditional - null)
    inside = (sigma > low) & (sigma <= high)
    assert 0 < inside.sum() < len(inside)
    assert torch.allclose(D, torch.where(inside[:, None], guided, conditional), rtol=1e-12, atol=1e-12)
    # The flow to one mean, to the guided one, and back, at the ends of the interval.
    x = flow(flow(flow(HIGH * NOISE, MEANS, HIGH, high), GUIDED, high, low), MEANS, low, LOW)
    settings = dict(noise=NOISE, guidance={"scale": SCALE, "interval": [low, high]}, null=NULL)
    for method in ({}, {"method": "dopri5"}):
        result = sample(**settings, **method)
        assert (result.samples - denoised(x, torch.tensor(LOW), MEANS)).square().mean(1).sqrt().max() < 1e-3
    assert torch.equal(sample(**settings, **method, batch=5).samples, result.samples)


def test_an_interval_may_end_where_the_range_does():
    """Guided to the end, whose D is that of the condition: low itself is outside."""
    settings = dict(noise=NOISE, null=NULL, guidance={"scale": SCALE, "interval": [LOW, 3.0]})
    x = flow(flow(HIGH * NOISE, MEANS, HIGH, 3.0), GUIDED, 3.0, LOW)
    for method in ({}, {"method": "dopri5"}, {"guard": {"profile": "pilot"}}):
        result = sample(**settings, **method)
        assert set(result.status) == {"ok"}
        assert (result.samples - denoised(x, torch.tensor(LOW), MEANS)).square().mean(1).sqrt().max() < 1e-3


def test_guidance_may_be_a_function():
    plain = sample(guidance=SCALE, null=NULL)
    calls = []

    def own(conditional, unconditional, sigma):
        calls.append(sigma)
        assert conditional.dtype == sigma.dtype == torch.float64 and sigma.shape == conditional.shape[:1]
        return unconditional + SCALE * (conditional - unconditional)

    assert torch.allclose(sample(guidance=own, null=NULL).samples, plain.samples, rtol=1e-9, atol=1e-9) and calls
    _, i, sigma, x, D = seen(guidance={"function": lambda c, u, s: c + (c - u) * column(s), "interval": [0.05, 3.0]})
    conditional, null = halves(i, sigma, x)
    inside = column((sigma > 0.05) & (sigma <= 3.0))
    assert torch.allclose(D, torch.where(inside, conditional + (conditional - null) * column(sigma), conditional))


def test_scale_one_asks_for_one_half():
    plain = sample()
    assert torch.equal(sample(guidance=1, null=NULL).samples, plain.samples)
    rows = []
    counting = lambda x, sigma, mean: rows.append(len(x)) or denoised(x, sigma, mean)
    for guidance in (1, 2):
        keywords = dict(shape=(2,), condition={"mean": MEANS}, dtype=torch.float64, method="euler", steps=3, batch=32, **RANGE)
        shockstep.sample(counting, guidance=guidance, null=NULL, **keywords)
        assert max(rows) == 32 * guidance


# ---- Files




@pytest.fixture
def files(tmp_path):
    class Script(torch.nn.Module):
        def forward(self, x, sigma, mean, sign):
            s2 = (sigma * sigma)[:, None]
            return (0.09 * x + s2 * mean * sign[:, None]) / (0.09 + s2)

    example = (torch.ones(2, 2), torch.ones(2), torch.ones(2, 2), torch.ones(2, dtype=torch.int64))
    torch.jit.trace(Script(), example).save(tmp_path / "net.pt")
    numpy.save(tmp_path / "means.npy", MEANS.numpy())
    numpy.save(tmp_path / "sign.npy", numpy.ones(COUNT, dtype=numpy.int64))
    config = """
model:
  kind: torchscript
  path: net.pt
  shape: [2]
  data_std: 1
  condition: {sign: sign.npy, mean: means.npy}
  guidance: {scale: 2.5, null_condition: {mean: [0.5, -0.25]}}
process: {kind: ve, sigma_max: 20, sigma_min: 0.002}
sampler: {tolerance: 1.0e-3}
run: {count: 64, dtype: float64}
"""
    (tmp_path / "config.yaml").write_text(config)
    return tmp_path


def test_a_config_names_files(files):
    result = shockstep.sample(files / "config.yaml", noise=NOISE)
    assert (result.samples - exact(GUIDED)).square().mean(1).sqrt().max() < 5e-3
    other = shockstep.sample(files / "config.yaml", noise=NOISE, condition={"mean": MEANS.flip(0)})  # the file's others stay
    assert (other.samples - exact(GUIDED.flip(0))).square().mean(1).sqrt().max() < 5e-3
    sign = torch.ones(1, dtype=torch.int64)
    net = shockstep.Network(
        files / "net.pt", shape=(2,), data_std=1, guidance=SCALE, null=NULL,
        condition={"mean": str(files / "means.npy"), "sign": sign},
    )
    ours = shockstep.sample(net, noise=NOISE, dtype=torch.float64, tolerance=1e-3, **RANGE)
    assert torch.equal(ours.samples, result.samples)


def test_the_program_takes_them(files):
    def run(*arguments):
        return subprocess.run([os.environ["SHOCKSTEP"], *arguments], cwd=files, capture_output=True, text=True)

    done = run("sample", "config.yaml", "--out", "out", "--quiet")
    assert done.returncode == 0, done.stderr
    ours = shockstep.sample(files / "config.yaml").samples
    assert torch.equal(torch.from_numpy(numpy.load(files / "out" / "samples.npy")), ours.float())
    for setting, message in (
        ("model.condition={mean: means.npy}", "forward takes (x, sigma, mean, sign), of which model.condition has no sign"),
        ("model.condition.word=[1]", "forward takes (x, sigma, mean, sign), of which no further one is called word"),
        ("model.guidance={scale: 2}", "model.guidance.null_condition: missing"),
        ("model.guidance={scale: 2, null_condition: {men: 0}}", "model.guidance.null_condition.men: is no condition; known: sign, mean"),
        ("model.guidance={scale: 2, null_condition: {mean: 0}, interval: [1]}", "model.guidance.interval: must be [low, high]"),
        ("model.guidance={scale: 2, null_condition: {mean: 0}, calls: 3}", "model.guidance.calls: must be 1 or 2"),
        ("model.guidance={scale: 2, null_label: 0}", "model.guidance.null_label: is what a label becomes"),
        ("run.count=65", "model.condition: has rows for 64 trajectories, but 65 are asked for"),
    ):
        refused = run("sample", "config.yaml", "--out", "other", "--set", setting)
        assert refused.returncode != 0 and message in refused.stderr and refused.stderr.count("\n") == 1, refused.stderr
    # Another condition is another run.
    numpy.save(files / "means.npy", MEANS.flip(0).numpy())
    again = run("sample", "config.yaml", "--out", "out", "--resume", "--quiet")
    assert again.returncode != 0 and "model.condition.mean" in again.stderr


# ---- Errors


@pytest.mark.parametrize(
    "keywords, message",
    [
        (dict(count=65), "model.condition: has rows for 64 trajectories, but 65 are asked for"),
        (dict(first=60, count=10), "but 70 are asked for"),
        (dict(condition={"mean": MEANS, "other": MEANS[:3]}), "got an unexpected keyword argument 'other'"),
        (dict(condition={"text": MEANS}), "condition: the model is called as"),
        (dict(condition={"mean": torch.zeros(0, 2)}), "must have a row for each trajectory"),
        (dict(condition={"mean": 3.0}), "must have a row for each trajectory"),
        (dict(condition={"mean": MEANS * math.nan}), "model.condition.mean: must be finite"),
        (dict(condition=MEANS), "condition: must be a dict"),
        (dict(condition={"mean": ["a cat"]}), "condition: mean must be numbers"),
        (dict(guidance=2.0), "model.guidance.null_condition: missing"),
        (dict(guidance=lambda c, u, s: c), "model.guidance.null_condition: missing"),
        (dict(null=NULL), "null: is for guidance"),
        (dict(guidance=2.0, null={"men": 0}), "model.guidance.null_condition.men: is no condition; known: mean"),
        (dict(guidance=2.0, null={"mean": [0.0, 0.0, 0.0]}), "has shape"),
        (dict(guidance=2.0, null={"mean": MEANS[:3]}), "has 3 rows, and another condition or label has 64"),
        (dict(guidance={"scale": 2.0, "rescale": 2}, null=NULL), "model.guidance.rescale: must be from 0 to 1"),
        (dict(guidance={"scale": 2.0, "interval": [3, 1]}, null=NULL), "model.guidance.interval: must be"),
        (dict(guidance={"scale": 2.0, "scales": 1}, null=NULL), "scales"),
        (dict(guidance={"function": 3}, null=NULL), "function must be callable"),
    ],
)
def test_mistakes_are_one_line(keywords, message):
    with pytest.raises(shockstep.ConfigError) as raised:
        sample(**keywords)
    assert message in str(raised.value) and "\n" not in str(raised.value)


def test_a_function_that_returns_something_else():
    for own, message in ((lambda c, u, s: 3, "guidance returns"), (lambda c, u, s: c[:, :1], "guidance: the function must return")):
        with pytest.raises(shockstep.ModelError, match=message):
            sample(guidance=own, null=NULL)
    with pytest.raises(shockstep.ConfigError, match="condition: is for callables"):
        shockstep.sample(shockstep.GaussianMixture(means=[[0.0]], std=1), condition={"mean": MEANS})
    with pytest.raises(shockstep.FileError, match="condition: mean: .*nowhere.npy"):
        sample(condition={"mean": "nowhere.npy"})


# ---- Observers


def test_states_are_those_of_the_evaluations():
    """Euler: x goes towards D, so that the next state follows from the one before; and there is one for each evaluation."""
    observer = Seen()
    result = sample(observer=observer, noise=NOISE, method="euler", steps=9, batch=5)
    i, sigma, x, D = observer.all()
    assert i.dtype == torch.int64 and x.shape == D.shape == (len(i), 2)
    assert torch.equal(torch.bincount(i), torch.as_tensor(result.evaluations).long())
    for k in range(COUNT):
        mine = i == k
        s, state, d = column(sigma[mine]), x[mine], D[mine]
        assert torch.allclose(state[0], HIGH * NOISE[k])
        assert torch.allclose(state[1:], d[:-1] + s[1:] / s[:-1] * (state[:-1] - d[:-1]), rtol=1e-10, atol=1e-12)
        assert torch.allclose(d, denoised(state, sigma[mine], MEANS[k]))


def test_states_are_shown_to_those_who_want_them():
    class Unasked(Seen):
        wants_state = False

    class Method(Seen):
        def wants_state(self):
            return True

    class Missing:
        wants_state = True

    for kind, wanted in ((Unasked, False), (Method, True)):
        observer = kind()
        sample(observer=observer, count=3, method="euler", steps=2)
        assert bool(observer.rows) == wanted
    with pytest.raises(shockstep.ConfigError, match="no method state"):
        sample(observer=Missing(), count=3, method="euler", steps=2)
    with pytest.raises(shockstep.ConfigError, match="wants_state must return True or False"):
        sample(observer=type("Odd", (), dict(wants_state=3, state=print))(), count=3, method="euler", steps=2)

    class Raises(Seen):
        def state(self, *rows):
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        sample(observer=Raises(), count=3, method="euler", steps=2)
