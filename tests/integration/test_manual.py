"""The man page and the help pages: every command, every option, and an example of each."""

import functools
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from program import shockstep

PAGE = pathlib.Path(os.environ["BUILD_DIR"]) / "shockstep.1"


@functools.cache
def help_of(*command):
    return shockstep(*command, "--help").stdout


def commands():
    listed = help_of().partition("Subcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)


class Manual(unittest.TestCase):
    def test_every_command_and_option_is_in_it(self):
        sections = re.split(r"^\.SH ", PAGE.read_text(), flags=re.MULTILINE)
        by_title = {section.split("\n")[0]: section.replace("\\-", "-") for section in sections}
        self.assertGreaterEqual(len(commands()), 8)
        for command in commands():
            options = re.findall(r"--[a-z-]+", help_of(command))
            self.assertIn("--help", options)
            for option in options:
                self.assertIn(option, by_title[command.upper()])

    def test_help_has_an_example(self):
        for command in commands():
            with self.subTest(command=command):
                self.assertRegex(help_of(command), rf"\nExample:  shockstep (sample|{command})\b")

    @unittest.skipUnless(shutil.which("groff"), "no groff")
    def test_it_is_set_without_a_warning(self):
        done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-rLL=200n", PAGE], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--time-limit", re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout))


if __name__ == "__main__":
    unittest.main()
