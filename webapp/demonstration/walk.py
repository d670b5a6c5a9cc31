"""Walk a matter through its stages: find who may do what comes next, and do it on that officer's pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from webapp.demonstration.visits import Visit

WAITING = sa.text(
    """
select replace(w.task_id::text, '-', '') as task, w.step, w.name, o.login, o.name as officer
from work_item w
join matter m on m.instance_id = w.instance_id
join officer o on o.active and not o.id::text = any(w.excluded)
 and (w.assignee = o.id::text or (w.assignee is null and exists (
        select from holding h where h.officer_id = o.id
        and h.role || '@' || coalesce(h.unit_id::text, '*') = any(w.candidates))))
where m.number = :number
order by w.created_at, o.login = any(:seen), o.id
limit 1
"""
)

CONTACT = {"method": "phone", "at": "2026-03-02T08:30", "whom": "来电人", "summary": "已电话沟通，核对了时间和地点。"}

ANSWERS: dict[str, dict[str, Any]] = {
    "accept": {"decision": "accepted"},
    "sign": {"decision": "sign"},
    "investigate": {
        "contacts": [CONTACT],
        "facts": "民警到现场查看，并调取了周边监控，群众反映的情况存在。",
        "finding": "true",
    },
    "dispose": {"measures": "当场劝离并依法处罚，同时在高峰时段增派警力。", "result": "solved"},
    "feed_back": {
        "summary": "情况属实，已经处置。",
        "reply_draft": "您反映的情况属实，我局已经处置，并安排民警加强巡查。感谢您的监督。",
    },
    "review": {"decision": "pass"},
    "approve": {"decision": "pass"},
    "reply": {"reply": "您反映的情况属实，我局已经处置，并安排民警加强巡查。感谢您的监督。", "medium": "channel"},
    "visit": {"result": "satisfied", "method": "phone"},
}
"""What the made-up officers write, step by step."""


@dataclass(frozen=True)
class Done:
    """One finished step: its id and name, and who finished it."""

    step: str
    name: str
    officer: str


class Walk:
    """Officers of the bureau at ``base``, whose database ``engine`` tells who may do what."""

    def __init__(self, base: str, engine: sa.Engine, password: str) -> None:
        self.base = base
        self.engine = engine
        self.password = password
        self._visits: dict[str, Visit] = {}

    def visit(self, login: str) -> Visit:
        """Return the officer's session, logged in on first use."""
        if login not in self._visits:
            self._visits[login] = Visit(self.base, login, self.password)
        return self._visits[login]

    def waiting(self, number: str) -> sa.Row[Any] | None:
        """Return the next waiting task of a matter with an officer who may do it; None when nothing waits.

        Whoever was not seen yet is preferred, so that a walk meets many officers.
        """
        with self.engine.connect() as connection:
            return connection.execute(WAITING, {"number": number, "seen": list(self._visits)}).one_or_none()

    def step(self, number: str, answers: Mapping[str, Mapping[str, Any]] = ANSWERS) -> Done | None:
        """Do what waits at a matter; return what was done, or None when nothing waits.

        ``answers`` are by step. An officer to choose who is not among them is the first one offered. Raises PageError
        when the page refuses.
        """
        task = self.waiting(number)
        if task is None:
            return None
        visit = self.visit(task.login)
        form = visit.form(visit.open(f"/tasks/{task.task}"), f"/tasks/{task.task}/complete")
        given = dict(answers.get(task.step, {}))
        for choice in form.xpath(".//select[@required and not(contains(@name, '-'))] | .//select[@name='handler']"):
            if choice.name not in given:
                given[choice.name] = next((value for value in choice.value_options if value), "")
        visit.submit(form, given)
        return Done(task.step, task.name, task.officer)
