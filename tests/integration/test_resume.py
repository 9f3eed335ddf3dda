"""Whatever ends a run, it goes on, and its files are those of a run that nothing ended. Standard library only."""

import json
import os
import pathlib
import random
import re
import resource
import shlex
import signal
import subprocess
import time
import unittest

from program import PROGRAM, SOURCE, ScratchCase, shockstep

FILES = ("samples.npy", "samples.png", "trajectories.csv", "events.jsonl", "steps.csv")
TIMES = ("wall_seconds", "setup_seconds", "model_seconds", "overhead_fraction", "model_calls", "occupancy", "threads")
RING = """
model: {kind: gaussian_mixture, means: [[1, 0], [0.7, 0.7], [0, 1], [-0.7, 0.7], [-1, 0], [-0.7, -0.7], [0, -1], [0.7, -0.7]], std: 0.1}
process: {kind: ve, sigma_min: 0.002, sigma_max: 80}
sampler: {tolerance: 1.0e-2}
run: {count: 40000, threads: 1}
output: {steps: 20}
"""


def bytes_of(out):
    """Of all files that say something of the samples, and what summary.json says beside times."""
    summary = json.loads((out / "summary.json").read_text())
    for key in TIMES:
        del summary[key]
    del summary["evaluations"]["all"]  # rows of all sessions, as model_calls
    del summary["files"]["report.html"]  # which says the times, too
    return {**{name: (out / name).read_bytes() for name in FILES if (out / name).exists()}, "summary": summary}


class Case(ScratchCase):
    CONFIG = RING

    def run_ok(self, *arguments, code=0):
        run = shockstep("sample", *arguments)
        self.assertEqual((run.returncode, run.stderr), (code, ""))
        return run

    def undisturbed(self, *arguments):
        out = self.folder / "undisturbed"
        self.run_ok(*arguments, "--out", out)
        self.assertFalse((out / "run.journal").exists())
        return bytes_of(out)

    def until_done(self, arguments, out, disturb, most=400):
        """Starts the run again and again, disturb(process, turn) each time, until it ends by itself with code 0. Returns how
        often it did not."""
        command = [PROGRAM, "sample", *map(str, arguments), "--out", str(out), "--resume"]
        environment = {**os.environ, "SHOCKSTEP_CACHE": "off"}
        for turn in range(most):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
            disturb(process, turn)
            code = process.wait(timeout=120)
            if code == 0:
                return turn
            self.assertIn(code, (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, 130))
        self.fail("it does not end")

    def same_after(self, arguments, kills, signals=(signal.SIGKILL,)):
        """Ended `kills` times: every other time soon after the journal has grown, else at any moment, the start included."""
        expected = self.undisturbed(*arguments)
        out, chance = self.folder / "out", random.Random(7)
        journal = out / "run.journal"
        sizes = set()

        def size():
            return journal.stat().st_size if journal.exists() else 0

        def disturb(process, turn):
            if turn >= kills:
                return
            before = size()
            if turn % 2 == 0:
                while size() <= before and process.poll() is None:
                    time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.02 if turn % 2 == 0 else 0.15))
            process.send_signal(signals[turn % len(signals)])
            process.wait(timeout=120)
            sizes.add(size())

        self.assertGreaterEqual(self.until_done(arguments, out, disturb), kills)
        self.assertGreaterEqual(len(sizes), kills // 2)  # or nothing was interrupted
        found = bytes_of(out)
        for name in expected:
            self.assertEqual(found[name], expected[name], name)
        self.assertFalse(journal.exists())
        self.assertFalse(list(out.glob("*.part")))
        return out


class Killed(Case):
    def test_at_random_moments(self):
        out = self.same_after([self.config, "--count", 100000], 20)
        again = shockstep("sample", self.config, "--out", out, "--resume", "--count", 100000)
        self.assertEqual((again.returncode, again.stderr, again.stdout), (0, "", f"{out}: finished before, nothing to do\n"))

    def test_by_signals_that_ask(self):
        self.same_after([self.config, "--count", 60000], 6, (signal.SIGTERM, signal.SIGINT))

    def test_on_two_threads_and_another_batch(self):
        expected = self.undisturbed(self.config)
        out = self.folder / "out"
        for threads, batch, ends in ((2, 64, True), (1, 300, True), (2, 17, False)):
            command = [PROGRAM, "sample", str(self.config), "--out", str(out), "--resume", "--threads", str(threads), "--batch", str(batch)]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            if ends:
                time.sleep(0.3)
                process.kill()
            process.wait(timeout=120)
        found = bytes_of(out)
        found["summary"]["config"]["run"] = expected["summary"]["config"]["run"]
        self.assertEqual(found, expected)

    def test_on_the_reverse_sde(self):
        self.same_after([self.config, "--count", 15000, "--set", "sampler.dynamics=sde"], 5)

    def test_on_adaptive_steps_of_the_sde(self):
        sde = "--set", "sampler.dynamics=sde", "--set", "sampler.steps=adaptive", "--set", "sampler.guard=off"
        self.same_after([self.config, "--count", 6000, *sde], 5)

    def test_with_a_network(self):
        arguments = [SOURCE / "configs/digits.yaml", "--count", 160, "--batch", 16, "--threads", 1]
        self.same_after(arguments, 5)

    def test_where_trajectories_fail(self):
        config = self.folder / "throws.yaml"
        config.write_text(
            f"model: {{kind: torchscript, path: {SOURCE / 'tests/data/throws.pt'}, shape: [2], data_std: 1}}\n"
            "process: {kind: ve, sigma_min: 0.01, sigma_max: 80}\nrun: {count: 30000, batch: 16, threads: 1}\n"
        )
        first, out = self.folder / "first", self.folder / "out"
        self.assertEqual(shockstep("sample", config, "--out", first).returncode, 4)
        stopped = shockstep("sample", config, "--out", out, "--time-limit", 1)
        self.assertEqual(stopped.returncode, 130)
        self.assertEqual(shockstep("sample", config, "--out", out, "--resume").returncode, 4)
        self.assertEqual(bytes_of(out), bytes_of(first))


class LostDevice(Case):
    """Of a device that fails for good in the middle of a run: a new process goes on, and the files are those of a run without it."""

    def lost(self, *arguments):
        run = shockstep("sample", *arguments)
        if run.returncode:
            self.assertEqual(run.returncode, 3, run.stderr)
            self.assertRegex(run.stderr.splitlines()[-1], r"^shockstep: run\.device: cpu failed: .*"
                             r"CUDA error: an illegal memory access was encountered; .* --resume goes on with this run$")  # fmt: skip
            self.assertNotIn("Traceback", run.stderr)
        return run.returncode

    def same_after(self, *more):
        config = self.folder / "lost.yaml"
        config.write_text(
            f"model: {{kind: torchscript, path: {SOURCE / 'tests/data/lost.pt'}, shape: [2], data_std: 1}}\n"
            "process: {kind: ve, sigma_min: 0.01, sigma_max: 80}\nsampler: {steps: 8}\n"
            "run: {count: 160, batch: 8, threads: 1}\n"
        )
        # Shards are processes of their own, each done before its sixtieth call: together, what no failure ended.
        shards, out = self.folder / "shards", self.folder / "out"
        for i in range(1, 11):
            self.assertEqual(self.lost(config, *more, "--shard", f"{i}/10", "--out", shards), 0)
        self.assertEqual(shockstep("merge", config, *more, "--out", shards).returncode, 0)
        self.assertEqual(self.lost(config, *more, "--out", out), 3)
        self.assertTrue((out / "run.journal").exists())
        size, turns = 0, 1
        while self.lost(config, *more, "--out", out, "--resume"):
            self.assertGreater((out / "run.journal").stat().st_size, size)  # every process goes on from the last
            size, turns = (out / "run.journal").stat().st_size, turns + 1
        self.assertLess(turns, 10)
        self.assertEqual(bytes_of(out), bytes_of(shards))

    def test_where_the_state_is_on_the_host(self):
        self.same_after()

    def test_where_the_state_is_on_the_device(self):
        self.same_after("--set", "run.state=device")


class Resume(Case):
    def interrupted(self, out, *arguments):
        run = shockstep("sample", self.config, "--count", 10000000, "--out", out, "--set", "output={samples: none, grid: off}",
                        "--time-limit", 1, *arguments)  # fmt: skip
        self.assertEqual(run.returncode, 130, run.stderr)
        return run

    def test_what_ctrl_c_says_goes_on(self):
        out = self.folder / "it's here"
        run = self.interrupted(out)
        self.assertRegex(run.stderr, r"^shockstep: warning: interrupted; \d+ of 10000000 trajectories are done\n$")
        line = run.stdout.splitlines()[-1]
        self.assertTrue(line.startswith("go on with: "))
        again = subprocess.run(shlex.split(line.removeprefix("go on with: ")), cwd=SOURCE, capture_output=True, text=True)
        self.assertEqual(again.returncode, 130, again.stderr)
        done = [int(text.split("interrupted; ")[1].split()[0]) for text in (run.stderr, again.stderr)]
        self.assertGreater(done[1], done[0])
        self.assertGreater(done[0], 100)

    def test_another_run_is_refused(self):
        out = self.folder / "out"
        self.interrupted(out)
        base = ["sample", self.config, "--out", out, "--resume", "--set", "output={samples: none, grid: off}"]
        for arguments, what in (
            (["--count", 10000000, "--seed", 3], "run.seed was 0, is 3"),
            (["--count", 10000001], "run.count was 10000000, is 10000001"),
            (["--count", 10000000, "--tolerance", 0.1], "sampler.tolerance was 0.01, is 0.1"),
            (["--count", 10000000, "--set", "model.std=0.2"], "model.std was 0.1, is 0.2"),
        ):
            run = shockstep(*base, *arguments)
            self.assertEqual(run.returncode, 2)
            remedy = "; set that back, take another --out, or begin anew without --resume"
            self.assertEqual(run.stderr, f"shockstep: --resume: {out} holds another run: {what}{remedy}\n")

    def test_another_file_of_the_same_name_is_refused(self):
        out, config, means = self.folder / "out", self.folder / "file.yaml", self.folder / "means.npy"
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }".ljust(117) + b"\n"
        means.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16))
        config.write_text("model: {kind: gaussian_mixture, means: means.npy, std: 0.1}\nprocess: {kind: ve}\nrun: {count: 10000000}\n")
        arguments = "sample", config, "--out", out, "--set", "output={samples: none, grid: off}", "--time-limit", 1
        self.assertEqual(shockstep(*arguments).returncode, 130)
        means.write_bytes(means.read_bytes()[:-1] + b"\x3f")
        run = shockstep(*arguments, "--resume")
        self.assertEqual(run.returncode, 2)
        self.assertIn("holds another run: what stands in the file of model.means differs; ", run.stderr)

    def test_beginning_anew_keeps_the_old_journal(self):
        out = self.folder / "out"
        self.interrupted(out)
        old = (out / "run.journal").read_bytes()
        run = shockstep("sample", self.config, "--out", out)
        self.assertEqual(run.returncode, 0)
        self.assertRegex(run.stderr, r"^shockstep: warning: begins anew; the journal .* is now .*run\.journal\.old .*\n$")
        self.assertEqual((out / "run.journal.old").read_bytes(), old)
        self.assertFalse((out / "run.journal").exists())

    def test_nothing_to_go_on_with(self):
        out = self.folder / "out"
        self.run_ok(self.config, "--count", 64, "--out", out, "--resume")
        self.assertIn("nothing to go on with: begins anew", (out / "run.log").read_text())
        run = shockstep("sample", self.config, "--count", 65, "--out", out, "--resume")
        self.assertEqual(run.returncode, 2)
        self.assertIn("holds another run: run.count was 64, is 65; ", run.stderr)

    def test_without_a_journal(self):
        out = self.folder / "out"
        self.interrupted(out, "--set", "output.journal=off")
        self.assertFalse((out / "run.journal").exists())
        run = shockstep("sample", self.config, "--count", 10000000, "--out", out, "--resume", "--set",
                        "output={samples: none, grid: off, journal: off}")  # fmt: skip
        self.assertEqual(run.returncode, 2)
        self.assertRegex(run.stderr, r"--resume: .* holds a run that was interrupted and has no journal; begin anew without --resume")

    def test_two_at_once(self):
        out = self.folder / "out"
        arguments = "sample", self.config, "--count", 10000000, "--out", out, "--set", "output={samples: none, grid: off}"
        first = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                if (out / "run.journal").exists() and (out / "run.journal").stat().st_size > 10000:
                    break
                time.sleep(0.05)
            for more in ([], ["--resume"]):
                run = shockstep(*arguments, *more)
                self.assertEqual(run.returncode, 5, run.stderr)
                self.assertRegex(run.stderr, r"out: is being written by another process; wait for it, or take another --out\n$")
        finally:
            first.kill()
            first.wait()

    def test_a_disk_that_was_full(self):
        expected = self.undisturbed(self.config, "--count", 20000)
        out = self.folder / "out"
        small = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))  # noqa: E731
        run = subprocess.run([PROGRAM, "sample", str(self.config), "--count", "20000", "--out", str(out)], preexec_fn=small,
                             capture_output=True, text=True)  # fmt: skip
        self.assertEqual(run.returncode, 5, run.stderr)
        self.assertRegex(run.stderr, r"\nshockstep: .*: cannot be written: File too large\n$")
        kept = re.match(r"shockstep: warning: (\d+ of 20000 trajectories) are kept; go on with: .* --resume\n", run.stderr)
        self.run_ok(self.config, "--count", 20000, "--out", out, "--resume")
        self.assertIn(f"going on: {kept[1]} are done", (out / "run.log").read_text())
        self.assertEqual(bytes_of(out), expected)


class Disk(Case):
    """What is on the disk when the power fails, and what a resume makes of it."""

    def test_files_are_synced_before_their_names_and_both_before_the_journal_goes(self):
        if "SYNC_ORDER" not in os.environ:
            self.skipTest("SYNC_ORDER, the library that notes the order, is not built")
        out, log = self.folder / "out", self.folder / "order"
        environment = {**os.environ, "LD_PRELOAD": os.environ["SYNC_ORDER"], "SYNC_ORDER_LOG": str(log),
                       "ASAN_OPTIONS": "verify_asan_link_order=0", "SHOCKSTEP_CACHE": "off"}  # fmt: skip
        subprocess.run([PROGRAM, "sample", str(self.config), "--count", "300", "--out", str(out)], env=environment, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        order = log.read_text().splitlines()
        names = [*json.loads((out / "summary.json").read_text())["files"], "summary.json"]
        self.assertEqual({"samples.npy", "trajectories.csv", "events.jsonl", "steps.csv", "report.html"} - set(names), set())
        renamed = []
        for name in names:
            renamed.append(order.index(f"rename {out}/{name}.part {out}/{name}"))
            self.assertIn(f"sync {out}/{name}.part", order[: renamed[-1]], name)
        self.assertEqual(max(renamed), renamed[-1])  # summary.json is the last: it says the run is whole
        gone = order.index(f"remove {out}/run.journal")
        self.assertIn(f"sync {out}", order[max(renamed) : gone])
        self.assertIn(f"sync {out}", order[: min(renamed)])  # the journal has a name before any file

    def test_a_finished_run_that_was_damaged_is_drawn_anew(self):
        arguments = self.config, "--count", 300
        expected, out = self.undisturbed(*arguments), self.folder / "undisturbed"
        for name, damage in (("samples.npy", b""), ("trajectories.csv", None), ("samples.npy", bytes(300 * 16 + 128)), ("summary.json", b"")):
            with self.subTest(name):
                if damage is None:
                    (out / name).unlink()
                else:
                    (out / name).write_bytes(damage)
                run = shockstep("sample", *arguments, "--out", out, "--resume")
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertRegex(run.stderr, rf"^shockstep: warning: .*{name}.* is drawn anew\n$")
                self.assertEqual(bytes_of(out), expected)
                self.assertIn("finished before", shockstep("sample", *arguments, "--out", out, "--resume").stdout)

    def test_a_journal_cut_off_in_its_header_counts_as_none(self):
        arguments = self.config, "--count", 300
        expected, out = self.undisturbed(*arguments), self.folder / "out"
        shockstep("sample", self.config, "--count", 10000000, "--out", out, "--time-limit", 0.5)
        whole = (out / "run.journal").read_bytes()
        for start in (whole[:2], whole[:8], whole[:12], whole[:100], bytes(4096), whole[:8] + bytes(4096), whole[:200] + bytes(8192)):
            with self.subTest(len(start)):
                (out / "summary.json").unlink(missing_ok=True)
                (out / "run.journal").write_bytes(start)
                self.run_ok(*arguments, "--out", out, "--resume")
                self.assertEqual(bytes_of(out), expected)
                self.assertFalse((out / "run.journal.old").exists())
        (out / "run.journal").write_bytes(b"hours of work of another program")
        self.assertEqual(shockstep("sample", *arguments, "--out", out, "--resume").returncode, 5)


class TwoAtOnce(Case):
    def test_the_second_is_refused_before_it_opens_anything(self):
        out = self.folder / "out"
        arguments = self.config, "--count", 10000000, "--out", out, "--set", "output.journal=off"
        first = subprocess.Popen([PROGRAM, "sample", *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(first.kill)
        for _ in range(1200):
            if (out / "samples.npy.part").exists():
                break
            time.sleep(0.05)
        log = (out / "run.log").read_text()
        for command in (["sample", *arguments], ["sample", *arguments, "--resume"], ["sample", *arguments, "--shard", "1/2"], ["merge", *arguments],
                        ["schedule", *arguments, "--steps", 4], ["inspect", *arguments], ["paper", "--out", out]):  # fmt: skip
            with self.subTest(command[0]):
                run = shockstep(*command)
                self.assertEqual((run.returncode, run.stdout), (5, ""))
                self.assertRegex(run.stderr, r"^(shockstep: warning: --count: .*\n)?shockstep: .*out: is being written by another process; wait for it, or take another --out\n$")
                self.assertTrue((out / "run.log").read_text().startswith(log))
                self.assertNotIn("another process", (out / "run.log").read_text())
        first.send_signal(signal.SIGINT)
        self.assertEqual(first.wait(timeout=120), 130)
        header = (out / "samples.npy").read_bytes()[:128]
        rows = int(re.search(rb"'shape': \((\d+), 2\)", header)[1])
        self.assertEqual((out / "samples.npy").stat().st_size, 128 + 16 * rows)
        self.assertFalse((out / "run.lock").exists())

    def test_shards_share_a_folder_but_not_their_own_files(self):
        out = self.folder / "out"
        arguments = self.config, "--count", 10000000, "--out", out
        first = subprocess.Popen([PROGRAM, "sample", *map(str, arguments), "--shard", "1/2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(1200):
                if (out / "shard-1-of-2.journal").exists():
                    break
                time.sleep(0.05)
            self.assertEqual(shockstep("sample", *arguments, "--shard", "2/2", "--time-limit", 0.2).returncode, 130)
            run = shockstep("sample", *arguments, "--shard", "1/2")
            self.assertEqual(run.returncode, 5)
            self.assertRegex(run.stderr, r"shard-1-of-2: is being written by another process")
            self.assertEqual(shockstep("sample", *arguments).returncode, 5)
        finally:
            first.kill()
            first.wait()
        run = shockstep("sample", *arguments, "--shard", "1/2", "--resume", "--time-limit", 0.2)  # a killed process holds nothing
        self.assertEqual(run.returncode, 130, run.stderr)


class TimeLimit(Case):
    def test_forms(self):
        for text in ("0", "-1", "x", "1:", "1:60", "1-1:1", "1:2:3:4", "nan"):
            run = shockstep("sample", self.config, f"--time-limit={text}")
            self.assertEqual(run.returncode, 2)
            sentence = f"--time-limit: must be seconds, MM:SS, HH:MM:SS or D-HH:MM:SS, more than 0; got {text}"
            self.assertEqual(run.stderr, f"shockstep: {sentence}\n")
        for text in ("1e3", "90:00", "1:30:00", "1-0:00:00"):
            self.run_ok(self.config, "--count", 64, "--time-limit", text, "--out", self.folder / "out")

    def test_a_model_that_hangs(self):
        config, out = self.folder / "hangs.yaml", self.folder / "out"
        config.write_text(
            f"model: {{kind: torchscript, path: {SOURCE / 'tests/data/hangs.pt'}, shape: [2], data_std: 1}}\n"
            "process: {kind: ve, sigma_min: 0.01, sigma_max: 80}\nrun: {count: 400, batch: 4, threads: 1}\n"
        )
        begin = time.monotonic()
        run = shockstep("sample", config, "--out", out, "--time-limit", 1)
        self.assertEqual(run.returncode, 130, run.stderr)
        self.assertLess(time.monotonic() - begin, 30)  # 1 s, and 2 s of grace, on a busy machine
        self.assertRegex(run.stderr, r"shockstep: --time-limit: the model call does not come back; go on with: .* --resume\n$")
        self.assertIn("does not come back", (out / "run.log").read_text())
        # What was done before is kept: the model hangs again, later.
        first = (out / "run.journal").stat().st_size
        self.assertGreater(first, 4000)
        self.assertEqual(shockstep("sample", config, "--out", out, "--time-limit", 1, "--resume").returncode, 130)
        self.assertGreater((out / "run.journal").stat().st_size, first)


class Shards(Case):
    def test_are_what_one_process_draws(self):
        expected, out = self.undisturbed(self.config, "--count", 3001), self.folder / "out"
        arguments = self.config, "--count", 3001, "--out", out
        for i in (2, 4, 1, 3):
            self.run_ok(*arguments, "--shard", f"{i}/4")
        self.assertEqual({p.name for p in out.iterdir()}, {f"shard-{i}-of-4.{end}" for i in (1, 2, 3, 4) for end in ("journal", "log")})
        run = shockstep("merge", *arguments)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual(bytes_of(out), expected)

    def test_resume_each(self):
        arguments = self.config, "--count", 20000
        expected, out = self.undisturbed(*arguments), self.folder / "out"
        chance = random.Random(3)

        def disturb(process, turn):
            if turn < 3:
                time.sleep(chance.uniform(0.05, 0.2))
                process.kill()

        for i in (1, 2):
            self.until_done([*arguments, "--shard", f"{i}/2"], out, disturb)
        self.assertEqual(shockstep("merge", *arguments, "--out", out).returncode, 0)
        self.assertEqual(bytes_of(out), expected)

    def test_of_a_network(self):
        arguments = SOURCE / "configs/digits.yaml", "--count", 40, "--batch", 8, "--threads", 1
        expected, out = self.undisturbed(*arguments), self.folder / "out"
        for i in (1, 2, 3):
            self.run_ok(*arguments, "--shard", f"{i}/3", "--out", out)
        self.assertEqual(shockstep("merge", *arguments, "--out", out).returncode, 0)
        self.assertEqual(bytes_of(out), expected)

    def test_what_is_wrong_is_named(self):
        out = self.folder / "out"
        arguments = self.config, "--count", 1000, "--out", out

        def refused(code, pattern, *more):
            run = shockstep("merge", *arguments, *more)
            self.assertEqual(run.returncode, code, run.stderr)
            self.assertRegex(run.stderr, rf"^shockstep: .*{pattern}\n$")
            self.assertFalse((out / "samples.npy").exists())

        refused(5, r"has no shards; draw them with shockstep sample CONFIG --shard I/N")
        self.run_ok(*arguments, "--shard", "2/4")
        refused(5, r"shards 1, 3, 4 of 4 are missing; draw with --shard 1/4")
        for i in (1, 3, 4):
            self.run_ok(*arguments, "--shard", f"{i}/4")
        refused(2, r"is of another run: run\.seed was 0, is 1; merge takes the options of the shards", "--seed", 1)
        whole = (out / "shard-3-of-4.journal").read_bytes()
        (out / "shard-3-of-4.journal").write_bytes(whole[: len(whole) // 2])
        refused(5, r"shard-3-of-4\.journal: is not finished, \d+ of 250 trajectories; go on with --shard 3/4 --resume")
        self.run_ok(*arguments, "--shard", "3/4", "--resume")
        self.run_ok(*arguments, "--shard", "1/5")
        refused(5, r"has shards of 4 and of 5; remove those of one run")
        (out / "shard-1-of-5.journal").unlink()
        self.assertEqual(shockstep("merge", *arguments).returncode, 0)

    def test_options(self):
        for shard, sentence in (
            ("0/4", "I counts from 1 to N, so an array job has --array=1-4; got 0/4"),
            ("5/4", "I counts from 1 to N, so an array job has --array=1-4; got 5/4"),
            ("1", "must be I/N, for example 3/16, N at most 10000; got 1"),
            ("a/b", "must be I/N, for example 3/16, N at most 10000; got a/b"),
        ):
            run = shockstep("sample", self.config, "--shard", shard)
            self.assertEqual((run.returncode, run.stderr), (2, f"shockstep: --shard: {sentence}\n"))
        run = shockstep("sample", self.config, "--count", 3, "--shard", "1/4", "--out", self.folder / "out")
        self.assertEqual((run.returncode, run.stderr), (2, "shockstep: --shard: 4 parts of 3 trajectories leave one empty; take at most 3\n"))


if __name__ == "__main__":
    unittest.main()
