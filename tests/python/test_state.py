"""Where the state is and how many batches are under way: a caller of the module sees the same samples."""

import pytest
import torch

import shockstep

PROCESS = {"kind": "ve", "sigma_min": 0.01, "sigma_max": 20}


class Denoiser(torch.nn.Module):
    """Of a Gaussian of width 1/2, with a weight, so that the module has a type and a device."""

    def __init__(self):
        super().__init__()
        self.variance = torch.nn.Parameter(torch.tensor(0.25))
        self.rows = []

    def forward(self, x, sigma):
        self.rows.append(len(x))
        return x * (self.variance / (self.variance + sigma**2))[:, None]


@pytest.mark.parametrize("settings", [{}, {"steps": 8, "method": "dpmpp_2m"}])
def test_a_module_draws_the_same(settings):
    def draw(**ways):
        return shockstep.sample(Denoiser(), shape=(6,), data_std=0.5, process=PROCESS, count=20, batch=8, **settings, **ways)

    host, device = draw(state="host"), draw(state="device")
    # Inputs and answers of float32: a number between two of them may be handed over as the other, a share of 6e-8.
    torch.testing.assert_close(device.samples, host.samples, rtol=0, atol=1e-5)
    assert torch.equal(draw(state="auto").samples, host.samples)
    assert device.statistics["counts"]["ok"] == 20


def test_two_batches_take_turns():
    model = Denoiser()
    two = shockstep.sample(model, shape=(6,), data_std=0.5, process=PROCESS, count=20, batch=8, in_flight=2, steps=8)
    one = shockstep.sample(Denoiser(), shape=(6,), data_std=0.5, process=PROCESS, count=20, batch=4, steps=8)
    assert set(model.rows[-10:]) == {4}
    assert torch.equal(two.samples, one.samples)


def test_what_a_module_raises_in_the_middle_is_raised():
    class Lost(Denoiser):
        def forward(self, x, sigma):
            if len(self.rows) > 12:
                raise RuntimeError("CUDA error: lost")
            return super().forward(x, sigma)

    with pytest.raises((RuntimeError, shockstep.ModelError), match="CUDA error: lost"):
        shockstep.sample(Lost(), shape=(6,), data_std=0.5, process=PROCESS, count=20, batch=8, state="device", steps=20)
