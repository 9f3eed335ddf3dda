"""The module warns of what the program warns of, in the same words."""

import json
import os
import subprocess
import warnings

import pytest
import torch
from conftest import DATA_STD, denoiser

import shockstep

METHODS = [{"name": "heun", "method": "heun", "steps": 6}]
CALL = dict(shape=(1,), sigma_max=20.0)


def score(x, sigma):
    """Of the two modes: said to be a denoiser, it is none."""
    return (denoiser(x, sigma) - x) / sigma[:, None] ** 2


def told(call):
    """Of all that was warned of, the sentences, from this file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call()
    ours = [w for w in caught if issubclass(w.category, shockstep.ShockstepWarning)]
    assert all(w.filename == __file__ for w in ours)
    return result, [str(w.message) for w in ours]


def test_a_wrong_description_is_told_by_every_function():
    network = shockstep.Network(denoiser, shape=(1,), predicts="noise", data_std=DATA_STD)
    for call in (
        lambda: shockstep.sample(network, count=20, sigma_max=20.0),
        lambda: shockstep.encode(network, torch.zeros(2, 1), sigma_max=20.0, likelihood="off"),
        lambda: shockstep.compare(network, METHODS, count=8, reference=1e-2, sigma_max=20.0),
        lambda: shockstep.schedule(network, steps=4, method="heun", sigma_max=20.0),
    ):
        result, sentences = told(call)
        assert any("does not fit its description" in sentence for sentence in sentences)
        assert result.warnings == sentences


def test_a_score_that_is_said_to_be_noise():
    result, sentences = told(lambda: shockstep.sample(shockstep.Network(score, shape=(1,), predicts="noise"), count=20, sigma_max=20.0))
    assert any("does not fit its description: this looks like" in sentence for sentence in sentences)
    right, none = told(lambda: shockstep.sample(shockstep.Network(score, shape=(1,), predicts="score", data_std=DATA_STD), count=20, sigma_max=20.0))
    assert none == right.warnings == []


def test_foreign_data(modes):
    encoded, sentences = told(lambda: shockstep.encode(modes, 100 * torch.randn(50, 1), sigma_max=20.0, likelihood="off"))
    assert len(sentences) == 1 and "the data are not what the model describes" in sentences[0]
    own, none = told(lambda: shockstep.encode(modes, modes.draw(50), sigma_max=20.0, likelihood="off"))
    assert none == own.warnings == []


def test_noise_in_the_model_limits_the_tolerance():
    """Rounding to multiples of 0.02 is noise of 0.02/sqrt(12) = 0.006."""
    rounded = lambda x, sigma: torch.round(denoiser(x, sigma) / 0.02) * 0.02
    _, sentences = told(lambda: shockstep.sample(rounded, count=20, tolerance=1e-6, data_std=DATA_STD, guard=False, **CALL))
    assert any("cannot be reached" in sentence for sentence in sentences)


def test_training_mode():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Dropout()

        def forward(self, x, sigma):
            return denoiser(x, sigma)

    net = Net()
    settings = dict(count=4, data_std=DATA_STD, **CALL)
    result, sentences = told(lambda: shockstep.sample(net, **settings))
    assert "training mode" in sentences[0] and result.warnings == sentences
    net.eval()
    assert told(lambda: shockstep.sample(net, **settings))[1] == []
    net.inner.train()  # one part alone
    assert "training mode" in told(lambda: shockstep.sample(net, **settings))[1][0]


def test_the_program_says_the_same(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(
        "model: {kind: gaussian_mixture, means: [[-1], [1]], std: 0.1}\nprocess: {kind: ve, sigma_max: 20}\n"
        "sampler: {max_evaluations: 6, tolerance: 1.0e-6}\nrun: {count: 20}\n"
    )
    done = subprocess.run([os.environ["SHOCKSTEP"], "sample", config, "--out", tmp_path / "run"], capture_output=True, text=True)
    assert done.returncode == 0
    result, sentences = told(lambda: shockstep.sample(config))
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["warnings"] == result.warnings == sentences
    assert len(sentences) == 1 and "status budget" in sentences[0]
    for sentence in sentences:
        assert f"warning: {sentence}" in done.stderr


def test_an_error_where_warnings_are_errors(modes):
    with warnings.catch_warnings():
        warnings.simplefilter("error", shockstep.ShockstepWarning)
        with pytest.raises(shockstep.ShockstepWarning):
            shockstep.encode(modes, 100 * torch.randn(50, 1), sigma_max=20.0, likelihood="off")
