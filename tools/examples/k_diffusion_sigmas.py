"""A schedule fitted by Shockstep in k-diffusion's own sampler. Run: python tools/examples/k_diffusion_sigmas.py

The model is exact, so that the error of every sample is known; with a network of yours, only `denoiser` changes.
"""

import torch
from k_diffusion.sampling import get_sigmas_karras, sample_dpmpp_2m

import shockstep

SIGMA_MIN, SIGMA_MAX, STEPS = 0.01, 20.0, 10


def denoiser(x, sigma):
    """Two modes at +-1 in two dimensions, of width 0.1."""
    v = sigma[:, None] ** 2 + 0.01
    mean = torch.cat([sigma[:, None] ** 2 * torch.tanh(x[:, :1] / v), torch.zeros_like(x[:, 1:])], 1)
    return (mean + 0.01 * x) / v


def main():
    shared = dict(shape=(2,), sigma_min=SIGMA_MIN, sigma_max=SIGMA_MAX, dtype=torch.float64, data_std=0.715)
    fitted = shockstep.schedule(denoiser, steps=STEPS, method="dpmpp_2m", **shared)
    print("sigmas = [" + ", ".join(f"{sigma:.4g}" for sigma in fitted) + "]")

    noise = torch.randn(2000, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    exact = shockstep.sample(denoiser, noise=noise, count=2000, tolerance=1e-8, guard=False, **shared).samples
    karras = get_sigmas_karras(STEPS, SIGMA_MIN, SIGMA_MAX).double()
    for name, sigmas in (("karras", karras), ("fitted", torch.tensor(fitted, dtype=torch.float64))):
        samples = sample_dpmpp_2m(denoiser, SIGMA_MAX * noise, sigmas, disable=True)
        error = (samples - exact).square().mean(1).sqrt()
        print(f"{name}: {len(sigmas) - 1} evaluations, error median {error.median():.2e}, rms {error.square().mean().sqrt():.2e}")


if __name__ == "__main__":
    main()
