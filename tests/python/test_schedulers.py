"""Every scheduler class of the installed diffusers is described so that its own nodes are ours, or refused by name."""

import copy
import importlib
import inspect
import math
import pkgutil
import sys
import types

import pytest
import torch

import shockstep
from shockstep._diffusers import SCHEDULERS, scheduler_settings
from shockstep._network import described

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # diffusers' own, of NumPy


def classes():
    """By name; torchsde, which two of them import for their noise, is not called here."""
    import diffusers.schedulers as package

    absent = "torchsde" not in sys.modules and importlib.util.find_spec("torchsde") is None
    if absent:
        sys.modules["torchsde"] = types.ModuleType("torchsde")
    try:
        modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    finally:
        if absent:
            del sys.modules["torchsde"]
    return {
        name: kind
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__ and name.endswith("Scheduler")
    }


CLASSES = classes()
NODES = 10
FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
SOLVERS = ("DEISMultistep", "DPMSolverMultistep", "DPMSolverMultistepInverse", "DPMSolverSinglestep", "SASolver", "UniPCMultistep")
# Config besides the class's own that changes what the network is told, shown or asked for.
VARIANTS = [
    *((name, {}) for name, row in SCHEDULERS.items() if not isinstance(row, str) and name not in ("HeliosScheduler",)),
    *((f"{name}Scheduler", FLOW | {"flow_shift": 3.0}) for name in SOLVERS),
    ("UniPCMultistepScheduler", FLOW | {"use_karras_sigmas": True}),
    ("UniPCMultistepScheduler", {"use_flow_sigmas": True, "prediction_type": "epsilon"}),
    ("UniPCMultistepScheduler", {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}),
    ("DPMSolverMultistepScheduler", {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}),
    ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    ("DDIMScheduler", {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}),
    ("DDIMScheduler", {"trained_betas": [0.001 * 1.005**j for j in range(1000)], "prediction_type": "sample"}),
    ("DDIMScheduler", {"beta_schedule": "squaredcos_cap_v2", "timestep_spacing": "trailing"}),
    ("DDPMScheduler", {"beta_schedule": "sigmoid"}),
    ("DDPMScheduler", {"beta_schedule": "scaled_linear", "num_train_timesteps": 500}),
    ("HeunDiscreteScheduler", {"beta_schedule": "exp", "prediction_type": "v_prediction"}),
    ("CogVideoXDDIMScheduler", {"rescale_betas_zero_snr": True, "snr_shift_scale": 1.0, "prediction_type": "v_prediction"}),
    ("EulerDiscreteScheduler", {"use_karras_sigmas": True}),
    ("EulerDiscreteScheduler", {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}),
    ("EulerDiscreteScheduler", {"timestep_type": "continuous", "prediction_type": "v_prediction"}),
    (
        "EulerDiscreteScheduler",
        {"timestep_type": "continuous", "prediction_type": "v_prediction", "use_karras_sigmas": True, "sigma_min": 0.002, "sigma_max": 700.0},
    ),
    ("EulerAncestralDiscreteScheduler", {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}),
    ("FlowMatchEulerDiscreteScheduler", {"shift": 3.0}),
    ("FlowMatchEulerDiscreteScheduler", {"invert_sigmas": True}),
    ("FlowMatchEulerDiscreteScheduler", {"use_karras_sigmas": True, "num_train_timesteps": 500}),
    ("HeliosScheduler", {"stages": 1, "stage_range": [0, 1], "shift": 2.0}),
    ("EDMEulerScheduler", {"prediction_type": "v_prediction", "sigma_data": 1.0}),
    ("EDMDPMSolverMultistepScheduler", {"sigma_schedule": "exponential", "sigma_data": 0.7}),
    ("IPNDMScheduler", {"trained_betas": [math.sin(0.3 + 0.1 * j) for j in range(11)][::-1]}),
]  # fmt: skip


def name_of(variant):
    name, config = variant
    return "-".join([name.removesuffix("Scheduler"), *(f"{key}={value}" for key, value in config.items() if key != "trained_betas")])


class Network(torch.nn.Module):
    """Some smooth output; remembers what it was shown and told, row 0, of the calls of a run: five rows."""

    def __init__(self):
        super().__init__()
        self.config = types.SimpleNamespace(in_channels=1, sample_size=2)
        self.weight = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
        self.shown, self.told = [], []

    def forward(self, x, time, return_dict=True):
        if len(x) == 5:
            self.shown.append(x[:1].clone())
            self.told.append(time[0].item())
        return (torch.cos(3 * x) - 0.2 * x,)


def noised(scheduler, data, noise, i):
    """The scheduler's sample at its node i, and what it shows the network of it."""
    scheduler = copy.deepcopy(scheduler)
    t, sigmas = scheduler.timesteps[i : i + 1], getattr(scheduler, "sigmas", None)
    if isinstance(scheduler, CLASSES["IPNDMScheduler"]):
        x = scheduler.alphas[i].double() * data + scheduler.betas[i].double() * noise
    elif isinstance(scheduler, CLASSES["ScoreSdeVeScheduler"]):
        x = data + sigmas[i].double() * noise
    elif scheduler.config.get("invert_sigmas"):  # its scale_noise does not know of it
        x = sigmas[i].double() * data + (1 - sigmas[i].double()) * noise
    elif hasattr(scheduler, "_sigma_to_alpha_sigma_t"):
        alpha, s = scheduler._sigma_to_alpha_sigma_t(sigmas[i].double())
        x = alpha * data + s * noise
    elif hasattr(scheduler, "scale_noise"):
        x = scheduler.scale_noise(data, t, noise)
    elif isinstance(scheduler, (CLASSES["DDIMInverseScheduler"], CLASSES["RePaintScheduler"])):
        alpha2 = scheduler.alphas_cumprod[t].double()
        x = alpha2.sqrt() * data + (1 - alpha2).sqrt() * noise
    elif hasattr(scheduler, "add_noise"):
        x = scheduler.add_noise(data, noise, t)
    else:
        assert isinstance(scheduler, (CLASSES["LTXEulerAncestralRFScheduler"], CLASSES["HeliosScheduler"]))
        x = (1 - sigmas[i].double()) * data + sigmas[i].double() * noise
    if hasattr(scheduler, "_step_index"):
        scheduler._step_index = None
    return x, scheduler.scale_model_input(x, t[0]) if hasattr(scheduler, "scale_model_input") else x


TWO_STAGES = ("KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler", "DPMSolverSDEScheduler")


def is_node(scheduler, i):
    """Not the middle of a step, which shares its noise level with the end, nor where its alpha is held."""
    if isinstance(scheduler, CLASSES["DDPMWuerstchenScheduler"]):
        return 0 < scheduler.timesteps[i] < 1
    return i % 2 == 0 or type(scheduler).__name__ not in TWO_STAGES


def levels(scheduler):
    """Its nodes: index, what it tells, factor of the data in its own sample, and alpha and s of what it shows."""
    one, zero = torch.ones(1, 1, 2, 2, dtype=torch.float64), torch.zeros(1, 1, 2, 2, dtype=torch.float64)
    out, seen = [], set()
    for i, t in enumerate(scheduler.timesteps.tolist()):
        if not is_node(scheduler, i):
            continue
        (x, alpha), (_, s) = noised(scheduler, one, zero, i), noised(scheduler, zero, one, i)
        told = scheduler.sigmas[i].item() if isinstance(scheduler, CLASSES["ScoreSdeVeScheduler"]) else t
        factor, alpha, s = (v.flatten()[0].item() for v in (x, alpha, s))
        if alpha > 1e-5 and s > 0 and t not in seen:
            seen.add(t)
            out.append((i, told, factor, alpha, s))
    return sorted(out, key=lambda level: -level[4] / level[3])


def denoised(scheduler, i, output, x):
    """What the scheduler makes of an output at its sample x; None where it does not say."""
    scheduler, t = copy.deepcopy(scheduler), scheduler.timesteps[i]
    if hasattr(scheduler, "_step_index"):
        scheduler._step_index = i
    name = type(scheduler).__name__
    if name == "ScoreSdeVeScheduler":
        return x + scheduler.sigmas[i].double() ** 2 * output  # Tweedie
    if name == "DDPMWuerstchenScheduler":
        alpha2 = scheduler._alpha_cumprod(t, "cpu").double()
        return (x - (1 - alpha2).sqrt() * output) / alpha2.sqrt()
    if name == "IPNDMScheduler":
        alpha, s = scheduler.alphas[i].double(), scheduler.betas[i].double()
        return (x - s * (x * s + output * alpha)) / alpha
    # Steps of other things besides, or by torchsde.
    if name in ("RePaintScheduler", "PNDMScheduler", "DDIMInverseScheduler", "DPMSolverSDEScheduler"):
        return None
    if name == "CogVideoXDPMScheduler":
        return scheduler.step(output, None, t, None, x)[1]
    if hasattr(scheduler, "convert_model_output"):
        converted = scheduler.convert_model_output(output, sample=x)
        if name != "DEISMultistepScheduler":
            return converted
        alpha, s = scheduler._sigma_to_alpha_sigma_t(scheduler.sigmas[i].double())
        return (x - s * converted) / alpha
    done = scheduler.step(output, t, x)
    if getattr(done, "pred_original_sample", None) is not None:
        return done.pred_original_sample
    return done.prev_sample if i == len(scheduler.timesteps) - 1 else None  # a step of Euler to sigma = 0


@pytest.mark.parametrize("name, config", VARIANTS, ids=map(name_of, VARIANTS))
def test_a_scheduler_and_its_description_agree(name, config):
    kind = CLASSES[name]
    known = inspect.signature(kind.__init__).parameters
    config = {key: False for key in ("clip_sample", "thresholding") if key in known} | config
    scheduler = kind(**config)
    scheduler.set_timesteps(NODES)
    if name == "ScoreSdeVeScheduler":
        scheduler.set_sigmas(NODES)
    nodes = levels(scheduler)
    assert len(nodes) >= NODES - 2

    # One step of Euler from each of its noise levels to the next. Its tables are float32, off by 1e-4 towards either end.
    sigmas = [s / alpha for _, _, _, alpha, s in nodes]
    sigmas[0] *= 1 - 2e-4
    sigmas[-1] *= 1 + 2e-4
    net = Network().eval()
    net.weight = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
    noise = torch.randn(5, 1, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    network = shockstep.from_diffusers(net, scheduler)
    own = {"sigma_max": sigmas[0]} if network.process["kind"] == "flow" else {}
    own |= {} if "data_std" in network.settings else {"data_std": 0.5}
    result = shockstep.sample(network, count=5, batch=5, noise=noise, method="euler", steps=sigmas, final="denoise", **own)
    shown, told = net.shown[-len(nodes) :], net.told[-len(nodes) :]

    x = sigmas[0] * noise[:1]
    for k, (i, time, factor, alpha, _) in enumerate(nodes):
        # Fractional indices of a float32 table, and what some solvers round or cut off of their times.
        rounded = not torch.is_floating_point(scheduler.timesteps) and (config.get("use_flow_sigmas") or config.get("use_karras_sigmas"))
        slack = 1 if rounded else 0.05 if network.settings["time"] == "index" else 2e-4
        assert told[k] == pytest.approx(time, abs=slack, rel=3e-4), k
        torch.testing.assert_close(shown[k], alpha * x, rtol=1e-3, atol=1e-6)
        output = net(shown[k], None)[0].detach()
        expected = denoised(scheduler, i, output, factor * x)
        sigma, after = sigmas[k], sigmas[k + 1] if k + 1 < len(nodes) else 0.0
        ours = (shown[k + 1] / nodes[k + 1][3] if after else result.samples[:1]) - after / sigma * x
        ours = ours / (1 - after / sigma)
        if expected is not None:
            torch.testing.assert_close(ours, expected, rtol=2e-3, atol=2e-3 * max(1, sigma * output.abs().max().item()))
        x = ours + after / sigma * (x - ours)


def test_every_class_is_known():
    assert set(SCHEDULERS) == set(CLASSES)
    tried = {name for name, _ in VARIANTS}
    assert tried == {name for name, row in SCHEDULERS.items() if not isinstance(row, str)}


def refusal(scheduler):
    with pytest.raises(shockstep.ConfigError, match="from_diffusers: scheduler: ") as raised:
        shockstep.from_diffusers(Network().eval(), scheduler)
    return str(raised.value).removeprefix("from_diffusers: scheduler: ")


@pytest.mark.parametrize("name", [name for name, row in SCHEDULERS.items() if isinstance(row, str)])
def test_others_are_refused_by_name(name):
    """With the reason, and whatever their config says."""
    assert refusal((name, {})).startswith(f"{name}: {SCHEDULERS[name]}")


def test_what_contradicts_itself_is_refused():
    flow = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    assert "use_flow_sigmas is off" in refusal(diffusers.UniPCMultistepScheduler.from_config(flow.config))
    assert "prediction_type" in refusal(diffusers.UniPCMultistepScheduler(prediction_type="flow_prediction"))
    assert "prediction_type" in refusal(diffusers.DEISMultistepScheduler(use_flow_sigmas=True, prediction_type="v_prediction"))
    assert "use_karras_sigmas" in refusal(diffusers.DPMSolverMultistepScheduler(use_karras_sigmas=True, **FLOW))
    assert "prediction_type=epsilon" in refusal(("FlowMatchEulerDiscreteScheduler", {"prediction_type": "epsilon"}))
    assert "sigma_data" in refusal(diffusers.EDMEulerScheduler(prediction_type="v_prediction"))
    assert "stages=3" in refusal(diffusers.HeliosScheduler())
    assert "scaler=2" in refusal(diffusers.DDPMWuerstchenScheduler(scaler=2.0))
    assert "no scheduler that shockstep knows" in refusal(types.SimpleNamespace(config={}))
    assert "_class_name" in refusal((None, {"beta_schedule": "linear"}))


def test_a_class_of_its_own_is_what_it_derives_from():
    class Mine(diffusers.DDIMScheduler):
        pass

    assert described(Mine()) == described(diffusers.DDIMScheduler())


def test_name_and_config_say_what_the_scheduler_says():
    for scheduler in (
        diffusers.HeunDiscreteScheduler(),  # whose betas are not those of others
        diffusers.CogVideoXDDIMScheduler(),
        diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        diffusers.EulerDiscreteScheduler(timestep_type="continuous", prediction_type="v_prediction", sigma_max=700.0),
    ):
        name = type(scheduler).__name__
        assert described((name, dict(scheduler.config))) == described(scheduler)
        given = {key: value for key, value in scheduler.config.items() if key not in scheduler.config._use_default_values}
        assert described((name, given)) == described(scheduler)
        assert scheduler_settings({"_class_name": name, **given}) == described(scheduler)


@pytest.mark.parametrize("name", [f"{name}Scheduler" for name in SOLVERS] + ["FlowMatchEulerDiscreteScheduler"])
def test_an_exact_flow_of_a_gaussian(name):
    """Data N(m, s^2): the flow is u = E[n - x0 | x], x = (1 - t) x0 + t n, and what it is told is 1000 t."""
    mean, std = torch.tensor([1.0, -2.0], dtype=torch.float64).reshape(1, 2, 1, 1), 0.3

    class Flow(Network):
        def forward(self, x, time, return_dict=True):
            t = time.reshape(-1, 1, 1, 1) / 1000
            v = ((1 - t) * std) ** 2 + t**2
            gap = x - (1 - t) * mean
            return (t / v * gap - (mean + (1 - t) * std**2 / v * gap),)

    net = Flow().eval()
    net.config = types.SimpleNamespace(in_channels=2, sample_size=1)
    scheduler = CLASSES[name]() if name == "FlowMatchEulerDiscreteScheduler" else CLASSES[name](**FLOW)
    network = shockstep.from_diffusers(net, scheduler)
    assert network.process["kind"] == "flow" and network.settings["time_scale"] == 1000
    samples = shockstep.sample(network, count=400, tolerance=1e-3).samples.reshape(400, 2)
    sure = 4 * std / math.sqrt(400)
    assert (samples.mean(0) - mean.flatten()).abs().max() < sure
    assert (samples.std(0) - std).abs().max() < sure / math.sqrt(2)


def test_the_shift_of_cogvideox():
    table = described(diffusers.CogVideoXDDIMScheduler())["process"]["alphas_cumprod"]
    assert table[500] == pytest.approx(0.1129, abs=1e-4)
    plain = described(diffusers.CogVideoXDDIMScheduler(snr_shift_scale=1.0))["process"]["alphas_cumprod"]
    assert plain[500] == pytest.approx(0.2763, abs=1e-4)


def test_a_continuous_euler_scheduler_tells_the_logarithm():
    scheduler = diffusers.EulerDiscreteScheduler(timestep_type="continuous", prediction_type="v_prediction", sigma_max=700.0)
    net = Network().eval()
    shockstep.sample(shockstep.from_diffusers(net, scheduler), count=5, batch=5, steps=[700.0, 1.0, 0.1], method="euler", final="keep")
    assert net.told[-2:] == pytest.approx([1.6378, 0.0], abs=1e-4)


def test_a_table_lifted_off_zero_descends():
    """rescale_betas_zero_snr: the last entry is 2^-24, above some before it; it and those that are above it stay."""
    alphas = diffusers.EulerDiscreteScheduler(rescale_betas_zero_snr=True).alphas_cumprod.double().tolist()
    assert alphas[-2] < alphas[-1] == 2**-24
    table = described(diffusers.EulerDiscreteScheduler(rescale_betas_zero_snr=True))["process"]["alphas_cumprod"]
    assert all(a > b for a, b in zip(table, table[1:]))
    kept = [j for j, (a, b) in enumerate(zip(alphas, table)) if a == b]
    assert kept == [j for j, a in enumerate(alphas) if a > 2**-24] + [999]


def test_shapes_of_one_dimension():
    unet = diffusers.UNet1DModel(sample_size=65536, in_channels=2, extra_in_channels=0)
    assert shockstep.from_diffusers(unet.eval(), diffusers.IPNDMScheduler()).settings["shape"] == (2, 65536)
    with pytest.raises(shockstep.ConfigError, match="shape"):
        shockstep.from_diffusers(type("UNet3DConditionModel", (Network,), {})().eval(), diffusers.DDIMScheduler())
