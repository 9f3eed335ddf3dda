"""shockstep paper as its user sees it: one line a claim, the files, the page."""

import csv
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import test_report
from browser import Browser, find_browser
from program import PROGRAM, SOURCE

CHARTS = {
    "pair", "layer-slope", "layer-width", "burgers", "amplification", "plane", "preserving", "speciation", "asymmetric",
    "asymmetric-order", "split", "double-well", "double-well-error", "finite-data", "finite-data-captured", "product",
    "product-decay", "langevin",
}  # fmt: skip


def setUpModule():
    global folder, out, run
    scratch = tempfile.TemporaryDirectory(prefix="shockstep ")
    unittest.addModuleCleanup(scratch.cleanup)
    folder = pathlib.Path(scratch.name)
    out = folder / "paper"
    run = subprocess.run([PROGRAM, "paper", "--out", out], cwd=folder, capture_output=True, text=True, timeout=500)


class Paper(unittest.TestCase):
    def test_prints_one_line_a_claim(self):
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        *claims, files, total = run.stdout.splitlines()
        summary = json.loads((out / "summary.json").read_text())
        with (out / "claims.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(claims), len(rows))
        self.assertEqual(summary["claims"], len(rows))
        self.assertEqual(summary["passed"], len(rows))
        self.assertRegex(total, rf"^{len(rows)} claims: {len(rows)} pass, 0 fail; ")
        in_summary = [claim for analysis in summary["analyses"] for claim in analysis["claims"]]
        for line, row, claim in zip(claims, rows, in_summary):
            self.assertRegex(line, rf"^pass  {re.escape(row['name'])} +expected \S+, found \S+, tolerance \S+: .+$")
            self.assertEqual((row["passed"], row["statement"]), ("true", claim["statement"]))
            for key in ("expected", "found", "tolerance"):
                self.assertEqual(float(row[key]), claim[key])
            self.assertLessEqual(abs(float(row["found"]) - float(row["expected"])), float(row["tolerance"]))
        listed = files.split(": ", 1)[1].split()
        self.assertEqual(set(listed), {path.name for path in out.iterdir()})

    def test_tables_are_numbers_and_configs_exist(self):
        for analysis in json.loads((out / "summary.json").read_text())["analyses"]:
            self.assertTrue((SOURCE / analysis["config"]).exists(), analysis["config"])
            for table in analysis["tables"]:
                with (out / table).open(newline="") as file:
                    header, *rows = csv.reader(file)
                self.assertTrue(rows, table)
                for row in rows:
                    self.assertEqual(len([float(value) for value in row]), len(header), table)

    def test_a_claim_that_fails_is_said_and_ends_in_4(self):
        narrow = folder / "narrow"
        failed = subprocess.run(
            [PROGRAM, "paper", "--tighten", "1e9", "--out", narrow], cwd=folder, capture_output=True, text=True, timeout=500
        )
        self.assertEqual(failed.returncode, 4, failed.stderr)
        *claims, _, total = failed.stdout.splitlines()
        marks = [line.split()[0] for line in claims]
        # Orders and statistics differ from what is expected; counts and what is equal by construction do not.
        self.assertIn("FAIL  asymmetric.order ", failed.stdout)
        self.assertIn("pass  product.stationary ", failed.stdout)
        self.assertRegex(total, rf"^{len(marks)} claims: {marks.count('pass')} pass, {marks.count('FAIL')} fail; ")
        summary = json.loads((narrow / "summary.json").read_text())
        self.assertEqual((summary["tightened"], summary["passed"]), (1e9, marks.count("pass")))
        with (narrow / "claims.csv").open(newline="") as file:
            self.assertEqual([row["passed"] for row in csv.DictReader(file)], ["true" if mark == "pass" else "false" for mark in marks])
        for wrong in ("0", "-1"):
            failed = subprocess.run([PROGRAM, "paper", "--tighten", wrong], cwd=folder, capture_output=True, text=True, timeout=60)
            self.assertEqual(failed.returncode, 2)
            self.assertRegex(failed.stderr, r"--tighten: must be more than 0; got \S+\n$")

    def test_a_file_in_the_way_is_named(self):
        (folder / "taken").write_text("")
        failed = subprocess.run([PROGRAM, "paper", "--out", folder / "taken"], capture_output=True, text=True, timeout=60)
        self.assertEqual(failed.returncode, 5)
        self.assertIn("taken: cannot be made a folder", failed.stderr)


@unittest.skipUnless(find_browser(), "needs Chromium: apt-get install chromium, or CHROMIUM=PROGRAM")
class Page(unittest.TestCase):
    # What every page must do is said there.
    ink, charts, check_drawn, check_quiet, tooltip_at = (
        test_report.Page.ink, test_report.Page.charts, test_report.Page.check_drawn, test_report.Page.check_quiet,
        test_report.Page.tooltip_at,
    )  # fmt: skip

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser(find_browser())
        cls.addClassCleanup(cls.browser.close)

    def open(self):
        self.browser.scheme("light")
        self.browser.size(1280, 900)
        self.browser.open((out / "report.html").as_uri())

    def test_every_figure_is_drawn_in_light_and_dark_wide_and_narrow(self):
        self.assertLess((out / "report.html").stat().st_size, 5e6)
        self.open()
        wanted = {f"paper-{key}" for key in CHARTS}
        self.check_drawn(wanted, 0.0015)
        self.check_quiet()
        self.open()
        self.browser.scheme("dark")
        self.browser.size(360, 740)
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 360)
        for name in wanted:
            self.assertGreater(self.ink(name), 0.005, name)
        self.check_quiet()

    def test_says_what_the_files_say(self):
        self.open()
        text = self.browser.evaluate("document.body.innerText")
        with (out / "claims.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertIn(f"{len(rows)} claims, all hold.", text)
        shown = self.browser.evaluate("[...document.querySelectorAll('#claims tbody tr')].map(r => r.children[0].innerText)")
        self.assertEqual(sorted(shown), sorted(row["name"] for row in rows))

    def test_figures_answer_the_pointer(self):
        self.open()
        for name, pattern in {"pair": r"v = 4: -?[\d.]+", "amplification": r"SNR/2: [\d.]+", "plane": r"interface"}.items():
            with self.subTest(name):
                self.assertRegex(self.tooltip_at(f"paper-{name}"), pattern)
        self.check_quiet()


if __name__ == "__main__":
    unittest.main()
