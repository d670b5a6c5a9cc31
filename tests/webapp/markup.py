"""What is wrong with a page's HTML: a paragraph holds phrases (HTML, 4.4.1), a browser ends it where a form begins."""

from html.parser import HTMLParser

ENDS = {"div", "section", "ul", "ol", "table", "details", "td", "li", "main", "article", "p"}
"""Whose beginning or end ends a paragraph that is open."""


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = False
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form" and self.open:
            self.found.append(dict(attrs).get("action") or "")
        if tag in ENDS:
            self.open = tag == "p"

    def handle_endtag(self, tag: str) -> None:
        if tag in ENDS:
            self.open = False


def forms_in_paragraphs(page: str) -> list[str]:
    """Return where the forms lead that stand inside a paragraph."""
    parser = _Paragraphs()
    parser.feed(page)
    return parser.found
