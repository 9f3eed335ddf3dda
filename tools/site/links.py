"""Every link, picture and anchor of the built site leads somewhere, and nothing is loaded from elsewhere."""
import html.parser
import pathlib
import urllib.parse

LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}
NOT_LOADED = {"canonical", "next", "prev", "alternate"}  # rel of links


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.loaded = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors |= {values[key] for key in ("id", "name") if values.get(key)}
        for key, value in attributes:
            if value and (tag, key) in LOADED and values.get("rel") not in NOT_LOADED:
                self.loaded.append(value)
            if value and (tag, key) in LOADED | {("a", "href")} and values.get("rel") not in NOT_LOADED:
                self.links.append(value)


def problems(site, skip):
    """One line each. skip: folders below `site` that are somebody else's pages, in which links need only lead."""
    pages = {path: Page(path.read_text(errors="replace")) for path in site.rglob("*.html")
             if path.relative_to(site).as_posix() != "404.html" and not any(folder in path.parents for folder in skip)}
    for path, page in sorted(pages.items()):
        name = path.relative_to(site)
        for value in page.loaded:
            if urllib.parse.urlsplit(value).netloc:
                yield f"{name} loads {value}"
        for value in page.links:
            parts = urllib.parse.urlsplit(value)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                yield f"{name} links to {value}, which is not there"
            elif parts.fragment and target in pages and urllib.parse.unquote(parts.fragment) not in pages[target].anchors:
                yield f"{name} links to {value}, which has no such heading"
