"""The C++ of README and docs compiles, with the flags of the tests; each block may use a `model`, a `process` and `data`."""

import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

from program import SOURCE

BUILD = pathlib.Path(os.environ.get("BUILD_DIR", SOURCE / "build"))
PAGES = [SOURCE / "README.md", *sorted((SOURCE / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
AROUND = """#include <shockstep/shockstep.hpp>
#include <cstdio>
void snippet_%d([[maybe_unused]] shockstep::ModelPtr model, [[maybe_unused]] shockstep::Process process,
                [[maybe_unused]] at::Tensor data) { {
#line %d "%s"
%s
} }
"""


def translation_unit():
    blocks = []
    for page in PAGES:
        text = page.read_text()
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start(1)) + 1
            inner = re.sub(r"^#include.*$", "", block[1], flags=re.MULTILINE)
            headers = "".join(header + "\n" for header in re.findall(r"^#include.*$", block[1], re.MULTILINE))
            blocks.append(headers + AROUND % (len(blocks), line, page.name, inner))
    return blocks


def flags():
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    words = shlex.split(next(c["command"] for c in commands if pathlib.Path(c["file"]).name.startswith("test_")))
    start = next(i for i, word in enumerate(words) if re.search(r"(\+\+|clang)[^/]*$", word) and "ccache" not in word)
    kept = [words[start]]
    for word, after in zip(words[start + 1 :], [*words[start + 2 :], ""]):
        if word == "-isystem":
            kept += [word, after]
        elif word.startswith(("-I", "-D", "-std=")):
            kept.append(word)
    return kept


class Snippets(unittest.TestCase):
    def test_they_compile(self):
        blocks = translation_unit()
        self.assertGreaterEqual(len(blocks), 3)
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "snippets.cpp"
            source.write_text("".join(blocks))
            done = subprocess.run([*flags(), "-fsyntax-only", source], cwd=BUILD, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
