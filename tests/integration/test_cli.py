"""The program from outside: files, exit codes, error lines. Standard library only; SHOCKSTEP is the program."""

import ast
import csv
import fcntl
import json
import math
import os
import pathlib
import pty
import re
import resource
import signal
import struct
import subprocess
import termios
import time
import unittest

from program import PROGRAM, SOURCE, ScratchCase, methods, shockstep

FILES = {"samples.npy", "samples.png", "trajectories.csv", "events.jsonl", "steps.csv", "summary.json", "report.html", "run.log"}
TWO_MODES = """
model: {kind: gaussian_mixture, means: [[-1, 0], [1, 0]], std: 0.1}
process: {kind: ve, sigma_min: 0.002, sigma_max: 80}
sampler: {tolerance: 1.0e-2}
run: {count: 64}
"""


def read_npy(path):
    """Shape, type and values of a .npy file, by its format description."""
    data = path.read_bytes()
    assert data[:6] == b"\x93NUMPY", "no NPY signature"
    assert data[6] == 1, "no NPY version 1"
    size, start = struct.unpack("<H", data[8:10])[0], 10
    header = ast.literal_eval(data[start : start + size].decode("utf-8"))
    assert not header["fortran_order"]
    code = {"<f4": "f", "<f8": "d"}[header["descr"]]
    body = data[start + size :]
    count = math.prod(header["shape"])
    assert len(body) == count * struct.calcsize(code), "wrong length"
    return header["shape"], header["descr"], struct.unpack(f"<{count}{code}", body)


def write_npy(path, shape, values):
    header = repr({"descr": "<f8", "fortran_order": False, "shape": tuple(shape)}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    body = struct.pack(f"<{len(values)}d", *values)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body)


def read_csv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


class Case(ScratchCase):
    CONFIG = TWO_MODES

    def check_run(self, out, count, shape):
        """Every file exists and parses, and they agree with each other."""
        self.assertEqual({p.name for p in out.iterdir()} - {"run.journal"} | {"samples.png"}, FILES)
        samples_shape, _, values = read_npy(out / "samples.npy")
        whole = json.loads((out / "summary.json").read_text())["status"]["interrupted"] == 0
        self.assertEqual(samples_shape, (count if whole else samples_shape[0], *shape))
        if (out / "samples.png").exists():
            self.assertEqual((out / "samples.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        trajectories = read_csv(out / "trajectories.csv")
        columns = "trajectory status evaluations probes accepted rejected exponent error_estimate events passes score"
        for column in (columns + " noise_limited").split():
            self.assertIn(column, trajectories[0])
        numbers = [int(t["trajectory"]) for t in trajectories]
        self.assertEqual(numbers, sorted(set(numbers)))
        steps = read_csv(out / "steps.csv")
        for column in "trajectory lam sigma h error tolerance rate accepted".split():
            self.assertIn(column, steps[0])
        for step in steps:
            sigma = float(step["sigma"])
            self.assertAlmostEqual(sigma, math.exp(-float(step["lam"])), delta=1e-9 * sigma)
        events = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
        for event in events:
            self.assertIn(event["event"], ("enter", "exit", "speciation"))
            self.assertTrue(0 < event["sigma_low"] <= event["sigma"] <= event["sigma_high"] <= 80, event)
            for key in "t lam rate exponent step".split():
                self.assertIn(key, event)
        self.assertEqual(len(events), sum(int(t["events"]) for t in trajectories))
        summary = json.loads((out / "summary.json").read_text())
        for key in (
            "config version status evaluations wall_seconds model_seconds overhead_fraction device threads ranks "
            "tolerance_kind tolerance_internal exponent error_estimate guard noise drift warnings"
        ).split():
            self.assertIn(key, summary)
        for status, n in summary["status"].items():
            self.assertEqual(n, sum(t["status"] == status for t in trajectories))
        self.assertEqual(summary["evaluations"]["total"], sum(int(t["evaluations"]) for t in trajectories))
        self.assertEqual(summary["evaluations"]["max"], max(int(t["evaluations"]) for t in trajectories))
        self.assertEqual(summary["config"]["run"]["count"], count)
        self.assertRegex((out / "run.log").read_text(), r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ info ")
        return trajectories, values, summary


class Run(Case):
    def test_files_and_result(self):
        out = self.folder / "out"
        run = shockstep("sample", self.config, "--out", out, "--count", 100, "--set", "output.steps=5")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn(str(out), run.stdout)
        self.assertIn("100 ok", run.stdout)
        trajectories, values, _ = self.check_run(out, 100, (2,))
        self.assertEqual(len(trajectories), 100)
        self.assertTrue((out / "samples.png").exists())
        for x, y in zip(values[::2], values[1::2]):
            self.assertLess(math.hypot(abs(x) - 1, y), 0.8)
        self.assertEqual({int(s["trajectory"]) for s in read_csv(out / "steps.csv")}, set(range(5)))

    def test_events_without_their_directions(self):
        folders = [self.folder / name for name in ("with", "without")]
        for out, switch in zip(folders, ("on", "off")):
            shockstep("sample", self.config, "--out", out, "--set", f"output.directions={switch}")
        both = [[json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()] for out in folders]
        self.assertTrue(any("direction" in event for event in both[0]))
        for event in both[0]:
            event.pop("direction", None)
        self.assertEqual(*both)

    def test_methods(self):
        self.assertIn("dopri5", methods("Runge-Kutta"))
        for method in methods("Runge-Kutta"):
            out = self.folder / method
            run = shockstep("sample", self.config, "--out", out, "--method", method)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            _, _, summary = self.check_run(out, 64, (2,))
            self.assertEqual(summary["config"]["sampler"]["method"], method)
            self.assertEqual(summary["guard"]["method"], method)

    def test_fixed_steps(self):
        karras = "--set", "sampler.steps={schedule: karras, count: 5}"
        for method, evaluations in (("euler", 12), ("heun", 23), ("dpmpp_2m", 12), ("unipc", 12), ("multistep", 12)):
            out = self.folder / method
            run = shockstep("sample", self.config, "--out", out, "--method", method, *karras, "--steps", 12)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            trajectories, _, summary = self.check_run(out, 64, (2,))
            self.assertEqual({int(t["evaluations"]) for t in trajectories}, {evaluations})
            self.assertEqual({t["error_estimate"] for t in trajectories}, {""})
            self.assertEqual(summary["config"]["sampler"]["steps"]["schedule"], "karras")
            self.assertEqual((len(summary["sigmas"]), summary["sigmas"][0], summary["sigmas"][-1]), (12, 80, 0.002))
            self.assertEqual((summary["guard"], summary["tolerance_kind"]), (False, "none"))
            self.assertRegex((out / "run.log").read_text(), r"sampler\.guard are for adaptive steps and not used")

    def test_the_reverse_sde(self):
        sde = "--set", "sampler.dynamics=sde"
        for method in ("multistep", *methods("reverse SDE")):
            out = self.folder / method
            run = shockstep("sample", self.config, "--out", out, "--method", method, *sde)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            trajectories, _, summary = self.check_run(out, 64, (2,))
            self.assertEqual({int(t["evaluations"]) for t in trajectories}, {50})
            self.assertEqual({t["error_estimate"] for t in trajectories}, {""})
            settings = summary["config"]["sampler"]
            self.assertEqual((settings["eta"], settings["steps"]), (1, {"schedule": "tapered", "count": 50}))
            self.assertEqual((len(summary["sigmas"]), summary["guard"]), (50, False))
            self.assertIn(f"steps: reverse SDE, eta 1, {method} on 50 nodes", (out / "run.log").read_text())
        out = self.folder / "adaptive"
        run = shockstep("sample", self.config, "--out", out, *sde, "--set", "sampler.steps=adaptive", "--set", "sampler.guard=on")
        self.assertEqual(run.returncode, 0)
        self.assertRegex(run.stderr, r"^shockstep: warning: sampler\.guard: not used; the reverse SDE forgets its errors.*\n$")
        trajectories, _, summary = self.check_run(out, 64, (2,))
        self.assertGreater(len({t["evaluations"] for t in trajectories}), 5)
        self.assertEqual((summary["tolerance_kind"], summary["guard"]), ("per_step", False))
        out = self.folder / "too fine"
        arguments = *sde, "--set", "sampler.steps=adaptive", "--tolerance", 1e-9, "--set", "sampler.max_evaluations=5000"
        run = shockstep("sample", self.config, "--out", out, "--count", 2, *arguments)
        self.assertRegex(run.stderr, r"^shockstep: warning: 2 trajectories: .*, or the shortest step of a path, does not suffice for the tolerance \(status budget\); raise it\n$")

    def test_a_schedule_fitted_once_serves_every_way(self):
        out = self.folder / "fit"
        arguments = "schedule", self.config, "--method", "dpmpp_2m", "--steps", 8, "--out", out
        run = shockstep(*arguments)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        number = r"[\d.e+-]+"
        error = rf"root mean square error {number}, median {number}"
        self.assertRegex(run.stdout, rf"(?m)^{error}.*; log_sigma: {error}; karras: {error}; .* evaluations$")
        texts = {f: shockstep(*arguments, "--format", f).stdout for f in ("yaml", "json", "python")}
        self.assertEqual(texts["yaml"], (out / "schedule.yaml").read_text())
        fitted, pasted = json.loads(texts["json"]), {}
        exec(texts["python"], pasted)
        self.assertEqual(pasted["sigmas"], fitted["sigmas"] + [0])
        self.assertEqual((len(fitted["sigmas"]), fitted["sigmas"][0], fitted["sigmas"][-1]), (8, 80, 0.002))
        self.assertLessEqual(fitted["evaluations"], 10000)
        self.assertEqual(fitted["fitted_to"]["method"], "dpmpp_2m")

        samples = []
        for name, steps in (("file", f"{{file: '{out}/schedule.yaml'}}"), ("fitted", "{schedule: fitted, count: 8}")):
            run = shockstep("sample", self.config, "--method", "dpmpp_2m", "--set", f"sampler.steps={steps}", "--out", self.folder / name)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            _, _, summary = self.check_run(self.folder / name, 64, (2,))
            self.assertEqual(summary["sigmas"], fitted["sigmas"])
            samples.append((self.folder / name / "samples.npy").read_bytes())
        self.assertEqual(summary["fitted"]["evaluations"], fitted["evaluations"])
        self.assertEqual(*samples)

    def test_a_solver_fitted_once_serves_every_way(self):
        out = self.folder / "fit"
        arguments = "schedule", self.config, "--steps", 8, "--out", out
        run = shockstep(*arguments)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        number = r"[\d.e+-]+"
        error = rf"root mean square error {number}, median {number}"
        self.assertRegex(run.stdout, rf"(?m)^8 evaluations: {error}; \d+ % of samples err less than {number}\n  the plan .*: {error}$")
        self.assertRegex(run.stdout, r"(?m)^  the fit took \d+ evaluations and pays from \d+ samples on: .* needs about [\d.]+ evaluations")
        texts = {f: shockstep(*arguments, "--format", f).stdout for f in ("yaml", "json", "python")}
        self.assertEqual(texts["yaml"], (out / "solver.yaml").read_text())
        solver, pasted = json.loads(texts["json"]), {}
        self.assertEqual((len(solver["sigmas"]), solver["sigmas"][0], solver["sigma_min"]), (8, 80, 0.002))
        self.assertLessEqual(solver["evaluations"], 10000)
        exec(texts["python"], pasted)
        # Of Gaussian data of that scale F is 0, and the flow a scaling.
        s = pasted["s"]
        found = pasted["sample"](lambda x, sigma: s * s / (sigma * sigma + s * s) * x, 80.0)
        self.assertAlmostEqual(found, pasted["end_scale"] * 80 / (80 * 80 + s * s) ** 0.5, places=9)

        samples = []
        for name, steps in (("file", f"{{file: '{out}/solver.yaml'}}"), ("fitted", "{schedule: fitted, count: 8}")):
            run = shockstep("sample", self.config, "--set", f"sampler.steps={steps}", "--out", self.folder / name)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            _, _, summary = self.check_run(self.folder / name, 64, (2,))
            self.assertEqual(summary["sigmas"], solver["sigmas"] + [0.002])
            self.assertEqual(summary["evaluations"]["total"], 64 * 8 + summary["repeated"] * 16)
            samples.append((self.folder / name / "samples.npy").read_bytes())
        self.assertEqual(summary["solver"]["evaluations"], solver["evaluations"])
        self.assertEqual(*samples)

    def test_solvers_of_several_numbers_are_one_file(self):
        out = self.folder / "fit"
        arguments = "schedule", self.config, "--steps", "5-7,10", "--budget", 9000, "--out", out
        run = shockstep(*arguments)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        for count in (5, 6, 7, 10):
            self.assertRegex(run.stdout, rf"(?m)^{count} evaluations: root mean square error ")
        rows = int(re.search(r"(?m)^all fits together: (\d+) evaluations$", run.stdout)[1])
        self.assertTrue(4500 < rows <= 9000, rows)
        file = json.loads(shockstep(*arguments, "--format", "json").stdout)
        self.assertEqual(([len(solver["sigmas"]) for solver in file["solvers"]], file["evaluations"]), ([5, 6, 7, 10], rows))

        def sample(name, steps, *more):
            run = shockstep("sample", self.config, "--set", f"sampler.steps={steps}", "--out", self.folder / name, *more)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            return self.check_run(self.folder / name, 64, (2,))[2]["evaluations"]["total"]

        self.assertEqual(sample("seven", f"{{file: '{out}/solver.yaml', count: 7}}"), 64 * 7)
        self.assertEqual(sample("auto", f"{{file: '{out}/solver.yaml', count: auto}}", "--set", "sampler.max_evaluations=9"), 64 * 7)
        run = shockstep("sample", self.config, "--set", f"sampler.steps={{file: '{out}/solver.yaml'}}", "--out", self.folder / "none")
        self.assertEqual(run.returncode, 2)
        self.assertIn("sampler.steps.count: missing; the file holds solvers of 5, 6, 7, 10 evaluations", run.stderr)
        # Another model is a warning, one line.
        run = shockstep("sample", "configs/two_modes.yaml", "--count", 8, "--set", f"sampler.steps={{file: '{out}/solver.yaml', count: 7}}",
                        "--set", "process={kind: ve, sigma_min: 0.002, sigma_max: 80}", "--out", self.folder / "foreign")  # fmt: skip
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stderr, r"^shockstep: warning: sampler\.steps: the solver was fitted to another model \(.*\), and this is .*\n$")

    def test_automatic_steps(self):
        for most, sigmas in ((9, 10), (1000, 0)):  # a solver has nine nodes, and ends at sigma_min
            out = self.folder / str(most)
            run = shockstep("sample", self.config, "--out", out, "--set", "sampler.steps=auto", "--set", f"sampler.max_evaluations={most}")
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertEqual(len(self.check_run(out, 64, (2,))[2].get("sigmas", [])), sigmas)

    def test_a_grid_too_short_for_its_order_is_a_warning(self):
        out = self.folder / "out"
        arguments = "--method", "unipc", "--set", "sampler.order=3", "--steps", 3
        run = shockstep("sample", self.config, "--out", out, *arguments)
        self.assertEqual(run.returncode, 0)
        short = "the grid is too short for order 3 of unipc; order 2 was used at most"
        self.assertEqual(run.stderr, f"shockstep: warning: sampler.steps: {short}\n")

    def test_bytes_do_not_depend_on_batch_and_threads(self):
        found = set()
        for batch, threads in ((1, 1), (7, 2), (256, 2)):
            out = self.folder / f"{batch}"
            run = shockstep("sample", self.config, "--out", out, "--batch", batch, "--threads", threads)
            self.assertEqual(run.returncode, 0, run.stderr)
            files = "samples.npy", "samples.png", "trajectories.csv", "events.jsonl", "steps.csv"
            found.add(tuple((out / name).read_bytes() for name in files))
        self.assertEqual(len(found), 1)

    def test_one_trajectory_alone_is_itself(self):
        files = "samples.npy", "trajectories.csv", "events.jsonl", "steps.csv"
        for name, more in (("ode", ()), ("sde", ("--set", "sampler.dynamics=sde")), ("off", ("--set", "sampler.guard=off"))):
            arguments = "sample", self.config, "--set", "output.steps=100000", *more
            for out, range_ in (("all", ("--count", 1000)), ("alone", ("--first", 977, "--count", 1))):
                run = shockstep(*arguments, *range_, "--out", self.folder / name / out)
                self.assertEqual((run.returncode, run.stderr), (0, ""))
            whole, alone = ([(self.folder / name / out / file).read_bytes() for file in files] for out in ("all", "alone"))
            self.assertEqual(alone[0][-16:], whole[0][128 + 977 * 16 : 128 + 978 * 16])
            for all_lines, lines, key in zip(whole[1:], alone[1:], (b"977,", b'{"trajectory": 977,', b"977,")):
                self.assertEqual([x for x in all_lines.splitlines() if x.startswith(key)], [x for x in lines.splitlines() if x.startswith(key)])
                self.assertLessEqual(len(lines.splitlines()), 1 + lines.count(b"977"))
            report = (self.folder / name / "alone" / "report.html").read_text()
            self.assertIn('"trajectory":977', report)

    def test_default_folder_spaces_and_unicode(self):
        config = self.folder / "größe 1.yaml"
        config.write_text(TWO_MODES)
        run = shockstep("sample", config.name, "--count", 4, cwd=self.folder)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.check_run(self.folder / "runs" / "größe 1", 4, (2,))

    def test_every_config_runs(self):
        for config in sorted((SOURCE / "configs").glob("**/*.yaml")):
            with self.subTest(config.name):
                out = self.folder / config.stem
                run = shockstep("sample", config, "--count", 8, "--batch", 8, "--out", out)
                self.assertEqual(run.returncode, 0, run.stderr)
                shape = read_npy(out / "samples.npy")[0][1:]
                self.check_run(out, 8, shape)
                if "\nmethods:" in config.read_text():
                    out = self.folder / f"{config.stem} compared"
                    run = shockstep("compare", config, "--count", 8, "--batch", 8, "--threads", 1, "--out", out)
                    self.assertEqual(run.returncode, 0, run.stderr)
                    for row in read_csv(out / "compare.csv"):
                        self.assertTrue(0 < float(row["rms"]) < 1, row)

    def test_profile_of_one_run_serves_another(self):
        found = []
        for out, profile in ((self.folder / "a", "pilot"), (self.folder / "b", self.folder / "a" / "summary.json")):
            run = shockstep("sample", self.config, "--out", out, "--set", f"sampler.guard.profile={profile}")
            self.assertEqual(run.returncode, 0, run.stderr)
            found.append((out / "samples.npy").read_bytes())
        self.assertEqual(*found)
        other = shockstep("sample", self.config, "--tolerance", 1e-3, "--out", self.folder / "c", "--set",
                          f"sampler.guard.profile={self.folder / 'a' / 'summary.json'}")  # fmt: skip
        self.assertEqual(other.returncode, 2)
        self.assertIn("sampler.guard.profile", other.stderr)

    def test_models_that_break_end_with_code_4_and_harm_only_their_rows(self):
        for model, status in (("nan", "non_finite"), ("throws", "failed")):
            with self.subTest(model):
                config, out = self.folder / f"{model}.yaml", self.folder / model
                config.write_text(
                    f"model: {{kind: torchscript, path: {SOURCE / 'tests/data' / model}.pt, shape: [2], data_std: 1}}\n"
                    "process: {kind: ve, sigma_min: 0.01, sigma_max: 80}\nrun: {count: 40, batch: 16}\n"
                )
                run = shockstep("sample", config, "--out", out)
                self.assertEqual(run.returncode, 4, run.stderr)
                trajectories, values, summary = self.check_run(out, 40, (2,))
                self.assertGreater(summary["status"][status], 5)
                self.assertGreater(summary["status"]["ok"], 5)
                for t, x in zip(trajectories, values[::2]):
                    self.assertEqual(math.isnan(x), t["status"] == status)

    def test_outputs_can_be_left_out(self):
        out = self.folder / "out"
        settings = "output={samples: none, grid: off, steps: 0, events: none, report: none}"
        run = shockstep("sample", self.config, "--out", out, "--set", settings)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual({p.name for p in out.iterdir()}, {"trajectories.csv", "summary.json", "run.log"})

    def test_noise_file(self):
        noise = self.folder / "noise.npy"
        write_npy(noise, (2, 2), [0.5, 0.25, -0.5, 0.25])
        out = self.folder / "out"
        run = shockstep("sample", self.config, "--count", 2, "--noise", noise, "--out", out)
        self.assertEqual(run.returncode, 0, run.stderr)
        x0, y0, x1, y1 = read_npy(out / "samples.npy")[2]
        self.assertGreater(x0, 0)
        self.assertAlmostEqual(x0, -x1, places=6)  # mirrored starts of a mirrored density
        self.assertAlmostEqual(y0, y1, places=6)

    def test_start_from_data(self):
        out = self.folder / "out"
        write_npy(self.folder / "init.npy", (1, 2), [1.0, 0.0])
        write_npy(self.folder / "mask.npy", (2,), [0.0, 1.0])
        init, mask = self.folder / "init.npy", self.folder / "mask.npy"
        for steps in ([], ["--steps", 12]):
            run = shockstep("sample", self.config, "--init", init, "--strength", 0.3, "--out", out, *steps)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            _, values, summary = self.check_run(out, 64, (2,))
            self.assertTrue(all(x > 0 for x in values[::2]))  # sigma .05 is no way to the other mode
            self.assertAlmostEqual(summary["init"]["sigma"], 0.002 * (80 / 0.002) ** 0.3, places=9)
            self.assertEqual(max(float(s["sigma"]) for s in read_csv(out / "steps.csv")), summary["init"]["sigma"])
            self.assertIn("noised to sigma 0.048", (out / "run.log").read_text())
        run = shockstep("sample", self.config, "--init", init, "--mask", mask, "--out", out)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        _, values, summary = self.check_run(out, 64, (2,))
        self.assertEqual(set(values[1::2]), {0.0})
        self.assertLess(min(values[::2]), 0)
        self.assertEqual(summary["init"], {"file": str(init), "sigma": 80, "mask": str(mask)})

    def test_between_latents(self):
        out, plain = self.folder / "out", self.folder / "plain"
        run = shockstep("sample", self.config, "--interpolate", 8, "--out", out)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        shockstep("sample", self.config, "--count", 9, "--out", plain)
        _, values, summary = self.check_run(out, 64, (2,))
        self.assertEqual(summary["interpolate"], 8)
        ends = read_npy(plain / "samples.npy")[2]
        for pair in range(8):
            self.assertEqual(values[16 * pair : 16 * pair + 2], ends[2 * pair : 2 * pair + 2])
            self.assertEqual(values[16 * pair + 14 : 16 * pair + 16], ends[2 * pair + 2 : 2 * pair + 4])

    def test_a_pilot_of_a_network_is_measured_once(self):
        cache = self.folder / "cache"

        def guard(name, *more, said="^$"):
            out = self.folder / name
            arguments = ["--count", 4, "--batch", 4, "--threads", 1, "--tolerance", 0.1, "--set", "sampler.guard.profile=pilot"]
            run = shockstep("sample", SOURCE / "configs/digits.yaml", *arguments, *more, "--out", out, cache=cache)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertRegex(run.stderr, said)
            return json.loads((out / "summary.json").read_text())["guard"], (out / "samples.npy").read_bytes()

        first = guard("first")
        self.assertLessEqual(first[0]["evaluations"], 500)
        (kept,) = (file for file in cache.iterdir() if "guard_profile" in file.read_text())  # beside the scales of the model
        text = kept.read_text()
        self.assertEqual(guard("second"), first)
        self.assertIn("measured before", (self.folder / "second" / "run.log").read_text())
        self.assertEqual(kept.read_text(), text)
        kept.write_text(text[:100])  # damaged: measured again, to the last bit
        anew = r"^shockstep: warning: .*\.json: is damaged, or the answer to another request; measured anew\n$"
        self.assertEqual(guard("third", said=anew), first)
        self.assertIn("measured anew", (self.folder / "third" / "run.log").read_text())
        self.assertEqual(kept.read_text(), text)
        guard("fourth", "--set", "sampler.order=3")
        self.assertEqual(len(list(cache.iterdir())), 3)

    def test_noise_of_a_network_is_a_warning(self):
        out = self.folder / "out"
        config = SOURCE / "configs/digits.yaml"
        arguments = ["--count", 4, "--tolerance", 1e-9, "--set", "run.batch=4", "--set", "sampler.max_evaluations=5000"]
        run = shockstep("sample", config, *arguments, "--out", out)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stderr, r"^shockstep: warning: 4 trajectories: .*noisy.*; use run\.dtype: float64 or .*\n$")
        trajectories, _, summary = self.check_run(out, 4, (1, 8, 8))
        self.assertEqual(summary["noise"]["trajectories"], sum(int(t["noise_limited"]) > 0 for t in trajectories))
        self.assertEqual([f"shockstep: warning: {w}\n" for w in summary["warnings"]], [run.stderr])
        self.assertLess(summary["evaluations"]["mean"], 1200)  # 591 measured

    def test_budget_is_a_warning(self):
        out = self.folder / "out"
        arguments = ["sample", self.config, "--tolerance", 1e-6, "--set", "sampler.max_evaluations=20", "--out", out]
        run = shockstep(*arguments)
        self.assertEqual(run.returncode, 0)
        self.assertRegex(run.stderr, r"^shockstep: warning: \d+ trajectories: .*max_evaluations = 20 .*\n$")
        trajectories, _, _ = self.check_run(out, 64, (2,))
        self.assertTrue(all(int(t["evaluations"]) <= 20 for t in trajectories))
        quiet = shockstep(*arguments, "--quiet")
        self.assertEqual((quiet.returncode, quiet.stderr), (0, ""))

    def test_verbose_log_goes_to_stderr(self):
        run = shockstep("sample", self.config, "--out", self.folder / "out", "-v")
        self.assertIn("gaussian_mixture", run.stderr)
        self.assertNotIn("info", run.stdout)

    def test_interrupt_leaves_valid_files(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                out = self.folder / number.name
                arguments = "--count", "1000000", "--out", out, "--set", "output.steps=2"
                command = [PROGRAM, "sample", self.config, *arguments]
                run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                part = out / "trajectories.csv.part"
                for _ in range(600):  # until something has been written
                    if part.exists() and part.stat().st_size > 1 << 18:
                        break
                    time.sleep(0.05)
                run.send_signal(number)
                _, errors = run.communicate(timeout=60)
                self.assertEqual(run.returncode, 130, errors)
                self.assertIn("interrupted", errors)
                self.assertTrue((out / "run.journal").exists())
                trajectories, values, summary = self.check_run(out, 1000000, (2,))
                done = {int(t["trajectory"]) for t in trajectories if t["status"] == "ok"}
                self.assertGreater(len(done), 100)
                self.assertLess(len(done), 1000000)
                self.assertEqual(len(done), sum(not math.isnan(x) for x in values[::2]))
                self.assertEqual(len(values), 2 * (max(done) + 1))  # what was not drawn is not written
                self.assertTrue(all(not math.isnan(values[2 * i]) for i in done))


class Errors(Case):
    def check(self, code, pattern, *arguments):
        run = shockstep(*arguments, cwd=self.folder)
        self.assertEqual(run.returncode, code, run.stderr)
        self.assertRegex(run.stderr, rf"^shockstep: {pattern}\n$")
        self.assertEqual(run.stdout, "")

    def sample(self, code, sentence, *arguments):
        self.check(code, re.escape(sentence), "sample", "x.yaml", *arguments)

    def test_settings(self):
        self.sample(2, "x.yaml: sampler.tolerance: must be positive, got -1", "--tolerance", -1)
        self.sample(2, "x.yaml: run.count: must be at least 1, got 0", "--count", 0)
        self.sample(2, "x.yaml: run.seed: must be a whole number, got x", "--seed", "x")
        unknown = "x.yaml: sampler.tolerence: unknown key; did you mean tolerance?"
        self.sample(2, unknown, "--set", "sampler.tolerence=1")
        of_sde = "ancestral is a method of the reverse SDE; set sampler.dynamics: sde"
        self.sample(2, f"x.yaml: sampler.method: {of_sde}", "--method", "ancestral")
        of_ode = "heun is for dynamics: ode; the reverse SDE has " + ", ".join(["multistep", *methods("reverse SDE")])
        self.sample(2, f"x.yaml: sampler.method: {of_ode}", "--method", "heun", "--set", "sampler.dynamics=sde")
        self.sample(2, "x.yaml: model.stdd: unknown key; did you mean std?", "--set", "model.stdd=1")
        self.sample(2, "x.yaml: process.sigma_min: must be positive, got 0", "--set", "process.sigma_min=0")
        self.sample(2, "x.yaml: a: cannot read the value: not valid YAML: a list [ is not closed by ]", "--set", "a=[1")
        self.sample(2, "--set a: must be key.path=value, such as sampler.tolerance=1e-3", "--set", "a")

    def test_fixed_steps(self):
        needs = "heun needs a fixed grid; set sampler.steps: {schedule: karras, count: 20} or --steps 20"
        self.sample(2, f"x.yaml: sampler.method: {needs}", "--method", "heun")
        self.sample(2, "x.yaml: sampler.steps: must be at least 2, got 1", "--steps", 1)
        self.sample(2, "x.yaml: sampler.steps: must be adaptive, auto, a number of steps or {schedule: log_sigma, count: 20}, got ten", "--steps", "ten")
        most = "x.yaml: sampler.max_evaluations: must be at least 39, what heun takes on this grid, got 30"
        self.sample(2, most, "--method", "heun", "--steps", 20, "--set", "sampler.max_evaluations=30")
        sigmas = "--set", "sampler.steps.sigmas=[80, 2, 2]"
        self.sample(2, "x.yaml: sampler.steps.sigmas: must descend, got 2 after 2", *sigmas)
        outside = "must lie between process.sigma_min = 0.002 and sigma_max = 80, got 90"
        (self.folder / "s.yaml").write_text("sigmas: [90, 1, 0.1]\n")
        self.sample(2, f"x.yaml: sampler.steps.file: s.yaml: {outside}", "--set", "sampler.steps.file=s.yaml")
        self.check(5, r"no\.yaml: cannot be read: No such file or directory", "sample", "x.yaml", "--set",
                   "sampler.steps.file=no.yaml")  # fmt: skip

    def test_schedule(self):
        missing = r"--steps: missing; the number of steps of the schedule, for example --steps 10"
        self.check(2, missing, "schedule", "x.yaml")
        self.check(2, r"--steps: must be a number of steps, or several as 5-8,12; got 8-5", "schedule", "x.yaml", "--steps", "8-5")
        self.check(2, r"--steps: must be from 2 to 1000000; got 1-5", "schedule", "x.yaml", "--steps", "1-5")
        self.check(2, r"--steps: must be at most 100 different numbers; got 5-500", "schedule", "x.yaml", "--steps", "5-500")
        self.check(2, r"--budget: must be a whole number of rows, for example 10000; got lots", "schedule", "x.yaml", "--steps", 8, "--budget", "lots")
        several = r".*--steps: several numbers are for solvers.*"
        self.check(2, several, "schedule", "x.yaml", "--method", "dpmpp_2m", "--steps", "5-8")
        short = r"x\.yaml: sampler\.steps\.count: a fitted solver of 8 evaluations takes more than the 300 evaluations of a fit; set budget to \d+ at least, take fewer, or schedule: plan"
        self.check(2, short, "schedule", "x.yaml", "--steps", 8, "--budget", 300)
        self.check(2, r"--format: must be yaml, json, python or torch, got toml", "schedule", "x.yaml", "--steps", 8, "--format", "toml")
        self.check(2, r"x\.yaml: sampler\.steps: must be at least 2, got 1", "schedule", "x.yaml", "--steps", 1)
        many = r"x\.yaml: sampler\.steps\.count: a fitted schedule of 900 steps takes more .*; set budget to \d+ at least, take fewer steps, or log_sigma"
        self.check(2, many, "schedule", "x.yaml", "--method", "dpmpp_2m", "--steps", 900)
        many = r"x\.yaml: sampler\.steps\.count: a fitted solver of 900 evaluations takes more .*; set budget to \d+ at least, take fewer, or schedule: plan"
        self.check(2, many, "schedule", "x.yaml", "--steps", 900)

    def test_nothing_is_left_by_a_wrong_setting(self):
        shockstep("sample", "x.yaml", "--tolerance", -1, cwd=self.folder)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["x.yaml"])

    def test_config_file(self):
        self.check(5, r"no\.yaml: cannot be read: No such file or directory", "sample", "no.yaml")
        self.config.write_text("model: [1, 2\n")
        self.check(2, r"x\.yaml: line 1: not valid YAML: a list \[ is not closed by \]", "sample", "x.yaml")
        self.config.write_text("")
        self.check(2, r"x\.yaml: (model|process)\.kind: missing; .*", "sample", "x.yaml")

    def test_usage(self):
        self.check(2, r"command: missing; .*")
        self.check(2, r"smaple: unknown command; did you mean sample\?", "smaple", "x.yaml")
        self.check(2, r"CONFIG: missing; .*", "sample")
        self.check(2, r"--cuont: unknown option; did you mean --count\?", "sample", "x.yaml", "--cuont", "3")
        self.check(2, r"--tol: unknown option; did you mean --tolerance\?", "sample", "x.yaml", "--tol", "3")
        self.check(2, r"x\.yaml: process\.kind: must be .*, got vp; did you mean vp_cosine, .* or vp_linear\?", "sample", "x.yaml", "--set", "process.kind=vp")
        self.check(2, r"y\.yaml: one argument too many; .*", "sample", "x.yaml", "y.yaml")
        self.check(2, r"x\.yaml: one argument too many; see shockstep paper --help", "paper", "x.yaml")

    def test_help_lists_what_a_command_uses(self):
        listed = {command: set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", shockstep(command, "--help").stdout, re.MULTILINE))
                  for command in ("sample", "schedule", "encode", "inspect")}
        self.assertLessEqual({"--count", "--tolerance", "--seed", "--noise", "--first"}, listed["sample"])
        self.assertFalse(listed["schedule"] & {"--count", "--tolerance", "--seed", "--noise", "--first"})
        self.assertFalse(listed["encode"] & {"--noise", "--first", "--steps", "--method"})
        self.assertIn("--count", listed["encode"])
        self.assertFalse(listed["inspect"] & {"--noise", "--first", "--steps"})
        done = shockstep("schedule", "x.yaml", "--steps", 5, "--count", 3, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "shockstep: warning: --count: schedule makes no use of it\n")

    def test_progress_fits_the_terminal(self):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        run = subprocess.Popen([PROGRAM, "sample", "x.yaml", "--count", "3e5", "--set", "output.samples=none"], cwd=self.folder,
                               stdout=subprocess.DEVNULL, stderr=slave, env={**os.environ, "TERM": "xterm"})
        os.close(slave)
        said = b""
        while True:
            try:
                part = os.read(master, 1 << 16)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
        os.close(master)
        self.assertEqual(run.wait(60), 0)
        lines = [line for line in said.decode().split("\r\x1b[K") if "%" in line]
        self.assertTrue(lines)
        self.assertLessEqual(max(map(len, lines)), 79)
        for line in lines:
            self.assertRegex(line, r"^#*\.* +\d+ % \d+/300000(  [\d.]+ evaluations  [\d.]+/s(  [\d:]+ left)?)?$")

    def test_noise(self):
        noise = self.folder / "noise.npy"
        self.check(5, r".*no\.npy: .*", "sample", "x.yaml", "--noise", "no.npy")
        write_npy(noise, (3, 2), [0.0] * 6)
        shape = "noise.npy: must have the shape [count, *shape] = [64, 2], has [3, 2]"
        self.sample(5, shape, "--noise", "noise.npy")
        write_npy(noise, (64, 2), [0.0] * 127 + [math.nan])
        self.sample(5, "noise.npy: must be finite, holds nan in row 63", "--noise", "noise.npy")
        noise.write_bytes(b"abc")
        self.check(5, r"noise\.npy: .*", "sample", "x.yaml", "--noise", "noise.npy")

    def test_start(self):
        def write(name, shape, value=0.0):
            write_npy(self.folder / name, shape, [value] * math.prod(shape))

        write("one.npy", (1, 2))
        write("three.npy", (3, 2))
        write("half.npy", (2,), 0.5)
        one = "--init", "one.npy"
        shape = "--init: three.npy: must have the shape [count, *shape] = [64, 2] or [1, 2], has [3, 2]"
        self.sample(5, shape, "--init", "three.npy")
        self.sample(5, "--init: no.npy: cannot be read: No such file or directory", "--init", "no.npy")
        for strength in ("0", "1.5", "-1", "nan", "half"):
            wrong = f"--strength: must be a number above 0 and at most 1, for example 0.5; got {strength}"
            self.sample(2, wrong, *one, f"--strength={strength}")
        self.sample(2, "--strength: needs --init FILE.npy, the data that it noises", "--strength", 0.5)
        self.sample(2, "--mask: needs --init FILE.npy, whose known part it keeps", "--mask", "half.npy")
        self.sample(5, "--mask: one.npy: must have the shape of one sample, [2], has [1, 2]", *one, "--mask", "one.npy")
        values = "--mask: half.npy: must be 1 where --init is known and 0 where it is to be made, holds 0.5"
        self.sample(5, values, *one, "--mask", "half.npy")
        for points in ("1", "0", "2.5", "x"):
            wrong = f"--interpolate: must be a whole number of rows, at least 2 (both ends), for example 10; got {points}"
            self.sample(2, wrong, "--interpolate", points)
        multiple = "--interpolate: run.count must be a multiple of its 10 rows a pair, got 64; take --count 60"
        self.sample(2, multiple, "--interpolate", 10)
        self.sample(5, "one.npy: must have the shape [count, *shape] = [9, 2], has [1, 2]", "--interpolate", 8, "--noise", "one.npy")
        self.assertFalse((self.folder / "runs").exists())

    def test_model_file(self):
        self.config.write_text("model: {kind: torchscript, path: no.pt, shape: [2]}\nprocess: {kind: ve}\n")
        run = shockstep("sample", "x.yaml", cwd=self.folder)
        self.assertIn(run.returncode, (3, 5))
        self.assertRegex(run.stderr, r"^shockstep: .*no\.pt.*\n$")
        (self.folder / "no.pt").write_text("this is no model")
        self.check(3, r".*no\.pt.*", "sample", "x.yaml")

    def test_output_folder(self):
        (self.folder / "file").write_text("")
        self.check(5, r"file: cannot be made a folder: .*", "sample", "x.yaml", "--out", "file")
        self.check(5, r"file/sub: cannot be made a folder: .*", "sample", "x.yaml", "--out", "file/sub")

    def test_full_disk(self):
        out = self.folder / "out"
        out.mkdir()
        small = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))  # noqa: E731
        command = [PROGRAM, "sample", "x.yaml", "--count", "50000", "--out", "out", "--set", "output={journal: off, samples: none}"]
        run = subprocess.run(command, cwd=self.folder, preexec_fn=small, capture_output=True, text=True)
        self.assertEqual(run.returncode, 5)
        self.assertRegex(run.stderr, r"^shockstep: out/\w+\.\w+: cannot be written: File too large\n$")
        self.assertEqual(list(out.glob("*.part")), [])
        self.assertFalse((out / "summary.json").exists())


class Help(Case):
    def test_help_and_version(self):
        for command in ([], ["sample"], ["schedule"], ["info"], ["compare"]):
            run = shockstep(*command, "--help")
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertIn("Usage", run.stdout)
        self.assertIn("Example:", shockstep("sample", "--help").stdout)
        self.assertRegex(shockstep("--version").stdout, r"^shockstep \d+\.\d+\.\d+\n$")

    def test_info(self):
        run = shockstep("info")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        for word in ("shockstep", "torch", "cpu", "gaussian_mixture", "torchscript", "ve", "multistep", "fehlberg78", "unipc", "dpmpp_3m_sde", "karras", "tapered"):
            self.assertIn(word, run.stdout)

    def test_info_lists_the_columns_and_keys_that_there_are(self):
        parts = re.split(r"^(?=\S)", shockstep("info").stdout, flags=re.MULTILINE)
        listed = {part.split("\n")[0]: re.findall(r"^  (\S+) ", part, re.MULTILINE) for part in parts}
        out = self.folder / "out"
        shockstep("sample", self.config, "--out", out)
        for table in ("trajectories.csv", "steps.csv"):
            header = (out / table).read_text().split("\n")[0]
            self.assertEqual(header.split(","), listed[f"columns of {table}"])
        event = json.loads((out / "events.jsonl").read_text().split("\n")[0])
        self.assertEqual([key for key in event if key != "direction"], listed["keys of events.jsonl"])
        config = json.loads((out / "summary.json").read_text())["config"]
        keys = listed["keys of a config, their values and defaults"]
        for section in ("sampler", "run", "output"):
            for key in config[section]:
                self.assertIn(f"{section}.{key}", keys)


if __name__ == "__main__":
    unittest.main()
