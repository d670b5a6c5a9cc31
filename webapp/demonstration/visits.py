"""An officer at a browser without a screen: logs in, opens pages, fills in their forms, over plain HTTP."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin

import requests
from lxml import html
from lxml.html import FormElement, HtmlElement

TIMEOUT = 60  # seconds for one page

File = tuple[str, bytes]


class PageError(RuntimeError):
    """A page answered what the visit did not expect; the message holds what it said."""


def flattened(answers: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return answers as the fields of a form: rows become ``contacts-0-method``, lists repeat their name."""
    fields: list[tuple[str, str]] = []
    for key, value in answers.items():
        name = f"{prefix}{key}"
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, row in enumerate(value):
                fields += flattened(row, f"{name}-{number}-")
        elif isinstance(value, list):
            fields += [(name, str(one)) for one in value]
        else:
            fields.append((name, str(value)))
    return fields


def held(form: FormElement) -> list[tuple[str, str]]:
    """Return what a browser would send of a form as it stands.

    lxml differs from HTML in two points: a template's content is no part of the form, and the line break that
    follows ``<textarea>`` is no part of its text.
    """
    templates = {field.get("name") for field in form.xpath(".//template//*[@name]")}
    areas = {area.get("name") for area in form.xpath(".//textarea[@name]")}
    return [
        (name, value.removeprefix("\n") if name in areas else value)
        for name, value in form.form_values()
        if name not in templates and value is not None
    ]


class Visit:
    """One officer's session on the pages at ``base``."""

    def __init__(self, base: str, login: str, password: str) -> None:
        self.base = base
        self.login = login
        self._http = requests.Session()
        page = self.open("/login")
        self.submit(self.form(page, "/login"), {"login": login, "password": password})

    def open(self, path: str) -> HtmlElement:
        """Open a page. Raises PageError when it does not answer with 200."""
        return self._page(self._http.get(urljoin(self.base, path), timeout=TIMEOUT), {200})

    def form(self, page: HtmlElement, action: str) -> FormElement:
        """Return the page's form whose address ends with ``action``. Raises PageError when there is none."""
        for form in page.forms:
            if (form.action or "").split("?")[0].endswith(action):
                found: FormElement = form
                return found
        raise PageError(f"{self.login}: no form for {action} on «{page.findtext('.//title')}»")

    def submit(
        self,
        form: FormElement,
        answers: Mapping[str, Any],
        files: Mapping[str, File] | None = None,
        expected: Iterable[int] = (200,),
    ) -> HtmlElement:
        """Send a form with these answers instead of what it holds, follow where it leads, return that page.

        Raises PageError with the page's own complaints when it ends in another status than those expected.
        """
        given = flattened(answers)
        replaced = {name for name, _value in given}
        kept = [(name, value) for name, value in held(form) if name not in replaced]
        answer = self._http.post(
            urljoin(self.base, form.action or ""),
            data=[*kept, *given],
            files=dict(files) if files else None,
            timeout=TIMEOUT,
        )
        return self._page(answer, set(expected))

    def _page(self, answer: requests.Response, expected: set[int]) -> HtmlElement:
        page: HtmlElement = html.document_fromstring(answer.text or "<html></html>", base_url=answer.url)
        page.make_links_absolute(answer.url)
        if answer.status_code not in expected:
            alerts: list[HtmlElement] = page.xpath("//*[@role='alert']")
            complaints = " ".join(" ".join(alert.text_content().split()) for alert in alerts)
            raise PageError(f"{self.login}: {answer.url} answers {answer.status_code}. {complaints}")
        return page
