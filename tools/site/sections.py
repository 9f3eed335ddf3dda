"""Which section of the site a page stands in, and in which order. A page that is not listed is a how-to; one that is
listed and not there is left out."""

SECTIONS = {
    "Tutorial": ["tutorial"],
    "How-to": [
        "choose", "python", "diffusers", "command_line", "models", "conditions", "processes", "tolerance", "solver", "schedules",
        "compare", "inspect", "encode", "init", "sde", "report", "large_runs", "gpu", "wheels", "cpp", "extend",
    ],
    "Explanation": ["ideas", "plan", "guard", "events", "noise", "theory", "paper", "limits"],
    "Reference": ["reference/config", "reference/commands", "reference/files", "reference/python", "reference/cpp", "methods"],
    "Measured": ["frontier", "throughput", "reproduce"],  # and all of notes/
    "Project": ["all", "contributing", "changelog", "models/digits", "models/fashion"],
}
REST, NOTES = "How-to", "Measured"
ELSEWHERE = ["index"]  # not in a section


def navigation(pages):
    """The value of mkdocs' `nav`. pages: names without .md."""
    pages = [page for page in pages if not page.startswith("source/")]
    listed = {page for section in SECTIONS.values() for page in section} | set(ELSEWHERE)
    rest = sorted(set(pages) - listed)
    nav = [{"Home": "index.md"}]
    for title, section in SECTIONS.items():
        more = [page for page in rest if page.startswith("notes/") == (title == NOTES)] if title in (REST, NOTES) else []
        found = [f"{page}.md" for page in [*section, *more] if page in pages]
        if found:
            nav.append({title: found if len(found) > 1 or title != "Tutorial" else found[0]})
    return nav
