"""shockstep encode as its user sees it: data to latents and back, likelihood, refusals."""

import csv
import json
import math
import random
import struct
import unittest

from program import ScratchCase, shockstep

CONFIG = """
model: {kind: gaussian_mixture, means: [[-1, 0], [1, 0]], std: 0.1}
process: {kind: ve, sigma_min: 0.01, sigma_max: 80}
sampler: {tolerance: 1.0e-3, final: keep}
run: {count: 64}
"""


def write_npy(path, rows):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    body = b"".join(struct.pack(f"<{len(row)}d", *row) for row in rows)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + body)


def read_npy(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from("<H", data, 8)
    values = struct.unpack(f"<{(len(data) - 10 - length) // 8}d", data[10 + length:])
    return [values[i:i + 2] for i in range(0, len(values), 2)]


class Encode(ScratchCase):
    CONFIG = CONFIG

    def encode(self, data, *arguments, code=0):
        out = self.folder / "encoded"
        done = shockstep("encode", self.config, "--data", data, "--out", out, *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return out, done

    def test_count_takes_the_first_rows(self):
        write_npy(self.folder / "x.npy", [(1, 0.1 * k) for k in range(8)])
        whole, _ = self.encode(self.folder / "x.npy")
        expected = read_npy(whole / "latents.npy")
        self.assertEqual(len(expected), 8)  # run.count is about samples
        part, _ = self.encode(self.folder / "x.npy", "--count", 3)
        self.assertEqual(read_npy(part / "latents.npy"), expected[:3])
        _, done = self.encode(self.folder / "x.npy", "--count", 9, code=2)
        self.assertIn("--count: must be at most the 8 rows of --data, got 9", done.stderr)

    def test_samples_come_back(self):
        done = shockstep("sample", self.config, "--out", self.folder / "a", "--quiet", "--tolerance", "1e-6")
        self.assertEqual(done.returncode, 0, done.stderr)
        data = read_npy(self.folder / "a" / "samples.npy")
        out, done = self.encode(self.folder / "a" / "samples.npy", "--set", "encode.noise=off", "--tolerance", "1e-5")
        self.assertRegex(done.stdout, r"log-likelihood: mean .* nats")
        done = shockstep("sample", self.config, "--out", self.folder / "b", "--quiet", "--noise", out / "latents.npy")
        self.assertEqual(done.returncode, 0, done.stderr)
        back = read_npy(self.folder / "b" / "samples.npy")
        errors = sorted(math.dist(a, b) / math.sqrt(2) for a, b in zip(data, back))
        self.assertEqual(len(errors), 64)
        self.assertLess(errors[-2], 1e-2)  # ten tolerances, for all but one of 64

        with open(out / "log_likelihood.csv") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([int(row["datum"]) for row in rows], list(range(64)))
        # ln p is as wrong as its gradient, at most 4 standard deviations over .1 here, times the tolerance.
        variance, wrong = .1**2 + .01**2, 4 / .1 * math.sqrt(2) * 1e-5
        for (x, y), row in zip(data, rows):
            exact = math.log(sum(.5 * math.exp(-((x - m)**2 + y**2) / (2 * variance)) for m in (-1, 1)) / (2 * math.pi * variance))
            self.assertAlmostEqual(float(row["log_likelihood"]), exact, delta=wrong)
            self.assertAlmostEqual(float(row["bits_per_dimension"]), -exact / (2 * math.log(2)), delta=wrong)
            self.assertEqual(float(row["standard_error"]), 0)
        summary = json.loads((out / "summary.json").read_text())
        self.assertEqual(summary["trace"], "exact")
        self.assertEqual(summary["status"]["ok"], 64)
        mean = sum(float(row["log_likelihood"]) for row in rows) / 64
        self.assertAlmostEqual(summary["log_likelihood"]["mean"], mean, places=9)

    def test_data_of_another_scale_are_noticed(self):
        draw = random.Random(1)
        write_npy(self.folder / "x.npy", [[300 * draw.gauss(0, 1), 300 * draw.gauss(0, 1)] for _ in range(200)])
        out, done = self.encode(self.folder / "x.npy", "--set", "encode.likelihood=off")
        self.assertIn("root mean square", done.stderr)
        self.assertFalse((out / "log_likelihood.csv").exists())

    def test_refusals_name_the_key(self):
        write_npy(self.folder / "x.npy", [[0., 1., 2.]])
        self.assertIn("must have the shape [n, *shape] = [1, 2], has [1, 3]", self.encode(self.folder / "x.npy", code=5)[1].stderr)
        write_npy(self.folder / "x.npy", [[0., math.nan]])
        self.assertIn("must be finite", self.encode(self.folder / "x.npy", code=5)[1].stderr)
        write_npy(self.folder / "x.npy", [[0., 1.]])
        self.assertIn("encode.probes: must be", self.encode(self.folder / "x.npy", "--set", "encode.probes=1", code=2)[1].stderr)
        self.assertIn("sampler.steps", self.encode(self.folder / "x.npy", "--steps", "20", code=2)[1].stderr)
        done = shockstep("encode", self.config)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--data: missing", done.stderr)


if __name__ == "__main__":
    unittest.main()
