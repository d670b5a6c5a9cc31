"""Every main page in Chromium, light and dark, desk and phone: nothing sideways, inaccessible or untranslated."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from engine.casework.demo import HOTLINE_FILE
from engine.casework.demo.bureau import PASSWORD
from engine.casework.host import Host
from engine.casework.importing import import_file
from engine.runtime import Runtime
from tests.browser.conftest import DESK, PHONE, TABLET, Desk, OpenDesk
from tests.browser.pages import PAGES
from tests.conftest import REPOSITORY, Clock
from tests.faults.waiting import eventually
from tests.stack import Stack
from webapp.demonstration.walk import Walk
from webapp.platform import form_variables

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-pages")]

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
EVERYTHING = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
AROUND = """
select m.instance_id, o.login from matter m join holding h on h.role = 'instructor' and h.unit_id = m.handling_unit_id
join officer o on o.id = h.officer_id where m.number = :number order by o.id limit 1
"""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def places(stack: Stack, bureau: sa.Engine) -> dict[str, str]:
    """A bureau with matters at work, one of them at a handler's desk and late; returns what paths are filled with."""
    runtime = Runtime(bureau, Host(fields=form_variables))
    import_file(bureau, runtime, "hotline", HOTLINE_FILE.read_bytes(), HOTLINE_FILE.name, actor="system")
    walk = Walk(stack.url, bureau, PASSWORD)
    with bureau.connect() as connection:
        number = connection.scalar(
            sa.text(
                "select m.number from matter m join work_item w on w.instance_id = m.instance_id and w.step = 'sign' "
                "where m.automatic and m.severity = 'ordinary' order by m.id limit 1"
            )
        )
    walk.step(number)
    Clock(bureau).move(timedelta(days=4))

    def settled() -> bool:
        with bureau.connect() as connection:
            return not connection.scalar(sa.text("select exists (select from instance where next_due <= clock_now())"))

    eventually("the worker has fired what is due", settled)
    task = walk.waiting(number)
    assert task is not None
    with bureau.connect() as connection:
        row = connection.execute(sa.text(AROUND), {"number": number}).one()
    return {
        "number": number,
        "task": task.task,
        "handler": task.login,
        "instance": str(row.instance_id),
        "instructor": row.login,
    }


def test_pages_are_accessible_and_fit(desk: OpenDesk, places: dict[str, str]) -> None:
    """A page is loaded on a phone and made wider; dark differs from light in its colours alone, so only those count."""
    axe = AXE.read_text()
    desks: dict[str | None, Desk] = {}
    problems = []
    for shown in PAGES:
        login = shown.login.format(**places) if shown.login else None
        if login not in desks:
            desks[login] = desk(login, viewport=PHONE)
        page = desks[login].open(shown.path.format(**places))
        page.wait_for_load_state("networkidle")
        page.evaluate(axe)
        for viewport in (PHONE, TABLET, DESK):
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                problems.append(f"{shown.name}: {wide} px wider than a screen of {viewport['width']}")
            for scheme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
                # Less motion: no colour is on its way to another.
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                found = page.evaluate("rules => axe.run({runOnly: rules, resultTypes: ['violations']})", rules)
                problems += [
                    f"{shown.name} {viewport['width']} {scheme}: {rule['id']}: {node['target']} "
                    + node.get("failureSummary", "")[:200]
                    for rule in found["violations"]
                    for node in rule["nodes"][:2]
                ]
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="light")
    assert not problems, "\n".join(problems)


def test_english_pages_hold_no_chinese_of_ours(desk: OpenDesk, places: dict[str, str]) -> None:
    """What the bureau wrote (names, matters, diagrams) stays Chinese; the frame and the labels do not."""
    one = desk("hemingyuan", locale="en-GB")
    page = one.open("/account")
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^en"))
    left = []
    for path in ("/matters", "/board", "/calendar", "/notices", "/account"):
        page = one.open(path)
        texts = page.evaluate(
            "() => [...document.querySelectorAll('h1, h2, th[scope=col], button, label, nav.sidebar a, .figure-label')]"
            ".filter(node => !node.closest('[lang=zh-CN]')).map(node => node.innerText.trim()).filter(Boolean)"
        )
        left += [f"{path}: {text}" for text in texts if CHINESE.search(text)]
    assert not left, json.dumps(left, ensure_ascii=False)


def test_a_step_that_goes_away_leaves_what_was_typed_to_be_copied(
    desk: OpenDesk, places: dict[str, str], bureau: sa.Engine
) -> None:
    """An inspector cancels the matter while its handler writes; what they wrote is on the page, ready to be copied."""
    handler = desk(places["handler"])
    handler.expected = ("409",)
    page = handler.open("/tasks/{task}".format(**places))
    expect(page.locator("#step-form")).to_be_visible()
    written = "到现场走访，情况属实，已经拍照留存。"
    page.locator("#step-form textarea").first.fill(written)
    inspector = desk("zhengyifan").open("/instances/{instance}".format(**places))
    inspector.locator("#operation-cancel > summary").click()
    inspector.locator("#operation-cancel input[name=reason]").fill("来信人撤回")
    inspector.locator("#operation-cancel button").click()
    inspector.locator("#apply-form button").click()
    expect(inspector.locator("#flashes")).to_contain_text("已执行")
    page.evaluate("document.querySelector('#step-form').noValidate = true")
    page.click("#complete")
    expect(page.locator("#already-done")).to_contain_text("理由：来信人撤回")
    expect(page.locator("#typed")).to_have_value(re.compile(written))
    page.click("[data-copy]")
    expect(page.locator(".toast-box")).to_have_text("已复制。")
    assert page.evaluate("document.getSelection().toString()").count(written) == 1


def test_axe_is_the_one_that_is_locked() -> None:
    package = json.loads(Path(REPOSITORY / "package.json").read_text())
    wanted = {**package.get("dependencies", {}), **package.get("devDependencies", {})}["axe-core"]
    installed = json.loads((AXE.parent / "package.json").read_text())["version"]
    assert installed == wanted
