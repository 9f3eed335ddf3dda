"""Completion in bash: what it offers is what the program has."""

import os
import pathlib
import shutil
import subprocess
import unittest

SHOCKSTEP = pathlib.Path(os.environ["SHOCKSTEP"])
SOURCE = pathlib.Path(os.environ["SOURCE_DIR"])
SCRIPT = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_shockstep
printf '%s\\n' "${COMPREPLY[@]}"
"""


@unittest.skipUnless(shutil.which("bash"), "no bash")
class Completion(unittest.TestCase):
    def offered(self, *words):
        script = SOURCE / "tools" / "completion" / "shockstep.bash"
        done = subprocess.run(
            ["bash", "-c", SCRIPT, "bash", script, SHOCKSTEP, *words], cwd=SOURCE, capture_output=True, text=True
        )
        return done.stdout.split()

    def test_commands(self):
        self.assertEqual(self.offered("sa"), ["sample"])
        listed = subprocess.run([SHOCKSTEP, "--help"], capture_output=True, text=True).stdout
        for command in self.offered(""):
            self.assertIn(f"  {command} ", listed)
        self.assertGreaterEqual(len(self.offered("")), 7)

    def test_options(self):
        self.assertEqual(self.offered("sample", "--to"), ["--tolerance"])
        self.assertEqual(self.offered("schedule", "--fo"), ["--format"])
        self.assertEqual(self.offered("sample", "--fo"), [])

    def test_methods(self):
        self.assertEqual(self.offered("sample", "--method", "dpmpp_2m"), ["dpmpp_2m", "dpmpp_2m_sde"])
        self.assertEqual(self.offered("sample", "--method", "karras"), [])  # a schedule

    def test_files(self):
        self.assertEqual(self.offered("sample", "configs/two"), ["configs/two_modes.yaml"])


if __name__ == "__main__":
    unittest.main()
