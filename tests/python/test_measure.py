"""ShockstepScheduler.measure, in pipelines whose network is exact or was trained."""

import functools
import json

import pytest
import torch

import shockstep
from shockstep import _core
from shockstep._network import Network
from shockstep._settings import problem

diffusers = pytest.importorskip("diffusers")
pytest.importorskip("transformers")

import tiny_pipelines as tiny  # noqa: E402

from shockstep.diffusers import ShockstepScheduler  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
LABELS, WIDTH, SIZE = 4, 8, 8


def latents_of(labels, generator):
    """A spot whose place is that of the label but for a pixel, bright or dark: latents with modes, of unit variance at most."""
    n = len(labels)
    place = torch.stack([labels % 2, labels // 2], 1) * 3.0 + 2 + torch.rand(n, 2, generator=generator)
    at = torch.arange(SIZE, dtype=torch.float32)
    spots = [torch.exp(-((at - place[:, i : i + 1]) ** 2) / 2) for i in (0, 1)]
    sign = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    return 3 * (sign[:, None, None] * spots[0][:, :, None] * spots[1][:, None, :])[:, None]


def words_of(labels):
    """A word for each label, and none for -1."""
    words = torch.nn.functional.one_hot(labels.clamp(min=0), WIDTH).float() * (labels >= 0).float()[:, None]
    return 2 * words[:, None]


@functools.cache
def trained():
    """A Stable Diffusion of a few ten thousand weights, half a minute of one core to train; and its last loss."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    unet = diffusers.UNet2DConditionModel(
        sample_size=SIZE, in_channels=1, out_channels=1, block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=WIDTH, attention_head_dim=4,
    )  # fmt: skip
    scheduler = diffusers.DDIMScheduler(timestep_spacing="trailing", **tiny.BETAS)
    optimiser, steps = torch.optim.AdamW(unet.parameters(), 3e-3), 200
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    # Of the sines of time the fastest, of 1, .3 and .1 an index, are left out: what random weights make of them is rough between whole times.
    fast = [0, 1, 2, 8, 9, 10]
    for _ in range(steps):
        with torch.no_grad():
            unet.time_embedding.linear_1.weight[:, fast] = 0
        labels = torch.randint(LABELS, (64,), generator=generator)
        x, noise = latents_of(labels, generator), torch.randn(64, 1, SIZE, SIZE, generator=generator)
        time = torch.randint(1000, (64,), generator=generator)
        told = torch.where(torch.rand(64, generator=generator) < 0.15, -1, labels)
        loss = ((unet(scheduler.add_noise(x, noise, time), time, words_of(told)).sample - noise) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
    unet.eval().requires_grad_(False)
    unet.time_embedding.linear_1.weight[:, fast] = 0
    pipe = diffusers.StableDiffusionPipeline(
        vae=tiny.vae(channels=1), text_encoder=None, tokenizer=None, unet=unet, scheduler=scheduler, safety_checker=None,
        feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    pipe.set_progress_bar_config(disable=True)
    return pipe, float(loss)


def drawn(pipe, scheduler, steps, guidance=2.0, **call):
    labels = torch.arange(8) % LABELS
    pipe.scheduler = scheduler
    return pipe(
        prompt_embeds=words_of(labels), negative_prompt_embeds=words_of(-torch.ones_like(labels)), guidance_scale=guidance,
        num_inference_steps=steps, output_type="latent", generator=torch.Generator().manual_seed(2), height=2 * SIZE, width=2 * SIZE, **call,
    ).images  # fmt: skip


def one_label(label=1):
    return dict(
        prompt_embeds=words_of(torch.tensor([label])), negative_prompt_embeds=words_of(torch.tensor([-1])), guidance_scale=2.0,
        height=2 * SIZE, width=2 * SIZE,
    )  # fmt: skip


def test_a_trained_pipeline_reaches_its_solution():
    """Adaptive steps at 1e-4, planned from what was measured, against 1000 steps of second order over all times of the table."""
    pipe, loss = trained()
    assert loss < 0.15  # of 1 for a network that has learnt nothing
    own = diffusers.DDIMScheduler.from_config(pipe.scheduler.config)
    pipe.scheduler = ShockstepScheduler.from_config(own, tolerance=1e-4, max_evaluations=1000)
    scheduler = ShockstepScheduler.measure(pipe, **one_label())
    adaptive = drawn(pipe, scheduler, 50)
    run = scheduler.run
    assert run.status == ["ok"] * 8
    solution = drawn(pipe, ShockstepScheduler.from_config(own, method="dpmpp_2m"), 1000)
    off = float((adaptive - solution).abs().max() / solution.std())
    print(f"\nadaptive at 1e-4, {max(run.evaluations)} evaluations at most: {off:.1e} of the latents' size off 1000 steps")
    assert off < 1e-3


def test_measured_through_the_loop_as_by_itself():
    """What the pipeline's loop answers is what the same network answers alone: rows and times in their places."""
    pipe, call = tiny.unconditional("DDPMPipeline")
    pipe.scheduler = ShockstepScheduler.from_config(pipe.scheduler)
    found = ShockstepScheduler.measure(pipe, output_type="np").config.measured
    pipeline = pipe.scheduler._pipeline
    network = Network(lambda x, time: pipe.unet(x, time).sample, shape=(3, 8, 8), process=pipeline.process,
                      **{key: value for key, value in pipeline.network.items() if key != "data_std"})  # fmt: skip
    alone = json.loads(_core.measure(problem(network, None, {"dtype": "float32"})))
    assert found["evaluations"] == alone["evaluations"]
    assert found["data_std"] == pytest.approx(alone["data_std"], rel=1e-4)
    for here, there in zip(found["nodes"], alone["nodes"]):
        assert here["sigma"] == pytest.approx(there["sigma"], rel=1e-9)
        assert here["DD"] == pytest.approx(there["DD"], rel=1e-2, abs=1e-6)


def test_it_stays_in_the_config(tmp_path):
    pipe, _ = trained()
    pipe.scheduler = ShockstepScheduler.from_config(diffusers.DDIMScheduler.from_config(pipe.scheduler.config), tolerance=1e-2)
    scheduler = ShockstepScheduler.measure(pipe, **one_label())
    measured = scheduler.config.measured
    # Four rows in a few steps, with guidance, which widens D: within four times the samples' own, 0.77.
    assert 0.77 / 4 < measured["data_std"] < 0.77 * 4 and 0 < measured["evaluations"] <= 64 and len(measured["tried"]) >= 7
    scheduler.save_pretrained(tmp_path)
    read = ShockstepScheduler.from_pretrained(tmp_path)
    assert read.config.measured == measured
    here, there = drawn(pipe, scheduler, 60), drawn(pipe, read, 60)
    assert torch.equal(here, there)
    assert not any("data_std was taken" in note for note in scheduler.run.notes)
    # Another call of from_config keeps it, and a data_std that contradicts it is refused.
    assert ShockstepScheduler.from_config(scheduler.config, tolerance=1e-3).config.measured == measured
    with pytest.raises(ValueError, match="^ShockstepScheduler: data_std=3, but measured= is of "):
        ShockstepScheduler.from_config(scheduler.config, data_std=3.0)


@pytest.mark.parametrize("one_time", [False, True])
def test_one_row_at_once(one_time):
    """A pipeline of one image is asked one row after another: the same measurement but for rounding."""
    pipe, _ = trained()
    own = diffusers.DDIMScheduler.from_config(pipe.scheduler.config)
    found = []
    for images in (4, 1, 3):
        pipe.scheduler = ShockstepScheduler.from_config(own, one_time=one_time)
        found.append(ShockstepScheduler.measure(pipe, num_images_per_prompt=images, **one_label()).config.measured)
    for other in found[1:]:
        assert other["data_std"] == pytest.approx(found[0]["data_std"], rel=1e-3)
        assert other["loss"] == pytest.approx(found[0]["loss"], rel=1e-2)


def test_a_flow():
    pipe, call = tiny.stable_diffusion_3()
    call.pop("output_type", None)
    pipe.scheduler = ShockstepScheduler.from_config(pipe.scheduler)
    measured = ShockstepScheduler.measure(pipe, **{**call, "num_images_per_prompt": 1}).config.measured
    assert measured["data_std"] > 0


def test_what_cannot_be_measured_is_said():
    pipe, call = tiny.unconditional("DDPMPipeline")
    with pytest.raises(ValueError, match="^ShockstepScheduler.measure: the pipeline's scheduler is DDPMScheduler; set pipe.scheduler = "):
        ShockstepScheduler.measure(pipe)
    pipe.scheduler = ShockstepScheduler.from_config(pipe.scheduler)

    class Wrong(RuntimeError):
        pass

    def fails(*arguments, **keywords):
        raise Wrong("the network fails")

    pipe.unet.forward = fails
    with pytest.raises(Wrong):
        ShockstepScheduler.measure(pipe)
    del pipe.unet.forward
    assert pipe.scheduler.config.measured is None
    assert pipe(batch_size=2, num_inference_steps=4, output_type="np").images.shape == (2, 8, 8, 3)  # as if nothing had been
