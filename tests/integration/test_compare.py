"""The command compare from outside: rows that agree, the same trajectories for all, error lines. Standard library only."""

import csv
import json
import re
import signal
import struct
import subprocess
import time
import unittest

from browser import Browser, find_browser
from program import PROGRAM, SOURCE, ScratchCase, shockstep

COLUMNS = (
    "name method steps tolerance evaluations_mean evaluations_max rms median p99 max wrong_mode wall_seconds "
    "pilot_evaluations left_out budget schedule sliced_w2 sliced_w2_se sliced_w2_floor energy energy_se energy_floor "
    "mode_weights mode_weights_se mode_weights_floor mode_weights_z"
).split()
DISTANCES = COLUMNS[16:]
CONFIG = """
model: {kind: gaussian_mixture, means: [[-1], [1]], std: 0.1}
process: {kind: ve, sigma_min: 0.002, sigma_max: 80}
run: {count: 200}
"""
METHODS = """
methods:
  - {name: adaptive, tolerance: [1.0e-2, 1.0e-4]}
  - {name: twin, tolerance: 1.0e-4}
  - {name: heun, method: heun, steps: {schedule: karras, count: [8, 32]}}
"""


def write_npy(path, shape, values):
    header = repr({"descr": "<f8", "fortran_order": False, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    numbers = struct.pack(f"<{len(values)}d", *values)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + numbers)
    return path


class Case(ScratchCase):
    CONFIG = CONFIG + METHODS

    def compare(self, *arguments, config=None, code=0):
        out = self.folder / "out"
        run = shockstep("compare", config or self.config, "--out", out, *arguments)
        self.assertEqual(run.returncode, code, run.stderr)
        return run, out

    def rows(self, out):
        """Of compare.json, which compare.csv agrees with."""
        document = json.loads((out / "compare.json").read_text())
        with (out / "compare.csv").open(newline="") as file:
            reader = csv.DictReader(file)
            table = list(reader)
        self.assertEqual(reader.fieldnames, COLUMNS)
        self.assertEqual(len(table), len(document["rows"]))
        for line, row in zip(table, document["rows"]):
            self.assertEqual(list(row), COLUMNS)
            for column, value in row.items():
                if value is None:
                    self.assertEqual(line[column], "")
                elif isinstance(value, str):
                    self.assertEqual(line[column], value)
                else:
                    self.assertEqual(float(line[column]), value)
        return document, document["rows"]


class Compare(Case):
    def test_the_reverse_sde_has_no_error(self):
        (self.folder / "sde.yaml").write_text(
            CONFIG + "methods: [{name: sde, dynamics: sde, method: dpmpp_2m_sde, steps: 9}, {name: ode, steps: 9}]\n")
        run, out = self.compare(config=self.folder / "sde.yaml")
        _, (sde, ode) = self.rows(out)
        self.assertEqual((sde["evaluations_mean"], sde["rms"], sde["wrong_mode"], sde["left_out"]), (9, None, None, 0))
        self.assertTrue(0 < ode["rms"] < 1)
        self.assertRegex(run.stdout, r"(?m)^  sde +dpmpp_2m_sde +tapered +9 +- +9\.00 +9 +- +- +- +- +- ")

    def test_rows(self):
        run, out = self.compare()
        self.assertEqual({p.name for p in out.iterdir()}, {"compare.csv", "compare.json", "report.html", "run.log"})
        self.assertEqual(run.stderr, "")
        document, rows = self.rows(out)
        self.assertEqual([(r["name"], r["tolerance"], r["steps"]) for r in rows],
                         [("adaptive", 1e-2, "adaptive"), ("adaptive", 1e-4, "adaptive"), ("twin", 1e-4, "adaptive"),
                          ("heun", None, 8), ("heun", None, 32)])  # fmt: skip
        coarse, fine, twin, heun8, heun32 = rows
        self.assertTrue(0 < fine["rms"] < coarse["rms"])
        self.assertGreater(fine["evaluations_mean"], coarse["evaluations_mean"])
        self.assertTrue(0 < heun32["rms"] < heun8["rms"])
        self.assertEqual((heun8["evaluations_mean"], heun32["evaluations_max"]), (15, 63))  # 2N - 1, docs/methods.md
        same = [c for c in COLUMNS if c not in ("name", "wall_seconds")]
        self.assertEqual([twin[c] for c in same], [fine[c] for c in same])
        for row in rows:
            self.assertTrue(0 < row["median"] <= row["p99"] <= row["max"] < 4)  # the modes lie at -1 and 1
            self.assertTrue(row["rms"] <= row["max"])
            self.assertTrue(0 <= row["wrong_mode"] <= 1)
            self.assertEqual(row["left_out"], 0)
        self.assertEqual([r["schedule"] for r in rows], [None] * 3 + ["karras"] * 2)
        self.assertEqual({r[c] for r in rows for c in DISTANCES}, {None})
        self.assertGreater(fine["pilot_evaluations"], 0)
        self.assertEqual(heun8["pilot_evaluations"], 0)
        self.assertEqual(document["reference"]["tolerance"], 1e-9)
        self.assertEqual([m["name"] for m in document["config"]["methods"]], [r["name"] for r in rows])
        self.assertEqual(document["config"]["methods"][4]["steps"]["count"], 32)
        # The table: one line per row, fewest evaluations first.
        lines = run.stdout.splitlines()
        self.assertEqual(len(lines), 1 + len(rows) + 1)
        self.assertLess(lines[1].index("heun"), 12)
        self.assertIn(str(out), lines[-1])

    def test_the_exact_reference_agrees_with_the_integrated_one(self):
        _, integrated = self.rows(self.compare()[1])
        document, exact = self.rows(self.compare("--set", "reference=exact")[1])
        self.assertEqual(document["config"]["reference"], "exact")
        for a, b in zip(integrated, exact):
            # The medians differ by no more than the references do; the integrated one has a tolerance of 1e-9.
            self.assertAlmostEqual(a["median"], b["median"], delta=1e-8)

    def test_noise_is_every_methods(self):
        noise = write_npy(self.folder / "noise.npy", (1, 1), [0.5])
        _, out = self.compare("--count", 1, "--noise", noise, "--set", "reference=exact")
        for row in self.rows(out)[1][:3]:
            self.assertTrue(0 < row["max"] < 1e-2)

    def test_distances_from_exact_samples(self):
        run, out = self.compare("--set", "distances=on", "--set", "sampler.final=keep")
        document, rows = self.rows(out)
        heun = rows[3]
        self.assertTrue(document["config"]["distances"])
        self.assertEqual(document["distances"]["rows"], 16384)
        for row in rows:
            self.assertEqual(row["sliced_w2_floor"], document["distances"]["floor"]["sliced_w2"]["value"])
            self.assertTrue(all(row[c] > 0 for c in DISTANCES if c.endswith("_se")))
        # Karras' 8 nodes leave every sample .06 or so off; the others are exact for 200 samples.
        self.assertTrue(0.02 < heun["sliced_w2"] < 1)
        for row in rows[:3]:
            self.assertLess(abs(row["energy"]), 5 * row["energy_se"])
            self.assertLess(row["energy_se"], 4 * (1 / 200 + 1 / 4096) ** 0.5)  # slope of a row's part times the rows' deviation
            self.assertTrue(0 < row["mode_weights_z"] < 5)
        lines = run.stdout.splitlines()
        self.assertIn("w2", lines[0])
        self.assertTrue(lines[-2].startswith("  exact samples"))

    def test_distances_from_data(self):
        write_npy(self.folder / "data.npy", (6, 1), [-1, 1, -1.1, 0.9, -0.95, 1.02])
        _, out = self.compare("--set", "data=data.npy", "--count", 40)
        document, rows = self.rows(out)
        self.assertEqual((document["distances"]["rows"], document["config"]["data"]), (6, "data.npy"))
        self.assertTrue(all(0 < row["sliced_w2"] < 1 for row in rows))

    def test_a_network_has_no_modes(self):
        digits = SOURCE / "configs/compare_digits.yaml"
        methods = "methods=[{name: a, method: euler, steps: 5}, {name: b, method: euler, steps: 10}]"
        _, out = self.compare("--count", 4, "--batch", 4, "--threads", 1, "--set", methods, "--set", "reference=1e-3", config=digits)
        _, (a, b) = self.rows(out)
        self.assertIsNone(a["wrong_mode"])
        self.assertTrue(0 < b["rms"] < a["rms"] < 2)

    def test_what_breaks_is_left_out_and_said(self):
        self.config.write_text(
            f"model: {{kind: torchscript, path: {SOURCE / 'tests/data/nan.pt'}, shape: [2], data_std: 1}}\n"
            "process: {kind: ve, sigma_min: 0.01, sigma_max: 80}\nrun: {count: 40, batch: 16}\n"
            "methods: [{name: 'euler, plain', method: euler, steps: 5}]\nreference: 1.0e-2\n"
        )
        run, out = self.compare("--threads", 1, code=4)
        document, (row,) = self.rows(out)
        self.assertTrue(0 < row["left_out"] < 40)
        self.assertEqual(row["name"], "euler, plain")
        self.assertIn(f"{row['left_out']} trajectories have no finite sample", run.stderr)
        self.assertEqual([f"shockstep: warning: {w}\n" for w in document["warnings"]], run.stderr.splitlines(True))

    def test_interrupt_keeps_the_methods_that_are_done(self):
        out = self.folder / "out"
        command = [PROGRAM, "compare", self.config, "--out", out, "--count", "20000", "--set", "reference=exact", "-v"]
        command += ["--set", "methods=[{name: a, method: euler, steps: 5}, {name: b, method: euler, steps: 200000}]"]
        command += ["--set", "sampler.max_evaluations=1000000"]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        log = out / "run.log"
        for _ in range(1200):
            if log.exists() and "euler on 5 nodes" in log.read_text():
                break
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130, errors)
        document, rows = self.rows(out)
        self.assertEqual([r["name"] for r in rows], ["a"])
        self.assertFalse(document["complete"])

    def test_report_holds_the_rows(self):
        _, out = self.compare("--quiet")
        page = (out / "report.html").read_text()
        data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])
        document, rows = self.rows(out)
        self.assertEqual(data["summary"], document)
        front = [
            not any(o["evaluations_mean"] <= r["evaluations_mean"] and o["rms"] <= r["rms"] and o is not r
                    and (o["evaluations_mean"], o["rms"]) != (r["evaluations_mean"], r["rms"]) for o in rows)
            for r in rows
        ]  # fmt: skip
        self.assertEqual(data["comparison"], {"rows": rows, "front": front})
        self.compare("--set", "output.report=none")
        self.assertFalse((out / "report.html").exists())


@unittest.skipUnless(find_browser(), "needs Chromium: apt-get install chromium, or CHROMIUM=PROGRAM")
class Page(Case):
    def setUp(self):
        super().setUp()
        self.browser = Browser(find_browser())
        self.addCleanup(self.browser.close)
        _, self.out = self.compare("--quiet")
        self.browser.size(1280, 900)
        self.browser.open((self.out / "report.html").as_uri())

    def check_quiet(self):
        self.assertEqual(self.browser.found("Runtime.exceptionThrown"), [])
        self.assertEqual([e["entry"]["text"] for e in self.browser.found("Log.entryAdded")], [])
        asked = [e["request"]["url"] for e in self.browser.found("Network.requestWillBeSent")]
        self.assertEqual([url[:80] for url in asked if not re.match(r"(file|data|blob):", url)], [])

    def test_a_dot_says_which_setting_it_is(self):
        _, rows = self.rows(self.out)
        box = "document.querySelector('#cost .chart')"
        shown = f"echarts.getInstanceByDom({box}).getOption().series.flatMap(s => s.data.map(d => d.value))"
        self.assertEqual(sorted(self.browser.evaluate(shown)), sorted([r["evaluations_mean"], r["rms"]] for r in rows))
        heun = rows[4]
        place = (
            f"(() => {{ const [x, y] = echarts.getInstanceByDom({box}).convertToPixel({{seriesIndex: 0}}, "
            f"[{heun['evaluations_mean']}, {heun['rms']}]); const r = {box}.querySelector('canvas').getBoundingClientRect(); "
            "return [r.left + x, r.top + y]; })()"
        )
        self.browser.point(*self.browser.evaluate(place))
        self.browser.settle()
        self.assertRegex(self.browser.evaluate(f"{box}.innerText"), r"heun, 32 nodes \(karras\) \(heun\)\s+63 evaluations")
        self.check_quiet()

    def test_distances_have_a_figure_where_they_were_measured(self):
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('#distance').length"), 0)
        headers = "[...document.querySelectorAll('#rows th')].map(h => h.innerText)"
        self.assertNotIn("sliced w2", self.browser.evaluate(headers))
        _, out = self.compare("--quiet", "--set", "distances=on")
        _, rows = self.rows(out)
        self.browser.open((out / "report.html").as_uri())
        self.assertIn("sliced w2", self.browser.evaluate(headers))
        shown = "echarts.getInstanceByDom(document.querySelector('#distance .chart')).getOption().series"
        names = self.browser.evaluate(shown + ".map(s => s.name)")
        self.assertEqual(names, ["adaptive", "twin", "heun", "exact samples"])
        dots = self.browser.evaluate(shown + ".slice(0, 3).flatMap(s => s.data.map(d => d.value))")
        self.assertEqual(sorted(dots), sorted([r["evaluations_mean"], r["sliced_w2"]] for r in rows))
        self.check_quiet()

    def test_a_click_sorts_the_table(self):
        column = "[...document.querySelectorAll('#rows tbody tr')].map(row => row.children[2].innerText)"
        click = "[...document.querySelectorAll('#rows th button')].find(b => b.innerText === 'steps').click()"
        self.browser.evaluate(click)
        found = self.browser.evaluate(column)
        self.browser.evaluate(click)
        turned = self.browser.evaluate(column)
        # Words stand together, at one end or the other.
        self.assertEqual(sorted([found, turned]), sorted([["8", "32"] + ["adaptive"] * 3, ["adaptive"] * 3 + ["32", "8"]]))
        self.check_quiet()

    def test_narrow(self):
        self.browser.size(360, 740)
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 360)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('#cost canvas').length"), 1)
        self.check_quiet()


class Errors(Case):
    def check(self, sentence, *arguments):
        run = shockstep("compare", "x.yaml", *arguments, cwd=self.folder)
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertEqual(run.stderr, f"shockstep: {sentence}\n")
        self.assertEqual([p.name for p in self.folder.iterdir()], ["x.yaml"])

    def test_settings(self):
        need = "write methods: [{name: adaptive}, {name: heun, method: heun, steps: 20}]"
        self.check(f"x.yaml: methods: must be a list of sampler sections, each with a name; {need}", "--set", "methods=[]")
        self.check("x.yaml: methods[1].name: a is the name of methods[0] too; each needs its own",
                   "--set", "methods=[{name: a}, {name: a}]")  # fmt: skip
        self.check("x.yaml: methods[0].tolerence: unknown key; did you mean tolerance?",
                   "--set", "methods=[{name: a, tolerence: 1}]")  # fmt: skip
        self.check("x.yaml: methods.b: final must be the same for all methods, and is not that of a; set final: denoise or "
                   "keep under sampler", "--set", "methods=[{name: a}, {name: b, final: keep}]")  # fmt: skip
        self.check("x.yaml: methods.a: sampler.method: heun needs a fixed grid; set sampler.steps: {schedule: karras, "
                   "count: 20} or --steps 20", "--set", "methods=[{name: a, method: heun}]")  # fmt: skip
        self.check("x.yaml: reference: exact is for models whose flow is known, as of Gaussian mixtures in one dimension, and the "
                   "model is gaussian_mixture: 1 isotropic component in 2 dimensions; leave it out, or give a tolerance such as 1e-9",
                   "--set", "model.means=[[0, 0]]", "--set", "reference=exact")  # fmt: skip
        self.check("x.yaml: model.stdd: unknown key; did you mean std?", "--set", "model.stdd=1")

    def test_data(self):
        data = write_npy(self.folder / "data.npy", (3, 2), [0.0] * 6)
        run = shockstep("compare", "x.yaml", "--set", "data=data.npy", cwd=self.folder)
        self.assertEqual(run.returncode, 2)
        self.assertEqual(run.stderr, "shockstep: x.yaml: data: has the shape [3, 2], and a sample of the model [1]; must be "
                         "[n, *shape] with the model's shape\n")  # fmt: skip
        data.unlink()
        run = shockstep("compare", "x.yaml", "--set", "data=data.npy", cwd=self.folder)
        self.assertEqual(run.returncode, 5)
        self.assertRegex(run.stderr, r"\Ashockstep: data\.npy: .*\n\Z")


if __name__ == "__main__":
    unittest.main()
