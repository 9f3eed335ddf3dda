"""Exceptions, Ctrl-C, observers and threads."""

import inspect
import os
import signal
import threading
import time

import pytest
import torch
from conftest import DATA_STD, denoiser

import shockstep
from shockstep import _core


def test_exceptions_arrive_as_they_were_raised():
    class Mine(Exception):
        pass

    raised = Mine("the third call")
    calls = 0

    def third(x, sigma):
        nonlocal calls
        calls += 1
        if calls == 3:
            raise raised
        return denoiser(x, sigma)

    with pytest.raises(Mine) as caught:
        shockstep.sample(third, shape=(1,), count=8, guard=False)
    assert caught.value is raised
    assert calls == 3  # not called again


def test_errors_name_the_argument(modes):
    with pytest.raises(shockstep.ConfigError, match="tolerance: must be positive, got -1"):
        shockstep.sample(modes, tolerance=-1)
    with pytest.raises(ValueError, match="did you mean dpmpp_2m"):
        shockstep.sample(modes, method="dpmp_2m", steps=10)
    with pytest.raises(shockstep.ConfigError, match="shape: is for callables"):
        shockstep.sample(modes, shape=(2,))
    with pytest.raises(shockstep.ConfigError, match="model.shape: missing"):
        shockstep.sample(denoiser)
    with pytest.raises(shockstep.ModelError, match="expected a tensor"):
        shockstep.sample(lambda x, sigma: 3, shape=(1,))
    with pytest.raises(shockstep.ModelError, match=r"returns shape \[3, 0\]"):
        shockstep.sample(lambda x, sigma: x[:, :0], shape=(1,))
    with pytest.raises(OSError, match="nowhere.pt"):
        shockstep.sample("nowhere.pt", shape=(1,))
    with pytest.raises(TypeError, match="callable"):
        shockstep.sample(5)
    with pytest.raises(TypeError, match="predict"):
        shockstep.Network(denoiser, predict="noise")
    with pytest.raises(shockstep.ConfigError, match="std: must not be negative"):
        shockstep.GaussianMixture(means=[[0.0]], std=-1)


def test_a_row_of_nan_harms_no_other():
    def broken(x, sigma):
        D = denoiser(x, sigma)
        D[(x[:, 0] > 0) & (sigma < 1)] = torch.nan
        return D

    result = shockstep.sample(broken, shape=(1,), count=40, sigma_max=20.0, guard=False, data_std=DATA_STD)
    assert 0 < result.status.count("non_finite") < 40
    assert set(result.status) == {"ok", "non_finite"}
    for status, sample in zip(result.status, result.samples):
        assert torch.isfinite(sample).all() == (status == "ok")


def test_ctrl_c_in_the_callable_keeps_what_is_done():
    calls = 0

    def interrupted(x, sigma):
        nonlocal calls
        calls += 1
        if calls == 60:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)  # where Python raises KeyboardInterrupt
        return denoiser(x, sigma)

    settings = dict(shape=(1,), count=100, batch=8, guard=False, sigma_max=20.0, data_std=DATA_STD)
    with pytest.raises(KeyboardInterrupt) as stopped:
        shockstep.sample(interrupted, **settings)
    result = stopped.value.result
    assert isinstance(stopped.value, shockstep.Interrupted)
    assert result.status.count("ok") >= 8  # 60 calls are more than a batch of trajectories takes
    assert set(result.status) == {"ok", "interrupted"}
    assert calls == 60
    whole = shockstep.sample(denoiser, **settings)
    done = [i for i, status in enumerate(result.status) if status == "ok"]
    assert torch.equal(result.samples[done], whole.samples[done])


def test_ctrl_c_in_an_exact_model_ends_the_run(modes):
    class CtrlC:
        def finished(self, trajectory, sample):
            if trajectory["trajectory"] == 0:
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(shockstep.Interrupted) as stopped:
        shockstep.sample(modes, count=100_000, sigma_max=20.0, threads=2, observer=CtrlC())
    assert stopped.value.result.status[0] == "ok"
    assert stopped.value.result.status[-1] == "interrupted"
    assert shockstep.sample(modes, count=5, sigma_max=20.0).status == ["ok"] * 5  # the next one is not affected


def test_ctrl_c_in_a_comparison_keeps_the_rows(modes):
    class CtrlC:
        def progress(self, share):
            if share > 0.6:
                os.kill(os.getpid(), signal.SIGINT)

    methods = [{"name": str(n), "method": "heun", "steps": {"schedule": "karras", "count": 200}} for n in range(6)]
    with pytest.raises(shockstep.Interrupted) as stopped:
        shockstep.compare(modes, methods, reference="exact", count=20_000, sigma_max=20.0, observer=CtrlC())
    assert 1 <= len(stopped.value.result) < 6


def test_other_threads_run_meanwhile(modes):
    ticks, done = 0, threading.Event()

    def tick():
        nonlocal ticks
        while not done.wait(0.002):
            ticks += 1

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.monotonic()
    shockstep.sample(modes, count=30_000, sigma_max=20.0, threads=1)
    seconds = time.monotonic() - begin
    done.set()
    thread.join()
    # With the GIL held there would be none; on a busy machine a tenth of those possible is plenty.
    assert ticks > 0.1 * seconds / 0.01


def test_a_sampler_per_thread(modes):
    alone = shockstep.sample(denoiser, shape=(1,), count=30, sigma_max=20.0, guard=False)
    results = {}

    def run(name):
        results[name] = shockstep.sample(denoiser, shape=(1,), count=30, sigma_max=20.0, guard=False)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results.values():
        assert torch.equal(result.samples, alone.samples)


class Watch:
    def __init__(self, stop_after=10**9):
        self.steps, self.done, self.shares, self.stop_after = [], {}, [], stop_after

    def wants_steps(self, trajectory):
        return trajectory == 1

    def step(self, record):
        self.steps.append(record)

    def finished(self, trajectory, sample):
        self.done[trajectory["trajectory"]] = (trajectory, sample)

    def progress(self, share):
        self.shares.append(share)

    def cancelled(self):
        return len(self.done) >= self.stop_after


def test_observers_see_steps_and_samples(modes):
    watch = Watch()
    result = shockstep.sample(modes, count=6, sigma_max=20.0, observer=watch)
    assert sorted(watch.done) == list(range(6))
    for i, (trajectory, sample) in watch.done.items():
        assert torch.equal(sample, result.samples[i])
        assert trajectory["evaluations"] == result.evaluations[i]
    assert {record["trajectory"] for record in watch.steps} == {1}
    assert sum(record["accepted"] for record in watch.steps) == result.accepted[1]


def test_observers_cancel():
    result = shockstep.sample(denoiser, shape=(1,), count=10_000, batch=16, sigma_max=20.0, observer=Watch(stop_after=16))
    assert 16 <= result.status.count("ok") < 10_000
    assert result.status.count("interrupted") == 10_000 - result.status.count("ok")


@pytest.mark.parametrize("quick", [True, False])
def test_the_fit_check_asks_whether_it_is_cancelled(quick):
    calls = []

    def counted(x, sigma):
        calls.append(len(x))
        time.sleep(0.05)  # longer than an answer holds
        return denoiser(x, sigma)

    class Third:
        def cancelled(self):
            return len(calls) >= 3

    class Broken:
        def cancelled(self):
            raise LookupError("no answer")

    with pytest.raises(shockstep.Error, match="cancelled"):
        shockstep.inspect(counted, shape=(1,), sigma_max=20.0, quick=quick, observer=Third())
    assert 3 <= len(calls) <= 5  # the answer holds for some milliseconds
    with pytest.raises(LookupError, match="no answer"):
        shockstep.inspect(counted, shape=(1,), sigma_max=20.0, quick=quick, observer=Broken())


def test_an_observers_exception_ends_the_run(modes):
    class Broken:
        def finished(self, trajectory, sample):
            raise LookupError("no place for it")

    with pytest.raises(LookupError, match="no place"):
        shockstep.sample(modes, count=100, sigma_max=20.0, observer=Broken())


def test_keywords_are_the_keys_of_a_config(modes):
    keys = {name: values for section, name, values, _ in _core.keys() if section in ("sampler", "run")}
    assert {"tolerance", "steps", "seed"} <= keys.keys()
    assert keys.keys() <= inspect.signature(shockstep.sample).parameters.keys()
    for name, values in keys.items():
        assert f"\n    {name}: " in shockstep.sample.__doc__ and values in shockstep.sample.__doc__
    assert "steps" not in inspect.signature(shockstep.encode).parameters
    with pytest.raises(TypeError, match="unexpected keyword argument 'tolerence'"):
        shockstep.sample(modes, tolerence=1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'steps'"):
        shockstep.encode(modes, torch.zeros(1, 1), steps=3)


def test_columns_are_attributes(modes):
    result = shockstep.sample(modes, count=4, sigma_max=20.0)
    assert _core.columns().keys() == result.columns.keys()
    for name in result.columns.keys() - {"events"}:
        assert getattr(result, name) is result.columns[name] and name in dir(result)
        assert f" {name}: " in shockstep.Result.__doc__
    with pytest.raises(AttributeError, match="nothing"):
        result.nothing
