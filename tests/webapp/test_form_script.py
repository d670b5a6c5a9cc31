"""Forms in a browser: the script hides, adds, counts and narrows as the server would."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from forms.conditions import parse_condition
from tests.forms.site import Site
from tests.forms.test_conditions import GIVEN, NAMES

pytestmark = pytest.mark.browser

ASSETS = Path(__file__).parents[2] / "webapp" / "assets"
ADDRESS = "http://forms.test"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'"
HEAD = '<link rel="stylesheet" href="/css/forms.css"><script type="module" src="/js/forms.js"></script></head>'
CONDITIONS = [
    'decision = "reject" and urgent',
    "not(urgent) or amount > 99.5",
    "amount >= 101",
    "amount in (1, 100)",
    'decision in ("approve")',
    '"noise" in topics and not "dust" in topics',
    'day >= "2026-03-01" and at < "2026-03-01T09:01" and hour != "09:01"',
    "title = null",
    "title != null",
    'place.street = "人民路"',
]


class Server:
    """Answers the browser from the Flask page and the folder of assets, without a socket."""

    def __init__(self) -> None:
        self.site = Site()
        self.searches: list[str] = []

    def answer(self, route: Route) -> None:
        request = route.request
        path, _, query = request.url.removeprefix(ADDRESS).partition("?")
        if path == "/step":
            given = self.site.client.open(
                path, method=request.method, data=request.post_data_buffer or b"", headers=dict(request.headers)
            )
            body = given.text.replace("</head>", HEAD)
            headers = {"Content-Type": given.content_type or "", "Content-Security-Policy": POLICY}
            route.fulfill(status=given.status_code, headers=headers, body=body)
        elif path == "/matters":
            self.searches.append(query)
            route.fulfill(json=[{"code": "MY2026-000031", "label": "MY2026-000031 夜间噪声"}])
        elif (ASSETS / path[1:]).is_file():
            route.fulfill(path=ASSETS / path[1:])
        else:
            route.fulfill(status=204)


@pytest.fixture(scope="module")
def browser_page(chromium: Browser) -> Iterator[tuple[Page, Server]]:
    page = chromium.new_page(locale="zh-CN")
    server = Server()
    page.route(f"{ADDRESS}/**", server.answer)
    yield page, server
    page.close()


@pytest.fixture
def server(browser_page: tuple[Page, Server]) -> Server:
    return browser_page[1]


@pytest.fixture
def page(browser_page: tuple[Page, Server]) -> Iterator[Page]:
    """The form, freshly opened; the test fails on any error or violation of the policy in the console."""
    page = browser_page[0]
    wrong: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # A 422 is how a form comes back, and Chromium reports it as an error of the network.
        if message.type == "error" and "422" not in message.text:
            wrong.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{ADDRESS}/step")
    yield page
    page.remove_listener("console", listen)
    assert wrong == []


def test_conditions_mean_the_same_as_on_the_server(page: Page) -> None:
    conditions = [parse_condition(text, NAMES) for text in CONDITIONS]
    script = """async ([trees, given]) => {
        const { evaluate } = await import('/js/conditions.js');
        return trees.map((tree) => evaluate(tree, (key) => given[key]));
    }"""
    trees = json.loads(json.dumps([condition.tree for condition in conditions]))
    assert page.evaluate(script, [trees, GIVEN]) == [condition.holds(GIVEN.__getitem__) for condition in conditions]


def test_what_does_not_apply_is_hidden_at_once(page: Page) -> None:
    reason, note = page.locator("[data-key=reason]"), page.locator(".form-text-block")
    expect(reason).to_be_hidden()
    expect(note).to_be_visible()
    page.get_by_label("退回 <b>").first.check()
    expect(reason).to_be_visible()
    expect(note).to_be_hidden()
    page.get_by_label("同意").first.check()
    expect(reason).to_be_hidden()


def test_words_are_counted(page: Page) -> None:
    page.get_by_label("退回 <b>").first.check()
    words = page.locator("#f-reason-limit [data-words]")
    page.locator("#f-reason").fill("𠮷字")
    expect(words).to_have_text("已写 2 字，最多 20 字")
    page.locator("#f-reason").fill("字" * 23)
    expect(words).to_have_text("超出 3 字，最多 20 字")


def test_rows_are_added_and_removed_in_place(page: Page) -> None:
    page.locator("#f-contacts-0-whom").fill("张先生")
    page.get_by_role("button", name="添加一条").click()
    expect(page.locator("#f-contacts-1-method")).to_be_focused()
    page.locator("#f-contacts-1-whom").fill("李女士")
    assert page.locator("[data-row-list] [data-row-title]").all_text_contents() == ["第 1 条", "第 2 条"]
    page.get_by_role("button", name="移除这一条").first.click()
    assert page.locator("[data-row-list] [data-row-title]").all_text_contents() == ["第 1 条"]
    page.get_by_role("button", name="添加一条").click()
    page.locator("#f-contacts-2-whom").fill("王先生")
    page.get_by_role("button", name="提交").last.click()
    # What the server gives back has the rows that stood there.
    assert [box.input_value() for box in page.locator("[data-row-list] input[name$=whom]").all()] == [
        "李女士",
        "王先生",
    ]


def test_officers_follow_the_unit(page: Page) -> None:
    page.locator("#f-officer").select_option("21")
    page.locator("#f-unit").select_option("12")
    assert page.locator("#f-officer").input_value() == ""
    offered = page.locator("#f-officer option:not([disabled])").evaluate_all("all => all.map((one) => one.value)")
    assert offered == ["", "23"]


def test_matters_are_suggested(page: Page, server: Server) -> None:
    page.locator("#f-primary").press_sequentially("噪声")
    expect(page.locator("#f-primary-list option")).to_have_count(1)
    assert page.locator("#f-primary-list option").get_attribute("value") == "MY2026-000031"
    assert server.searches[-1].startswith("q=")


def test_errors_take_the_focus_and_lead_to_the_input(page: Page) -> None:
    page.get_by_role("button", name="提交").last.click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    page.get_by_role("link", name="请选择“审核意见”").click()
    expect(page.locator("#f-decision")).to_be_focused()


def test_a_kept_file_is_taken_away_in_place(page: Page) -> None:
    page.locator("#f-files").set_input_files({"name": "报告.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
    page.get_by_role("button", name="提交").last.click()
    expect(page.locator("[data-kept]")).to_have_count(1)
    page.get_by_role("button", name="移除报告.pdf").click()
    expect(page.locator("[data-kept]")).to_have_count(0)


def test_the_form_is_accessible(page: Page) -> None:
    axe = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("the front end's packages are not installed")
    page.get_by_role("button", name="提交").last.click()
    page.evaluate(axe.read_text("utf-8"))
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    assert [
        (one["id"], one["nodes"][0]["html"]) for one in found["violations"] if one["id"] != "page-has-heading-one"
    ] == []
