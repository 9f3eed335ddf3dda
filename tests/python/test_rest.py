"""encode, schedule, compare, closed forms, diffusers, plots."""

import math

import numpy
import pytest
import torch
from conftest import A, S0, denoiser

import shockstep


def test_a_fitted_schedule_is_a_list_for_other_packages(modes):
    sigmas = shockstep.schedule(modes, steps=8, method="dpmpp_2m", sigma_max=20.0)
    assert isinstance(sigmas, list) and sigmas[-1] == 0 and len(sigmas) == 9
    assert sigmas[0] == 20 and sigmas == sorted(sigmas, reverse=True)
    assert sigmas.nodes == sigmas[:-1]
    assert 0 < sigmas.error["rms"] < sigmas.karras["rms"]
    result = shockstep.sample(modes, count=4, method="dpmpp_2m", steps=list(sigmas), sigma_max=20.0)
    assert result.evaluations.tolist() == [8] * 4
    with pytest.raises(shockstep.ConfigError, match="steps"):
        shockstep.schedule(modes, steps=0)


def test_likelihood_of_a_gaussian():
    """N(0, s^2) at sigma_min: in closed form."""
    std, sigma_min = 0.7, 0.01
    model = shockstep.GaussianMixture(means=[[0.0, 0.0]], std=std)
    x = torch.tensor([[0.0, 0.0], [0.5, -1.0], [2.0, 0.1]], dtype=torch.float64)
    encoded = shockstep.encode(model, x, sigma_min=sigma_min, sigma_max=50.0, add_noise=False, tolerance=1e-6)
    v = std**2 + sigma_min**2
    exact = (-(x**2).sum(1) / (2 * v) - math.log(2 * math.pi * v)).numpy()
    # One Gaussian: the equation is linear, so that the error is that of the steps, the tolerance times the slope |x|/v.
    assert numpy.abs(encoded.log_likelihood - exact).max() < 1e-4
    assert encoded.bits_per_dimension == pytest.approx(-encoded.log_likelihood / (2 * math.log(2)))
    assert encoded.latents.numpy() == pytest.approx((x / math.sqrt(v)).numpy() * math.sqrt(1 + std**2 / 50**2), abs=1e-5)


def test_compare(modes):
    methods = [
        {"name": "20 steps", "method": "dpmpp_2m", "steps": {"schedule": "log_sigma", "count": 20}},
        {"name": "40 steps", "method": "dpmpp_2m", "steps": {"schedule": "log_sigma", "count": 40}},
        {"name": "adaptive", "tolerance": 1e-3},
    ]
    rows = shockstep.compare(modes, methods, reference="exact", count=400, sigma_max=20.0)
    assert [row["name"] for row in rows] == ["20 steps", "40 steps", "adaptive"]
    assert rows[0]["steps"] == 20 and rows[2]["steps"] is None
    # Order 2: twice the steps, a quarter of the error; at least half of that is asked of the median.
    assert 0 < rows[1]["median"] < rows[0]["median"] / 2
    assert math.isnan(rows[0]["sliced_w2"]["value"])
    with_data = shockstep.compare(modes, methods[:1], count=200, sigma_max=20.0, data=modes.draw(400, seed=1))
    assert 0 < with_data[0]["sliced_w2"]["value"] < A


def test_closed_forms(modes):
    x = numpy.array([[-0.3], [0.0], [0.4]])
    for sigma in (0.05, 0.5, [0.1, 0.2, 0.3]):
        levels = torch.as_tensor(sigma, dtype=torch.float64).expand(3)
        D = denoiser(torch.as_tensor(x), levels)
        assert torch.allclose(modes(x, sigma), D, rtol=1e-12, atol=1e-14)
        assert torch.allclose(modes.score(x, sigma)[:, 0], ((D - torch.as_tensor(x))[:, 0] / levels**2), rtol=1e-9)
    v = S0**2 + 0.5**2
    # On the midline Cov[x0 | x] = S0^2 sigma^2/v + A^2 sigma^4/v^2.
    rate = (S0**2 + A**2 * 0.25 / v) / v - 1
    assert modes.growth_rate([[0.0]], 0.5).item() == pytest.approx(rate, rel=1e-12)
    assert modes.responsibilities(x, 0.5).sum(1) == pytest.approx(1)
    cloud = shockstep.PointCloud(numpy.arange(12.0).reshape(3, 2, 2))
    assert cloud.shape == (2, 2) and torch.equal(cloud(numpy.full((1, 2, 2), 9.0), 0.0)[0], torch.tensor([[8.0, 9], [10, 11]]).double())
    product = shockstep.Multiplicative(modes, sigma=0.5)
    assert torch.equal(product(x, 0.5), modes(x, 0.5))
    well = shockstep.DoubleWell(a=1.0, beta=4.0)
    assert well([[0.0]], 0.3).item() == 0


def test_inspect(modes):
    found = shockstep.inspect(modes, sigma_max=20.0, count=300, settings={"trajectories": 100, "interfaces": 1})
    assert found["fit"]["fits"] and found["complete"]
    assert found["clusters"]["count"] == 2
    assert found["health"]["verdict"] == "fine"
    # Half the trajectories of two modes decide below sigma^2 = A^2 - S0^2, where the midline opens; none can above.
    assert 0.002 < found["speciation"]["speciation"]["q05"] < found["speciation"]["speciation"]["q95"] < math.sqrt(A**2 - S0**2)
    cloud = shockstep.PointCloud(modes.draw(40, seed=2))
    learnt = shockstep.inspect(
        cloud, sigma_min=1e-6, sigma_max=20.0, count=30, data=modes.draw(40, seed=2), held_out=modes.draw(40, seed=3),
        settings={"health_rows": 0, "spectrum_rows": 0},
    )  # fmt: skip
    assert learnt["training"]["memorised_count"] == 30  # the exact reverse dynamics end on the points
    field = shockstep.inspect(shockstep.Multiplicative(modes, sigma=0.5), sigma_min=0.01, sigma_max=20.0, count=30)
    assert not field["fit"]["fits"] and field["complete"]
    # In one dimension what parts two sinks has one eigenvalue, a positive one.
    assert [point["kind"] for point in field["stationary"]["points"]] == ["stable", "stable", "source"]


class Config(dict):
    __getattr__ = dict.__getitem__


class NoisePredictor(torch.nn.Module):
    """The noise of the two modes as images of one pixel, in a table of DDPM: what a perfect UNet would return."""

    def __init__(self, table):
        super().__init__()
        self.table = table
        self.config = Config(in_channels=1, sample_size=1)
        self.dummy = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))

    def forward(self, x, time, return_dict=True):
        assert not return_dict
        j = time.floor().long().clamp(0, len(self.table) - 2)
        w = time - j
        log_sigma = 0.5 * torch.log((1 - self.table) / self.table)  # linear between the entries
        sigma = torch.exp((1 - w) * log_sigma[j] + w * log_sigma[j + 1])
        alpha = 1 / torch.sqrt(1 + sigma**2)
        wide = (-1, 1, 1, 1)
        hat = x / alpha.view(wide)
        return (torch.cat([(hat - denoiser(hat, sigma)) / sigma.view(wide)] * 2, 1),)  # and a variance, which is cut off


class DDPMScheduler:
    def __init__(self, table, **config):
        self.alphas_cumprod = table
        self.config = Config(num_train_timesteps=len(table), **config)


@pytest.mark.parametrize("own", [False, True])
def test_a_diffusers_pipeline(modes, own):
    """A UNet and its scheduler, described by the scheduler's config alone."""
    betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
    table = torch.cumprod(1 - betas, 0)
    config = {"trained_betas": betas.tolist()} if own else {"beta_schedule": "linear", "beta_start": 1e-4, "beta_end": 0.02}
    network = shockstep.from_diffusers(NoisePredictor(table).eval(), DDPMScheduler(table, prediction_type="epsilon", **config))
    assert network.process["kind"] == ("table" if own else "vp_linear")
    settings = dict(count=20, tolerance=1e-4, guard={"profile": "default", "events": False})  # the same steps for both
    ours = shockstep.sample(network, data_std=1.005, **settings)
    exact = shockstep.sample(modes, process={"kind": "vp_linear", "beta_start": 1e-4, "beta_end": 0.02, "steps": 1000}, **settings)
    assert ours.samples.shape == (20, 1, 1, 1)
    assert (ours.samples.reshape(20, 1) - exact.samples).abs().max() < 1e-4


def test_diffusers_itself():
    """A small UNet of the package with random weights: D is what its scheduler's own formula makes of it."""
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    unet = diffusers.UNet2DModel(
        sample_size=8, in_channels=1, out_channels=1, block_out_channels=(16,), norm_num_groups=8, layers_per_block=1,
        down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",),
    ).eval()  # fmt: skip
    scheduler = diffusers.DDPMScheduler(prediction_type="v_prediction")
    network = shockstep.from_diffusers(unet, scheduler)
    # One step of Euler from sigma_max is DDIM; its first value of D from the scheduler's formula.
    index = torch.tensor([999.0, 999.0])
    noise = torch.randn(2, 1, 8, 8)
    abar = scheduler.alphas_cumprod[999].double()
    sigma_max = ((1 - abar) / abar).sqrt().item()
    with torch.no_grad():
        x_t = noise.double() * (1 - abar).sqrt()
        v = unet(x_t.float(), index, return_dict=False)[0].double()
    expected = abar.sqrt() * x_t - (1 - abar).sqrt() * v
    step = shockstep.sample(network, count=2, batch=2, noise=noise, method="euler", steps=[sigma_max, sigma_max / 2], final="keep")
    x = noise.double() * sigma_max
    ddim = expected + (x - expected) / 2
    assert (step.samples - ddim).abs().max() < 1e-3 * sigma_max


def test_plots(modes):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    ring = shockstep.GaussianMixture(means=[[math.cos(k), math.sin(k)] for k in range(6)], std=0.1)
    axes = shockstep.sample(ring, count=50).plot()
    assert len(axes.collections[0].get_offsets()) == 50
    images = shockstep.sample(shockstep.PointCloud(numpy.random.default_rng(0).random((4, 1, 3, 3))), count=4).plot()
    assert images.images[0].get_array().shape == (6, 6)
    with pytest.raises(ValueError, match="neither points"):
        shockstep.sample(shockstep.GaussianMixture(means=[[0.0, 0, 0]], std=1.0), count=2).plot()
