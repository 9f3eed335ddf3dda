"""Every command of README, CONTRIBUTING, docs and the models' cards runs, page by page and in order, in a folder that looks like the
repository.

A command is a line of a ```sh block, of an indented block or of a block without a language that begins with one of PROGRAMS, or
a span of code in a sentence that does and says more than the program's name. What is not run as it stands is listed here:
SHORTER (smaller sizes), INSTEAD (another command in its place), ELSEWHERE (run by a test of its own) and TOO_LONG, whose options must
be ones that the script has. "exit N" in the comment behind a command is the exit code it must have.
"""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

from browser import find_browser
from program import PROGRAM, SOURCE

BUILD = pathlib.Path(os.environ.get("BUILD_DIR", SOURCE / "build"))
MPIRUN = os.environ.get("MPIRUN", "")
PAGES = [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md",
         *sorted((SOURCE / "docs").rglob("*.md")), *sorted((SOURCE / "models").glob("*.md"))]

PROGRAMS = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:shockstep|build/\S+|\.venv/bin/python|python|pip|cmake|ctest|tools/\S+|mpirun|c\+\+|source|chromium"
    r"|bench_\w+|\w+\.py|/usr/bin/time|sbatch)(?= |$)"
)

# Behind every command of this name: the last of an option given twice counts.
SMALL = "--count 16 --threads 1 --set run.batch=16"
SHORTER = {
    "sample": SMALL,
    "merge": SMALL,
    "compare": SMALL,
    "inspect": f"{SMALL} --set inspect.trajectories=16 --set inspect.health_rows=1 --set inspect.spectrum_rows=1",
}
NAMES = {"CONFIG": "configs/two_modes.yaml", " T": " 1e-2", "METHOD": "dopri5", "$SLURM_ARRAY_TASK_ID/16": "1/1"}
INSTEAD = {
    "tools/quickstart": "tools/quickstart --help",
    "SHOCKSTEP_MPI=1 tools/quickstart": "tools/quickstart --help",
    "tools/test": "tools/test --help",
    "tools/test --full": "tools/test --help",
    "tools/check": "tools/check --help",
    "tools/format": "tools/format --help",
    "tools/docs --serve": "tools/docs --help",
    "tools/wheel PYTHON": "tools/wheel --help",
    "shockstep sample CONFIG --device cuda": "shockstep sample configs/two_modes.yaml --device cpu",
    "CUDA_VISIBLE_DEVICES=0 shockstep sample CONFIG --device cuda --shard 1/2 --out runs/a &":
        "shockstep sample configs/two_modes.yaml --device cpu --shard 1/2 --out runs/a",
    "CUDA_VISIBLE_DEVICES=1 shockstep sample CONFIG --device cuda --shard 2/2 --out runs/a":
        "shockstep sample configs/two_modes.yaml --device cpu --shard 2/2 --out runs/a",
    "shockstep merge CONFIG --device cuda --out runs/a": "shockstep merge configs/two_modes.yaml --device cpu --out runs/a",
    "shockstep compare CONFIG": "shockstep compare configs/compare_ring.yaml",
    "build/shockstep paper": "build/shockstep paper --out runs/paper",
    "build/shockstep paper | grep expected | cut -d: -f1": "build/shockstep paper --out runs/paper",
    "shockstep encode CONFIG --data X.npy": "shockstep encode configs/ring.yaml --data X.npy",
    "shockstep sample configs/fashion.yaml --count 10000 --set model.label=$PWD/labels.npy --out runs/fashion":
        "shockstep sample configs/fashion.yaml --tolerance 1e-1 --set output.report=none --set run.batch=4 --count 4 --out runs/fashion",
    "shockstep sample configs/fashion.yaml": "shockstep sample configs/fashion.yaml --tolerance 1e-1 --set run.batch=4 --count 4",
    "/usr/bin/time -v build/shockstep sample configs/ring.yaml --count 1e7": "build/shockstep sample configs/ring.yaml --count 1e7",
    "build/tools/bench/bench_fit 400": "build/tools/bench/bench_fit 100000 quick",
}
ELSEWHERE = {  # command: test of CTest
    "cmake --install build --prefix installed": "install/consumer",
    "c++ -std=c++20 my_program.cpp $(pkg-config --cflags --libs shockstep)": "install/consumer",
    "cmake -S tools/examples/cpp -B build-examples -DCMAKE_PREFIX_PATH=WHERE_IT_IS_INSTALLED": "install/consumer",
    "cmake --build build-examples": "install/consumer",
    "pip install .": "python/pip_install",
    "pip install shockstep-*+torch2.13-*.whl": "python/pip_install",
    "ctest -R grid_methods": "grid_methods",
    "ctest -R core_sde": "core_sde",
    "ctest -R test_sde": "test_sde",
    'build/tests/tests_torch -s "[#test_noise]"': "test_noise",
    'build/tests/tests_torch "[#test_engine]"': "test_engine",
}
TOO_LONG = [  # minutes to hours at any size, or more Python packages than the tests have
    ".venv/bin/python tools/bench/device", "tools/bench/foundation.py", "build/tools/bench/bench_events", "bench_events", "build/tools/bench/bench_health",
    "build/tools/bench/bench_fit_pairs",
    ".venv/bin/python tools/bench/frontier", ".venv/bin/python tools/bench/agreement", ".venv/bin/python tools/bench/throughput",
    "tools/bench/schedules.py", "tools/bench/sde", "tools/bench/coverage.py", "tools/bench/ablation",
    ".venv/bin/python -m pip install", "/usr/bin/time -f", ".venv/bin/python tools/bench/foundation.py",
    ".venv/bin/python tools/bench/ablation", ".venv/bin/python tools/bench/coverage.py", ".venv/bin/python tools/bench/schedules.py",
    ".venv/bin/python tools/bench/sde", ".venv/bin/python tools/train_digits.py",
    "python tools/export.py", "python tools/train_digits.py", "python tools/train_fashion.py", "python -c",
    ".venv/bin/python tools/bench/speed", ".venv/bin/python tools/bench/ranks", "tools/bench/speed", "tools/bench/ranks",
    "tools/make_guard_profiles", ".venv/bin/python tools/make_guard_profiles", "shockstep sample models/mine.yaml", "sbatch",
    "tools/same_results", ".venv/bin/python tools/train_networks.py", ".venv/bin/python tools/bench/own_networks",
    ".venv/bin/python tools/bench/network_events",
    ".venv/bin/python tools/bench/whole_times",
    "tools/bench/few_evaluations", ".venv/bin/python tools/bench/few_evaluations",
    "tools/pictures", ".venv/bin/python tools/pictures", ".venv/bin/python tools/bench/beside_others.py", ".venv/bin/python -m pytest",
    "tools/fit_budget", ".venv/bin/python tools/fit_budget", "tools/fit_transfer", ".venv/bin/python tools/fit_transfer",
]


def in_blocks(page):
    """Lines of blocks in which commands may stand, and the page without them. A backslash at the end joins two lines."""
    lines, rest, language = [], [], None
    for line in page.split("\n"):
        if line.startswith("```"):
            language = line[3:] if language is None else None
        elif language is None and not line.startswith("    "):
            rest.append(line)
        elif language in (None, "sh", ""):
            lines.append(line.strip())
    return "\n".join(lines).replace("\\\n", " ").split("\n"), "\n".join(rest)


def commands(page):
    """(command, exit code) in the order of the page, those of sentences last."""
    lines, rest = in_blocks(page)
    found = []
    for line in lines:
        command, _, comment = (line + " ").partition(" # ") if not line.startswith("#") else ("", "", "")
        if PROGRAMS.match(command):
            code = re.search(r"exit (\d+)", comment)
            found.append((" ".join(command.split()), int(code[1]) if code else 0))
    for code in re.findall(r"`([^`]+)`", rest):
        for command in " ".join(code.split()).split("; "):
            if PROGRAMS.match(command) and " " in command:
                found.append((command, 0))
    return list(dict.fromkeys(found))


def write_npy(path, shape, values):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    values = list(values)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}d", *values))


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ran = set()
        scratch = tempfile.TemporaryDirectory(prefix="shockstep-pages-")
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        for name in ("tools", "models", "tests"):
            (cls.folder / name).symlink_to(SOURCE / name)
        shutil.copytree(SOURCE / "configs", cls.folder / "configs")
        for name in ("build", "bin", "docs"):
            (cls.folder / name).mkdir()
        (cls.folder / "build" / "shockstep").symlink_to(PROGRAM)
        (cls.folder / "bin" / "shockstep").symlink_to(PROGRAM)
        (cls.folder / "build" / "tools").symlink_to(BUILD / "tools")
        if find_browser():  # what a container's root needs; the pages are written for people at their own machine
            browser = cls.folder / "bin" / "chromium"
            browser.write_text(f'#!/bin/sh\nexec "{find_browser()}" --no-sandbox --disable-gpu --disable-dev-shm-usage "$@"\n')
            browser.chmod(0o755)
        if MPIRUN:
            mpirun = cls.folder / "bin" / "mpirun"
            mpirun.write_text(f'#!/bin/sh\nexec "{MPIRUN}" --oversubscribe "$@"\n')
            mpirun.chmod(0o755)
        # The files that pages speak of as the reader's own.
        for name, config in (("my.yaml", "ring"), ("my_model.yaml", "digits")):
            text = (cls.folder / "configs" / f"{config}.yaml").read_text()
            (cls.folder / name).write_text(text.replace("../models/", "models/"))
        write_npy(cls.folder / "X.npy", (8, 2), [0.1 * k for k in range(16)])
        images = [((k * k) % 17) / 8 - 1 for k in range(16 * 64)]
        for name in ("digits", "train", "test"):
            write_npy(cls.folder / f"{name}.npy", (16, 1, 8, 8), images)
        write_npy(cls.folder / "known.npy", (1, 8, 8), [k % 2 for k in range(64)])

    def run_here(self, command, code=0):
        if (command, code) in self.ran:
            return
        self.ran.add((command, code))
        environment = {
            **os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "SHOCKSTEP_CACHE": str(self.folder / "cache"),
            "OMP_NUM_THREADS": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        }
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, code, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")

    def check_options(self, command):
        """Of what is too long: the script is there, and knows every option."""
        words = [word for word in command.split() if word not in (".venv/bin/python", "python")]
        if words[0] in ("-c", "-m", "sbatch", "/usr/bin/time"):
            return
        if words[0] == "shockstep":
            return self.run_here("shockstep sample --help")
        script = SOURCE / (words[0] if "/" in words[0] else f"tools/bench/{words[0]}")
        if "/bench_" in f"/{words[0]}":
            return self.assertTrue(os.access(BUILD / "tools" / "bench" / words[0].split("/")[-1], os.X_OK), command)
        text = script.read_text()
        compile(text, str(script), "exec")
        for option in re.findall(r" (--[a-z-]+)", command):
            self.assertRegex(text, rf"""['"]{option}['"]""", f"{script.name} has no {option}: {command}")

    def shortened(self, command):
        command = INSTEAD.get(command, command)
        for name, value in NAMES.items():
            command = re.sub(rf"{re.escape(name)}(?![\w.])", value, command)
        program = re.match(r"(?:[A-Z_]+=\S+ )*(?:mpirun .* )?(?:build/)?shockstep (\w+)", command)
        if not program:
            return command
        if command == program[0]:  # a name in a sentence
            return f"{command} --help"
        if re.search(r"--interpolate|--count 4(?!\d)", command):
            return command
        first, bar, rest = command.partition(" | ")
        return f"{first} {SHORTER.get(program[1], '')}{bar}{rest}"

    def check(self, command, code):
        if command in ELSEWHERE:
            registered = (SOURCE / "tests" / "CMakeLists.txt").read_text()
            test = ELSEWHERE[command]
            self.assertTrue(f"NAME {test}" in registered or any((SOURCE / "tests").glob(f"*/*{test}.cpp")), test)
        elif any(command == long or command.startswith(f"{long} ") for long in TOO_LONG):
            self.check_options(command)
        elif command.startswith("mpirun") and not MPIRUN:
            self.skipTest("the build is without MPI")
        elif command.startswith("chromium") and not find_browser():
            self.skipTest("no Chromium")
        else:
            self.run_here(self.shortened(command), code)


def add(page):
    def test(self):
        for command, code in commands(page.read_text()):
            with self.subTest(command=command):
                self.check(command, code)

    setattr(Commands, f"test_{page.parent.name}_{page.stem}".replace(f"_{SOURCE.name}_", "_"), test)


for page in PAGES:
    if commands(page.read_text()):
        add(page)


class Extraction(unittest.TestCase):
    def test_all_kinds_are_found(self):
        page = "```sh\na\nshockstep sample a.yaml \\\n  --count 3   # exit 3: no\n```\n\n    tools/test\n\ntext `shockstep\nmerge x`, `shockstep`\n"
        self.assertEqual(commands(page), [("shockstep sample a.yaml --count 3", 3), ("tools/test", 0), ("shockstep merge x", 0)])

    def test_pages_have_them(self):
        found = [command for page in PAGES for command, _ in commands(page.read_text())]
        self.assertGreater(len(found), 80)
        for listed in [*INSTEAD, *ELSEWHERE]:
            self.assertIn(listed, found, "is listed here and stands on no page")


if __name__ == "__main__":
    unittest.main()
