"""The pieces of tools/docs: links are carried over to the site, what leads nowhere is named, every page has a place."""

import os
import pathlib
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2])).resolve()
sys.path.insert(0, str(SOURCE / "tools" / "site"))

import links  # noqa: E402
import sections  # noqa: E402
import stage  # noqa: E402


class Staging(unittest.TestCase):
    def test_links_lead_to_the_pages_of_the_site(self):
        linked = set()
        for page, target, wanted in [
            ("README.md", "docs/guard.md#the-pilot", "guard.md#the-pilot"),
            ("docs/guard.md", "../README.md#measured", "index.md#measured"),
            ("docs/guard.md", "notes/guard_tried.md", "notes/guard_tried.md"),
            ("docs/notes/guard_tried.md", "../ablation.png", "../ablation.png"),
            ("docs/guard.md", "../src/engine/pilot.cpp", "source/src/engine/pilot.cpp.md"),
            ("models/digits.md", "../docs/README.md", "../all.md"),
            ("docs/guard.md", "#the-parts", "#the-parts"),
            ("docs/guard.md", "https://example.org/x.md", "https://example.org/x.md"),
        ]:
            with self.subTest(page=page, target=target):
                self.assertEqual(stage.relinked(page, target, linked), wanted)
        self.assertIn("src/engine/pilot.cpp", linked)

    def test_a_link_to_nothing_is_named(self):
        with self.assertRaisesRegex(SystemExit, "docs/guard.md links to no_such_page.md"):
            stage.relinked("docs/guard.md", "no_such_page.md", set())

    def test_code_has_no_links(self):
        text = "[a](b.md)\n```\n[c](d.md)\n```\n    [e](f.md)\n`[g](h.md)` [`i`](j.md)\n"
        self.assertEqual([match[2] for match in stage.LINK.finditer(text) if match[2]], ["b.md", "j.md"])

    def test_every_link_of_every_page_exists(self):
        for page in stage.pages():
            for match in stage.LINK.finditer((SOURCE / page).read_text()):
                if match[2]:
                    with self.subTest(page=page, target=match[2]):
                        stage.relinked(page, match[2], set())


class Navigation(unittest.TestCase):
    def test_every_page_has_one_place(self):
        pages = ["index", "guard", "no_such_section", "notes/study", "source/src/engine/pilot.cpp"]
        nav = sections.navigation(pages)
        self.assertEqual(nav, [{"Home": "index.md"}, {"How-to": ["no_such_section.md"]}, {"Explanation": ["guard.md"]},
                               {"Measured": ["notes/study.md"]}])


class Links(unittest.TestCase):
    def problems(self, page, other="<h1 id='here'>x</h1>"):
        with tempfile.TemporaryDirectory() as folder:
            site = pathlib.Path(folder).resolve()
            (site / "a.html").write_text(page)
            (site / "b.html").write_text(other)
            return list(links.problems(site, []))

    def test_what_leads_nowhere_or_elsewhere_is_named(self):
        self.assertEqual(self.problems("<a href='b.html#here'>x</a> <a href='https://example.org'>y</a>"), [])
        self.assertEqual(self.problems("<a href='c.html'>x</a>"), ["a.html links to c.html, which is not there"])
        gone = self.problems("<a href='b.html#gone'>x</a>")
        self.assertEqual(gone, ["a.html links to b.html#gone, which has no such heading"])
        loads = self.problems("<script src='https://example.org/x.js'></script>")
        self.assertEqual(loads, ["a.html loads https://example.org/x.js"])


if __name__ == "__main__":
    unittest.main()
