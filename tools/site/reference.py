"""Pages of what the program, the module and the headers say of themselves."""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUNCTIONS = ["sample", "encode", "schedule", "compare", "inspect", "from_diffusers", "Network"]
CLASSES = ["Result", "Encoding", "Schedule", "Schedules", "Comparison", "Solver", "GaussianMixture", "PointCloud", "DoubleWell",
           "Multiplicative", "Interrupted", "ShockstepWarning", "ConfigError", "ModelError", "FileError"]
INTEGRATIONS = ["shockstep.diffusers.ShockstepScheduler", "shockstep.k_diffusion.sample_shockstep"]


def said(*arguments):
    return subprocess.run([os.environ["SHOCKSTEP"], *arguments], check=True, capture_output=True, text=True).stdout


def blocks():
    """Title and rows (name, text) of each list of `shockstep info`."""
    found, rows = {}, None
    for line in said("info").split("\n"):
        row = re.match(r"  (\S+) +(.*)", line)
        if row and rows is not None:
            rows.append(row.groups())
        elif line:
            rows = found.setdefault(line, [])
    return found


def cell(text):
    """Of a table; angle brackets and pipes are no markup."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(row) + " |\n" for row in lines) + "\n"


def key_row(name, text):
    """Name, type, default, meaning from `meaning: values; default`, where meanings and values may have colons of their own."""
    from shockstep import _core
    section, _, key = name.partition(".")
    values, meaning = next((values, meaning) for of, known, values, meaning in _core.keys() if (of, known) == (section, key))
    usual = text.removeprefix(f"{meaning}: {values}").removeprefix("; ")
    return [f"`{key}`", cell(values), f"`{usual}`" if usual else "", cell(meaning)]


def config(info):
    keys = next(rows for title, rows in info.items() if title.startswith("keys of a config"))
    text = ["# Keys of a config\n\nWhat `shockstep info` says of each key. A key that is left out has its default; "
            "an empty default depends on the others. [Any trained model](../models.md) has the keys of the "
            "sections `model` and `process`.\n\n"]
    for section in dict.fromkeys(name.partition(".")[0] for name, _ in keys):
        rows = [key_row(name, words) for name, words in keys if name.startswith(f"{section}.")]
        text.append(f"## {section}\n\n" + table(["key", "values", "default", "meaning"], rows))
    for title in ("model.kind", "process.kind", "sampler.method", "sampler.steps.schedule"):
        rows = [[f"`{name}`", cell(words)] for name, words in info[title]]
        text.append(f"## {title}\n\n" + table(["name", "what it is"], rows))
    return "".join(text)


def files(info):
    text = ["# Columns of the files of a run\n\nWhat `shockstep info` says of each column. [On the command "
            "line](../command_line.md) lists all files of a run; [the report](../report.md) is its page.\n\n"]
    for title, rows in info.items():
        name = re.match(r"(?:columns|keys) of (\S+\.\S+)$", title)
        if name:
            text.append(f"## {name[1]}\n\n" + table(["name", "meaning"], [[f"`{key}`", cell(words)] for key, words in rows]))
    return "".join(text)


def commands():
    text = ["# Commands and options\n\nWhat `--help` of each command prints. [On the command line](../command_line.md) has "
            "examples, the files of a run and the exit codes.\n\n"]
    names = re.findall(r"^  (\w+) ", said("--help").partition("Subcommands:")[2], re.MULTILINE)
    for arguments in [[], *([name] for name in names)]:
        text.append(f"## shockstep {' '.join(arguments)}\n\n```text\n{said(*arguments, '--help').strip()}\n```\n\n")
    return "".join(text)


def python():
    members = lambda names: "".join(f"::: {name}\n\n" for name in names)
    return ("# The Python module\n\nFrom the docstrings. [In Python](../python.md) shows each in use.\n\n"
            "## Functions and models\n\n"
            + members(f"shockstep.{name}" for name in FUNCTIONS) + "## Results, exact models, errors\n\n"
            + members(f"shockstep.{name}" for name in CLASSES) + "## In other packages\n\n" + members(INTEGRATIONS))


def cpp(doxygen):
    """doxygen: its pages, relative to this one."""
    rows = []
    for header in sorted((ROOT / "include" / "shockstep").glob("*.hpp")):
        first = re.match(r"///\s*(.*)", header.read_text())
        page = header.name.replace("_", "__").replace(".", "_8") + ".html"  # as doxygen names it
        rows.append([f'<a href="{doxygen}/{page}">{header.name}</a>', cell(first[1]) if first else ""])
    return ("# The headers\n\nFrom the comments of the public headers, by Doxygen. "
            "[In C++](../cpp.md) says how to build against them.\n\n"
            f'<a href="{doxygen}/annotated.html">All classes</a>, <a href="{doxygen}/files.html">all files</a>.\n\n'
            + table(["header", "what it has"], rows))


def write(folder):
    """The reference below `folder`; returns the names of the pages."""
    info = blocks()
    found = {"config": config(info), "commands": commands(), "files": files(info), "python": python(), "cpp": cpp("headers")}
    (folder / "reference").mkdir()
    for name, text in found.items():
        (folder / "reference" / f"{name}.md").write_text(text)
    return [f"reference/{name}" for name in found]
