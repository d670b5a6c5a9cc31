"""One matter's whole life in Chromium, from a channel's file to the archive, by officers at desks of their own."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from engine.casework.demo import HOTLINE_FILE
from tests.browser.conftest import PATIENCE, Desk, OpenDesk
from tests.conftest import Clock
from tests.faults.waiting import eventually
from tests.stack import Stack
from webapp.demonstration.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-life")]

RECEIVER = "wanglijuan"
PUSHED = """
select m.number from matter m join work_item w on w.instance_id = m.instance_id and w.step = 'sign'
where m.automatic and m.kind = 'request' and m.severity = 'ordinary' order by m.id
"""


@pytest.fixture(scope="module")
def walk(stack: Stack, bureau: sa.Engine) -> Walk:
    """Tells whose turn it is; the steps themselves are done in Chromium."""
    return Walk(stack.url, bureau, "")


def import_file(desk: Desk) -> None:
    page = desk.open("/imports")
    page.select_option("#channel", "hotline")
    page.set_input_files("input[type=file]", HOTLINE_FILE)
    page.click("#import-form button.btn-primary")
    expect(page.locator("#mapping")).to_be_visible()
    page.click("#mapping-form button.btn-primary")
    expect(page.get_by_text("已完成").first).to_be_visible(timeout=60_000)


@pytest.fixture(scope="module")
def imported(stack: Stack, bureau: sa.Engine, chromium) -> list[str]:
    """The file is imported in the browser; returns the numbers of matters pushed without a hand."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    desk = Desk(context, stack).log_in(RECEIVER)
    import_file(desk)
    context.close()
    assert desk.faults == []
    with bureau.connect() as connection:
        numbers = list(connection.scalars(sa.text(PUSHED)))
    assert len(numbers) >= 2
    return numbers


def open_step(desk: Desk, number: str) -> Page:
    """Find the matter on the officer's own list and open it."""
    page = desk.open("/tasks")
    row = page.locator("#tasks tr", has_text=number)
    expect(row).to_be_visible()
    row.locator("a.name").click()
    expect(page.locator("#step-form")).to_be_visible()
    return page


def fill_contacts(page: Page) -> None:
    row = page.locator("[data-row-list] > [data-row]").first
    row.locator("select").select_option("phone")
    row.locator("input[type=datetime-local]").fill("2026-03-02T08:30")
    row.locator("input[type=text]").fill("来电人")
    row.locator("textarea").fill("电话核对了地点和时间。")


def finish(page: Page) -> None:
    page.click("#complete")
    expect(page.locator(".toast, .flash, [data-toast], .flashes").first).to_be_visible()


STEPS = {
    "sign": lambda page: (
        page.check("[name=decision][value=sign]"),
        page.select_option("[name=handler]", index=1),
    ),
    "investigate": lambda page: (
        fill_contacts(page),
        page.fill("[name=facts]", "到现场查看，群众反映的情况存在。"),
        page.check("[name=finding][value=true]"),
    ),
    "dispose": lambda page: (
        page.fill("[name=measures]", "当场修复，并安排每周巡检。"),
        page.check("[name=result][value=solved]"),
    ),
    "feed_back": lambda page: (
        page.fill("[name=summary]", "情况属实，已经处置。"),
        page.fill("[name=reply_draft]", "您反映的情况属实，已经处置，感谢您的监督。"),
    ),
    "review": lambda page: page.check("[name=decision][value=pass]"),
    "approve": lambda page: page.check("[name=decision][value=pass]"),
    "reply": lambda page: (
        page.fill("[name=reply]", "您反映的情况属实，已经处置，感谢您的监督。"),
        page.check("[name=medium][value=channel]"),
    ),
    "visit": lambda page: (
        page.check("[name=result][value=satisfied]"),
        page.select_option("[name=method]", "phone"),
    ),
}


def test_a_matter_lives_from_a_channels_file_to_the_archive(
    imported: list[str], desk: OpenDesk, walk: Walk, stack: Stack, bureau: sa.Engine
) -> None:
    number = imported[0]
    desks: dict[str, Desk] = {}
    steps = []
    walk._visits.setdefault(RECEIVER, None)
    while (task := walk.waiting(number)) is not None:
        walk._visits.setdefault(task.login, None)  # prefer officers not seen yet
        mine = desks.get(task.login) or desks.setdefault(task.login, desk(task.login))
        page = open_step(mine, number)
        STEPS[task.step](page)
        finish(page)
        steps.append(task.step)
        eventually(
            f"{number} goes on after {task.step}",
            lambda: walk.waiting(number) is not None or status(bureau, number) == "closed",
        )
    assert steps == ["sign", "investigate", "dispose", "feed_back", "review", "reply", "visit"]
    people = {RECEIVER, *desks}
    assert len(people) >= 6, people
    assert status(bureau, number) == "closed"
    arrived = [json.loads(path.read_text()) for path in stack.delivered() if path.suffix == ".json"]
    assert any("已经处置，感谢您的监督" in message["body"] for message in arrived), "the reply arrived at the channel"

    page = desk("zhengyifan").open(f"/matters/{number}")  # the inspector sees the whole file
    expect(page.locator("body")).to_contain_text("归档")
    expect(page.locator("[data-canvas] .djs-container").first).to_be_visible(timeout=PATIENCE)


def status(bureau: sa.Engine, number: str) -> str:
    with bureau.connect() as connection:
        return str(connection.scalar(sa.text("select status from matter where number = :n"), {"n": number}))


def test_a_passed_deadline_climbs_to_the_instructor_and_on_to_the_bureau_leader(
    imported: list[str], desk: OpenDesk, bureau: sa.Engine, moved: Clock
) -> None:
    number = imported[1]
    with bureau.connect() as connection:
        people = {
            role: connection.scalar(
                sa.text(
                    "select o.login from matter m join holding h on h.unit_id = m.handling_unit_id and h.role = :role "
                    "join officer o on o.id = h.officer_id where m.number = :number order by o.id limit 1"
                ),
                {"role": role, "number": number},
            )
            for role in ("instructor", "bureau_leader")
        }
    reached: list[str] = []
    for _day in range(14):
        moved.move(timedelta(days=1))
        eventually("the worker has fired what is due", lambda: not due(bureau))
        reached = levels(bureau, number, "sign")
        if "bureau_leader" in reached:
            break
    assert reached == ["reminder", "instructor", "bureau_leader", "inspectorate"], "each once, in this order"

    for role, login in people.items():
        page = desk(login).open("/board")
        card = page.locator("#lanes", has_text=number)
        expect(card, role).to_be_visible()
        page.goto(page.url.replace("/board", f"/matters/{number}"))
        expect(page.locator("body")).to_contain_text("超时", timeout=PATIENCE)
        notices = desk(login).open("/notices")
        expect(notices.locator("body"), f"{role} was told").to_contain_text(number)


def due(bureau: sa.Engine) -> bool:
    with bureau.connect() as connection:
        return bool(
            connection.scalar(
                sa.text("select exists (select from instance where next_due <= clock_now() and status = 'running')")
            )
        )


def levels(bureau: sa.Engine, number: str, step: str) -> list[str]:
    with bureau.connect() as connection:
        return list(
            connection.scalars(
                sa.text(
                    "select e.level from escalation e join matter m on m.id = e.matter_id "
                    "where m.number = :number and e.step = :step order by e.fired_at, e.id"
                ),
                {"number": number, "step": step},
            )
        )
