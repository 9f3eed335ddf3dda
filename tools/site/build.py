"""The site in BUILD/site: pages and reference by mkdocs, whose warnings are errors; headers by doxygen; links checked."""
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

import yaml

import links
import reference
import sections
import stage

ROOT, HERE = stage.ROOT, pathlib.Path(__file__).resolve().parent


def make_headers(build):
    """doxygen's pages; its settings but for the folder."""
    settings = (ROOT / "Doxyfile").read_text() + f"\nOUTPUT_DIRECTORY = {build / 'doxygen-site'}\n"
    (build / "doxygen-site").mkdir(exist_ok=True)
    subprocess.run(["doxygen", "-"], input=settings, cwd=ROOT, check=True, text=True)
    return build / "doxygen-site" / "html"


def main(build):
    staged, site = build / "site-pages", build / "site"
    pages = stage.stage(staged)
    pages += reference.write(staged)
    shutil.copy(HERE / "site.css", staged)
    font = pathlib.Path(importlib.util.find_spec("ziamath").origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
    shutil.copy(font, staged / "math.ttf")
    config = build / "mkdocs.yml"
    config.write_text(yaml.safe_dump({"INHERIT": str(HERE / "mkdocs.yml"), "docs_dir": str(staged), "site_dir": str(site),
                                      "hooks": [str(HERE / "hooks.py")], "nav": sections.navigation(pages)}, sort_keys=False))
    headers = make_headers(build)
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-f", str(config)]
    subprocess.run(command, cwd=HERE, env=quiet, check=True)
    shutil.copytree(headers, site / "reference" / "headers", dirs_exist_ok=True)
    found = list(links.problems(site, [site / "reference" / "headers"]))
    if found:
        sys.exit("\n".join(["docs: links of the site", *found]))
    print(f"{site}/index.html: {len(pages)} pages, every link leads somewhere")


if __name__ == "__main__":
    try:
        main(pathlib.Path(sys.argv[1]).resolve())
    except subprocess.CalledProcessError as error:
        sys.exit(f"docs: {' '.join(map(str, error.cmd[:4]))} failed")
