"""tools/make_guard_profiles, on the digits that ship."""

import json
import shutil
import subprocess
import sys
import zlib

import numpy

COUNT = 200


def test_what_a_profile_says_is_kept_by_samples_it_was_not_measured_on(source, tmp_path, monkeypatch):
    for folder in "models", "configs":
        (tmp_path / folder).mkdir()
    model = tmp_path / "models" / "digits.pt"
    shutil.copy(source / "models" / "digits.pt", model)
    config = tmp_path / "configs" / "digits.yaml"
    text = (source / "configs" / "digits.yaml").read_text()
    assert "count: 256" in text
    config.write_text(text.replace("count: 256", f"count: {COUNT}"))
    tool = [sys.executable, source / "tools" / "make_guard_profiles", config, "--tolerances", ".5,.2", "--seeds", "1"]
    printed = subprocess.run(list(map(str, tool)), check=True, capture_output=True, text=True).stdout
    shipped = json.loads(model.with_suffix(".guard.json").read_text())
    assert shipped["model_crc32"] == zlib.crc32(model.read_bytes())
    kept = [profile["tolerance"] for profile in shipped["profiles"]]
    assert kept == sorted(kept, reverse=True)
    assert f"{len(kept)} profiles" in printed

    tolerance = kept[-1]
    monkeypatch.syspath_prepend(source / "tools" / "bench")
    from program import REFERENCE, sample

    fresh = "--seed", 9
    x, rows, summary = sample(config, tmp_path / "out", COUNT, tolerance, fresh, "sampler.guard.profile=shipped")
    assert summary["guard"]["source"].endswith("digits.guard.json")
    assert summary["guard"]["tolerance"] == tolerance
    exact = sample(config, tmp_path / "exact", COUNT, 1e-4, fresh, *REFERENCE)[0]
    errors = ((x - exact).astype(float) ** 2).mean((1, 2, 3)) ** 0.5
    estimates = [float(row["error_estimate"]) for row in rows]
    # The share of 200 samples below the 195th of 200 others has a beta-binomial law: mean .970, standard deviation .017; four of
    # them below.
    assert (errors <= tolerance).mean() > 0.90
    assert (errors <= estimates).mean() > 0.90
    assert (errors > tolerance / 4).any()  # nor is it idle
    # An estimate is a predictor times the 97 % quantile of errors over predictors: e^(1.88 s) times the median where their logarithms
    # have the deviation s. s = 1.2 is three times that of these profiles' largest tolerance; an infinite estimate would cover everything.
    assert numpy.median(estimates) < 9.5 * numpy.median(errors)
