"""The include walls: heavy libraries live in one place each, and what is arithmetic knows no Torch."""

import concurrent.futures
import functools
import json
import os
import pathlib
import re
import shlex
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2])).resolve()
BUILD = pathlib.Path(os.environ.get("BUILD_DIR", SOURCE / "build"))

TORCH = re.compile(r"(ATen|c10|torch|caffe2)/")
TORCH_FREE = ["process", "state", "stepper", "controller", "burgers", "trajectory", "core", "records", "config", "output", "log"]

# Folder of src, and the others that it may know; of headers in include/ all.
ROOMS = {"core": [], "config": ["core"], "records": ["core", "controller"]}

# Include pattern, where it may stand, in which folders that is checked.
WALLS = [
    (r"torch/torch\.h$", [], ["include", "src", "tests", "tools"]),
    (r"torch/script\.h$", ["src/model/kinds/torchscript.cpp"], ["include", "src"]),
    (r"torch/csrc/inductor/", ["src/model/kinds/aot_inductor.cpp"], ["include", "src", "tests", "tools"]),
    (r"spdlog/", ["src/log/"], ["include", "src", "tests", "tools"]),
    (r"fmt/", [], ["include", "src", "tests", "tools"]),
    (r"yaml-cpp/", ["src/config/"], ["include", "src"]),
    (r"boost/numeric/odeint", ["include/shockstep/stepper.hpp", "include/shockstep/adaptive_method.hpp", "src/paper/integrate.hpp", "src/inspect/field.cpp"], ["include", "src"]),
    (r"CLI/", ["src/cli/"], ["include", "src", "tests", "tools"]),
    (r"mpi\.h$", ["src/cli/ranks.cpp"], ["include", "src", "tests", "tools"]),
    (r"zlib\.h$", ["src/output/"], ["include", "src"]),
    (r"png\.h$", ["src/output/"], ["include", "src"]),
]


@functools.cache
def files(folder):
    found = [p for p in (SOURCE / folder).rglob("*") if p.suffix in (".hpp", ".h", ".cpp")]
    return sorted((p.relative_to(SOURCE).as_posix(), p) for p in found)


@functools.cache
def includes(path):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', path.read_text(), re.MULTILINE)


@functools.cache
def needs_torch(path):
    """Whether a public header includes Torch, itself or through another public header."""
    return any(
        TORCH.match(name) or (name.startswith("shockstep/") and needs_torch(SOURCE / "include" / name))
        for name in includes(path)
    )


def torch_free(name):
    return re.match(rf"src/({'|'.join(TORCH_FREE)})/|tests/\w+/core_\w+\.cpp$", name)


@functools.cache
def compile_commands():
    """Arguments of the compiler by source file, relative to the source folder."""
    commands = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if file.is_relative_to(SOURCE):
            commands[file.relative_to(SOURCE).as_posix()] = shlex.split(entry["command"])
    return commands


def any_command(folder):
    return next(arguments for name, arguments in sorted(compile_commands().items()) if name.startswith(folder))


class Includes(unittest.TestCase):
    def test_every_folder_is_looked_at(self):
        for folder in ["include", *(f"src/{name}" for name in TORCH_FREE), "src/model", "src/engine", "src/cli"]:
            self.assertTrue(files(folder), f"no sources in {folder}")

    def test_heavy_libraries_stay_in_their_place(self):
        for pattern, allowed, folders in WALLS:
            for name, path in (file for folder in folders for file in files(folder)):
                with self.subTest(file=name, wall=pattern):
                    if not any(name.startswith(place) for place in allowed):
                        self.assertEqual([i for i in includes(path) if re.match(pattern, i)], [])

    def test_public_headers_show_torch_as_tensor_only(self):
        for name, path in files("include"):
            with self.subTest(header=name):
                seen = {i for i in includes(path) if TORCH.match(i)}
                # A tensor can be printed with shockstep.hpp alone.
                shown = {"ATen/core/Tensor.h", *(["ATen/core/Formatting.h"] if name.endswith("/shockstep.hpp") else [])}
                self.assertLessEqual(seen, shown)

    def test_public_headers_include_public_headers_only(self):
        for name, path in files("include"):
            for include in includes(path):
                with self.subTest(header=name, include=include):
                    if include.startswith("shockstep/"):
                        self.assertTrue((SOURCE / "include" / include).exists())
                    else:
                        self.assertFalse((SOURCE / "src" / include).exists() or include.endswith(".hpp") and "/" not in include)

    def test_rooms_stay_apart(self):
        folders = {path.name for path in (SOURCE / "src").iterdir() if path.is_dir()}
        for room, others in ROOMS.items():
            self.assertLessEqual({room, *others}, folders)
            for name, path in files(f"src/{room}"):
                seen = {include.split("/")[0] for include in includes(path)} & folders
                with self.subTest(file=name):
                    self.assertLessEqual(seen, {room, *others})

    def test_arithmetic_knows_no_torch(self):
        for name, path in (file for folder in ("src", "tests") for file in files(folder) if torch_free(file[0])):
            for include in includes(path):
                with self.subTest(file=name, include=include):
                    header = SOURCE / "include" / include
                    self.assertFalse(TORCH.match(include) or header.exists() and needs_torch(header))

    def test_users_of_the_library_see_its_public_headers_only(self):
        for room in ("inspect", "paper"):
            self.assertTrue(files(f"src/{room}"))
            for name, path in files(f"src/{room}"):
                for include in includes(path):
                    with self.subTest(file=name, include=include):
                        if (SOURCE / "src" / include).exists():
                            self.assertRegex(include, rf"^({room}|core)/")

    def test_no_other_program_is_called(self):
        calls = re.compile(r"\b(system|popen|exec[lv]p?e?|posix_spawnp?|v?fork)\s*\(")
        for name, path in (file for folder in ("include", "src") for file in files(folder)):
            with self.subTest(file=name):
                self.assertIsNone(calls.search(path.read_text()))


@unittest.skipUnless((BUILD / "compile_commands.json").exists(), "needs a configured build in BUILD_DIR")
class Compiling(unittest.TestCase):
    def test_torch_free_targets_do_not_see_torch(self):
        # .../torch/include of a wheel, or the include folder of wherever Torch was found.
        cache = (BUILD / "CMakeCache.txt").read_text()
        folder = re.search(r"^Torch_DIR:\w+=(.*)$", cache, re.MULTILINE)[1]
        torch = (pathlib.Path(folder).resolve().parents[2] / "include").as_posix()
        self.assertIn(torch, " ".join(any_command("src/engine/")))  # or this test looks for the wrong thing
        checked = 0
        for name, arguments in compile_commands().items():
            if torch_free(name):
                checked += 1
                with self.subTest(file=name):
                    self.assertNotIn(torch, " ".join(arguments))
        self.assertGreaterEqual(checked, len(TORCH_FREE))

    def test_public_headers_compile_alone(self):
        flags = {}
        for torch, folder in ((False, "src/core/"), (True, "src/engine/")):
            arguments = any_command(folder)
            compiler = next(a for a in arguments if not a.startswith("-") and "ccache" not in a)
            # Public include folders and the language: a header must not lean on src/.
            keep = [a for a in arguments if re.match(r"-(I|D|std=)", a) and a != f"-I{SOURCE}/src"]
            system = [x for a, b in zip(arguments, arguments[1:]) if a == "-isystem" for x in (a, b)]
            flags[torch] = [compiler, *keep, *system, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c++", "-"]

        def compile_header(file):
            header = file[1].relative_to(SOURCE / "include").as_posix()
            done = subprocess.run(flags[needs_torch(file[1])], input=f"#include <{header}>\n", text=True, capture_output=True)
            return file[0], done.returncode, done.stderr

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, status, errors in pool.map(compile_header, files("include")):
                with self.subTest(header=name):
                    self.assertEqual(status, 0, errors)


if __name__ == "__main__":
    unittest.main()
