"""Pipelines of diffusers with random weights of a few thousand numbers, made in memory: nothing is downloaded."""

import functools

import diffusers
import torch

IMAGES = 3
BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1, clip_sample=False)


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def scheduler(name="DDIMScheduler", **config):
    return getattr(diffusers, name)(**config)


def made(pipeline):
    """Random weights with what is zero at first drawn too, so that conditions and times matter."""
    generator = torch.Generator().manual_seed(1)
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval().requires_grad_(False)
            for weight in part.parameters():
                if weight.std() == 0 and weight.dim() > 1:
                    weight.copy_(0.1 * torch.randn(weight.shape, generator=generator))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def vae(channels=4, **others):
    return diffusers.AutoencoderKL(
        block_out_channels=[4, 8], in_channels=3, out_channels=3, latent_channels=channels, norm_num_groups=2,
        down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
        **others,
    )  # fmt: skip


def unet(in_channels=4, **others):
    return diffusers.UNet2DConditionModel(
        sample_size=8, in_channels=in_channels, out_channels=4, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=8, attention_head_dim=2, **others,
    )  # fmt: skip


def words(width=8, length=5):
    return dict(prompt_embeds=numbers(IMAGES, length, width, seed=2), negative_prompt_embeds=numbers(IMAGES, length, width, seed=3))


def no_text(*names):
    return dict.fromkeys(names or ("text_encoder", "tokenizer"))


def picture(n=IMAGES):
    return torch.rand(n, 3, 16, 16, generator=torch.Generator().manual_seed(4)) * 2 - 1


def unconditional(kind):
    net = diffusers.UNet2DModel(
        sample_size=8, in_channels=3, out_channels=3, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    pipe = made(getattr(diffusers, kind)(unet=net, scheduler=scheduler("DDPMScheduler", clip_sample=False)))
    return pipe, dict(batch_size=IMAGES)


def dit():
    net = diffusers.DiTTransformer2DModel(
        num_attention_heads=2, attention_head_dim=4, in_channels=4, out_channels=8, num_layers=1, sample_size=8, norm_num_groups=2,
        num_embeds_ada_norm=1000,
    )  # fmt: skip
    pipe = diffusers.DiTPipeline(transformer=net, vae=vae(), scheduler=scheduler(clip_sample=False))
    return made(pipe), dict(class_labels=[1, 2, 3], guidance_scale=2.0)


def stable_diffusion(guidance=3.0, kind="StableDiffusionPipeline", in_channels=4, **call):
    control = dict(controlnet=controlnet()) if "ControlNet" in kind else {}
    pipe = getattr(diffusers, kind)(
        vae=vae(), unet=unet(in_channels), scheduler=scheduler("PNDMScheduler", skip_prk_steps=True, **BETAS_OF_PNDM),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False, **no_text(), **control,
    )  # fmt: skip
    embeds = words() if guidance > 1 else dict(prompt_embeds=words()["prompt_embeds"])
    return made(pipe), dict(guidance_scale=guidance, **embeds, **call)


BETAS_OF_PNDM = {key: value for key, value in BETAS.items() if key != "clip_sample"}


def controlnet():
    return diffusers.ControlNetModel(
        block_out_channels=(4, 8), layers_per_block=1, in_channels=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        cross_attention_dim=8, attention_head_dim=2, norm_num_groups=2, conditioning_embedding_out_channels=(2, 4),
    )  # fmt: skip


def stable_diffusion_xl():
    net = unet(
        addition_embed_type="text_time", addition_time_embed_dim=4, projection_class_embeddings_input_dim=6 * 4 + 8,
        transformer_layers_per_block=1, use_linear_projection=True,
    )  # fmt: skip
    pipe = diffusers.StableDiffusionXLPipeline(
        vae=vae(), unet=net, scheduler=scheduler("EulerDiscreteScheduler", timestep_spacing="leading", **BETAS_OF_PNDM),
        **no_text("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2"), add_watermarker=False,
    )  # fmt: skip
    pooled = dict(pooled_prompt_embeds=numbers(IMAGES, 8, seed=5), negative_pooled_prompt_embeds=numbers(IMAGES, 8, seed=6))
    return made(pipe), dict(**words(), **pooled, height=16, width=16)


def stable_diffusion_3():
    net = diffusers.SD3Transformer2DModel(
        sample_size=8, patch_size=1, in_channels=4, num_layers=1, attention_head_dim=4, num_attention_heads=2, joint_attention_dim=8,
        caption_projection_dim=8, pooled_projection_dim=16, out_channels=4, pos_embed_max_size=8,
    )  # fmt: skip
    pipe = diffusers.StableDiffusion3Pipeline(
        transformer=net, vae=vae(shift_factor=0.1), scheduler=scheduler("FlowMatchEulerDiscreteScheduler", shift=3.0),
        **no_text(*(f"{name}{n}" for name in ("text_encoder", "tokenizer") for n in ("", "_2", "_3"))),
    )  # fmt: skip
    pooled = dict(pooled_prompt_embeds=numbers(IMAGES, 16, seed=5), negative_pooled_prompt_embeds=numbers(IMAGES, 16, seed=6))
    return made(pipe), dict(**words(), **pooled, height=16, width=16)


def flux(embedded):
    net = diffusers.FluxTransformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=8, pooled_projection_dim=8, axes_dims_rope=(4, 4, 8), guidance_embeds=embedded,
    )  # fmt: skip
    pipe = diffusers.FluxPipeline(
        transformer=net, vae=vae(shift_factor=0.1), scheduler=scheduler("FlowMatchEulerDiscreteScheduler", use_dynamic_shifting=True),
        **no_text("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2"),
    )  # fmt: skip
    embeds = dict(prompt_embeds=words()["prompt_embeds"], pooled_prompt_embeds=numbers(IMAGES, 8, seed=5))
    if not embedded:
        embeds |= dict(words(), negative_pooled_prompt_embeds=numbers(IMAGES, 8, seed=6), true_cfg_scale=2.0)
    return made(pipe), dict(**embeds, height=16, width=16)


def pixart():
    net = diffusers.PixArtTransformer2DModel(
        num_attention_heads=2, attention_head_dim=4, in_channels=4, out_channels=8, num_layers=1, norm_num_groups=2,
        cross_attention_dim=8, sample_size=8, caption_channels=8, use_additional_conditions=False,
    )  # fmt: skip
    pipe = diffusers.PixArtAlphaPipeline(
        transformer=net, vae=vae(), scheduler=scheduler("DPMSolverMultistepScheduler"), **no_text()
    )
    masks = dict(prompt_attention_mask=torch.ones(IMAGES, 5), negative_prompt_attention_mask=torch.ones(IMAGES, 5))
    call = dict(negative_prompt=None, height=16, width=16, use_resolution_binning=False)
    return made(pipe), dict(**words(), **masks, **call)


def sana():
    net = diffusers.SanaTransformer2DModel(
        in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=4, num_layers=1, num_cross_attention_heads=2,
        cross_attention_head_dim=4, cross_attention_dim=8, caption_channels=8, sample_size=8,
    )  # fmt: skip
    coder = diffusers.AutoencoderDC(
        in_channels=3, latent_channels=4, attention_head_dim=2, encoder_block_types=("ResBlock", "EfficientViTBlock"),
        decoder_block_types=("ResBlock", "EfficientViTBlock"), encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8),
        encoder_qkv_multiscales=((), (5,)), decoder_qkv_multiscales=((), (5,)), encoder_layers_per_block=(1, 1),
        decoder_layers_per_block=[1, 1], downsample_block_type="conv", upsample_block_type="interpolate",
        decoder_norm_types="rms_norm", decoder_act_fns="silu",
    )  # fmt: skip
    pipe = diffusers.SanaPipeline(
        transformer=net, vae=coder, **no_text(),
        scheduler=scheduler("DPMSolverMultistepScheduler", prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0),
    )  # fmt: skip
    masks = dict(prompt_attention_mask=torch.ones(IMAGES, 5), negative_prompt_attention_mask=torch.ones(IMAGES, 5))
    return made(pipe), dict(**words(), **masks, negative_prompt=None, height=32, width=32, use_resolution_binning=False)


def qwen_image():
    net = diffusers.QwenImageTransformer2DModel(
        patch_size=2, in_channels=16, out_channels=4, num_layers=1, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=8,
        axes_dims_rope=(8, 4, 4),
    )  # fmt: skip
    coder = diffusers.AutoencoderKLQwenImage(
        base_dim=4, z_dim=4, dim_mult=[1, 2, 2, 2], num_res_blocks=1, temperal_downsample=[False, True, True], latents_mean=[0.0] * 4,
        latents_std=[1.0] * 4,
    )  # fmt: skip
    pipe = diffusers.QwenImagePipeline(
        transformer=net, vae=coder, **no_text(),
        scheduler=scheduler("FlowMatchEulerDiscreteScheduler", use_dynamic_shifting=True, shift_terminal=0.02),
    )  # fmt: skip
    masks = {f"{which}prompt_embeds_mask": torch.ones(IMAGES, 5, dtype=torch.long) for which in ("", "negative_")}
    return made(pipe), dict(**words(), **masks, true_cfg_scale=2.0, height=32, width=32)


def wan():
    net = diffusers.WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=4, out_channels=4, text_dim=8, freq_dim=16,
        ffn_dim=8, num_layers=1, rope_max_seq_len=32,
    )  # fmt: skip
    coder = diffusers.AutoencoderKLWan(
        base_dim=3, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True], latents_mean=[0.0] * 4,
        latents_std=[1.0] * 4,
    )  # fmt: skip
    pipe = diffusers.WanPipeline(
        transformer=net, vae=coder, **no_text(),
        scheduler=scheduler("UniPCMultistepScheduler", prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0),
    )  # fmt: skip
    return made(pipe), dict(**words(), height=32, width=32, num_frames=5, guidance_scale=2.0)


LATENTS = {
    "FluxPipeline": (IMAGES, 16, 16), "QwenImagePipeline": (IMAGES, 4, 16), "WanPipeline": (IMAGES, 4, 2, 4, 4),
    "SanaPipeline": (IMAGES, 4, 16, 16),
}  # fmt: skip

def pipeline(name):
    """The pipeline, the same every time, and the arguments of its call."""
    torch.manual_seed(0)
    return PIPELINES[name]()


PIPELINES = {
    "DDPM": functools.partial(unconditional, "DDPMPipeline"),
    "DDIM": functools.partial(unconditional, "DDIMPipeline"),
    "DiT": dit,
    "Stable Diffusion": stable_diffusion,
    "Stable Diffusion, no guidance": functools.partial(stable_diffusion, 1.0),
    "Stable Diffusion, image to image": functools.partial(
        stable_diffusion, kind="StableDiffusionImg2ImgPipeline", image=picture(), strength=0.6
    ),
    "Stable Diffusion, inpainting": functools.partial(
        stable_diffusion, kind="StableDiffusionInpaintPipeline", image=picture(), strength=1.0, height=16, width=16,
        mask_image=(torch.arange(16) < 8).float().expand(IMAGES, 1, 16, 16),
    ),
    "Stable Diffusion, inpainting network": functools.partial(
        stable_diffusion, kind="StableDiffusionInpaintPipeline", in_channels=9, image=picture(), strength=1.0, height=16, width=16,
        mask_image=(torch.arange(16) < 8).float().expand(IMAGES, 1, 16, 16),
    ),
    "ControlNet": functools.partial(stable_diffusion, kind="StableDiffusionControlNetPipeline", image=picture() * 0.5 + 0.5),
    "SDXL": stable_diffusion_xl,
    "SD3": stable_diffusion_3,
    "Flux, true guidance": functools.partial(flux, False),
    "Flux, embedded guidance": functools.partial(flux, True),
    "PixArt": pixart,
    "Sana": sana,
    "Qwen-Image": qwen_image,
    "Wan": wan,
}  # fmt: skip


def drawn(pipe, call, latents=None, rows=range(IMAGES), **others):
    """Latents at the end, as the scheduler returned them last. latents: to start from, where the pipeline takes them. rows: whose
    random numbers the images have."""
    kind, last, step = type(pipe).__name__, [], pipe.scheduler.step

    @functools.wraps(step)
    def recorded(*arguments, **keywords):
        out = step(*arguments, **keywords)
        last[:] = [out[0] if isinstance(out, tuple) else out.prev_sample]
        return out

    generators = [torch.Generator().manual_seed(7 + i) for i in rows]
    call = dict(call, **others)
    if kind in ("DDPMPipeline", "DDIMPipeline", "DiTPipeline") or "Img2Img" in kind or "Inpaint" in kind:
        call |= dict(generator=generators[0] if kind == "DiTPipeline" else generators)
    else:
        call |= dict(latents=numbers(*LATENTS.get(kind, (IMAGES, 4, 8, 8)), seed=7) if latents is None else latents)
    if kind not in ("DDPMPipeline", "DDIMPipeline", "DiTPipeline"):
        out = pipe(**call, output_type="latent")
        return out.frames if hasattr(out, "frames") else out.images
    pipe.scheduler.step = recorded
    pipe(**call)
    pipe.scheduler.step = step
    return last[0]
