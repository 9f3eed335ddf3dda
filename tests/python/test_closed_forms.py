"""Right answers that are known in closed form, and the limits beyond which there are none: named in one line, at once."""

import math
import warnings

import numpy
import pytest
import torch

import shockstep

METHODS = [{"name": "heun", "method": "heun", "steps": 4}]


@pytest.fixture
def mix():
    return shockstep.GaussianMixture(means=[[-1.0, 0.0], [1.0, 0.0]], std=0.1)


def refused(match, call):
    with pytest.raises(shockstep.ConfigError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)


def none(*shape):
    return torch.zeros(0, *shape)


def test_what_is_empty_is_named(mix):
    data = mix.draw(40)
    for match, call in (
        ("^noise: must be .*has \\[0, 2\\]", lambda: shockstep.sample(mix, count=2, noise=none(2))),
        ("^noise: must be", lambda: shockstep.sample(mix, count=2, noise=[])),
        ("^init: must be", lambda: shockstep.sample(mix, count=2, init=none(2))),
        ("^mask: must", lambda: shockstep.sample(mix, count=2, init=data[:2], mask=none(2))),
        ("^data: must be", lambda: shockstep.encode(mix, none(2))),
        ("^data: must be", lambda: shockstep.encode(mix, [])),
        ("^data: has no rows", lambda: shockstep.inspect(mix, data=none(2))),
        ("^held_out: has no rows", lambda: shockstep.inspect(mix, data=data, held_out=none(2))),
        ("^labels: must have one number for each row", lambda: shockstep.inspect(mix, data=data, labels=[])),
        ("^data: must have at least 2 rows", lambda: shockstep.compare(mix, METHODS, count=4, data=none(2))),
        ("methods: ", lambda: shockstep.compare(mix, [], count=4)),
        ("^steps: missing", lambda: shockstep.schedule(mix, steps=[])),
        ("steps.*must not be an empty list", lambda: shockstep.sample(mix, count=2, steps=[])),
        ("^means: must be a list of points", lambda: shockstep.GaussianMixture(means=none(2), std=1)),
        ("^points: must be a list of points", lambda: shockstep.PointCloud([])),
        ("model.label: must not be an empty list", lambda: shockstep.sample(lambda x, s, y: x, shape=(2,), count=2, label=[])),
        ("model.condition.c: must have a row", lambda: shockstep.sample(lambda x, s, c: x, shape=(2,), count=2, condition={"c": none(3)})),
        ("model.shape: must not be an empty list", lambda: shockstep.sample(lambda x, s: x, shape=(), count=2)),
    ):
        refused(match, call)
    assert mix(none(2), 1.0).shape == mix.draw(0).shape == (0, 2)


def test_numbers_whose_squares_are_none_are_named(mix):
    huge, tiny, nan, inf = 1e200, 1e-200, math.nan, math.inf
    gaussian = lambda **keywords: shockstep.GaussianMixture(**{"means": [[0.0], [1.0]], "std": 0.1, **keywords})
    for match, call in (
        ("^means: must be at most 1e100", lambda: gaussian(means=[[0.0], [huge]])),
        ("^means: must be finite, got nan", lambda: gaussian(means=[[0.0], [nan]])),
        ("^std: must be at most 1e100", lambda: gaussian(std=huge)),
        ("^std: must be at least 1e-100, got 1e-200", lambda: gaussian(std=[tiny, 1])),
        ("^std: must be finite, got inf", lambda: gaussian(std=inf)),
        ("^weights: must be at most 1e100", lambda: gaussian(weights=[1, huge])),
        ("^weights: must be finite", lambda: gaussian(weights=[1, inf])),
        ("^weights: one is nothing beside the others", lambda: gaussian(weights=[1e-300, 1e10])),
        ("^covariances: must be at most 1e100", lambda: gaussian(std=None, covariances=[[[1.0]], [[huge]]])),
        ("^points: must be at most 1e100 in size, got 1e.200", lambda: shockstep.PointCloud([[0.0], [huge]])),
        ("^points: must be finite, got inf", lambda: shockstep.PointCloud([[0.0], [inf]])),
        ("^std: must be at least 1e-100", lambda: shockstep.PointCloud([[0.0], [1.0]], tiny)),
        ("^a: must be at most 1e100", lambda: shockstep.DoubleWell(a=huge)),
        ("^a: must be at least 1e-100", lambda: shockstep.DoubleWell(a=tiny)),
        ("^beta: must be at most 1e12/a.4 = 1e.12, got 1e.200; .* point_cloud", lambda: shockstep.DoubleWell(beta=huge)),
        ("^beta: must be positive, got nan", lambda: shockstep.DoubleWell(beta=nan)),
        ("^beta: must be at least 1e-200, got 1e-250", lambda: shockstep.DoubleWell(beta=1e-250)),
        ("^field.sigma: must be at most 1e100", lambda: shockstep.Multiplicative(mix, sigma=huge)),
        ("^power: must be from -100 to 100", lambda: shockstep.Multiplicative(mix, power=huge)),
        ("^sigma: must be at most 1e100", lambda: mix([[0.0, 0.0]], huge)),
        ("^sigma: must be at least 1e-100", lambda: mix.draw(2, sigma=tiny)),
        ("^sigma: must be finite", lambda: mix.log_density([[0.0, 0.0]], inf)),
        ("process.sigma_max: must be at most 1e100", lambda: shockstep.sample(mix, count=2, sigma_max=huge)),
        ("process.sigma_min: must be at least 1e-100", lambda: shockstep.sample(mix, count=2, sigma_min=tiny)),
    ):
        refused(match, call)


def test_what_rounding_leaves_nothing_of_is_named(mix):
    sample = lambda **keywords: shockstep.sample(mix, **{"count": 1, **keywords})
    for match, call in (
        ("^sampler.tolerance: must be at least 1e-15 of data_std", lambda: sample(tolerance=1e-300)),
        ("tolerance: must be at least 1e-15", lambda: shockstep.compare(mix, METHODS, count=2, reference=1e-300)),
        ("^noise: row 0 is above 1e100 in size", lambda: sample(noise=[[1e200, 0.0]])),
        ("^init: row 0 is above 1e100 in size", lambda: sample(init=[[0.0, 1e200]])),
        ("^data: must be at most 1e100 in size", lambda: shockstep.encode(mix, [[1e200, 0.0]])),
        ("^strength: must be at least 1e-09, got 1e-300", lambda: sample(init=[[0.0, 0.0]], strength=1e-300)),
        ("model.data_std: must be at most 1e100", lambda: shockstep.sample(lambda x, s: x, shape=(1,), data_std=1e200, count=2)),
        ("model.data_std: must be at least 1e-100", lambda: shockstep.sample(lambda x, s: x, shape=(1,), data_std=1e-200, count=2)),
        ("^count: 100000000000 samples take 1.6e.03 GB, and .* free; draw parts", lambda: sample(count=10**11)),
        ("^methods: must be a list of dicts, got 5", lambda: shockstep.compare(mix, 5)),
        ("^methods: must be a list of dicts, got 'heun'", lambda: shockstep.compare(mix, "heun")),
    ):
        refused(match, call)
    # As little as is taken moves init by no more than noise of sigma_min does.
    near = sample(init=[[1.0, 0.0]], strength=1e-9, final="keep", noise=[[0.5, -0.5]]).samples
    assert (near - torch.tensor([[1 + 0.001, -0.001]], dtype=torch.float64)).abs().max() < 1e-6


def test_a_model_that_was_not_made_is_printed():
    with pytest.raises(shockstep.ConfigError) as caught:
        shockstep.DoubleWell(a=-1)
    own = caught.traceback[-1].frame.f_locals["self"]  # as debuggers see it
    assert repr(own) == "<shockstep.DoubleWell: not made>"


def test_the_ends_of_what_is_taken_are_right():
    # E[x0 | x] of N(m, s^2) is (s^2 x + sigma^2 m)/(s^2 + sigma^2), whatever the units.
    for unit in (1e-90, 1.0, 1e90):
        model = shockstep.GaussianMixture(means=[[2.0 * unit]], std=3.0 * unit)
        assert model([[5.0 * unit]], 4.0 * unit).item() == pytest.approx((9 * 5 + 16 * 2) / 25 * unit, rel=1e-14)
        assert model.data_std == pytest.approx(3 * unit, rel=1e-14)


@pytest.mark.parametrize("call, match", [
    (lambda m: shockstep.DoubleWell(a="1"), "^a: must be a number, got '1'"),
    (lambda m: shockstep.DoubleWell(beta=None), "^beta: must be a number, got None"),
    (lambda m: shockstep.DoubleWell(a=True), "^a: must be a number, got True"),
    (lambda m: shockstep.PointCloud([[0.0]], std="wide"), "^std: must be a number"),
    (lambda m: shockstep.Multiplicative(m, power=[1, 2]), "^power: must be a number"),
    (lambda m: shockstep.Multiplicative("m"), "^field: must be an exact model, got 'm'"),
    (lambda m: m.draw(2.5), "^count: must be a whole number, got 2.5"),
    (lambda m: m.draw("2"), "^count: must be a number, got '2'"),
    (lambda m: m.draw(-1), "^count: must be a whole number from 0 to"),
    (lambda m: m.draw(2**70), "^count: must be a whole number from 0 to"),
    (lambda m: m.draw(math.inf), "^count: must be a whole number from 0 to"),
    (lambda m: m.draw(2, sigma="0"), "^sigma: must be a number"),
    (lambda m: m.draw(2, seed=-1), "^seed: must be a whole number from 0 to"),
    (lambda m: shockstep.Process(alpha=lambda t: 1, sigma=lambda t: t, t_min="0.1", t_max=1), "^t_min: must be a number, got '0.1'"),
    (lambda m: shockstep.Process(alpha=lambda t: 1, sigma=lambda t: t, t_min=0.1, t_max=1).time(None), "^sigma: must be a number, got None"),
    (lambda m: shockstep.sample(m, count=2, interpolate=2**40), "^interpolate: must be a whole number from 0 to 2147483647"),
    (lambda m: shockstep.sample(m, count=2, strength=[1]), "^strength: must be a number"),
    (lambda m: shockstep.schedule(m, steps=[5, "8"]), "^steps: must be a whole number, got '8'"),
    (lambda m: shockstep.schedule(m, steps="8"), "steps"),
    (lambda m: shockstep.schedule(m, steps=[5, 8.5]), "^steps: must be a whole number, got 8.5"),
])  # fmt: skip
def test_numbers_are_asked_for_by_name(call, match, mix):
    refused(match, lambda: call(mix))


def test_numbers_of_any_library_are_numbers(mix):
    one = numpy.float32(1)
    assert repr(shockstep.DoubleWell(a=one, beta=torch.tensor(4.0))) == repr(shockstep.DoubleWell())
    assert torch.equal(mix.draw(numpy.int64(3), sigma=numpy.array(0.5), seed=numpy.uint8(7)), mix.draw(3, 0.5, 7))
    assert torch.equal(mix.draw(3.0), mix.draw(3))


def test_a_high_barrier_leaves_two_points():
    # Wells of width 1/sqrt(8 beta) about +-1, far below sigma: D = tanh(x/sigma^2) but for the square of the width over sigma.
    for beta in (1e4, 1e8, 1e12):
        well = shockstep.DoubleWell(beta=beta)
        assert well.data_std == pytest.approx(1, rel=1 / beta)
        for x, sigma in ((0.3, 0.5), (-2.0, 3.0), (1e-3, 0.04), (50.0, 80.0)):
            width2 = 1 / (8 * beta)
            # Rounding of y^2 - 1, eps, in wells of that width is beta eps width of E.
            bound = 10 * width2 * (1 + (1 + x * x) / sigma**4) + 1e-15 * math.sqrt(beta)
            assert well([[x]], sigma).item() == pytest.approx(math.tanh(x / sigma**2), abs=bound)


def test_little_noise_moves_nothing_of_a_double_well():
    # D = x - sigma^2 E'(x) and ln p = ln p_0 + sigma^2 (E'^2 - E'')/2 to the next power of sigma^2 E''; E = 4 (x^2 - 1)^2.
    well = shockstep.DoubleWell()
    x = torch.tensor([[-1.7], [-1.0], [0.0], [1e-9], [0.4], [1.2]], dtype=torch.float64)
    slope, bend = 16 * x * (x**2 - 1), 16 * (3 * x**2 - 1)
    exact = well.log_density(x, 0.0)
    for sigma in (0.0, 1e-100, 1e-30, 1e-12, 1e-8, 1e-6, 1e-5):
        assert (well(x, sigma) - (x - sigma**2 * slope)).abs().max() < 1e-15 + 1e4 * sigma**4
        ln = exact + (sigma**2 * (slope**2 - bend) / 2).reshape(-1)
        assert (well.log_density(x, sigma) - ln).abs().max() < 1e-12 + 1e7 * sigma**4


def test_noise_below_the_rounding_of_the_data(mix):
    least = 1e-11 * mix.data_std
    refused("process.sigma_min: must be at least .* 1e-11 of data_std, got 1e-12", lambda: shockstep.sample(mix, count=2, sigma_min=1e-12))
    refused("process.sigma_min: must be at least", lambda: shockstep.encode(mix, [[1.0, 0.0]], sigma_min=1e-12))
    result = shockstep.sample(shockstep.GaussianMixture(means=[[1.0]], std=1.0), count=4, sigma_min=1.01e-11, noise=[[-1.0], [0.0], [0.5], [1.0]])
    assert result.status == ["ok"] * 4 and least < 1e-11
    # From sigma_max n the flow of N(m, s^2) leads to m + s (sigma_max n - m)/sqrt(s^2 + sigma_max^2).
    n = torch.tensor([[-1.0], [0.0], [0.5], [1.0]], dtype=torch.float64)
    assert (result.samples - (1 + (80 * n - 1) / math.sqrt(1 + 80**2))).abs().max() < 1e-2


def told(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call()
    return result, [str(w.message) for w in caught if issubclass(w.category, shockstep.ShockstepWarning)]


def test_data_beyond_sigma_max_are_known_without_samples():
    pixels = shockstep.GaussianMixture(means=[[0.0], [255.0]], std=1.0)  # mean 127.5, standard deviation 127.5
    for start in ({}, {"interpolate": 2}, {"noise": [[-1.0], [1.0]]}):
        _, sentences = told(lambda: shockstep.sample(pixels, count=2, **start))
        assert len(sentences) == 1
        assert "sigma_max = 80 is not far above the data, of mean 1.3e+02 and standard deviation 1.3e+02" in sentences[0]
        assert "sigma_max: 2.6e+03 would do" in sentences[0]
    result, sentences = told(lambda: shockstep.sample(pixels, count=400, sigma_max=2600.0))
    assert sentences == [] and abs(result.samples.mean() - 127.5) < 5 * 127.5 / 20
    far = shockstep.PointCloud([[1000.0], [1001.0]])  # a mean alone
    assert "of mean 1e+03 and standard deviation 0.5" in told(lambda: shockstep.sample(far, count=2))[1][0]


def test_latents_of_the_callers_own_are_no_draw_of_the_data():
    network = lambda x, sigma: x / (1 + sigma[:, None] ** 2)  # N(0, 1)
    call = dict(shape=(1,), data_std=1.0, sigma_max=20.0)
    for start in ({"noise": torch.full((20, 1), 0.1)}, {"interpolate": 20}):
        assert told(lambda: shockstep.sample(network, count=20, **start, **call))[1] == []


def test_the_advice_of_a_short_budget_can_be_followed(mix):
    call = dict(count=64, max_evaluations=16, tolerance=1e-5)
    result, sentences = told(lambda: shockstep.sample(mix, **call))
    short = result.status.count("budget")
    assert short > 0
    [sentence] = [s for s in sentences if "max_evaluations = 16" in s]
    enough = float(sentence.partition("a tolerance of ")[2].partition(",")[0])
    assert 1e-5 < enough
    again = shockstep.sample(mix, **{**call, "tolerance": enough})
    assert again.status.count("budget") <= short / 4
    assert shockstep.sample(mix, **{**call, "max_evaluations": 1000}).status == ["ok"] * 64


def test_the_budget_that_a_fit_asks_for_is_enough(mix):
    for call in (dict(steps=8, budget=300), dict(steps=[5, 8], budget=300), dict(steps=8, method="heun", budget=300)):
        with pytest.raises(shockstep.ConfigError, match="set budget to [0-9]+ at least") as caught:
            shockstep.schedule(mix, **call)
        enough = int(str(caught.value).partition("set budget to ")[2].split()[0])
        assert enough > 300
        with pytest.raises(shockstep.ConfigError, match="set budget to"):
            shockstep.schedule(mix, **{**call, "budget": enough - 1})
        shockstep.schedule(mix, **{**call, "budget": enough})
