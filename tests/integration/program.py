"""The program under test, SHOCKSTEP, and a folder of its own for every test."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = os.environ.get("SHOCKSTEP", str(SOURCE / "build" / "shockstep"))


def shockstep(*arguments, cwd=SOURCE, cache="off"):
    """`cache`: folder of pilots and fits that are kept; none, so that what is tested is measured."""
    environment = {**os.environ, "SHOCKSTEP_CACHE": str(cache)}
    return subprocess.run([PROGRAM, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=300, env=environment)


def methods(beginning):
    """Names of the methods whose line in `info` begins so."""
    listed = shockstep("info").stdout.partition("sampler.method\n")[2].partition("\nsampler.")[0]
    return re.findall(rf"^  (\w+) +{beginning}", listed, re.MULTILINE)


class ScratchCase(unittest.TestCase):
    """self.folder, removed afterwards, with CONFIG as self.config in it."""

    CONFIG = ""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="shockstep ")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.config = self.folder / "x.yaml"
        self.config.write_text(self.CONFIG)
