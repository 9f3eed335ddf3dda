"""Labels that a network does not know, and labels that it is not given."""

import pytest
import torch

import shockstep

CLASSES = 3
CALL = dict(shape=(1,), data_std=1.0, count=4)


class Labelled(torch.nn.Module):
    """The denoiser of Gaussian data of variance 1 and a mean that the label says."""

    def __init__(self):
        super().__init__()
        self.means = torch.nn.Embedding(CLASSES, 1).requires_grad_(False)

    def forward(self, x, sigma, label):
        mean = self.means(label)
        return mean + (x - mean) / (1 + sigma.reshape(-1, 1) ** 2)


@pytest.fixture
def network():
    return Labelled().eval()


@pytest.mark.parametrize("label", [CLASSES, -1, [0, CLASSES, 1, 2]])
def test_a_label_out_of_range_is_named_before_a_run(network, label):
    least, most = (label, label) if isinstance(label, int) else (min(label), max(label))
    with pytest.raises(shockstep.ModelError, match="check model.label") as raised:
        shockstep.sample(network, label=label, **CALL)
    sentence = str(raised.value)
    assert "\n" not in sentence and str(most) in sentence and str(least) in sentence


def test_a_missing_label_is_named(network):
    with pytest.raises(shockstep.ModelError, match="set model.label") as raised:
        shockstep.sample(network, **CALL)
    assert "\n" not in str(raised.value)


def test_a_label_that_fails_in_a_run_loses_its_row_alone():
    """What the probe does not see: the largest and the smallest label are fine, one in between is not."""
    good = Labelled().eval()

    def network(x, sigma, label):
        if (label == 1).any():
            raise IndexError("index out of range in self")
        return good(x, sigma, label)

    with pytest.warns(shockstep.ShockstepWarning, match="check model.label"):
        result = shockstep.sample(network, label=[0, 1, 2, 0], batch=4, **CALL)
    assert result.status == ["ok", "failed", "ok", "ok"]
    assert torch.isfinite(result.samples[[0, 2, 3]]).all() and result.samples[1].isnan().all()


def test_an_index_error_without_labels_stays_what_it_is():
    with pytest.raises(IndexError):
        shockstep.sample(lambda x, sigma: [x][int(sigma[0] * 0) + 1], **CALL)
