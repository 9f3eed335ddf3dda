"""Processes from functions of time, and the networks of other packages that they describe."""

import math

import pytest
import torch
from conftest import denoiser

import shockstep

ONE = dict(alpha=lambda t: 1.0, sigma=lambda t: t, t_min=0.002, t_max=20.0)


def cosine(**changed):
    half = math.pi / 2
    return shockstep.Process(**{**dict(alpha=lambda t: math.cos(half * t), sigma=lambda t: math.sin(half * t), t_min=1e-3, t_max=0.99), **changed})


def test_time_comes_back_from_sigma():
    process = cosine()
    assert process.sigma_min == pytest.approx(math.tan(math.pi / 2 * 1e-3), rel=1e-12)
    assert process.sigma_max == pytest.approx(math.tan(math.pi / 2 * 0.99), rel=1e-12)
    for i in range(1, 100):
        t = i / 100
        assert process.time(math.tan(math.pi / 2 * t)) == pytest.approx(t, rel=1e-12)
    assert "t from 0.001 to 0.99" in repr(process)


def test_the_same_samples_as_by_name():
    """vp_cosine with s = 0 is this process; what the network is told differs by rounding alone, which float64 keeps below 1e-9."""

    def noise(x, t):
        alpha, sigma = torch.cos(math.pi / 2 * t)[:, None], torch.sin(math.pi / 2 * t)[:, None]
        return (x - alpha * denoiser(x / alpha, sigma / alpha)) / sigma

    own = cosine()
    ask = dict(count=16, tolerance=1e-2, dtype="float64", sigma_min=0.01, sigma_max=20.0)
    ours = shockstep.sample(shockstep.Network(noise, shape=(1,), predicts="noise", process=own), **ask)
    named = shockstep.Network(
        noise, shape=(1,), predicts="noise", time="t", scale_input="process", process={"kind": "vp_cosine", "s": 0}
    )
    theirs = shockstep.sample(named, **ask)
    assert ours.evaluations.tolist() == theirs.evaluations.tolist()
    assert (ours.samples - theirs.samples).abs().max() < 1e-8
    assert ours.status == ["ok"] * 16


def test_every_function_takes_it(tmp_path):
    process, shape = shockstep.Process(**ONE), (1,)
    data = torch.linspace(-1, 1, 4, dtype=torch.float64).reshape(-1, 1)
    ask = dict(shape=shape, process=process)
    assert shockstep.sample(denoiser, count=4, **ask).status == ["ok"] * 4
    assert shockstep.encode(denoiser, data, **ask).latents.shape == (4, 1)
    assert len(shockstep.schedule(denoiser, steps=5, **ask)) == 5 + 1
    rows = shockstep.compare(denoiser, [{"name": "heun", "method": "heun", "steps": {"schedule": "linear", "count": 12}}], count=4, **ask)
    assert len(rows) >= 1
    assert "fit" in shockstep.inspect(denoiser, quick=True, **ask)
    # It stands in the place of a config's own process, of whose section nothing is left.
    config = tmp_path / "config.yaml"
    config.write_text("model: {kind: double_well}\nprocess: {kind: vp_linear, beta_max: 10}\nrun: {count: 4}\n")
    assert shockstep.sample(config, process=process).status == ["ok"] * 4


def test_the_range_is_narrowed():
    starts = []

    def seen(x, sigma):
        starts.append(float(sigma.max()))
        return denoiser(x, sigma)

    shockstep.sample(seen, shape=(1,), process=shockstep.Process(**ONE), sigma_max=5.0, count=4)
    assert max(starts) == pytest.approx(5.0)
    with pytest.raises(shockstep.ConfigError, match="process.sigma_max: must be at most 20, got 50"):
        shockstep.sample(denoiser, shape=(1,), process=shockstep.Process(**ONE), sigma_max=50.0, count=4)


def test_a_straight_path_by_its_velocity():
    """n - x0 where time rises with the noise, x0 - n where it falls."""
    ends = dict(t_min=1e-3, t_max=0.999)
    ask = dict(count=8, tolerance=1e-3, dtype="float64")
    samples = []
    for towards_data in (False, True):
        data, noise = (lambda t: t, lambda t: 1 - t) if towards_data else (lambda t: 1 - t, lambda t: t)

        def velocity(x, t, data=data, noise=noise, sign=1 if towards_data else -1):
            alpha, s = data(t)[:, None], noise(t)[:, None]
            mean = denoiser(x / alpha, s / alpha)
            return sign * (mean - (x - alpha * mean) / s)

        process = shockstep.Process(alpha=data, sigma=noise, **ends)
        samples.append(shockstep.sample(shockstep.Network(velocity, shape=(1,), predicts="flow", process=process), **ask).samples)
    assert (samples[0] - samples[1]).abs().max() < 1e-6
    assert ((samples[0].abs() - 1).abs() < 0.5).all()


@pytest.mark.parametrize(
    "changed,sentence",
    [
        (dict(alpha=3), r"^alpha: must be a function of t, got 3$"),
        (dict(t_min=0.0), r"^Process: sigma: must be positive and finite in the range of times, got 0 at t = 0; a range"),
        (dict(t_max=1.0, alpha=lambda t: 1 - t), r"^Process: alpha: must be positive and finite in the range of times, got 0 at t = 1;"),
        (dict(t_max=1e-3), r"^Process: t_max: must be larger than t_min = 0.001, got 0.001$"),
        (dict(sigma=lambda t: t * (1.2 - t)), r"^Process: sigma: sigma/alpha must rise or fall with t throughout, is .* at t = "),
        (dict(sigma=lambda t: "wide"), r"^sigma: must return one number for each t, got 'wide'$"),
        (dict(alpha=lambda t: torch.ones(2)), r"^alpha: must return one number for each t, got tensor\(\[1\., 1\.\]\)$"),
    ],
)
def test_what_is_no_process_is_refused(changed, sentence):
    changed = {"alpha": lambda t: 1.0, "sigma": lambda t: t, **changed}
    with pytest.raises(shockstep.ConfigError, match=sentence) as raised:
        cosine(**changed)
    assert "\n" not in str(raised.value)


def test_what_a_function_raises_arrives():
    with pytest.raises(ZeroDivisionError):
        cosine(alpha=lambda t: 1 / 0)


def test_azula():
    azula = pytest.importorskip("azula.denoise")
    from azula.noise import CosineSchedule

    class Exact(azula.Denoiser):
        def __init__(self):
            super().__init__()
            self.schedule = CosineSchedule()

        def forward(self, x_t, t):
            alpha, s = (scale.reshape(-1, 1) for scale in self.schedule(t))
            return azula.DiracPosterior(denoiser(x_t / alpha, s / alpha))

    network = shockstep.from_azula(Exact().eval(), shape=(1,))
    own = shockstep.sample(network, count=16, tolerance=1e-3, dtype="float64")
    # Both start from noise alone at sigma 1000, and end at .001 and .002.
    plain = shockstep.sample(denoiser, shape=(1,), count=16, tolerance=1e-3, dtype="float64", sigma_max=1000.0)
    assert (own.samples - plain.samples).abs().max() < 5e-3
    with pytest.raises(shockstep.ConfigError, match="from_azula: denoiser: must be one of azula, with a schedule; Linear has none"):
        shockstep.from_azula(torch.nn.Linear(1, 1), shape=(1,))
