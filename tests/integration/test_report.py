"""report.html as its reader sees it: in a browser, offline, wide and narrow, light and dark."""

import json
import math
import pathlib
import re
import subprocess
import tempfile
import unittest

from browser import Browser, find_browser
from program import PROGRAM, SOURCE

# Figures with a chart, by config.
CHARTS = {
    "ring": {"samples", "steps", "events", "decisions", "gain", "evaluations", "exponents", "errors"},
    "two_modes": {"samples", "steps", "events", "decisions", "gain", "evaluations", "exponents", "errors"},
    "digits": {"steps", "events", "gain", "evaluations", "exponents", "errors"},
}

# The share of a chart's pixels that something is drawn on.
INK = """(box => {
  let marked = 0, all = 0;
  for (const canvas of box.querySelectorAll('canvas')) {
    // A copy: reading the chart's own canvas makes the browser warn.
    const copy = Object.assign(document.createElement('canvas'), {width: canvas.width, height: canvas.height});
    const context = copy.getContext('2d', {willReadFrequently: true});
    context.drawImage(canvas, 0, 0);
    const {data} = context.getImageData(0, 0, copy.width, copy.height);
    for (let i = 3; i < data.length; i += 4) all++, marked += data[i] > 40;
  }
  return all ? marked / all : 0;
})"""

# Pixels of a canvas' left edge that something is drawn on; of a copy, too.
EDGE = """(canvas => {
  const copy = Object.assign(document.createElement('canvas'), {width: 1, height: canvas.height});
  const context = copy.getContext('2d', {willReadFrequently: true});
  context.drawImage(canvas, 0, 0);
  return context.getImageData(0, 0, 1, copy.height).data.filter((value, i) => i % 4 === 3 && value > 40).length;
})"""

TOOLTIP = """(box => [...box.children].slice(1).filter(c => getComputedStyle(c).visibility === 'visible' && c.style.opacity !== '0')
  .map(c => c.innerText.trim()).join(' '))"""


def sample(folder, config, *arguments):
    out = folder / config
    if config == "digits":
        # A network takes its time; of 16 trajectories none would be measured.
        arguments = ["--count", "16", "--set", "sampler.guard.events=measured", *arguments]
    run = subprocess.run(
        [PROGRAM, "sample", f"configs/{config}.yaml", "--out", out, "--quiet", *arguments],
        cwd=SOURCE, capture_output=True, text=True, timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return out


def schedule(folder, *arguments):
    out = folder / "schedule"
    run = subprocess.run(
        [PROGRAM, "schedule", "configs/ring.yaml", "--method", "dpmpp_2m", "--steps", "8", "--out", out, "--quiet", *arguments],
        cwd=SOURCE, capture_output=True, text=True, timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return out


def solvers(folder, config, steps):
    out = folder / f"solvers {config}"
    run = subprocess.run(
        [PROGRAM, "schedule", f"configs/{config}.yaml", "--steps", steps, "--out", out, "--quiet"],
        cwd=SOURCE, capture_output=True, text=True, timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return out


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def setUpModule():
    global folder, runs
    scratch = tempfile.TemporaryDirectory(prefix="shockstep ")
    unittest.addModuleCleanup(scratch.cleanup)
    folder = pathlib.Path(scratch.name)
    runs = {config: sample(folder, config) for config in CHARTS} | {"schedule": schedule(folder)}
    runs |= {"solver": solvers(folder, "ring", "8"), "solvers": solvers(folder, "digits", "5,6,8")}


class Report(unittest.TestCase):
    def test_says_what_the_other_files_say(self):
        for config in CHARTS:
            out = runs[config]
            with self.subTest(config):
                page = (out / "report.html").read_text()
                self.assertLess(len(page.encode()), 5e6)
                data, summary = data_of(page), json.loads((out / "summary.json").read_text())
                del summary["files"]  # of which the report is one
                self.assertEqual(data["summary"], summary)
                count = summary["trajectories"]
                self.assertEqual(sum(data["evaluations"]["counts"]), count)
                self.assertEqual(data["exponents"]["zeros"] + sum(data["exponents"]["counts"]), count)
                self.assertEqual(sum(sum(data["events"][kind]) for kind in ("enter", "speciation", "exit")), summary["events"])

    def test_a_schedule_is_that_of_its_file(self):
        out = runs["schedule"]
        found = data_of((out / "report.html").read_text())["schedule"]
        text = (out / "schedule.yaml").read_text()
        for key in ("sigmas", "times"):
            self.assertEqual(found[key], json.loads(re.search(rf"(?m)^{key}: (\[.*?\])", text)[1]))
        self.assertEqual({name: len(nodes) for name, nodes in found["with"].items()}, {"log_sigma": 8, "karras": 8})
        schedule(folder, "--set", "output.report=none")
        self.assertFalse((out / "report.html").exists())
        schedule(folder)

    def test_size_does_not_grow_with_count(self):
        sizes = [(sample(folder / str(n), "ring", "--count", str(n)) / "report.html").stat().st_size for n in (10000, 40000)]
        # Counts have more digits; everything else is bounded.
        self.assertLess(abs(sizes[1] - sizes[0]), 20000)


@unittest.skipUnless(find_browser(), "needs Chromium: apt-get install chromium, or CHROMIUM=PROGRAM")
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser(find_browser())
        cls.addClassCleanup(cls.browser.close)

    def open(self, config):
        self.browser.scheme("light")
        self.browser.size(1280, 900)
        self.browser.open((runs[config] / "report.html").as_uri())

    def charts(self):
        return self.browser.evaluate("[...document.querySelectorAll('.chart')].map(box => box.parentElement.id)")

    def ink(self, name):
        return self.browser.evaluate(f"{INK}(document.querySelector('#{name} .chart'))")

    def check_drawn(self, wanted, least):
        """These charts and no others, each with this much more ink than its axes and labels alone."""
        self.assertEqual(set(self.charts()), wanted)
        for name in wanted:
            full = self.ink(name)
            chart = f"echarts.getInstanceByDom(document.querySelector('#{name} .chart'))"
            self.browser.evaluate(f"{chart}.setOption({{series: []}}, {{replaceMerge: ['series']}})")
            self.browser.settle()
            self.assertGreater(full, self.ink(name) + least, name)

    def check_quiet(self):
        """Nothing was complained about, nothing was asked for from outside."""
        self.assertEqual(self.browser.found("Runtime.exceptionThrown"), [])
        said = self.browser.found("Runtime.consoleAPICalled")
        self.assertEqual([e for e in said if e["type"] in ("error", "warning", "assert")], [])
        self.assertEqual([e["entry"]["text"] for e in self.browser.found("Log.entryAdded")], [])
        asked = [e["request"]["url"] for e in self.browser.found("Network.requestWillBeSent")]
        self.assertTrue(asked)
        self.assertEqual([url[:80] for url in asked if not re.match(r"(file|data|blob):", url)], [])

    def test_every_figure_is_drawn(self):
        for config, wanted in CHARTS.items():
            with self.subTest(config):
                self.open(config)
                self.check_drawn(wanted, 0.002)
                self.assertIn("trajectories, all ok", self.browser.evaluate("document.body.innerText"))
                self.check_quiet()
        width = self.browser.evaluate("document.querySelector('#samples img').naturalWidth")  # digits come last
        self.assertGreater(width, 200)

    def tooltip_at(self, name):
        """Moves the pointer over the chart until something answers."""
        self.browser.evaluate(f"document.querySelector('#{name}').scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self.browser.evaluate(
            f"(r => [r.left, r.top, r.width, r.height])(document.querySelector('#{name} .chart').getBoundingClientRect())"
        )
        for j in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
            for i in range(8, 60):
                self.browser.point(box[0] + box[2] * i / 64, box[1] + box[3] * j)
                text = self.browser.evaluate(f"{TOOLTIP}(document.querySelector('#{name} .chart'))")
                if text:
                    return text
        return ""

    def test_every_figure_answers_the_pointer(self):
        self.open("ring")
        expected = {
            "samples": r"trajectory \d+",
            "steps": r"step [\d.]+",
            "events": r"decides: \d+",
            "decisions": r"\d+ of them decided",
            "gain": r"grows [\d.e]+ times",
            "evaluations": r"\d+ evaluations",
            "exponents": r"[\d.]+ to [\d.]+",
            "errors": r"[\d.]+ to [\d.]+",
        }
        for name, pattern in expected.items():
            with self.subTest(name):
                self.assertRegex(self.tooltip_at(name), pattern)
        self.check_quiet()

    def test_the_page_of_a_schedule(self):
        self.open("schedule")
        self.assertEqual(self.charts(), ["schedule-steps", "schedule-errors"])
        found = data_of((runs["schedule"] / "report.html").read_text())["schedule"]
        series = "echarts.getInstanceByDom(document.querySelector('#schedule-%s .chart')).getOption().series"
        names = ["fitted", "log-uniform", "Karras"]
        self.assertEqual(self.browser.evaluate((series % "steps") + ".map(s => s.name)"), names)
        steps = self.browser.evaluate((series % "steps") + ".map(s => s.data.map(d => d[1]))")
        for each in steps:  # every schedule goes the same way
            self.assertAlmostEqual(sum(each), math.log(80 / 0.002), places=9)
        self.assertEqual(self.browser.evaluate((series % "errors") + ".map(s => s.data)"),
                         [[found[key]["rms"], found[key]["median"]] for key in ("error", "log_sigma", "karras")])  # fmt: skip
        nodes = self.browser.evaluate("[...document.querySelectorAll('#schedule-nodes tbody tr')].map(r => Number(r.children[1].innerText))")
        self.assertEqual(len(nodes), 8)
        for node, sigma in zip(nodes, found["sigmas"]):
            self.assertAlmostEqual(node / sigma, 1, delta=1e-5)
        self.assertIn("A schedule for 8 steps of dpmpp_2m was asked for", self.browser.evaluate("document.body.innerText"))
        self.assertRegex(self.tooltip_at("schedule-steps"), r"step [\d.]+ in ln")
        self.browser.scheme("dark")
        self.browser.size(360, 740)
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 360)
        for name in ("schedule-steps", "schedule-errors"):
            self.assertGreater(self.ink(name), 0.005, name)
        self.check_quiet()

    def test_the_page_of_a_solver(self):
        self.open("solver")
        self.assertEqual(self.charts(), ["solver-errors", "solver-steps"])
        found = data_of((runs["solver"] / "report.html").read_text())["solver"]
        [solver] = found["solvers"]
        usual = solver["usual"]["methods"]
        series = "echarts.getInstanceByDom(document.querySelector('#solver-%s .chart')).getOption().series"
        names = ["fitted", "plan", *(method["name"] for method in usual)]
        self.assertEqual(len(usual), 2)
        self.assertEqual(self.browser.evaluate((series % "errors") + ".map(s => s.name)"), names)
        errors = [solver["error"], solver["plan"], *(method["error"] for method in usual)]
        self.assertEqual(self.browser.evaluate((series % "errors") + ".map(s => s.data)"), [[e["rms"], e["median"]] for e in errors])
        self.assertGreaterEqual(solver["usual"]["evaluations"], 2 * 8 * solver["rows"])
        steps = self.browser.evaluate((series % "steps") + ".map(s => s.data.map(d => d[1]))")
        for each in steps:
            self.assertAlmostEqual(sum(each), math.log(80 / 0.002), places=9)
        text = self.browser.evaluate("document.body.innerText")
        self.assertIn("A solver of 8 evaluations was asked for", text)
        self.assertIn(f"pays from {solver['usual']['pays_from']} samples on", text.replace("\u202f", ""))
        self.check_weights(solver, "#solver-weights")
        self.check_quiet()

    def check_weights(self, solver, place):
        """A figure for each step; bars as many as weights, the fitted and the analytic ones, as high as their size."""
        bars = f"""[...document.querySelectorAll('{place} figure')].map(f => ['fitted', 'analytic'].map(kind =>
            [...f.querySelectorAll('rect.' + kind)].map(r => Number(r.getAttribute('height')) * (r.getAttribute('y') < 38 ? 1 : -1))))"""
        found = self.browser.evaluate(bars)
        self.assertEqual(len(found), len(solver["sigmas"]))
        ratios = []
        for n, (fitted, analytic) in enumerate(found):
            wanted, beside = [], []
            for kind, at in (("predict", n), ("correct", n + 1)):
                if at < len(solver["sigmas"]):
                    whole = sum(solver["analytic"][kind][at])
                    wanted += [w / whole for w in solver[kind][at]]
                    beside += [w / whole for w in solver["analytic"][kind][at]]
            self.assertEqual((len(fitted), len(analytic)), (len(wanted), len(beside)))
            ratios += [h / w for h, w in zip(fitted + analytic, wanted + beside) if abs(w) > 1e-3]
        self.assertAlmostEqual(max(ratios) / min(ratios), 1, places=6)

    def test_nothing_is_an_empty_card(self):
        for config in runs:
            with self.subTest(config):
                self.open(config)
                inside = "[...document.querySelectorAll('.figure')].filter(f => f.children.length < 3).map(f => f.id)"
                self.assertEqual(self.browser.evaluate(inside), [])

    def test_the_first_lines_say_what_was_asked_and_what_was_reached(self):
        self.open("ring")
        lead = self.browser.evaluate("document.querySelector('.lead').innerText").replace("\u202f", "").replace("\u00a0", " ")
        data = data_of((runs["ring"] / "report.html").read_text())
        shares = data["tolerance"]
        self.assertRegex(lead, r"^Asked for: 4096 samples with an error of at most 0\.01\. Reached: 97 % of the errors are expected below [\d.]+")
        self.assertLess(lead.index("Asked"), lead.index("Reached"))
        proven = float(re.search(r"proves ([\d.]+) % of them below the tolerance", lead)[1])
        self.assertAlmostEqual(proven, 100 * shares["within"] / shares["estimated"], delta=0.06)

    def test_the_page_of_several_solvers_of_images(self):
        self.open("solvers")
        self.assertEqual(self.charts(), ["solver-errors", "solver-steps"])
        found = data_of((runs["solvers"] / "report.html").read_text())["solver"]
        self.assertEqual([len(solver["sigmas"]) for solver in found["solvers"]], [5, 6, 8])
        labels = self.browser.evaluate("[...document.querySelectorAll('#solver-images .labels span')].map(s => s.innerText)")
        self.assertEqual(labels[-1], "the flow")
        opened = "[...document.querySelectorAll('#solver-weights details')].map(d => d.querySelectorAll('figure').length)"
        gained = [len(solver["sigmas"]) for solver in found["solvers"] if solver["gained"]]
        self.assertEqual(self.browser.evaluate(opened), [gained[0], *(0 for _ in gained[1:])])
        self.browser.evaluate("document.querySelectorAll('#solver-weights details').forEach(d => d.open = true)")
        self.browser.settle()
        self.assertEqual(self.browser.evaluate(opened), gained)
        self.assertEqual([label for label in labels if label.endswith("plan")], ["5, plan", "6, plan", "8, plan"])
        size = self.browser.evaluate("(i => [i.naturalWidth, i.naturalHeight])(document.querySelector('#solver-images img'))")
        self.assertAlmostEqual(size[0] / size[1], 8 / len(labels), delta=0.1)  # eight to a row, but for the gaps
        self.browser.scheme("dark")
        self.browser.size(360, 740)
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 360)
        for name in ("solver-errors", "solver-steps"):
            self.assertGreater(self.ink(name), 0.005, name)
        self.check_quiet()

    def test_labels_of_axes_are_not_cut_off(self):
        """The canvas begins at the left edge of the widest label, which the margin must hold."""
        for name, chart in (("solver", "solver-errors"), ("solvers", "solver-errors"), ("schedule", "schedule-errors")):
            with self.subTest(name):
                self.open(name)
                edge = self.browser.evaluate(f"{EDGE}(document.querySelector('#{chart} canvas'))")
                self.assertEqual(edge, 0)

    def test_a_click_sorts_the_table(self):
        self.open("ring")
        column = "[...document.querySelectorAll('#trajectories tbody tr')].map(row => Number(row.children[2].innerText))"
        click = "[...document.querySelectorAll('#trajectories th button')].find(b => b.innerText === 'evaluations').click()"
        before = self.browser.evaluate(column)
        self.browser.evaluate(click)
        down = self.browser.evaluate(column)
        self.browser.evaluate(click)
        up = self.browser.evaluate(column)
        self.assertEqual(down, sorted(before, reverse=True))
        self.assertEqual(up, sorted(before))
        self.assertNotEqual(down, up)

    def test_dark_and_narrow(self):
        for config in CHARTS:
            with self.subTest(config):
                self.open(config)
                ground = "getComputedStyle(document.body).backgroundColor"
                light = self.browser.evaluate(ground)
                self.browser.scheme("dark")
                self.assertNotEqual(self.browser.evaluate(ground), light)
                self.browser.size(360, 740)
                self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 360)
                for name in CHARTS[config]:
                    self.assertGreater(self.ink(name), 0.005, name)
                self.check_quiet()


if __name__ == "__main__":
    unittest.main()
