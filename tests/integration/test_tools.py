"""The scripts of tools say what they do and refuse what they do not know; the hook refuses a commit that is not laid out."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2])).resolve()
SCRIPTS = ("quickstart", "test", "check", "docs", "format", "tidy", "coverage", "fuzz")
CLANG_FORMAT = SOURCE / ".venv" / "bin" / "clang-format"


def run(*command, cwd=SOURCE, **environment):
    return subprocess.run(list(map(str, command)), cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300)


class Usage(unittest.TestCase):
    def test_help_names_the_script(self):
        for name in SCRIPTS:
            with self.subTest(script=name):
                done = run(SOURCE / "tools" / name, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertTrue(done.stdout.startswith(f"Usage: tools/{name}"), done.stdout)

    def test_unknown_arguments_are_refused_in_one_line(self):
        for name in SCRIPTS:
            with self.subTest(script=name):
                done = run(SOURCE / "tools" / name, "--no-such-thing")
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertRegex(done.stderr, rf"^{name}: .*--no-such-thing.*\n\Z")


@unittest.skipUnless(CLANG_FORMAT.exists(), "no clang-format in .venv")
class Layout(unittest.TestCase):
    """In a repository of its own, with the scripts that it needs."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="shockstep-tools ")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "tools" / "hooks").mkdir(parents=True)
        for name in (".clang-format", "tools/format", "tools/hooks/pre-commit", "tools/requirements-test.txt"):
            shutil.copy(SOURCE / name, self.folder / name)
        self.git("init", "-q")
        self.git("config", "core.hooksPath", "tools/hooks")
        self.file = self.folder / "a b.cpp"

    def git(self, *arguments):
        return run("git", "-c", "user.name=n", "-c", "user.email=e@example.org", *arguments, cwd=self.folder,
                   PATH=f"{CLANG_FORMAT.parent}:{os.environ['PATH']}")

    def format(self, *arguments):
        return run("tools/format", *arguments, cwd=self.folder, PATH=f"{CLANG_FORMAT.parent}:{os.environ['PATH']}")

    def test_format_checks_and_lays_out(self):
        self.file.write_text("int  x ;\n")
        done = self.format("--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("a b.cpp:1:", done.stderr)
        self.assertEqual(self.file.read_text(), "int  x ;\n")
        self.assertEqual(self.format().returncode, 0)
        self.assertEqual(self.file.read_text(), "int x;\n")
        self.assertEqual(self.format("--check").returncode, 0)

    def test_another_version_is_refused(self):
        (self.folder / "tools" / "requirements-test.txt").write_text("clang-format==1.2.3\n")
        done = self.format("--check")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^format: needs clang-format 1\.2\.3, found [\d.]+: .*\n\Z")

    def test_the_hook_looks_at_what_is_committed(self):
        self.file.write_text("int  x ;\n")
        self.git("add", "-A")
        self.file.write_text("int x;\n")  # laid out here, not in the index
        done = self.git("commit", "-qm", "x")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("a b.cpp:1:", done.stderr)
        self.git("add", "-A")
        self.file.write_text("int  x ;\n")  # and the other way round
        done = self.git("commit", "-qm", "x")
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
