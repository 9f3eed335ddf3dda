"""What an argument may be, and what becomes of one that is not: named, at once."""

import copy
import math
import os
import pickle
import subprocess
import sys
import textwrap

import numpy
import pytest
import torch
from conftest import denoiser

import shockstep

METHODS = [{"name": "heun", "method": "heun", "steps": 6}]


@pytest.fixture
def mix():
    return shockstep.GaussianMixture(means=[[-1.0, 0.0], [1.0, 0.0]], std=0.1)


def refused(match, call):
    with pytest.raises(shockstep.ConfigError, match=match):
        call()


def labelled(x, sigma, label):
    return x * 0.5


def constant(x, sigma):
    return x * 0


@pytest.mark.parametrize("first", [-1, 2**63 - 1, 1.5])
def test_first(first, mix):
    refused("first: must be", lambda: shockstep.sample(mix, count=2, first=first))


def test_an_exception_in_cancelled_arrives(mix):
    raised = ZeroDivisionError("mine")

    class Observer:
        def cancelled(self):
            raise raised

    for call in (
        lambda: shockstep.sample(mix, count=200, observer=Observer()),
        lambda: shockstep.encode(mix, torch.zeros(5, 2), observer=Observer()),
        lambda: shockstep.compare(mix, METHODS, count=20, observer=Observer()),
        lambda: shockstep.schedule(mix, steps=5, observer=Observer()),
    ):
        with pytest.raises(ZeroDivisionError) as caught:
            call()
        assert caught.value is raised


def test_an_observer_answers_yes_or_no(mix):
    class Observer:
        def __init__(self, answer):
            self.answer = answer

        def cancelled(self):
            return self.answer

    refused("observer: cancelled must return True or False, got a str", lambda: shockstep.sample(mix, count=9, observer=Observer("no")))
    for no in (None, False, numpy.False_):
        assert shockstep.sample(mix, count=9, observer=Observer(no)).status == ["ok"] * 9
    with pytest.raises(shockstep.Error, match="cancelled by the observer"):
        shockstep.sample(mix, count=9, observer=Observer(numpy.True_))


def test_a_daemon_thread_does_not_take_the_interpreter_with_it():
    """It is in the callable, or about to be, when the main thread ends."""
    text = """
        import threading, time, torch, shockstep
        begun = threading.Event()

        def slow(x, sigma):
            begun.set()
            time.sleep(0.01)
            return x / (1 + sigma[:, None] ** 2)

        run = lambda: shockstep.sample(slow, shape=(1,), count=10_000, data_std=1.0, guard=False)
        exact = shockstep.GaussianMixture(means=[[0.0]], std=1.0)

        def often():
            while True:
                exact(torch.zeros(1, 1), 1.0)

        for work in (run, often):
            threading.Thread(target=work, daemon=True).start()
        begun.wait()
        time.sleep(0.2)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert "terminate" not in done.stderr


def test_what_was_interrupted_is_counted_once(mix):
    class Soon:
        done = 0

        def finished(self, trajectory, sample):
            self.done += 1

        def cancelled(self):
            return self.done > 0

    count = 300_000
    result = shockstep.sample(mix, count=count, observer=Soon(), threads=1)
    interrupted = result.status.count("interrupted")
    assert 0 < interrupted < count
    assert result.statistics["counts"] == {"ok": count - interrupted, "interrupted": interrupted}
    assert f"{interrupted} interrupted" in repr(result)


def test_shapes_and_numbers(mix):
    images = shockstep.PointCloud(torch.zeros(2, 3, 4, 4) + torch.arange(2.0).reshape(2, 1, 1, 1))
    refused(r"noise: .* \[2, 3, 4, 4\], has \[2, 4, 4, 3\]", lambda: shockstep.sample(images, count=2, noise=torch.randn(2, 4, 4, 3)))
    refused(r"x: .*\[2\], has \[2, 5\]", lambda: mix(torch.randn(2, 5), 1.0))
    refused("sigma: must not be negative, got -1", lambda: mix(torch.randn(2, 2), -1.0))
    refused("sigma: must be .* got nan", lambda: mix.log_density(torch.randn(2, 2), math.nan))
    refused("sigma: must be one number", lambda: mix.score(torch.randn(2, 2), [1.0, 2.0, 3.0]))
    refused("noise: must be real", lambda: shockstep.sample(mix, count=2, noise=torch.randn(2, 2) * 1j))
    refused("means: must be real", lambda: shockstep.GaussianMixture(means=[[1j]], std=1.0))
    refused("noise: must be numbers", lambda: shockstep.sample(mix, count=2, noise="latents.npy"))
    bad = [[math.nan, 0.0]] * 20
    refused("data: must be finite", lambda: shockstep.inspect(mix, data=bad))
    refused("held_out: must be finite", lambda: shockstep.inspect(mix, data=[[0.0, 0.0]] * 20, held_out=bad))
    refused("data: must be finite", lambda: shockstep.encode(mix, bad))
    refused("data: must be finite", lambda: shockstep.compare(mix, METHODS, data=bad))
    refused("noise: .*not finite", lambda: shockstep.sample(mix, count=20, noise=bad))
    refused("init: .*not finite", lambda: shockstep.sample(mix, count=20, init=bad))
    one = mix([0.5, 0.0], 1.0)
    assert torch.equal(one, mix([[0.5, 0.0]], 1.0))


@pytest.mark.parametrize("type", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("bytes", ["<", ">"])
@pytest.mark.filterwarnings("ignore::shockstep.ShockstepWarning")
def test_files_of_any_numbers_are_read(type, order, bytes, tmp_path):
    """As points: the sample nearest to each point is that point."""
    points = numpy.arange(6).reshape(3, 2) % 2 if type == "?" else numpy.arange(6).reshape(3, 2)
    numpy.save(tmp_path / "points.npy", points.astype(numpy.dtype(type).newbyteorder(bytes), order=order))
    (tmp_path / "c.yaml").write_text("model: {kind: point_cloud, points: points.npy}\nprocess: {kind: ve, sigma_max: 20}\n")
    samples = shockstep.sample(tmp_path / "c.yaml", count=12).samples
    distance = torch.cdist(samples, torch.as_tensor(points, dtype=torch.float64))
    assert distance.min(1).values.max() < 1e-3


def test_a_file_with_more_in_it_is_refused(tmp_path):
    numpy.save(tmp_path / "points.npy", numpy.zeros((3, 2)))
    with open(tmp_path / "points.npy", "ab") as file:
        file.write(bytes(100))
    (tmp_path / "c.yaml").write_text("model: {kind: point_cloud, points: points.npy}\nprocess: {kind: ve}\n")
    with pytest.raises(shockstep.FileError, match="holds 100 bytes more"):
        shockstep.sample(tmp_path / "c.yaml", count=1)


def test_advice_can_be_followed():
    def broken(x, sigma):
        return x * torch.where(sigma > 0.1, 0.5, math.nan)[:, None]

    with pytest.raises(shockstep.ModelError, match="check the model, or set model.data_std"):
        shockstep.sample(broken, shape=(1,), count=3, guard=False)
    assert shockstep.sample(broken, shape=(1,), count=3, guard=False, data_std=1.0).status == ["non_finite"] * 3


@pytest.mark.parametrize("settings", [{}, {"guard": False}, {"method": "heun", "steps": 6}])
def test_a_single_point_is_its_own_sample(settings):
    samples = shockstep.sample(shockstep.PointCloud([[1.0, 2.0]]), count=3, **settings).samples
    assert (samples - torch.tensor([1.0, 2.0])).abs().max() < 1e-12


def test_numbers_and_words_are_told_apart(mix):
    sample = lambda **keywords: shockstep.sample(mix, count=4, **keywords)
    refused("seed: must be .* up to 9223372036854775807", lambda: sample(seed=2**63))
    assert len(sample(seed=2**63 - 1)) == 4
    refused("strength: must be a number, got '0.5'", lambda: sample(init=[[0.0, 0.0]], strength="0.5"))
    assert torch.equal(sample(interpolate=2.0).samples, sample(interpolate=2).samples)
    refused("interpolate: must be a whole number, got 2.5", lambda: sample(interpolate=2.5))
    own = dict(shape=(1,), count=6, data_std=1.0, method="euler", steps=4)
    assert torch.equal(
        shockstep.sample(labelled, label=range(6), **own).samples, shockstep.sample(labelled, label=[0, 1, 2, 3, 4, 5], **own).samples
    )
    refused("label: must be a whole number", lambda: shockstep.sample(labelled, label=True, **own))
    refused("label: must be", lambda: shockstep.sample(labelled, label=object(), **own))
    wide = shockstep.sample(denoiser, dtype=numpy.float64, **own).samples
    assert torch.equal(wide, shockstep.sample(denoiser, dtype=torch.float64, **own).samples)
    refused("dtype: must be one of float32", lambda: shockstep.sample(denoiser, dtype=numpy.int32, **own))
    refused("^labels: needs data", lambda: shockstep.inspect(mix, labels=[1]))
    refused("^data: must have at least", lambda: shockstep.inspect(mix, data=[[0.0, 0.0]], settings={"health_rows": 0, "spectrum_rows": 0}))


def test_paths_are_text(tmp_path):
    """A character outside the basic plane, too."""
    path = tmp_path / "\U0001f600.pt"
    torch.jit.script(Half()).save(str(path))
    assert len(shockstep.sample(str(path), shape=(1,), count=2, data_std=1.0, method="euler", steps=4)) == 2


class Half(torch.nn.Module):
    def forward(self, x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return 0.5 * x


def test_exact_models_are_copied_and_pickled(mix):
    models = [
        mix,
        shockstep.GaussianMixture(means=torch.zeros(1, 2), covariances=torch.eye(2)[None], weights=[1.0]),
        shockstep.PointCloud(torch.arange(24.0).reshape(2, 3, 4), std=0.1),
        shockstep.DoubleWell(beta=3.0),
        shockstep.Multiplicative(mix, sigma=0.5),
    ]
    for model in models:
        x = torch.randn(4, *model.shape, dtype=torch.float64)
        for twin in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert type(twin) is type(model) and repr(twin) == repr(model)
            assert torch.equal(twin(x, 0.7), model(x, 0.7))


def test_a_pickle_does_not_follow_its_arrays():
    means = torch.tensor([[1.0]])
    model = shockstep.GaussianMixture(means=means, std=0.1)
    means.zero_()
    assert torch.equal(copy.deepcopy(model)([[3.0]], 0.5), model([[3.0]], 0.5))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_times_are_not_rounded_to_half_precision(dtype):
    """bfloat16 knows 1000, 908 and 816 of 999, 908.18 and 817.36."""

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1, dtype=dtype))
            self.told = []

        def forward(self, x, time):
            if len(x) == 5:
                self.told.append((x.dtype, time.dtype, time[0].item()))
            return 0.1 * x

    net = Net().eval()
    table = numpy.cumprod(1 - numpy.linspace(1e-4, 0.02, 1000))
    log_sigma = 0.5 * numpy.log((1 - table) / table)
    times = [999.0, 908.18, 817.36, 500.0, 3.0]
    process = {"kind": "vp_linear", "beta_start": 1e-4, "beta_end": 0.02, "steps": 1000}
    network = shockstep.Network(net, shape=(1,), process=process, predicts="noise", time="index", scale_input="process")
    sigmas = numpy.exp(numpy.interp(times, range(1000), log_sigma)) * (1 - 1e-15)
    settings = dict(count=5, batch=5, steps=sigmas, method="euler", final="denoise", data_std=1.0)
    shockstep.sample(network, **settings)
    told = net.told[-5:]
    assert {(x, t) for x, t, _ in told} == {(dtype, torch.float32)}
    assert [time for *_, time in told] == pytest.approx(times, rel=1e-6)


def test_whole_indices_are_told_whole():
    """A network that calls .long() must not look up the entry below."""
    told = []

    def network(x, time):
        if len(x) == 5:
            told.append(time[0].item())
        return 0.1 * x

    table = numpy.cumprod(1 - numpy.linspace(1e-4, 0.02, 1000))
    times = [900, 777, 601, 333, 200, 111, 7]
    sigmas = numpy.sqrt((1 - table) / table)[times]
    process = {"kind": "vp_linear", "beta_start": 1e-4, "beta_end": 0.02, "steps": 1000}
    described = shockstep.Network(network, shape=(1,), process=process, predicts="noise", time="index", scale_input="process")
    own = dict(count=5, batch=5, steps=sigmas, method="euler", final="denoise", data_std=1.0, dtype=torch.float64)
    shockstep.sample(described, **own)
    assert told[-7:] == times


def test_a_network_that_does_not_cast_its_times_is_told_so():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Linear(2, 1).bfloat16()
            self.told = set()

        def forward(self, x, time):
            out = self.inner(torch.cat([x, time[:, None]], 1))
            self.told.add(time.dtype)
            return 0.1 * out

    net = Net().eval()
    with pytest.warns(shockstep.ShockstepWarning, match="takes no float32 times and is told them in bfloat16"):
        shockstep.sample(net, shape=(1,), count=2, sigma_max=20.0, data_std=1.0, method="euler", steps=4)
    assert net.told == {torch.bfloat16}


@pytest.mark.parametrize(
    "array",
    [
        numpy.ones((2, 2), ">f8"),
        numpy.ones((2, 2), numpy.longdouble),
        numpy.ones((2, 2))[::-1],
        numpy.broadcast_to(numpy.ones(2), (2, 2)),
        numpy.ones((2, 2), bool),
        numpy.ma.masked_array(numpy.ones((2, 2)), mask=False),
    ],
    ids=["big-endian", "long double", "reversed", "read-only", "bool", "none masked"],
)
def test_arrays_of_any_memory_are_read(mix, array):
    expected = shockstep.sample(mix, count=2, noise=numpy.ones((2, 2))).samples
    assert torch.equal(shockstep.sample(mix, count=2, noise=array).samples, expected)


@pytest.mark.parametrize(
    "value",
    [
        numpy.ma.masked_array(numpy.ones((2, 2)), mask=[[1, 0], [0, 0]]),
        numpy.zeros((2, 2), "datetime64[s]"),
        numpy.array([[object(), 1], [1, 2]]),
        torch.ones(2, 2).to_sparse(),
        torch.ones(2, 2, device="meta"),
        torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, torch.qint8),
        torch.nested.nested_tensor([torch.ones(2), torch.ones(2)]),
    ],
    ids=["masked", "dates", "objects", "sparse", "meta", "quantized", "nested"],
)
def test_what_holds_no_plain_numbers_is_named(mix, value):
    refused("noise: must be", lambda: shockstep.sample(mix, count=2, noise=value))


def test_a_sparse_answer_is_named():
    with pytest.raises(shockstep.ModelError, match="expected a dense one"):
        shockstep.sample(lambda x, sigma: denoiser(x, sigma).to_sparse(), shape=(2,), count=1)


@pytest.mark.parametrize("shape", [(2**40, 2**40), (2**31,)])
def test_samples_too_large_for_any_memory_are_refused(shape):
    refused("model.shape: must have at most", lambda: shockstep.sample(denoiser, shape=shape, count=1, data_std=1.0))
