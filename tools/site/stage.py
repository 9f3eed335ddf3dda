"""The Markdown of the repository as that of the site: the same text, with links that lead where the site has the page."""
import os
import pathlib
import re
import shutil

ROOT = pathlib.Path(__file__).resolve().parents[2]
RENAMED = {"README.md": "index.md", "docs/README.md": "all.md", "CONTRIBUTING.md": "contributing.md",
           "CHANGELOG.md": "changelog.md"}
PICTURES = (".png", ".svg")
LANGUAGES = {".cpp": "cpp", ".hpp": "cpp", ".py": "python", ".js": "js", ".yaml": "yaml", ".txt": "cmake", ".json": "json"}

# Code first: what looks like a link in it is none. What is less than something is no tag.
LINK = re.compile(r"^```.*?^```|^(?:    [^\n]*\n)+|`[^`\n]*`|(!?\[(?:[^\[\]`]|`[^`]*`)*\]\()([^)\s]+)(\))"
                  r"|<(?=[a-z])(?!a |br>|sub>|sup>|https?:)", re.MULTILINE | re.DOTALL)


def pages():
    """Paths in the repository of what becomes a page as it is."""
    found = [*(ROOT / path for path in RENAMED), *(ROOT / "docs").rglob("*.md"), *(ROOT / "models").glob("*.md")]
    return [path.relative_to(ROOT).as_posix() for path in sorted(set(found))]


def staged(path):
    """Where the site has a file of the repository. Sources that a page links to are pages of their own."""
    if path in RENAMED:
        return RENAMED[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return path if path.endswith(".md") and path.startswith("models/") else f"source/{path}.md"


def relinked(page, target, linked):
    """A link of `page` on the site; what it leads to is added to `linked`."""
    if re.match(r"[a-z]+:", target) or target.startswith("#"):
        return target
    path, hash_, anchor = target.partition("#")
    path = os.path.normpath(os.path.join(os.path.dirname(page), path))
    if not (ROOT / path).exists():
        raise SystemExit(f"docs: {page} links to {target}, which does not exist")
    linked.add(path)
    return os.path.relpath(staged(path), os.path.dirname(staged(page)) or ".") + hash_ + anchor


def source_page(path):
    """A file as a page of code, a folder as a list."""
    whole = ROOT / path
    if whole.is_dir():
        names = sorted(entry.name for entry in whole.iterdir() if not entry.name.startswith((".", "__")))
        return f"# {path}\n\n" + "".join(f"- `{name}`\n" for name in names)
    text = whole.read_text()
    script = "python" if "python" in text.partition("\n")[0] else "bash"
    language = LANGUAGES.get(whole.suffix) or (script if text.startswith("#!") else "text")
    fence = "`" * 5
    return f"---\nsearch:\n  exclude: true\n---\n# {path}\n\n{fence}{language}\n{text}\n{fence}\n"


def stage(folder):
    """Writes all pages and pictures below `folder`; returns the names of the pages, without .md."""
    shutil.rmtree(folder, ignore_errors=True)
    linked, texts = set(), {}
    for page in pages():
        def swap(match):
            if match[2]:
                return match[1] + relinked(page, match[2], linked) + match[3]
            return "&lt;" if match[0] == "<" else match[0]

        texts[staged(page)] = LINK.sub(swap, (ROOT / page).read_text())
    for path in linked:
        if staged(path) not in texts and not path.endswith(PICTURES):
            texts[staged(path)] = source_page(path)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for picture in (ROOT / "docs").rglob("*"):
        if picture.suffix in PICTURES:
            copy = folder / picture.relative_to(ROOT / "docs")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, copy)
    return [name.removesuffix(".md") for name in texts]
