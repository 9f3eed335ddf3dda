"""shockstep inspect as its user sees it: what fits, what does not and what would, and the analyses of what fits."""

import csv
import json
import signal
import struct
import subprocess
import time
import unittest

import test_report
from browser import Browser, find_browser
from program import PROGRAM, SOURCE, ScratchCase, shockstep

DIGITS = SOURCE / "configs" / "digits.yaml"
SECTIONS = ("speciation", "commitment", "health", "spectrum", "interfaces", "product")


def save(path, rows):
    """Rows of float64 as .npy, version 1.0."""
    columns = len(rows[0]) if isinstance(rows[0], list) else 0
    shape = f"({len(rows)}, {columns})" if columns else f"({len(rows)},)"
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    values = [value for row in rows for value in row] if columns else rows
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}d", *values))


class Inspect(ScratchCase):
    CONFIG = """
model: {kind: gaussian_mixture, means: [[-1, 0], [1, 0]], std: 0.1}
process: {kind: ve, sigma_min: 0.01, sigma_max: 80}
"""

    def inspect(self, config, *arguments, code=0):
        out = self.folder / "inspected"
        done = shockstep("inspect", config, "--out", out, *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return done, json.loads((out / "summary.json").read_text())["fit"]

    def test_an_exact_model_fits(self):
        done, fit = self.inspect(self.config)
        self.assertIn("the description fits", done.stdout)
        self.assertTrue(fit["fits"])
        self.assertTrue(all(identity["holds"] for identity in fit["identities"]))

    def test_the_analyses_of_an_exact_model(self):
        done, _ = self.inspect(self.config, "--count", "300", "--threads", "1")
        out = self.folder / "inspected"
        summary = json.loads((out / "summary.json").read_text())
        self.assertTrue(summary["complete"])
        self.assertEqual(summary["evaluations"]["total"], sum(summary["evaluations"][key] for key in ("fit", *SECTIONS)))
        self.assertEqual(summary["speciation"]["trajectories"], 300)
        self.assertEqual(summary["clusters"]["source"], "components")
        self.assertEqual(sum(summary["clusters"]["sizes"]), 300)
        self.assertEqual(summary["health"]["verdict"], "fine")
        self.assertEqual(summary["config"]["inspect"]["clusters"], "auto")
        for name, lines in {"speciation": summary["speciation"]["speciation"]["count"], "commitment": 256}.items():
            with (out / f"{name}.csv").open(newline="") as file:
                self.assertEqual(len(list(csv.DictReader(file))), lines, name)
        self.assertIn("health       fine", done.stdout)
        self.assertTrue(done.stdout.endswith(": speciation.csv commitment.csv report.html summary.json run.log\n"), done.stdout)
        # Once more: the same numbers. LAPACK's last bits may differ from call to call, and the fits of the profiles are made of them.
        before = {key: summary[key] for key in (*SECTIONS, "clusters", "spectral") if key != "interfaces"}
        self.inspect(self.config, "--count", "300", "--threads", "2", "--batch", "31")
        again = json.loads((out / "summary.json").read_text())
        self.assertEqual(before, {key: again[key] for key in before})
        profiles, others = summary["interfaces"]["profiles"], again["interfaces"]["profiles"]
        self.assertEqual([p["trajectory"] for p in profiles], [p["trajectory"] for p in others])
        for profile, other in zip(profiles, others):
            for key in ("width", "amplitude"):
                # Rounding of a sum of squares leaves its minimum uncertain by the root of it, 1.5e-8.
                self.assertAlmostEqual(profile[key] / other[key], 1, delta=1e-6)

    def test_clusters_are_numbered_from_one(self):
        done, _ = self.inspect(self.config, "--count", "300", "--threads", "1")
        out = self.folder / "inspected"
        summary = json.loads((out / "summary.json").read_text())
        self.assertEqual([(pair["a"], pair["b"]) for pair in summary["commitment"]["pairs"]], [(1, 2)])
        self.assertEqual([cluster["cluster"] for cluster in summary["commitment"]["clusters"]], [1, 2])
        for name in ("speciation", "commitment"):
            with (out / f"{name}.csv").open(newline="") as file:
                self.assertEqual({row["cluster"] for row in csv.DictReader(file)}, {"1", "2"}, name)
        self.assertIn("cluster 1 from 2 at sigma", done.stdout)

    def test_a_field_times_a_factor_is_inspected_as_such(self):
        done, fit = self.inspect(SOURCE / "configs" / "papers" / "product.yaml", "--threads", "1")
        self.assertFalse(fit["fits"])
        self.assertIn("not a score", done.stderr)
        out = self.folder / "inspected"
        summary = json.loads((out / "summary.json").read_text())
        self.assertTrue(summary["complete"])
        self.assertEqual(summary["health"]["verdict"], "not a score")
        found = summary["stationary"]
        self.assertEqual((found["index_sum"], found["unsettled"]), (1, 0))
        kinds = [point["kind"] for point in found["points"]]
        self.assertEqual(kinds, ["stable"] * 3 + ["saddle"] * 3 + ["source"])
        self.assertAlmostEqual(sum(point["share"] for point in found["points"]), 1)
        for point in found["points"][:3]:
            self.assertAlmostEqual(point["rate_of_approach"] / point["slowest_rate"], 1, delta=1e-3)
        self.assertEqual(summary["evaluations"]["total"], sum(v for k, v in summary["evaluations"].items() if k != "total"))
        with (out / "stationary.csv").open(newline="") as file:
            self.assertEqual([row["kind"] for row in csv.DictReader(file)], kinds)
        with (out / "basins.csv").open(newline="") as file:
            ends = [row["point"] for row in csv.DictReader(file)]
        self.assertEqual([ends.count(str(k)) for k in (1, 2, 3)], [point["ends"] for point in found["points"][:3]])

    def test_what_does_not_fit_is_inspected_on_request(self):
        config = self.folder / "unfit.yaml"
        config.write_text(
            "model:\n  kind: torchscript\n  path: " + str(SOURCE / "models" / "digits.pt") + "\n  shape: [1, 8, 8]\n"
            "  predicts: velocity\n  time: sigma\nprocess: {kind: ve, sigma_min: 0.002, sigma_max: 80}\n"
        )
        asked = ("--count", "16", "--set", "inspect.health_rows=2", "--set", "inspect.spectrum_rows=0")
        self.inspect(config, *asked, code=3)
        done, fit = self.inspect(config, *asked, "--set", "inspect.misfit=go_on")
        self.assertFalse(fit["fits"])
        self.assertIn("inspect.misfit is go_on", done.stderr)
        summary = json.loads((self.folder / "inspected" / "summary.json").read_text())
        self.assertTrue(summary["complete"])
        self.assertIn("health", summary)

    def test_a_cloud_of_points_is_memorised(self):
        points = [[float(i % 7) / 7 + 0.03 * (i % 5), float(i // 7) / 7 + 0.02 * (i % 3)] for i in range(49)]
        save(self.folder / "points.npy", points)
        self.config.write_text(
            "model: {kind: point_cloud, points: points.npy}\nprocess: {kind: ve, sigma_min: 0.0001, sigma_max: 80}\nrun: {count: 64}\n"
        )
        done, _ = self.inspect(self.config, "--data", self.folder / "points.npy")
        out = self.folder / "inspected"
        training = json.loads((out / "summary.json").read_text())["training"]
        self.assertEqual(training["memorised_count"], 64)
        self.assertEqual(training["held_out_is"], "the second half of the data")
        with (out / "training.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["memorised"] for row in rows], ["1"] * 64)
        self.assertIn("64 of 64 samples are points of the data", done.stdout)

    def test_labels_are_the_clusters(self):
        save(self.folder / "data.npy", [[x + 0.1 * (i % 3 - 1), 0.1 * (i % 5 - 2)] for i in range(20) for x in (-1.0, 1.0)])
        save(self.folder / "labels.npy", [label for _ in range(20) for label in (3.0, 5.0)])
        arguments = ("--data", self.folder / "data.npy", "--labels", self.folder / "labels.npy", "--count", "40")
        self.inspect(self.config, *arguments)
        summary = json.loads((self.folder / "inspected" / "summary.json").read_text())
        self.assertEqual(summary["clusters"]["source"], "labels")
        self.assertEqual(summary["clusters"]["count"], 2)
        self.assertEqual(summary["spectral"]["source"], "data")

    def test_mistakes_are_one_line_that_names_the_key(self):
        for arguments, said in {
            ("--set", "inspect.level=3"): "did you mean levels?",
            ("--set", "inspect.levels=0"): "inspect.levels",
            ("--set", "inspect.clusters=many"): "inspect.clusters",
            ("--set", "inspect.misfit=ignore"): "inspect.misfit",
            ("--labels", "x.npy"): "--labels: needs --data",
            ("--held-out", "x.npy"): "--held-out: needs --data",
        }.items():
            done = shockstep("inspect", self.config, "--out", self.folder / "out", *arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_interrupted_it_writes_what_is_done(self):
        out = self.folder / "run"
        many = ("--set", "run.count=500000", "--set", "inspect.count=500000", "--threads", "1")
        run = subprocess.Popen([PROGRAM, "inspect", self.config, "--out", out, *many], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn("fit check", run.stdout.readline())  # the analyses come next
        time.sleep(0.3)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130, errors)
        self.assertIn("interrupted", errors)
        summary = json.loads((out / "summary.json").read_text())
        self.assertFalse(summary["complete"])
        self.assertTrue(summary["fit"]["fits"])
        self.assertNotIn("health", summary)

    def test_digits_fit_as_described_and_only_so(self):
        self.assertTrue(self.inspect(DIGITS, "--count", "64")[1]["fits"])
        summary = json.loads((self.folder / "inspected" / "summary.json").read_text())
        # A small network: its Jacobian is not symmetric, yet far from a rotation's.
        self.assertEqual(summary["health"]["verdict"], "rough")
        self.assertGreater(summary["spectrum"]["rows"][-1]["dimension"], 10)
        for wrong in ("noise", "velocity", "edm"):
            done, fit = self.inspect(DIGITS, "--set", f"model.predicts={wrong}", code=3)
            self.assertTrue(done.stdout.endswith("inspected: summary.json run.log\n"))
            self.assertIn("predicts: denoised", done.stdout)
            self.assertIn("model.predicts: denoised", fit["suggestion"]["settings"])

    def test_sample_warns_and_goes_on(self):
        out = self.folder / "run"
        wanted = ("--count", "2", "--steps", "4", "--method", "euler", "--out", out)
        done = shockstep("sample", DIGITS, *wanted)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("does not fit", done.stderr)
        self.assertEqual(json.loads((out / "summary.json").read_text())["fit"]["evaluations"], 64)
        done = shockstep("sample", DIGITS, *wanted, "--set", "model.predicts=noise")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("this looks like denoised data, not noise; see shockstep inspect", done.stderr)

    def test_the_other_commands_warn_too(self):
        shockstep("sample", DIGITS, "--count", "2", "--steps", "18", "--method", "heun", "--out", self.folder / "data")
        methods = "methods=[{name: euler, method: euler, steps: 4}]"
        for command in (["compare", "--count", "2", "--set", methods, "--set", "reference=1e-2"],
                        ["encode", "--data", self.folder / "data" / "samples.npy", "--set", "encode.likelihood=off"],
                        ["schedule", "--steps", "4"]):
            for settings, said in ((["--set", "model.predicts=noise"], self.assertIn), ([], self.assertNotIn)):
                with self.subTest(command=command, settings=settings):
                    done = shockstep(command[0], DIGITS, *command[1:], *settings, "--out", self.folder / "run")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    said("this looks like denoised data, not noise; see shockstep inspect", done.stderr)


@unittest.skipUnless(find_browser(), "needs Chromium: apt-get install chromium, or CHROMIUM=PROGRAM")
class Page(ScratchCase):
    # What every page must do is said there.
    ink, charts, check_drawn, check_quiet = (
        test_report.Page.ink, test_report.Page.charts, test_report.Page.check_drawn, test_report.Page.check_quiet,
    )  # fmt: skip

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser(find_browser())
        cls.addClassCleanup(cls.browser.close)

    def test_every_figure_is_drawn(self):
        done = shockstep("inspect", SOURCE / "configs" / "ring.yaml", "--count", "512", "--threads", "1", "--out", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.browser.scheme("light")
        self.browser.size(1280, 900)
        self.browser.open((self.folder / "report.html").as_uri())
        own = {"commitment", "pairs", "health", "entropy", "dimension", "spectrum", "product"} | {f"interface-{i}" for i in range(3)}
        self.check_drawn({f"inspect-{key}" for key in own} | {"samples", "events", "decisions", "gain", "exponents"}, 0.0015)
        self.check_quiet()
        self.browser.size(360, 740)
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 360)
        self.assertIn("The verdict on its score is fine", self.browser.evaluate("document.body.innerText"))


if __name__ == "__main__":
    unittest.main()
