"""A whole pipeline as a network, with the prompts as conditions: from_diffusers(pipeline, prompt=...)."""

import copy

import pytest
import torch

import shockstep

diffusers = pytest.importorskip("diffusers")
transformers = pytest.importorskip("transformers")

import tiny_pipelines as tiny  # noqa: E402

from shockstep._asked import Rows  # noqa: E402
from shockstep.diffusers import ShockstepScheduler  # noqa: E402

pytestmark = [pytest.mark.filterwarnings(f"ignore::{kind}") for kind in ("FutureWarning", "shockstep.ShockstepWarning")]
KNOWN = [
    "Stable Diffusion", "Stable Diffusion, no guidance", "SDXL", "SD3", "Flux, true guidance", "Flux, embedded guidance", "PixArt",
    "Sana", "Wan",
]  # fmt: skip
OTHERS = [name for name in tiny.PIPELINES if name not in (*KNOWN, "DDPM", "DDIM")]


def relative(a, b):
    """Largest difference over the size of the latents."""
    return float((a - b).abs().max() / b.std())


@pytest.fixture
def begun(monkeypatch):
    """The x that the last run of a scheduler began with."""
    last, begin = {}, Rows.begin

    def recorded(self, x, sigma=None, seed=0):
        last.update(x=x)
        begin(self, x, sigma, seed)

    monkeypatch.setattr(Rows, "begin", recorded)
    return last


def of(pipe, call, **others):
    """The network of the pipeline with its own scheduler."""
    return shockstep.from_diffusers(pipe, **{key: value for key, value in call.items() if key != "batch_size"}, **others)


@pytest.mark.parametrize("name", KNOWN)
def test_samples_are_those_of_the_pipeline(name, begun):
    """By the same method on the same grid from the same noise, in batches of another size."""
    pipe, call = tiny.pipeline(name)
    net = of(pipe, call)
    pipe.scheduler = ShockstepScheduler.from_config(pipe.scheduler, method="dpmpp_2m")
    tiny.drawn(pipe, call, num_inference_steps=8)
    run = pipe.scheduler.run
    ours = shockstep.sample(
        net, method="dpmpp_2m", steps=list(run.sigmas), sigma_max=run.sigmas[0], sigma_min=run.sigmas[-1], batch=8,
        final=pipe.scheduler._ends, noise=begun["x"] / run.sigmas[0],
    )  # fmt: skip
    print(f"{name}: {relative(ours.samples, run.samples):.1e}")
    assert len(ours) == tiny.IMAGES and set(ours.status) == {"ok"}
    assert relative(ours.samples, run.samples[: tiny.IMAGES]) < 1e-4  # single precision


def test_adaptive_steps_are_those_of_the_scheduler(begun):
    own_steps = dict(guard={"profile": "default", "events": False}, tolerance=0.05, max_evaluations=200)
    pipe, call = tiny.pipeline("Stable Diffusion")
    net = of(pipe, call, data_std=1.0)
    pipe.scheduler = ShockstepScheduler.from_config(pipe.scheduler, **own_steps)
    out = tiny.drawn(pipe, call, num_inference_steps=8)
    ours = shockstep.sample(net, noise=begun["x"] / pipe.scheduler.loop.rows.asked.sigma_max, batch=8, **own_steps)
    assert ours.evaluations.tolist() == pipe.scheduler.run.evaluations.tolist()
    assert relative(ours.samples, out.double()) < 1e-5


def test_a_loop_written_out():
    """Euler's steps of Stable Diffusion, guidance and all, by hand."""
    pipe, call = tiny.pipeline("Stable Diffusion")
    sigmas = [10.0, 4.0, 1.5, 0.5, 0.1]
    noise = tiny.numbers(tiny.IMAGES, 4, 8, 8, seed=9).double()
    ours = shockstep.sample(
        of(pipe, call), method="euler", steps=sigmas, sigma_max=sigmas[0], sigma_min=sigmas[-1], final="denoise", noise=noise,
        batch=8,
    )  # fmt: skip
    alphas = pipe.scheduler.alphas_cumprod.double()
    table = ((1 - alphas) / alphas).log() / 2
    embeds = torch.cat([call["negative_prompt_embeds"], call["prompt_embeds"]])
    x = sigmas[0] * noise
    for sigma, following in zip(sigmas, [*sigmas[1:], 0.0]):
        log = torch.tensor(sigma, dtype=torch.float64).log()
        below = int((table <= log).sum()) - 1
        time = below + (log - table[below]) / (table[below + 1] - table[below])
        scaled = (x / (1 + sigma**2) ** 0.5).float()
        answer = pipe.unet(scaled.repeat(2, 1, 1, 1), time.float().expand(6), encoder_hidden_states=embeds).sample
        negative, positive = answer.chunk(2)
        x = x + (following - sigma) * (negative + 3.0 * (positive - negative)).double()
    assert relative(ours.samples, x) < 1e-5


# ---- Images


def test_images_are_what_the_decoder_makes():
    pipe, call = tiny.pipeline("Stable Diffusion")
    ours = shockstep.sample(of(pipe, call, output_type="pt"), method="euler", steps=4, batch=8)
    decoded = pipe.vae.decode(ours.samples.float() / pipe.vae.config.scaling_factor, return_dict=False)[0]
    assert torch.allclose(ours.images, (decoded / 2 + 0.5).clamp(0, 1), atol=1e-5)
    assert ours.images is ours.images  # decoded once
    pil = shockstep.sample(of(pipe, call), method="euler", steps=4, batch=8).images
    assert [image.size for image in pil] == [(16, 16)] * 3
    array = torch.tensor(list(pil[1].getdata()), dtype=torch.float32).reshape(16, 16, 3) / 255
    assert (array - ours.images[1].permute(1, 2, 0)).abs().max() < 1 / 255
    with pytest.raises(shockstep.ConfigError, match="from_diffusers"):
        shockstep.sample(shockstep.GaussianMixture(means=[[0.0]], std=1), count=2).images


@pytest.mark.parametrize("name", ["DDPM", "SDXL", "SD3", "Flux, true guidance", "PixArt", "Sana", "Wan"])
def test_images_of_every_kind(name):
    pipe, call = tiny.pipeline(name)
    net = of(pipe, call)
    before = copy.copy(pipe.scheduler.__dict__), copy.copy(net.model.unet.__dict__)
    result = shockstep.sample(net, method="euler", steps=3, count=3, batch=8)
    assert len(result.images) == 3
    after = pipe.scheduler.__dict__, net.model.unet.__dict__
    assert [each.keys() for each in after] == [each.keys() for each in before]  # nothing of ours is left


# ---- Prompts


class Words:
    """A tokenizer of a dozen words."""

    model_max_length = 5
    known = ["a", "cat", "dog", "on", "the", "mat", "red", "blue", "two", "no"]

    def __call__(self, text, padding=None, max_length=5, truncation=None, return_tensors=None):
        lines = [text] if isinstance(text, str) else text
        rows = [[self.known.index(word) + 1 for word in line.split()][:max_length] for line in lines]
        return transformers.BatchEncoding({"input_ids": torch.tensor([row + [0] * (5 - len(row)) for row in rows])})

    added_tokens_encoder: dict[str, int] = {}

    def tokenize(self, text):
        return text.split()

    def batch_decode(self, rows):
        return [""] * len(rows)


def with_text():
    pipe, _ = tiny.pipeline("Stable Diffusion")
    torch.manual_seed(3)
    config = transformers.CLIPTextConfig(
        vocab_size=11, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=5,
        eos_token_id=10, bos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    pipe.text_encoder, pipe.tokenizer = transformers.CLIPTextModel(config).eval().requires_grad_(False), Words()
    return pipe


def test_many_prompts_run_in_refilled_batches():
    """Each as it would alone; encoded a few at a time."""
    pipe, words = with_text(), Words.known
    prompts = [f"{words[i % 10]} {words[i * 3 % 7]} {words[i // 10]}" for i in range(40)]
    shown = []
    original = type(pipe).encode_prompt
    pipe.encode_prompt = lambda prompt, *a, **k: shown.append(len(prompt)) or original(pipe, prompt, *a, **k)
    net = shockstep.from_diffusers(pipe, prompt=prompts, negative_prompt="no dog", guidance_scale=4.0)
    assert sum(shown) == 40 and max(shown) <= 16
    assert net.settings["condition"]["encoder_hidden_states"].shape == (40, 5, 8) and net.settings["guidance"] == 4.0
    assert len(net.settings["null"]["encoder_hidden_states"]) == 1  # the same for all
    keywords = dict(tolerance=0.05, guard={"events": False}, data_std=1.0, seed=5)
    many = shockstep.sample(net, batch=8, **keywords)
    assert len(many) == 40 and many.samples.isfinite().all()
    for i in (0, 17, 39):
        alone = shockstep.from_diffusers(pipe, prompt=prompts[i], negative_prompt="no dog", guidance_scale=4.0)
        assert len(alone.settings["condition"]["encoder_hidden_states"]) == 1
        grid = dict(method="euler", steps={"schedule": "karras", "count": 6}, first=i, count=1, batch=8, data_std=1.0, seed=5)
        one, row = shockstep.sample(alone, **grid), shockstep.sample(net, **grid)
        assert relative(one.samples, row.samples) < 1e-4  # an encoder rounds otherwise in other batches
    assert torch.equal(shockstep.sample(net, first=30, count=10, batch=8, **keywords).samples, many.samples[30:])


def test_pictures_of_one_prompt():
    pipe = with_text()
    net = shockstep.from_diffusers(pipe, prompt="a red cat", guidance_scale=2.0, num_images_per_prompt=1)
    result = shockstep.sample(net, method="euler", steps=3, count=6, batch=8)
    assert len(result.images) == 6 and len(net.settings["condition"]["encoder_hidden_states"]) == 1


def test_guidance_of_ones_own():
    """What the pipeline's call says of guidance gives way to a keyword."""
    pipe, call = tiny.pipeline("Stable Diffusion")
    grid = dict(method="euler", steps=3, batch=8, seed=2)
    plain = shockstep.sample(of(pipe, call), **grid).samples
    own = shockstep.sample(of(pipe, call, guidance=lambda c, u, s: u + 3.0 * (c - u)), **grid).samples
    assert torch.allclose(plain, own, atol=1e-5)
    rescaled = shockstep.sample(of(pipe, call, guidance={"scale": 3.0, "rescale": 0.7, "interval": [0.3, 8.0]}), **grid).samples
    assert relative(plain, rescaled) > 0.01


# ---- Refused


@pytest.mark.parametrize("name", OTHERS)
def test_pipelines_that_do_something_else(name):
    """Their network sees more than the state, or they make more of its answers than guidance does."""
    pipe, call = tiny.pipeline(name)
    with pytest.raises(shockstep.ConfigError, match="^from_diffusers: ") as raised:
        of(pipe, call)
    assert "\n" not in str(raised.value)


def test_mistakes_are_one_line():
    pipe, call = tiny.pipeline("Stable Diffusion")
    for wrong, message in (
        (dict(call, num_inference_steps=20), "num_inference_steps: is for sample"),
        (dict(call, latents=tiny.numbers(3, 4, 8, 8)), "latents: is noise="),
        (dict(call, negative_prompt_embeds=call["negative_prompt_embeds"][:2]), r"have \[2, 3\] rows"),
        (dict(call, guidance_rescale=0.7), "something else of its network's answers"),
        (dict(call, shape=(4, 8, 8)), "a pipeline says them itself"),
    ):
        with pytest.raises(shockstep.ConfigError, match=message) as raised:
            shockstep.from_diffusers(pipe, **wrong)
        assert "\n" not in str(raised.value)
    with pytest.raises(shockstep.ConfigError, match="give a pipeline, or a network and its scheduler"):
        shockstep.from_diffusers(pipe.unet)
    pipe.scheduler = diffusers.LCMScheduler()
    with pytest.raises(shockstep.ConfigError, match="consistency models"):
        shockstep.from_diffusers(pipe, **call)
