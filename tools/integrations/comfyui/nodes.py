"""The nodes. Of ComfyUI: comfy.samplers.KSAMPLER, comfy.model_sampling.CONST, and the model_sampling of a model."""

from __future__ import annotations

import comfy.model_sampling
import comfy.samplers
import torch

from shockstep.k_diffusion import get_sigmas_shockstep, sample_shockstep

METHODS = ["adaptive", "dpmpp_2m", "dpmpp_3m", "unipc", "deis", "heun", "euler"]
MOST_NOISE = 1 - 1e-6  # of a flow, whose schedules are in noise over signal
SCHEDULES = ["log_sigma", "karras", "linear", "cosine", "tapered", "plan"]


def is_flow(patcher) -> bool:
    """Whether sigma is the share of noise, as of SD3, Flux and other rectified flows."""
    return isinstance(patcher.get_model_object("model_sampling"), comfy.model_sampling.CONST)


def sample(model, x, sigmas, extra_args=None, callback=None, disable=None, **settings):
    flow = is_flow(model.inner_model.model_patcher)
    return sample_shockstep(model, x, sigmas, extra_args, callback, disable, flow=flow, **settings)


class ShockstepSampler:
    """Adaptive: of SIGMAS it takes the first and the last, and as many steps as the tolerance needs. Other methods take them all."""

    CATEGORY, FUNCTION = "sampling/custom_sampling/samplers", "make"
    RETURN_TYPES = ("SAMPLER",)

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "method": (METHODS,),
                "tolerance": ("FLOAT", {"default": 0.02, "min": 1e-6, "max": 10.0, "step": 0.001, "round": False}),
                "max_evaluations": ("INT", {"default": 60, "min": 2, "max": 10000}),
                "one_sigma_for_all_images": ("BOOLEAN", {"default": False}),
            }
        }

    def make(self, method, tolerance, max_evaluations, one_sigma_for_all_images):
        settings = {"one_time": one_sigma_for_all_images, "tolerance": tolerance, "max_evaluations": max_evaluations}
        if method != "adaptive":
            settings = {"one_time": one_sigma_for_all_images, "method": method}
        return (comfy.samplers.KSAMPLER(sample, extra_options=settings),)


class ShockstepSigmas:
    """A schedule between the ends of the model's noise levels; all of it, or its last part for image to image."""

    CATEGORY, FUNCTION = "sampling/custom_sampling/schedulers", "make"
    RETURN_TYPES = ("SIGMAS",)

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "model": ("MODEL",),
                "schedule": (SCHEDULES,),
                "steps": ("INT", {"default": 20, "min": 2, "max": 10000}),
                "denoise": ("FLOAT", {"default": 1.0, "min": 0.0, "max": 1.0, "step": 0.01}),
            }
        }

    def make(self, model, schedule, steps, denoise):
        if denoise <= 0:
            return (torch.FloatTensor([]),)
        sampling = model.get_model_object("model_sampling")
        flow = is_flow(model)
        sigma_max = min(float(sampling.sigma_max), MOST_NOISE) if flow else float(sampling.sigma_max)
        total = max(steps, round(steps / denoise))
        sigmas = get_sigmas_shockstep(schedule, total, float(sampling.sigma_min), sigma_max, flow=flow)
        return (sigmas[-(steps + 1) :].float(),)


NODE_CLASS_MAPPINGS = {"ShockstepSampler": ShockstepSampler, "ShockstepSigmas": ShockstepSigmas}
NODE_DISPLAY_NAME_MAPPINGS = {"ShockstepSampler": "Shockstep sampler", "ShockstepSigmas": "Shockstep sigmas"}
