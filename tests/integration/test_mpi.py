"""A run that mpirun shares among processes: the files of one process, whatever happens on the way. Standard library only."""

import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from program import PROGRAM, ScratchCase, shockstep
from test_resume import RING, bytes_of

MPIRUN = os.environ.get("MPIRUN", "")


def mpirun(ranks, *arguments):
    environment = {**os.environ, "SHOCKSTEP_CACHE": "off", "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    command = [MPIRUN, "--oversubscribe", "-n", str(ranks), PROGRAM, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def processes_with(out):
    """Of the program, writing to that folder."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == PROGRAM.encode() and str(out).encode() in words:
            found.append(int(folder.name))
    return found


@unittest.skipUnless(MPIRUN and shutil.which(MPIRUN), "needs a build with SHOCKSTEP_MPI=ON")
class Together(ScratchCase):
    CONFIG = RING

    def end(self, run, code=0):
        out, errors = run.communicate(timeout=250)
        self.assertEqual(run.returncode, code, errors)
        return out, errors

    def test_are_as_one(self):
        one, out = self.folder / "one", self.folder / "out"
        arguments = self.config, "--count", 20000
        self.assertEqual(shockstep("sample", *arguments, "--out", one).returncode, 0)
        text, errors = self.end(mpirun(2, "sample", *arguments, "--out", out))
        self.assertEqual((text.count("20000 trajectories: 20000 ok"), errors), (1, ""))
        found = bytes_of(out)
        self.assertEqual(found["summary"].pop("ranks"), 2)
        expected = bytes_of(one)
        self.assertEqual(expected["summary"].pop("ranks"), 1)
        self.assertEqual(found, expected)
        text, _ = self.end(mpirun(2, "sample", *arguments, "--out", out, "--resume"))
        self.assertEqual(text, f"{out}: finished before, nothing to do\n")

    def test_one_dies_and_more_go_on(self):
        one, out = self.folder / "one", self.folder / "out"
        arguments = self.config, "--count", 100000
        run = mpirun(2, "sample", *arguments, "--out", out)
        second = out / "rank-1.journal"
        for _ in range(1000):
            if second.exists() and second.stat().st_size > 100000:
                break
            time.sleep(0.01)
        os.kill(max(processes_with(out)), signal.SIGKILL)
        _, errors = run.communicate(timeout=100)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("exited on signal 9", errors)
        alone = shockstep("sample", *arguments, "--out", out, "--resume")
        self.assertEqual(alone.returncode, 2)
        self.assertIn("holds a run that mpirun shared; go on with mpirun", alone.stderr)
        self.end(mpirun(3, "sample", *arguments, "--out", out, "--resume"))
        self.assertEqual(shockstep("sample", *arguments, "--out", one).returncode, 0)
        found, expected = bytes_of(out), bytes_of(one)
        del found["summary"]["ranks"], expected["summary"]["ranks"]
        self.assertEqual(found, expected)
        self.assertEqual(list(out.glob("*.journal")), [])

    def test_an_error_ends_all(self):
        _, errors = self.end(mpirun(2, "sample", self.config, "--tolerance", -1), 2)
        self.assertIn("sampler.tolerance: must be positive, got -1", errors)


if __name__ == "__main__":
    unittest.main()
