"""Many modes, many coordinates, many trajectories: time and memory stay in proportion to what was asked for."""

import resource
import subprocess
import sys
import time
import unittest

import numpy
from program import PROGRAM, ScratchCase

VE = "process: {kind: ve, sigma_min: 0.002, sigma_max: 80}\n"


class Large(ScratchCase):
    def draw(self, model, *arguments):
        """Seconds, and the largest memory in bytes, of one run."""
        self.config.write_text(model + VE)
        command = [PROGRAM, "sample", str(self.config), "--out", str(self.folder / "out"), "--quiet", *map(str, arguments)]
        # A process of its own: its only child is what it measures.
        code = (
            "import resource, subprocess, sys\n"
            "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"
        )
        begin = time.monotonic()
        run = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, timeout=280)
        self.assertEqual(run.returncode, 0, run.stderr)
        return time.monotonic() - begin, int(run.stdout)

    def test_three_points_of_a_million_numbers(self):
        """One vector is 8 MB. The pilot keeps 33 references; rows under way have 24 vectors each, in a quarter of a GiB for each of two
        workers; the model, its profile and the report another 30; Torch itself takes a quarter of a GB."""
        d = 10**6
        points = numpy.random.default_rng(0).standard_normal((3, d))
        numpy.save(self.folder / "points.npy", points)
        seconds, most = self.draw("model: {kind: point_cloud, points: points.npy}\n", "--count", 2)
        self.assertLess(most, (33 + 2 * 32 + 30 + 32) * 8 * d)
        self.assertLess(seconds, 240)  # some ten on a free machine
        samples = numpy.load(self.folder / "out" / "samples.npy")
        nearest = ((samples[:, None] - points[None]) ** 2).mean(2).min(1)
        self.assertLess(numpy.sqrt(nearest.max()), 1e-2)  # data are points: a sample is one of them, to the tolerance

    def test_ten_thousand_modes_and_eight_trajectories(self):
        means = "[" + ", ".join(f"[{k % 100}, {k // 100}]" for k in range(10**4)) + "]"
        seconds, most = self.draw(f"model: {{kind: gaussian_mixture, means: {means}, std: 0.1}}\n", "--count", 8)
        self.assertLess(seconds, 60)  # 8.7 s before on a free machine, all of it the report
        self.assertLess(most, 400e6)

    def test_a_sparse_file_of_the_wrong_shape_is_refused_unread(self):
        """10 GB on paper."""
        path = self.folder / "noise.npy"
        with open(path, "wb") as file:
            numpy.lib.format.write_array_header_1_0(
                file, {"descr": "<f8", "fortran_order": False, "shape": (625 * 10**6, 2)}
            )
            file.truncate(file.tell() + 10**10)
        self.config.write_text("model: {kind: gaussian_mixture, means: [[1, 0], [-1, 0]], std: 0.1}\n" + VE)
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))  # noqa: E731
        begin = time.monotonic()
        run = subprocess.run([PROGRAM, "sample", str(self.config), "--noise", str(path), "--out", str(self.folder / "out")],
                             capture_output=True, text=True, preexec_fn=limit)  # fmt: skip
        self.assertEqual(run.returncode, 5, run.stderr)
        self.assertIn("must have the shape", run.stderr)
        self.assertLess(time.monotonic() - begin, 10)

    def test_what_was_not_drawn_is_not_written(self):
        self.config.write_text("model: {kind: gaussian_mixture, means: [[1, 0], [-1, 0]], std: 0.1}\n" + VE)
        out = self.folder / "out"
        subprocess.run([PROGRAM, "sample", str(self.config), "--count", "1000000000", "--time-limit", "2", "--out", str(out)],
                       capture_output=True, timeout=120)  # fmt: skip
        size = sum(file.stat().st_size for file in out.iterdir())
        self.assertLess(size, 2e9)  # 16 GB of NaN before
        self.assertGreater(size, 0)


if __name__ == "__main__":
    unittest.main()
