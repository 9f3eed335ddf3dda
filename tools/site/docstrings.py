"""Docstrings of the module as Markdown: a line `name: text`, with what is indented behind it, is an item of a list."""
import inspect
import re

import griffe

import shockstep

ITEM = re.compile(r"^(?P<indent> *)(?P<names>[a-z_]\w*(?:, [a-z_]\w*)*): (?P<text>.*)$")


def as_markdown(text):
    lines, listed = [], False
    for line in text.split("\n"):
        item = ITEM.match(line)
        if item:
            if not listed:
                lines.append("")
            lines.append(f"{'    ' if item['indent'] else ''}- **{item['names']}**: {item['text']}")
            listed = True
        elif listed and line and not line.startswith(" "):
            lines += ["", line]
            listed = False
        elif listed and line:
            lines.append("    " + line.strip())
        else:
            lines.append(line)
            listed = listed and bool(line)
    return "\n".join(lines)


class Docstrings(griffe.Extension):
    """Of functions that take the keys of a config, what the user sees: griffe sees the function inside."""

    def on_instance(self, *, obj, **_):
        if obj.docstring:
            shown = getattr(shockstep, obj.name, None) if obj.is_function and "._functions." in obj.path else None
            obj.docstring.value = as_markdown(inspect.cleandoc(shown.__doc__) if shown else obj.docstring.value)
