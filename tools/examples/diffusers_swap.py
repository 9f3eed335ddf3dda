"""A diffusers pipeline with Shockstep in the place of its scheduler's loop. Run: python tools/examples/diffusers_swap.py

The pipeline is built in memory and trained for half a minute on images of a bright square, so that nothing is downloaded; with
one of yours, only the line that makes it changes. All samplers start from the same noise.
"""

import torch
from diffusers import DDIMScheduler, DDPMPipeline, DDPMScheduler, UNet2DModel

import shockstep


def sample_images(pipeline, **settings):
    """The pipeline's images, drawn adaptively: PIL images, and what is known of each sample."""
    network = shockstep.from_diffusers(pipeline.unet, pipeline.scheduler)
    result = shockstep.sample(network, **settings)
    pixels = (result.samples / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    return pipeline.numpy_to_pil(pixels), result


def scheduler_samples(pipeline, noise, steps):
    """The same with DDIM on `steps` steps, as the pipeline would."""
    scheduler = DDIMScheduler.from_config(pipeline.scheduler.config, clip_sample=False, timestep_spacing="trailing")
    scheduler.set_timesteps(steps)
    x = noise.float()
    with torch.no_grad():
        for t in scheduler.timesteps:
            x = scheduler.step(pipeline.unet(x, t).sample, t, x).prev_sample
    return x.double()


def squares(count, generator):
    """Images of 8x8 pixels from -1 to 1: a bright square of 3x3 anywhere."""
    images = -torch.ones(count, 1, 8, 8)
    corners = torch.randint(0, 6, (count, 2), generator=generator)
    for image, (y, x) in zip(images, corners):
        image[0, y : y + 3, x : x + 3] = 1
    return images


def trained_pipeline(steps=500):
    torch.manual_seed(0)
    torch.set_num_threads(2)  # what comes out of the training depends on them
    generator = torch.Generator().manual_seed(0)
    unet = UNet2DModel(
        sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, block_out_channels=(16, 32), norm_num_groups=8,
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    scheduler = DDPMScheduler()
    optimizer = torch.optim.Adam(unet.parameters(), 2e-3)
    for _ in range(steps):
        images, noise = squares(64, generator), torch.randn(64, 1, 8, 8, generator=generator)
        times = torch.randint(0, 1000, (64,), generator=generator)
        loss = (unet(scheduler.add_noise(images, noise, times), times).sample - noise).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return DDPMPipeline(unet=unet.eval(), scheduler=scheduler)


def main():
    pipeline = trained_pipeline()
    noise = torch.randn(16, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    settings = dict(noise=noise, count=16, batch=16)
    images, result = sample_images(pipeline, **settings, tolerance=1e-3)
    print(f"{len(images)} images of {images[0].size} pixels: {result}")

    _, fine = sample_images(pipeline, **settings, tolerance=1e-5)

    def distance(samples):
        return (samples - fine.samples).square().mean().sqrt().item()

    print(f"adaptive, {result.evaluations.mean():.1f} evaluations: distance to a fine solution {distance(result.samples):.1e}")
    for steps in (20, 50, 200):
        print(f"DDIM, {steps} evaluations: {distance(scheduler_samples(pipeline, noise, steps)):.1e}")


if __name__ == "__main__":
    main()
