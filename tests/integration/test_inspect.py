"""shockstep inspect as its user sees it: what fits, what does not, and what would."""

import json
import unittest

from program import SOURCE, ScratchCase, shockstep

DIGITS = SOURCE / "configs" / "digits.yaml"


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

    def test_digits_fit_as_described_and_only_so(self):
        self.assertTrue(self.inspect(DIGITS)[1]["fits"])
        for wrong in ("noise", "velocity", "edm"):
            done, fit = self.inspect(DIGITS, "--set", f"model.predicts={wrong}", code=3)
            self.assertIn("predicts: denoised", done.stdout)
            self.assertIn("model.predicts: denoised", fit["suggestion"]["settings"])

    def test_sample_warns_and_goes_on(self):
        out = self.folder / "run"
        wanted = ("--count", "2", "--steps", "4", "--method", "euler", "--out", out)
        done = shockstep("sample", DIGITS, *wanted)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("does not fit", done.stderr)
        self.assertEqual(json.loads((out / "summary.json").read_text())["fit"]["evaluations"], 640)
        done = shockstep("sample", DIGITS, *wanted, "--set", "model.predicts=noise")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("this looks like denoised data, not noise; see shockstep inspect", done.stderr)


if __name__ == "__main__":
    unittest.main()
