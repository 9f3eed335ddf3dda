"""Outputs that pages quote are what their commands print; tools/quoted sees and mends those that are not."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from program import PROGRAM, SOURCE

QUOTED = SOURCE / "tools" / "quoted"


def quoted(*arguments):
    return subprocess.run([sys.executable, QUOTED, *map(str, arguments)], cwd=SOURCE, env={**os.environ, "SHOCKSTEP": PROGRAM},
                          capture_output=True, text=True, timeout=300)


def page(command, text, mark="quoted"):
    return f"Before.\n\n<!-- {mark}: {command} -->\n```\n{text}```\n\nBehind.\n"


class Pages(unittest.TestCase):
    def test_what_they_quote_is_what_is_printed(self):
        done = quoted("--check")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_some_quote(self):
        found = [path for path in (SOURCE / "docs").rglob("*.md") if re.search(r"^<!-- quoted", path.read_text(), re.MULTILINE)]
        self.assertGreaterEqual(len(found), 2)


class Mechanism(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="shockstep-quoted-test-")
        self.addCleanup(scratch.cleanup)
        self.path = pathlib.Path(scratch.name) / "page.md"

    def check(self, before, after):
        """--check finds whether the page is to change, and changes nothing; without it the page becomes `after`."""
        self.path.write_text(before)
        self.assertEqual(quoted("--check", self.path).returncode, int(before != after))
        self.assertEqual(self.path.read_text(), before)
        done = quoted(self.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.path.read_text(), after)
        self.assertEqual(quoted("--check", self.path).returncode, 0)

    def test_another_output_is_written_anew(self):
        self.check(page("echo a; echo b", "a\nc\n"), page("echo a; echo b", "a\nb\n"))
        self.check(page("echo a", ""), page("echo a", "a\n"))

    def test_the_same_output_stays(self):
        self.check(page("echo a", "a\n"), page("echo a", "a\n"))

    def test_times_and_last_digits_may_differ(self):
        for before in ("error 0.1000, 0.307 s\n", "error 0.1005,  9.8e-3 s\n"):
            text = page("echo 'error 0.1001, 12 s'", before)
            self.check(text, text)
        self.check(page("echo 'error 0.2, 1 s'", "error 0.1, 1 s\n"), page("echo 'error 0.2, 1 s'", "error 0.2, 1 s\n"))

    def test_a_column_can_be_left_out(self):
        mark = r"quoted, but for \S+$"
        text = page("echo 'a 1 2'", "a 1 7\n", mark)
        self.check(text, text)
        self.check(page("echo 'a 1 2'", "a 3 7\n", mark), page("echo 'a 1 2'", "a 1 2\n", mark))

    def test_slow_commands_wait_for_their_option(self):
        self.path.write_text(page("echo a", "b\n", "quoted, slow"))
        self.assertEqual(quoted("--check", self.path).returncode, 0)
        self.assertEqual(quoted("--check", "--slow", self.path).returncode, 1)

    def test_commands_find_program_and_configs(self):
        self.check(page("shockstep --version; ls configs/ring.yaml", ""), page("shockstep --version; ls configs/ring.yaml", self.version()))

    def version(self):
        return subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout + "configs/ring.yaml\n"

    def test_a_command_that_fails_is_told(self):
        self.path.write_text(page("false", ""))
        done = quoted("--check", self.path)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^quoted: exit code 1 of: false")


if __name__ == "__main__":
    unittest.main()
