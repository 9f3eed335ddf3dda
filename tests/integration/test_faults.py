"""What can go wrong outside the program ends it with one sentence, or harms nothing. Standard library only."""

import json
import os
import pathlib
import re
import struct
import subprocess
import unittest
import zipfile

from program import PROGRAM, SOURCE, ScratchCase, shockstep

DATA = SOURCE / "tests/data"


class Case(ScratchCase):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        self.network(DATA / "any.pt")

    def network(self, path, count=40):
        self.config.write_text(
            f"model: {{kind: torchscript, path: '{path}', shape: [2], data_std: 1}}\n"
            f"process: {{kind: ve, sigma_min: 0.01, sigma_max: 80}}\nrun: {{count: {count}, batch: 8, threads: 1}}\n"
        )

    def refused(self, code, pattern, *arguments):
        run = shockstep("sample", self.config, "--out", self.out, *arguments)
        self.assertEqual(run.returncode, code, run.stderr)
        self.assertRegex(run.stderr, rf"^shockstep: [^\n]*{pattern}[^\n]*\n$")


class Models(Case):
    def test_cut_off(self):
        whole = (DATA / "throws.pt").read_bytes()
        model = self.folder / "cut.pt"
        self.network(model)
        for share in (0.1, 0.5, 0.9, 0.999):
            model.write_bytes(whole[: int(share * len(whole))])
            self.refused(3, r"cut\.pt: ")

    def test_damaged(self):
        whole = bytearray((DATA / "throws.pt").read_bytes())
        model = self.folder / "damaged.pt"
        self.network(model, 4)
        for at in range(0, len(whole), len(whole) // 12):
            damaged = bytearray(whole)
            damaged[at : at + 16] = bytes(b ^ 0x55 for b in damaged[at : at + 16])
            model.write_bytes(damaged)
            run = shockstep("sample", self.config, "--out", self.out)
            self.assertIn(run.returncode, (0, 3, 4), run.stderr)  # what no checksum covers is another model
            for line in run.stderr.splitlines():
                self.assertTrue(line.startswith("shockstep: "), line)

    def test_a_flipped_bit_in_a_weight(self):
        whole = bytearray((SOURCE / "models/digits.pt").read_bytes())
        model = self.folder / "digits.pt"
        with zipfile.ZipFile(SOURCE / "models/digits.pt") as archive:
            part = max((p for p in archive.infolist() if "/data/" in p.filename), key=lambda p: p.file_size)
        name, extra = struct.unpack_from("<HH", whole, part.header_offset + 26)
        whole[part.header_offset + 30 + name + extra + part.file_size // 2] ^= 1
        model.write_bytes(whole)
        self.network(model)
        self.refused(3, rf"digits\.pt: is damaged: the checksum of {part.filename} does not fit; copy or export it again")

    def test_weights_are_no_program(self):
        model = self.folder / "weights.pt"
        self.network(model)
        model.write_bytes(b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s.")  # a dictionary, pickled
        remedy = r"weights\.pt: holds weights, not a program: export with torch\.jit\.script or torch\.jit\.trace, or tools/export\.py"
        self.refused(3, remedy)

    def test_another_shape_in_the_middle_of_a_run(self):
        self.network(DATA / "reshapes.pt")
        self.refused(3, r"reshapes\.pt: returns shape \[4, 4\], expected \[4, 2\]: set model\.shape")
        self.assertFalse((self.out / "summary.json").exists())
        self.assertEqual(list(self.out.glob("*.part")), [])

    def test_nothing_finite(self):
        # All trajectories start where this model has NaN.
        nan = self.folder / "nan.yaml"
        nan.write_text(
            f"model: {{kind: torchscript, path: {DATA / 'nan.pt'}, shape: [2], data_std: 1}}\n"
            "process: {kind: ve, sigma_min: 0.01, sigma_max: 80}\nrun: {count: 20, batch: 8}\n"
        )
        init = self.folder / "right.npy"
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }".ljust(117) + b"\n"
        init.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack("<2d", 3, 0))
        run = shockstep("sample", nan, "--out", self.out, "--init", init, "--strength", 0.2)
        self.assertEqual(run.returncode, 4, run.stderr)
        self.assertIn("20 trajectories: the model returned NaN or infinity", run.stderr)
        summary = json.loads((self.out / "summary.json").read_text())
        self.assertEqual((summary["status"]["non_finite"], summary["status"]["ok"]), (20, 0))


class Files(Case):
    def test_folders_that_take_no_files(self):
        for folder in ("/proc/shockstep", "/dev/null/runs"):
            if pathlib.Path(folder).parent.exists():
                run = shockstep("sample", self.config, "--out", folder)
                self.assertEqual(run.returncode, 5)
                self.assertRegex(run.stderr, rf"^shockstep: {folder}: cannot be made a folder: [^\n]*\n$")
        if pathlib.Path("/proc/self/task").exists():
            run = shockstep("sample", self.config, "--out", "/proc/self/task")
            self.assertEqual(run.returncode, 5)
            self.assertRegex(run.stderr, r"^shockstep: /proc/self/task: takes no files: [^\n]*\n$")

    def test_objects_in_an_array(self):
        noise = self.folder / "noise.npy"
        header = b"{'descr': '|O', 'fortran_order': False, 'shape': (40, 2), }".ljust(117) + b"\n"
        noise.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\x80\x04cos\nsystem\n.")
        self.refused(5, r"noise\.npy: holds '\|O', expected float16, float32, .*", "--noise", noise)

    def test_a_config_of_another_version(self):
        self.config.write_text(self.config.read_text() + "telemetry: {url: x}\n")
        self.refused(2, r"x\.yaml: telemetry: unknown key")

    def test_more_trajectories_than_can_be(self):
        self.refused(2, r"run\.count: must be at most 100000000000, got 1000000000000000", "--count", "1e15")

    def test_a_name_that_is_markup(self):
        name = "<img src=x onerror=alert(1)> & '$(touch owned)'"
        config = self.folder / f"{name}.yaml"
        config.write_text("model: {kind: gaussian_mixture, means: [[0]], std: 1}\nprocess: {kind: ve}\nrun: {count: 8}\n")
        run = shockstep("sample", config, "--out", self.out / name, cwd=self.folder)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        report = (self.out / name / "report.html").read_text()
        self.assertNotIn("<img src=x", report)
        self.assertFalse((self.folder / "owned").exists())

    def test_nothing_is_written_beside_out(self):
        inside = self.folder / "a" / "b" / "in"
        inside.mkdir(parents=True)
        config = inside / "..and .. ; $(touch owned) ü.yaml"
        config.write_text("model: {kind: gaussian_mixture, means: [[-1], [1]], std: .1}\nprocess: {kind: ve}\nrun: {count: 8}\n")
        before = sorted(self.folder.rglob("*"))
        for command, extra in (("sample", []), ("schedule", ["--method", "heun", "--steps", 4]), ("inspect", ["--count", 64])):
            with self.subTest(command=command):
                run = shockstep(command, config, "--out", self.out, *extra, cwd=inside)
                self.assertEqual(run.returncode, 0, run.stderr)
        written = set(self.folder.rglob("*")) - set(before)
        self.assertGreaterEqual(len(written), 10)
        self.assertEqual({path for path in written if self.out != path and self.out not in path.parents}, set())


class Surroundings(ScratchCase):
    """What a shell, a folder or a file system can have in store."""

    CONFIG = "model: {kind: gaussian_mixture, means: [[-1], [1]], std: .1}\nprocess: {kind: ve}\nrun: {count: 64}\n"

    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"

    def shell(self, command):
        return subprocess.run(["bash", "-c", command, PROGRAM, str(self.config), str(self.out)], capture_output=True, text=True, timeout=60)

    def test_closed_stdout_and_stderr(self):
        open_ones = self.folder / "open"
        self.assertEqual(shockstep("sample", self.config, "--out", open_ones, "--count", 100000).returncode, 0)
        # A warning at the end of the first session, and a journal that would have its line.
        self.assertEqual(self.shell('"$0" sample "$1" --out "$2" --count 100000 --time-limit .2 >&- 2>&-').returncode, 130)
        self.assertNotIn(b"warning", (self.out / "run.journal").read_bytes())
        self.assertEqual(self.shell('"$0" sample "$1" --out "$2" --count 100000 --resume <&- >&- 2>&-').returncode, 0)
        self.assertEqual((self.out / "samples.npy").read_bytes(), (open_ones / "samples.npy").read_bytes())

    def test_fifos(self):
        for name in ("x.npy", "y.yaml", "m.pt"):
            os.mkfifo(self.folder / name)
        network = self.folder / "n.yaml"
        network.write_text(
            f"model: {{kind: torchscript, path: {DATA / 'any.pt'}, shape: [2], data_std: 1}}\n"
            "process: {kind: ve, sigma_min: 0.01, sigma_max: 80}\nrun: {count: 8, batch: 8, threads: 1}\n"
        )
        for arguments in (
            (self.folder / "y.yaml",),
            (self.config, "--noise", self.folder / "x.npy"),
            (network, "--set", "model.path=m.pt"),
            (network, "--set", "model.label=x.npy"),
            (network, "--set", "sampler.guard.profile=m.pt"),
        ):
            with self.subTest(arguments[-1]):
                run = shockstep("sample", *arguments, "--out", self.out)
                self.assertEqual(run.returncode, 5)
                self.assertRegex(run.stderr, r"^shockstep: [^\n]*: is not a file\n$")
        for name in ("run.log", "run.journal"):
            folder = self.folder / name
            folder.mkdir()
            os.mkfifo(folder / name)
            for more in ([], ["--resume"]):
                run = shockstep("sample", self.config, "--out", folder, *more)
                self.assertEqual((run.returncode, run.stderr), (5, f"shockstep: {folder / name}: is not a file\n"))
        run = self.shell('"$0" sample <(cat "$1") --out "$2"')  # of a shell, with somebody who writes
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_files_named_as_values(self):
        config = self.folder / "n.yaml"
        config.write_text(
            f"model: {{kind: torchscript, path: {DATA / 'any.pt'}, shape: [2], data_std: 0.75}}\n"
            "process: {kind: ve, sigma_min: 0.01, sigma_max: 80}\nrun: {count: 8, batch: 8, threads: 1}\n"
        )
        shockstep("sample", config, "--out", self.out)
        for name in ("0.75", "ve", "torchscript"):
            (self.folder / name).write_text("x")
        run = shockstep("sample", config, "--out", self.out, "--resume")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn("finished before", run.stdout)
        content = json.loads((self.out / "summary.json").read_text())["content"]
        self.assertEqual(list(content), ["model.path"])

    def test_the_end_of_options(self):
        (self.folder / "-x.yaml").write_text(self.CONFIG)
        run = shockstep("sample", "--out", self.out, "--", "-x.yaml", cwd=self.folder)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        run = shockstep("sample", "--out", self.out, "--", "-x.yaml", "--resume", cwd=self.folder)
        self.assertEqual(run.returncode, 2)
        self.assertIn("one argument too many", run.stderr)

    def test_control_characters_reach_no_terminal(self):
        out = self.folder / "a\x1b[31mred"
        for more in ([], ["--count", 10000000, "--time-limit", 0.2, "--set", "output.report=none"]):
            run = shockstep("sample", self.config, "--out", out, *more)
            self.assertEqual(run.returncode, 130 if more else 0)
            self.assertNotIn("\x1b", run.stdout + run.stderr)
            self.assertIn("a\\x1b[31mred", run.stdout)
        again = run.stdout.rpartition("go on with: ")[2].strip()
        self.assertIn(str(out), subprocess.run(["bash", "-c", f"printf '%s\n' {again}"], capture_output=True, text=True).stdout)

    def test_rows_between_latents_do_not_drift(self):
        run = shockstep("sample", SOURCE / "configs/ring.yaml", "--count", 1000, "--interpolate", 10, "--out", self.out)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_data_beyond_sigma_max(self):
        self.config.write_text("model: {kind: gaussian_mixture, means: [[0], [255]], std: 1}\nprocess: {kind: ve}\nrun: {count: 256}\n")
        run = shockstep("sample", self.config, "--out", self.out)
        self.assertRegex(run.stderr, r"process\.sigma_max = 80 is not far above the data, .* would do\n$")
        enough = re.search(r"sigma_max: (\S+) would do", run.stderr)[1]
        run = shockstep("sample", self.config, "--out", self.out, "--set", f"process.sigma_max={enough}")
        self.assertEqual((run.returncode, run.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
