"""Completion in bash and fish: what it offers is what the program has."""

import os
import pathlib
import shutil
import subprocess
import unittest

SHOCKSTEP = pathlib.Path(os.environ["SHOCKSTEP"])
SOURCE = pathlib.Path(os.environ["SOURCE_DIR"])
SCRIPTS = SOURCE / "tools" / "completion"
IN_BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_shockstep
printf '%s\\n' "${COMPREPLY[@]}"
"""
IN_FISH = "source $argv[1]; complete -C (string join ' ' -- $argv[2..])"


class Completion:
    """What a shell offers for the words, the last of them begun."""

    def offered(self, *words):
        shell = [*self.shell, SCRIPTS / f"shockstep.{self.shell[0]}"]
        environment = os.environ | {"PATH": f"{SHOCKSTEP.parent}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            [*shell, SHOCKSTEP.name, *words], cwd=SOURCE, env=environment, capture_output=True, text=True
        )
        self.assertEqual(done.stderr, "")
        return [line.split("\t")[0] for line in done.stdout.splitlines() if line]

    def test_commands(self):
        self.assertEqual(self.offered("sa"), ["sample"])
        listed = subprocess.run([SHOCKSTEP, "--help"], capture_output=True, text=True).stdout
        for command in self.offered(""):
            self.assertIn(f"  {command} ", listed)
        self.assertGreaterEqual(len(self.offered("")), 7)

    def test_options(self):
        self.assertEqual(self.offered("sample", "--to"), ["--tolerance"])
        self.assertEqual(self.offered("schedule", "--fo"), ["--format"])
        self.assertNotIn("--format", self.offered("sample", "--fo"))
        self.assertIn("--verbose", self.offered("sample", "--quiet", "--v"))

    def test_methods(self):
        self.assertEqual(self.offered("sample", "--method", "dpmpp_2m"), ["dpmpp_2m", "dpmpp_2m_sde"])
        self.assertEqual(self.offered("sample", "--method", "karras"), [])  # a schedule

    def test_files(self):
        self.assertEqual(self.offered("sample", "configs/two"), ["configs/two_modes.yaml"])


@unittest.skipUnless(shutil.which("bash"), "no bash")
class Bash(Completion, unittest.TestCase):
    shell = ["bash", "-c", IN_BASH, "bash"]


@unittest.skipUnless(shutil.which("fish"), "no fish")
class Fish(Completion, unittest.TestCase):
    shell = ["fish", "--no-config", "-c", IN_FISH]


if __name__ == "__main__":
    unittest.main()
