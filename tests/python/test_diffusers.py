"""ShockstepScheduler in pipelines of diffusers that are not changed."""

import copy
import functools
import inspect
import json
import math
import pickle
from types import SimpleNamespace

import pytest
import torch
from conftest import denoiser

import shockstep

diffusers = pytest.importorskip("diffusers")
pytest.importorskip("transformers")

import tiny_pipelines as tiny  # noqa: E402

from shockstep._asked import Rows  # noqa: E402
from shockstep.diffusers import RowTimes, ShockstepScheduler, _Loop  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
OWN_STEPS = dict(guard={"profile": "default", "events": False}, tolerance=0.05, max_evaluations=200)
STEPS = 8
BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")


def relative(a, b):
    """Largest difference over the size of the latents."""
    return float((a - b).abs().max() / b.std())


# ---- The same latents as sample() on the same network


class Asking:
    """A scheduler that shows a pipeline's network x at a time for each row, and keeps what comes of it."""

    order, init_noise_sigma = 1, 1.0

    def __init__(self, config):
        self.config = config

    def set_timesteps(self, num_inference_steps=None, device=None, sigmas=None, timesteps=None, mu=None):
        pass

    def set_begin_index(self, begin=0):
        pass

    def show(self, x, time):
        self.x, self.timesteps, self.sigmas = x, Once([time.as_subclass(RowTimes)]), [0.0]

    def scale_model_input(self, sample, timestep):
        return self.x.repeat(len(sample) // len(self.x), *[1] * (sample.dim() - 1))

    def add_noise(self, original, noise, timesteps):
        return noise

    def step(self, model_output, timestep, sample, generator=None, return_dict=True, **ignored):
        self.output = model_output[: len(self.x), : sample.shape[1]]
        return (sample, sample) if not return_dict else SimpleNamespace(prev_sample=sample)


class Once(list):
    def __getitem__(self, index):
        return Once(list(self)[index]) if isinstance(index, slice) else super().__getitem__(index)

    def repeat(self, rows):
        return self[0]


def network_of(pipe, call, scheduler, begun, shape):
    """What the pipeline evaluates, guidance and all, as a Network whose labels are the numbers of the images."""
    description = dict(scheduler._pipeline.network, process=scheduler._pipeline.process, shape=shape)
    if type(pipe).__name__ in ("DDPMPipeline", "DDIMPipeline"):
        return shockstep.Network(lambda x, time: pipe.unet(x, time).sample, **description)
    asking = pipe.scheduler = Asking(pipe.scheduler.config)

    def of(row, value):
        per_row = (torch.is_tensor(value) or isinstance(value, list)) and len(value) == tiny.IMAGES
        return value if not per_row else value[row] if torch.is_tensor(value) else [value[i] for i in row]

    def forward(x, time, label):
        if scheduler._pipeline.flow and time[0] > 998.9:  # a flow's pipeline starts a little before, from noise alone
            x, time = begun["latents"][label], torch.full_like(time, 1000 * (1 - 1e-6))
        asking.show(x, time)
        rows = {key: 1.0 if key == "strength" else of(label, value) for key, value in call.items()}
        tiny.drawn(pipe, rows, latents=x, rows=label.tolist(), num_inference_steps=1)
        return asking.output

    return shockstep.Network(forward, label=list(range(tiny.IMAGES)), **description)


@pytest.fixture
def begun(monkeypatch):
    """x, sigma and latents of the last run that was begun."""
    last, begin, loop_begin = {}, Rows.begin, _Loop._begin

    def recorded(self, x, sigma=None, seed=0):
        last.update(x=x, sigma=sigma)
        begin(self, x, sigma, seed)

    def loop_recorded(self, latents, answer):
        last.update(latents=latents.float())
        return loop_begin(self, latents, answer)

    monkeypatch.setattr(Rows, "begin", recorded)
    monkeypatch.setattr(_Loop, "_begin", loop_recorded)
    return last


@pytest.mark.parametrize("name", [name for name in tiny.PIPELINES if name != "Stable Diffusion, inpainting"])
def test_latents_are_those_of_sample(name, begun):
    """Steps of each image's own, and times for each row. All but the inpainting whose known part its pipeline overwrites."""
    pipe, call = tiny.pipeline(name)
    scheduler = pipe.scheduler = ShockstepScheduler.from_config(pipe.scheduler, **OWN_STEPS)
    out = tiny.drawn(pipe, call, num_inference_steps=STEPS)[: tiny.IMAGES]
    evaluations = scheduler.run.evaluations[: tiny.IMAGES]
    assert set(scheduler.run.status) == {"ok"} and any(isinstance(time, RowTimes) for time in scheduler.loop.told)
    assert max(evaluations) == scheduler.loop.steps

    asked, sigma = scheduler.loop.rows.asked, begun["sigma"]
    start = {}
    if sigma is not None:
        strength = math.log(sigma / asked.sigma_min) / math.log(asked.sigma_max / asked.sigma_min)
        start = dict(init=torch.zeros(1, *out.shape[1:]), strength=strength)
    expected = shockstep.sample(
        network_of(pipe, call, scheduler, begun, out.shape[1:]), noise=begun["x"][: tiny.IMAGES] / (sigma or asked.sigma_max),
        count=tiny.IMAGES, batch=tiny.IMAGES, **OWN_STEPS, **start,
    )  # fmt: skip
    print(f"{name}: {expected.evaluations} {evaluations} {relative(out.double(), expected.samples):.2e}")
    assert expected.evaluations.tolist() == evaluations.tolist()
    assert relative(out.double(), expected.samples) < 1e-5  # single precision


# ---- The same latents as diffusers' own schedulers

FLOW = dict(prediction_type="flow_prediction", use_flow_sigmas=True)
# Own scheduler, its config, and what makes the same steps. Karras' sigmas are those of a class that tells their times unrounded.
SAME = [
    ("DDPM", "DDIMScheduler", dict(clip_sample=False), dict(method="euler")),
    ("Stable Diffusion", "DPMSolverMultistepScheduler", BETAS, dict(method="dpmpp_2m")),
    ("Stable Diffusion", "UniPCMultistepScheduler", BETAS, dict(method="unipc", order=2)),
    ("Stable Diffusion", "HeunDiscreteScheduler", BETAS, dict(method="heun")),
    ("Stable Diffusion", "DEISMultistepScheduler", BETAS, dict(method="deis", order=2)),
    ("Stable Diffusion", "EulerDiscreteScheduler", BETAS, dict(method="euler")),
    ("Stable Diffusion", "EulerDiscreteScheduler", dict(BETAS, use_karras_sigmas=True), dict(method="euler")),
    ("Stable Diffusion", "DDIMScheduler", dict(BETAS, clip_sample=False, set_alpha_to_one=False, steps_offset=1), dict(method="euler")),
    ("Stable Diffusion", "EulerDiscreteScheduler", dict(BETAS, prediction_type="v_prediction"), dict(method="euler")),
    ("Stable Diffusion, no guidance", "DPMSolverMultistepScheduler", dict(BETAS, timestep_spacing="trailing"), dict(method="dpmpp_2m")),
    ("Stable Diffusion, image to image", "DPMSolverMultistepScheduler", BETAS, dict(method="dpmpp_2m")),
    ("Stable Diffusion, inpainting", "DPMSolverMultistepScheduler", BETAS, dict(method="dpmpp_2m")),
    ("Stable Diffusion, inpainting", "DDIMScheduler", dict(BETAS, clip_sample=False), dict(method="euler")),
    ("Stable Diffusion, inpainting network", "DPMSolverMultistepScheduler", BETAS, dict(method="dpmpp_2m")),
    ("ControlNet", "UniPCMultistepScheduler", BETAS, dict(method="unipc", order=2)),
    ("SDXL", "EulerDiscreteScheduler", dict(BETAS, timestep_spacing="leading", steps_offset=1), dict(method="euler")),
    ("DiT", "DPMSolverMultistepScheduler", dict(), dict(method="dpmpp_2m")),
    ("PixArt", "DPMSolverMultistepScheduler", dict(), dict(method="dpmpp_2m")),
    ("SD3", "FlowMatchEulerDiscreteScheduler", dict(shift=3.0), dict(method="euler")),
    ("Flux, true guidance", "FlowMatchEulerDiscreteScheduler", dict(use_dynamic_shifting=True), dict(method="euler")),
    ("Flux, embedded guidance", "FlowMatchEulerDiscreteScheduler", dict(use_dynamic_shifting=True), dict(method="euler")),
    ("Qwen-Image", "FlowMatchEulerDiscreteScheduler", dict(use_dynamic_shifting=True, shift_terminal=0.02), dict(method="euler")),
    ("Sana", "DPMSolverMultistepScheduler", dict(FLOW, flow_shift=3.0), dict(method="dpmpp_2m")),
    ("Wan", "UniPCMultistepScheduler", dict(FLOW, flow_shift=3.0), dict(method="unipc", order=2)),
]


def unrounded(scheduler):
    """Multistep classes cut the times of flows to whole numbers, which belong to other sigmas: their network is told the right ones."""
    plain = scheduler.set_timesteps

    @functools.wraps(plain)
    def exact(*arguments, **keywords):
        plain(*arguments, **keywords)
        scheduler.timesteps = 1000 * scheduler.sigmas[:-1]

    scheduler.set_timesteps = exact


@pytest.mark.parametrize("name,own,config,method", SAME, ids=[f"{case[0]}: {case[1]}, {case[3]['method']}" for case in SAME])
def test_methods_are_those_of_diffusers(name, own, config, method):
    pipe, call = tiny.pipeline(name)
    pipe.scheduler = getattr(diffusers, own)(**config)
    if "use_flow_sigmas" in config:
        unrounded(pipe.scheduler)
    expected = tiny.drawn(pipe, call, num_inference_steps=STEPS)
    pipe.scheduler = ShockstepScheduler.from_config(pipe.scheduler, **method)
    out = tiny.drawn(pipe, call, num_inference_steps=STEPS)
    evaluations = pipe.scheduler.run.evaluations
    print(f"{name}, {own}, {method['method']}: {evaluations[0]} evaluations, {relative(out, expected):.1e}")
    taken = int(STEPS * 0.6) if "image to" in name else STEPS
    assert set(evaluations) == {2 * taken - 1 if method["method"] == "heun" else taken}
    assert relative(out, expected) < 1e-4


# ---- Exact networks


class Exact(torch.nn.Module):
    """The noise predictor of D(x, sigma) in the table of a scheduler, as a UNet of the DDPM pipeline."""

    def __init__(self, denoise, seen=None):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))
        self.denoise, self.seen = denoise, seen if seen is not None else []
        self.config = SimpleNamespace(in_channels=1, sample_size=4)
        alphas = diffusers.DDPMScheduler().alphas_cumprod.double()
        self.log_sigma = ((1 - alphas) / alphas).log() / 2

    dtype = property(lambda self: self.weight.dtype)
    device = property(lambda self: self.weight.device)

    def forward(self, x, time, return_dict=True):
        time = torch.as_tensor(time).double().expand(len(x))
        self.seen.append(time.clone())
        low = time.floor().long().clamp(max=len(self.log_sigma) - 2)
        sigma = torch.lerp(self.log_sigma[low], self.log_sigma[low + 1], time - low).exp().reshape(-1, 1, 1, 1)
        x = x * (1 + sigma**2).sqrt()
        return SimpleNamespace(sample=(x - self.denoise(x, sigma.flatten())) / sigma)


def exact_pipeline(denoise=denoiser, seen=None, own=None, **keywords):
    pipe = diffusers.DDPMPipeline(unet=Exact(denoise, seen), scheduler=diffusers.DDPMScheduler(clip_sample=False))
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = ShockstepScheduler.from_config(own or pipe.scheduler, **keywords)
    return pipe


def samples(pipe, rows, steps=1000):
    generators = [torch.Generator().manual_seed(i) for i in rows]
    pipe(batch_size=len(rows), generator=generators, num_inference_steps=steps)
    return pipe.scheduler.run


def gaussian(x, sigma, std=0.5):
    return std**2 / (std**2 + sigma.reshape(-1, 1, 1, 1) ** 2) * x


def test_the_tolerance_holds():
    """Against 400 steps of diffusers' own second order multistep, whose errors are of the order of 1e-5."""
    own = diffusers.DPMSolverMultistepScheduler(beta_start=1e-4, beta_end=0.02, beta_schedule="linear")
    pipe = exact_pipeline(own=own, tolerance=1e-4, data_std=1.005)
    run = samples(pipe, range(12))
    pipe.scheduler = own
    last = []
    step = own.step
    own.step = functools.wraps(step)(lambda *a, **k: last.append(step(*a, **k)) or last[-1])
    pipe(batch_size=12, generator=[torch.Generator().manual_seed(i) for i in range(12)], num_inference_steps=400)
    error = (run.samples - last[-1].prev_sample).square().mean((1, 2, 3)).sqrt()
    assert set(run.status) == {"ok"} and run.evaluations.max() < 150
    assert 0 < error.median() < 1e-3 and (error < 1e-3).sum() >= 11
    assert not any("data_std" in note for note in run.notes)


def test_images_do_not_depend_on_their_batch_mates():
    alone = [samples(exact_pipeline(**OWN_STEPS), [i]) for i in range(4)]
    for keywords in (dict(), dict(one_time=True)):
        together = samples(exact_pipeline(**OWN_STEPS, **keywords), range(4))
        for i in range(4):
            assert torch.allclose(alone[i].samples[0], together.samples[i], rtol=1e-12, atol=1e-12)
            assert alone[i].evaluations[0] == together.evaluations[i]
    assert len(set(together.evaluations)) > 1


def test_one_time_for_all_rows():
    """Rows whose times differ are asked in turn, the largest time first; nobody is asked twice."""
    seen = []
    run = samples(exact_pipeline(seen=seen, **OWN_STEPS, one_time=True), range(4))
    assert all((time == time[0]).all() for time in seen)
    times = [time[0].item() for time in seen]
    assert times == sorted(times, reverse=True)
    assert run.evaluations.max() < len(seen) <= run.evaluations.sum()


def test_the_budget_is_the_number_of_steps():
    run = samples(exact_pipeline(tolerance=1e-4), range(2), steps=9)
    assert run.evaluations.max() <= 9 and set(run.status) == {"budget"}
    run = samples(exact_pipeline(tolerance=1e-4, max_evaluations=300), range(2), steps=9)
    assert run.evaluations.min() > 9 and set(run.status) == {"ok"}


def test_strength_takes_its_share_of_what_is_announced():
    """A pipeline that hands over sigmas takes the length of the times for its number of steps: .4 of eight are left out, not of forty."""
    pipe, call = tiny.pipeline("Flux, true guidance")
    parts = inspect.signature(diffusers.FluxImg2ImgPipeline.__init__).parameters
    pipe = tiny.made(diffusers.FluxImg2ImgPipeline(**{name: part for name, part in pipe.components.items() if name in parts}))
    own = pipe.scheduler
    for most, status in ((None, "budget"), (40, "ok")):
        pipe.scheduler = ShockstepScheduler.from_config(own, tolerance=1e-2, max_evaluations=most)
        pipe(image=tiny.picture() * 0.5 + 0.5, strength=0.6, num_inference_steps=8, **call)
        assert pipe.scheduler.loop.begin == 3 and set(pipe.scheduler.run.status) == {status}


def test_latents_that_are_changed_are_followed():
    """Data N(0, s^2): x(sigma) goes as sqrt(s^2 + sigma^2), so that a push at sigma ends s/sqrt(s^2 + sigma^2) as large."""
    push, at = 0.3, 6
    results = []
    for pushed in (False, True):
        pipe = exact_pipeline(gaussian, tolerance=1e-5, data_std=0.5)
        scheduler = pipe.scheduler
        scheduler.set_timesteps(1000)
        latents = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        for i, time in enumerate(scheduler.timesteps):
            if pushed and i == at:
                sigma = scheduler.loop.rows.sigmas[0].item()
                latents = latents.clone()
                latents[:, :, 0] += push / math.sqrt(1 + sigma**2)
            latents = scheduler.step(pipe.unet(latents, time).sample, time, latents).prev_sample
        results.append(latents)
    moved = results[1] - results[0]
    sigma_min = scheduler.loop.rows.asked.sigma_min
    end = math.sqrt(0.25 + sigma_min**2) / math.sqrt(0.25 + sigma**2) * 0.25 / (0.25 + sigma_min**2)  # D of what it ends as
    assert moved[:, :, 1:].abs().max() < 1e-6
    assert torch.allclose(moved[:, :, 0], torch.full_like(moved[:, :, 0], push * end), rtol=1e-3)


# ---- The scheduler by itself


def test_times_are_known_as_the_loop_goes():
    scheduler = exact_pipeline(tolerance=1e-2).scheduler
    with pytest.raises(ValueError, match="set_timesteps"):
        scheduler.timesteps
    scheduler.set_timesteps(40)
    times = scheduler.timesteps
    assert len(times) == 40 and times.shape == (40,) and times[0].dim() == 0
    assert torch.equal(torch.stack(list(times)), times[:40].float()) and len(list(times)) == 40  # nothing has been evaluated
    assert (times < 500).sum() == sum(float(time) < 500 for time in times)
    assert times[:1].repeat(3).shape == (3,) and len(times[10:]) == 30
    unet, latents, told = Exact(denoiser), torch.randn(1, 1, 4, 4, dtype=torch.float64), []
    for i, time in enumerate(times):
        told.append(float(time))
        latents = scheduler.step(unet(latents, time).sample, time, latents, return_dict=False)[0]
        assert i == len(times) - 1 or float(times[i + 1]) < told[-1]
        assert (i == len(times) - 1) == scheduler.loop.done
    assert told[0] == 999 and told[-1] == 0 and told == sorted(told, reverse=True)
    assert len(told) == len(times) == scheduler.run.evaluations[0] < 40
    with pytest.raises(ValueError, match="after the run was done"):
        scheduler.step(latents, time, latents)


def test_a_loop_over_other_times_is_refused():
    scheduler, unet = exact_pipeline(tolerance=1e-2).scheduler, Exact(denoiser)
    scheduler.set_timesteps(20)
    latents = torch.randn(1, 1, 4, 4, dtype=torch.float64)
    with pytest.raises(ValueError, match="loop over scheduler.timesteps itself"):
        for time in scheduler.timesteps.clone():
            latents = scheduler.step(unet(latents, time).sample, time, latents).prev_sample
    scheduler.set_timesteps(20)  # what was left is forgotten
    assert scheduler.loop is None and len(list(scheduler.timesteps)) == 20
    with pytest.raises(ValueError, match="returns"):
        scheduler.step(latents[:, :, :2], scheduler.timesteps[0], latents)


def test_noise_is_that_of_the_process():
    """alpha x0 + s n of the table, and of a flow."""
    scheduler = exact_pipeline().scheduler
    x, n = torch.ones(3, 2), torch.full((3, 2), 2.0)
    own = diffusers.DDPMScheduler()
    times = torch.tensor([0, 400, 999])
    assert torch.allclose(scheduler.add_noise(x, n, times), own.add_noise(x, n, times), rtol=1e-5)
    flow = ShockstepScheduler.from_config(diffusers.FlowMatchEulerDiscreteScheduler())
    assert torch.allclose(flow.scale_noise(x, torch.tensor([250.0] * 3), n), 0.75 * x + 0.25 * n)


def test_networks_of_edm_see_scaled_latents():
    """c_in x, c_noise = ln(sigma)/4 (Karras et al. 2022, table 1); data N(0, s^2), whose network is zero."""
    scheduler = ShockstepScheduler.from_config(diffusers.EDMEulerScheduler(), tolerance=1e-3)
    scheduler.set_timesteps(50)
    assert scheduler.init_noise_sigma == pytest.approx(math.sqrt(80**2 + 1))
    latents = torch.randn(2, 3, dtype=torch.float64) * scheduler.init_noise_sigma
    start = latents
    for time in scheduler.timesteps:
        sigma = math.exp(4 * float(time))
        seen = scheduler.scale_model_input(latents, time)
        assert torch.allclose(seen, latents / math.sqrt(sigma**2 + 0.25), rtol=1e-5)
        latents = scheduler.step(torch.zeros_like(seen), time, latents).prev_sample
    assert torch.allclose(latents, start * 0.5 / math.sqrt(80**2 + 0.25) * 0.5 / math.sqrt(0.002**2 + 0.25), rtol=1e-6)


def test_a_config_is_kept(tmp_path):
    pipe = exact_pipeline(tolerance=3e-3, data_std=0.7, options={"seed": 3})
    pipe.scheduler.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "scheduler_config.json").read_text())["tolerance"] == 3e-3
    again = ShockstepScheduler.from_pretrained(tmp_path)
    assert (again.config.of, again.config.tolerance, again.config.data_std) == ("DDPMScheduler", 3e-3, 0.7)
    assert again.config.num_train_timesteps == 1000 and again._pipeline.process == pipe.scheduler._pipeline.process
    assert ShockstepScheduler.from_config(again.config, tolerance=1e-2).config.data_std == 0.7
    assert diffusers.DDIMScheduler.from_config(again.config).config.beta_end == 0.02  # and back

    pipe, call = tiny.pipeline("DDIM")
    pipe.scheduler = ShockstepScheduler.from_config(pipe.scheduler, tolerance=0.1)
    pipe.save_pretrained(tmp_path / "pipe")
    loaded = diffusers.DDIMPipeline.from_pretrained(tmp_path / "pipe")
    assert isinstance(loaded.scheduler, diffusers.DDIMScheduler)  # that pipeline makes one of any config
    loaded = diffusers.DDPMPipeline.from_pretrained(tmp_path / "pipe")
    assert isinstance(loaded.scheduler, ShockstepScheduler) and loaded.scheduler.config.tolerance == 0.1


def test_a_copy_has_the_settings_and_no_run():
    pipe = exact_pipeline(tolerance=1e-2)
    first = samples(pipe, range(2))
    for other in (copy.deepcopy(pipe.scheduler), pickle.loads(pickle.dumps(pipe.scheduler))):
        assert other.config == pipe.scheduler.config
        with pytest.raises(ValueError, match="nothing has been run"):
            other.run
        pipe.scheduler = other
        assert torch.equal(samples(pipe, range(2)).samples, first.samples)


def test_wrong_settings_are_refused_at_once():
    own = diffusers.DDIMScheduler()
    for keywords, error, message in (
        (dict(tolerance=-1.0), shockstep.ConfigError, "tolerance"),
        (dict(method="dpm"), shockstep.ConfigError, "dpm"),
        (dict(tolerence=1e-2), TypeError, "tolerence"),
        (dict(options={"shape": 3}), ValueError, "shape"),
        (dict(guard={"profile": "pilot"}), shockstep.ConfigError, "pilot"),
    ):
        with pytest.raises(error, match=message) as raised:
            ShockstepScheduler.from_config(own, **keywords)
        assert "\n" not in str(raised.value)
    with pytest.raises(ValueError, match="from_config"):
        ShockstepScheduler.from_config({"beta_start": 1e-4})
    with pytest.raises(ValueError, match="no scheduler of diffusers"):
        ShockstepScheduler.from_config({"_class_name": "MineScheduler"})
    scheduler = ShockstepScheduler.from_config(own, method="dpmpp_2m", steps=[20.0, 3.0, 0.2])
    with pytest.raises(ValueError, match="num_inference_steps is 10"):
        scheduler.set_timesteps(10)
    scheduler.set_timesteps(3)


def test_a_schedule_of_ones_own():
    """The nodes of sample(), and as many as the pipeline asks for."""
    for steps in ("karras", {"schedule": "log_sigma"}):
        pipe = exact_pipeline(method="dpmpp_2m", steps=steps)
        run = samples(pipe, range(2), steps=12)
        assert len(run.sigmas) == 12 and run.evaluations.tolist() == [12, 12]
        start = torch.cat([torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(i), dtype=torch.float64) for i in range(2)])
        asked = pipe.scheduler.loop.rows.asked
        count = {"schedule": steps, "count": 12} if isinstance(steps, str) else {**steps, "count": 12}
        expected = shockstep.sample(
            lambda x, sigma: denoiser(x, sigma), shape=(1, 4, 4), count=2, method="dpmpp_2m", steps=count, dtype=torch.float64,
            sigma_min=asked.sigma_min, sigma_max=asked.sigma_max, noise=start * math.sqrt(1 + asked.sigma_max**-2),
        )  # fmt: skip
        assert torch.allclose(run.samples, expected.samples, rtol=0, atol=1e-4)  # times are told in float32


def test_a_loop_may_be_cut_in_two():
    """As by denoising_end and denoising_start: latents keep their noise in between. Data N(0, s^2), whose flow is known."""
    for keywords in (dict(tolerance=1e-5), dict(method="unipc", order=3)):
        pipe = exact_pipeline(gaussian, data_std=0.5, **keywords)
        scheduler, latents = pipe.scheduler, torch.ones(1, 1, 4, 4, dtype=torch.float64)
        own = torch.linspace(0, 999, 101).round().flip(0)[:-1].tolist()
        for part in (slice(None, 70), slice(70, None)):
            scheduler.set_timesteps(timesteps=[int(time) for time in own], device="cpu")
            scheduler.set_begin_index(part.start or 0)
            for time in scheduler.timesteps[part]:
                latents = scheduler.step(pipe.unet(latents, time).sample, time, latents, return_dict=False)[0]
            if part.stop:
                sigma = scheduler._pipeline.sigma(own[70])
                assert torch.allclose(latents * math.sqrt(1 + sigma**2), flow_of(pipe, sigma).expand_as(latents), rtol=1e-3)
        end = scheduler.loop.rows.asked.sigma_min
        # The grid's last steps are long, factors of 1.7 in sigma.
        assert torch.allclose(latents, (0.25 / (0.25 + end**2) * flow_of(pipe, end)).expand_as(latents), rtol=3e-3)


def flow_of(pipe, sigma):
    """x at sigma, of N(0, 1/4) and latents of 1 at the start."""
    most = pipe.scheduler._pipeline.range.asked.sigma_max
    return torch.tensor(math.sqrt(1 + most**2) * math.sqrt(0.25 + sigma**2) / math.sqrt(0.25 + most**2), dtype=torch.float64)


def test_the_sde_follows_a_generator():
    pipe = exact_pipeline(options={"dynamics": "sde"}, method="ancestral", steps="karras")
    scheduler = pipe.scheduler
    ends = []
    for seed in (1, 1, 2):
        scheduler.set_timesteps(10)
        latents = torch.ones(1, 1, 4, 4, dtype=torch.float64)
        generator = torch.Generator().manual_seed(seed)
        for time in scheduler.timesteps:
            latents = scheduler.step(pipe.unet(latents, time).sample, time, latents, generator=generator).prev_sample
        ends.append(latents)
    assert torch.equal(ends[0], ends[1]) and not torch.equal(ends[0], ends[2])


def test_every_argument_is_in_the_documentation():
    for name in list(inspect.signature(ShockstepScheduler.__init__).parameters)[1:]:
        assert f"{name}:" in ShockstepScheduler.__doc__, name
