"""One matter through every stage, each step by the officer whose it is, over HTTP."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import sqlalchemy as sa
from psycopg import pq

from engine.casework.commands import deliver
from tests.webapp.conftest import STATION, Browser, Site

KEY = re.compile(r'name="key" value="([^"]+)"')


def open_task(browser: Browser, number: str) -> tuple[str, str]:
    """Open the officer's task of a matter; return its id and the idempotency key of its form."""
    page = browser.get(f"/matters/{number}")
    assert page.status_code == 200
    task = re.search(r'action="/tasks/([0-9a-f]{32})/complete"', page.text)
    assert task is not None, f"no form for this officer: {number}"
    key = KEY.search(page.text)
    assert key is not None
    return task[1], key[1]


def finish(site: Site, login: str, number: str, **answers: Any) -> str:
    """Finish the officer's step of a matter; return the task's id."""
    browser = site.client(login)
    task, key = open_task(browser, number)
    answer = browser.post(f"/tasks/{task}/complete", {"key": key, **answers})
    assert answer.status_code == 302, re.findall(r'(?s)<div class="error-summary.*?</div>', answer.text)
    return task


@pytest.fixture
def pushed(site: Site) -> str:
    """A matter that waits to be signed for by the station."""
    return site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number


WORK: dict[str, tuple[str, dict[str, Any]]] = {
    "investigate": ("handler", {"facts": "到现场走访，麻将馆深夜营业属实。", "finding": "true"}),
    "dispose": ("handler", {"measures": "责令麻将馆夜间十点停业", "result": "solved"}),
    "feed_back": (
        "handler",
        {"summary": "已责令整改并书面承诺。", "reply_draft": "您反映的问题属实，已责令该麻将馆夜间十点停业。"},
    ),
    "review": ("instructor", {"decision": "pass", "comment": "同意"}),
    "reply": ("receiver", {"reply": "您反映的问题属实，已责令该麻将馆夜间十点停业。", "medium": "channel"}),
    "visit": ("visitor", {"result": "satisfied", "method": "phone", "attempts": "1"}),
}
"""Step -> who does it and what they type, in the order of the process."""


def sign(site: Site, number: str) -> str:
    return finish(site, "liaison", number, decision="sign", handler=site.bureau.officers["handler"])


def work(site: Site, number: str, *, through: str) -> None:
    """Do the steps of the process up to and with one of them."""
    sign(site, number)
    for step, (login, answers) in WORK.items():
        if step == "visit":
            deliver_everything(site)
        finish(site, login, number, **answers)
        if step == through:
            return


def deliver_everything(site: Site) -> list[str]:
    """Send what is in the outbox to a mailbox that takes everything; return the subjects."""
    sent: list[str] = []

    def take(message: Any) -> str:
        sent.append(message.subject)
        return "taken"

    for row in site.rows("select id from dispatch where status = 'pending' order by id"):
        deliver(site.platform.engine, site.platform.runtime, row.id, take, last=False)
    return sent


def test_a_matter_goes_from_its_registration_to_the_archive(site: Site, pushed: str) -> None:
    work(site, pushed, through="visit")
    steps = [row.step for row in site.rows("select step from finished_item order by finished_at")]
    assert steps == ["sign", *WORK]
    matter = site.rows("select status, satisfaction, reply from matter where number = :n", n=pushed)[0]
    assert (matter.status, matter.satisfaction) == ("closed", "satisfied")
    page = site.client("inspector").get(f"/matters/{pushed}").text
    assert "已办结" in page
    assert "责令麻将馆夜间十点停业" in page  # what was typed stands in the timeline
    assert "处置措施" in page


class Statements:
    """Listens to what the connections of an engine really send, whichever layer of Python sends it."""

    QUIET = ("begin", "commit", "rollback", "deallocate")

    def __init__(self, engine: sa.Engine, log: Path) -> None:
        self.engine = engine
        self.log = log

    def __enter__(self) -> Self:
        self.file = self.log.open("wb")
        self.traced: list[Any] = []
        sa.event.listen(self.engine, "checkout", self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sa.event.remove(self.engine, "checkout", self._trace)
        for connection in self.traced:
            connection.untrace()
        self.file.close()
        self.all = list(self._executed())

    def _trace(self, driver: Any, *_: Any) -> None:
        driver.pgconn.trace(self.file.fileno())
        driver.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
        self.traced.append(driver.pgconn)

    def _executed(self) -> Iterator[str]:
        """Yield the text (or the prepared name) of each statement that was executed."""
        names, bound = {}, ""
        for line in re.split(r"\n(?=[FB]\t)", self.log.read_text(errors="replace")):
            sent = re.match(r"(?s)F\t\d+\t(\w+)\t?\s*(.*)", line)
            if sent is None:
                continue
            quoted = re.findall(r'"([^"]*)"', sent[2])
            if sent[1] == "Parse":
                names[quoted[0]] = quoted[1] if len(quoted) > 1 else sent[2]
            elif sent[1] == "Bind":
                bound = names.get(quoted[1], quoted[1])
            elif sent[1] == "Execute":
                yield " ".join(bound.split())
            elif sent[1] == "Query":
                yield " ".join(sent[2].strip('"').split())

    @property
    def said(self) -> list[str]:
        """The statements, without those that only begin and end transactions."""
        return [text for text in self.all if not text.lower().startswith(self.QUIET)]

    @property
    def commits(self) -> int:
        """How often something was committed."""
        return sum(text.lower().startswith("commit") for text in self.all)


def test_a_task_is_finished_with_at_most_ten_statements_and_one_commit(site: Site, pushed: str, tmp_path: Path) -> None:
    counted = {}
    # Another matter first: what a connection asks once, when it is new, is no part of a task.
    other = site.register(title="另一件", handling_unit_id=site.bureau.units[STATION], kind="request").number
    work(site, other, through="visit")
    steps = {"sign": ("liaison", {"decision": "sign", "handler": site.bureau.officers["handler"]}), **WORK}
    for step, (login, answers) in steps.items():
        if step == "visit":
            deliver_everything(site)
        browser = site.client(login)
        task, key = open_task(browser, pushed)
        with Statements(site.platform.engine, tmp_path / step) as statements:
            answer = browser.post(f"/tasks/{task}/complete", {"key": key, **answers})
        assert answer.status_code == 302
        counted[step] = (len(statements.said), statements.commits, statements.said)
    for step, (number, commits, said) in counted.items():
        assert commits == 1, step
        assert number <= 10, f"{step}: {number}\n" + "\n".join(line[:150] for line in said)


def test_the_same_request_sent_twice_happens_once(site: Site, pushed: str) -> None:
    sign(site, pushed)
    browser = site.client("handler")
    task, key = open_task(browser, pushed)
    data = {"key": key, **WORK["investigate"][1]}
    first, second = (browser.post(f"/tasks/{task}/complete", data) for _ in range(2))
    assert first.status_code == second.status_code == 302
    assert len(site.rows("select 1 from finished_item where step = 'investigate'")) == 1
    assert len(site.rows("select 1 from history_event where event = 'investigated'")) == 1


def test_what_is_wrong_comes_back_with_everything_typed(site: Site, pushed: str) -> None:
    sign(site, pushed)
    browser = site.client("handler")
    task, key = open_task(browser, pushed)
    answer = browser.post(f"/tasks/{task}/complete", {"key": key, "facts": "到现场走访，情况属实。", "finding": ""})
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert 'href="#f-finding' in answer.text
    assert "到现场走访，情况属实。</textarea>" in answer.text
    assert site.rows("select 1 from work_item where step = 'investigate'")


def test_a_rule_of_the_bureau_is_told_at_its_field(site: Site) -> None:
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="complaint").number
    sign(site, number)
    finish(site, "handler", number, **WORK["investigate"][1])
    browser = site.client("handler")
    task, key = open_task(browser, number)
    answer = browser.post(f"/tasks/{task}/complete", {"key": key, **WORK["dispose"][1]})
    assert answer.status_code == 422
    assert "投诉、信访事项须有电话沟通" in answer.text


def test_who_comes_too_late_learns_who_was_faster_and_keeps_what_they_typed(site: Site, pushed: str) -> None:
    site.execute("insert into holding (officer_id, role, unit_id) values (:o, 'liaison', :u)",
                 o=site.bureau.officers["handler2"], u=site.bureau.units[STATION])  # fmt: skip
    slow = site.client("handler2")
    task, key = open_task(slow, pushed)
    sign(site, pushed)
    answer = slow.post(
        f"/tasks/{task}/complete",
        {"key": key, "decision": "send_back", "evidence": "该地址属于城西，不归本所管辖，请转城西派出所。"},
    )
    assert answer.status_code == 409
    name = site.rows("select name from officer where login = 'liaison'")[0].name
    assert re.search(f'id="already-done">{name} 已于', answer.text)
    assert "该地址属于城西，不归本所管辖" in answer.text


def _page(text: str) -> str:
    """The page without the moment it was made and the token made for it."""
    return re.sub(r'data-now="[^"]*"|(?:value|content)="Ij[^"]*"', "", text)


def test_a_task_of_another_unit_does_not_exist(site: Site, pushed: str) -> None:
    task, _ = open_task(site.client("liaison"), pushed)
    stranger = site.client("traffic_liaison")
    unknown = stranger.get("/matters/MY2026-999999")
    forbidden = stranger.get(f"/matters/{pushed}")
    assert unknown.status_code == forbidden.status_code == 404
    assert _page(unknown.text).replace("MY2026-999999", pushed) == _page(forbidden.text)
    assert stranger.post(f"/tasks/{task}/complete", {"decision": "sign"}).status_code == 404
    assert stranger.post(f"/tasks/{task}/claim").status_code == 404


def test_a_task_is_claimed_and_given_back(site: Site, pushed: str) -> None:
    browser = site.client("liaison")
    task, _ = open_task(browser, pushed)
    assert "待认领" in browser.get("/tasks").text
    assert browser.post(f"/tasks/{task}/claim").status_code == 302
    assert site.rows("select assignee from work_item")[0].assignee == str(site.bureau.officers["liaison"])
    assert "退回待认领" in browser.get(f"/matters/{pushed}").text
    assert browser.post(f"/tasks/{task}/unclaim").status_code == 302
    assert site.rows("select assignee from work_item")[0].assignee is None


def test_a_liaison_gives_a_handlers_task_to_another(site: Site, pushed: str) -> None:
    sign(site, pushed)
    task = site.rows("select task_id from work_item")[0].task_id.hex
    browser = site.client("liaison")
    assert f'action="/tasks/{task}/assign"' in browser.get(f"/matters/{pushed}").text
    other = site.bureau.officers["handler2"]
    assert browser.post(f"/tasks/{task}/assign", {"officer": other}).status_code == 302
    assert site.rows("select assignee from work_item")[0].assignee == str(other)


def test_after_a_task_comes_the_next_one_of_the_same_matter(site: Site, pushed: str) -> None:
    sign(site, pushed)
    browser = site.client("handler")
    task, key = open_task(browser, pushed)
    answer = browser.post(f"/tasks/{task}/complete", {"key": key, **WORK["investigate"][1]})
    onward = browser.get(answer.headers["Location"])
    assert onward.status_code == 302
    assert onward.headers["Location"].startswith(f"/matters/{pushed}?task=")
    assert "当前任务：处置" in browser.get(onward.headers["Location"]).text


def test_a_choice_that_became_wrong_comes_back_with_the_choices_there_are(site: Site, pushed: str) -> None:
    browser = site.client("liaison")
    task, key = open_task(browser, pushed)
    handler = site.bureau.officers["handler"]
    site.execute("insert into matter_accused (matter_id, officer_id) select id, :o from matter", o=handler)
    answer = browser.post(f"/tasks/{task}/complete", {"key": key, "decision": "sign", "handler": handler})
    assert answer.status_code == 422
    offered = answer.text.partition('name="handler"')[2].partition("</select>")[0]
    assert f'<option value="{handler}"' not in offered
    assert f'<option value="{site.bureau.officers["handler2"]}"' in offered


def test_a_command_that_fails_leaves_the_form_as_it_was_with_the_reason(site: Site, pushed: str) -> None:
    browser = site.client("liaison")
    task, key = open_task(browser, pushed)
    site.execute("update instance set status = 'suspended'")
    handler = site.bureau.officers["handler"]
    answer = browser.post(f"/tasks/{task}/complete", {"key": key, "decision": "sign", "handler": handler})
    assert answer.status_code == 422
    assert "流程实例已经暂停" in answer.text
    assert f'<option value="{handler}" selected' in answer.text
