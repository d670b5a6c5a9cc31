"""Two officers finish one task at the same moment, again and again."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests
from lxml import html

from engine.casework import commands
from engine.casework.permissions import grants
from engine.runtime import AlreadyDone, Outcome
from rules.working_time import BUREAU_ZONE
from tests.batteries import FULL
from tests.faults.audit import chains_hold, state_equals_rows
from tests.faults.bureau import PASSWORD, Bureau, Person
from tests.faults.clients import Persistent, PersistentVisit
from tests.stack import Stack

REQUESTS = 100 if FULL else 30
RACERS = 100
WHO_MAY = """
select replace(w.task_id::text, '-', '') as task, o.login, o.name from work_item w
join officer o on o.active and exists (select from holding h where h.officer_id = o.id
    and h.role || '@' || coalesce(h.unit_id::text, '*') = any(w.candidates))
where w.step = 'accept' order by o.id
"""


@dataclass(frozen=True)
class Answer:
    """What one of the requests was answered."""

    login: str
    status: int
    text: str


def test_of_many_requests_of_two_officers_one_wins_and_the_other_learns_who_and_when(
    bureau: Bureau, stack: Stack
) -> None:
    (number,) = bureau.register(1, unit=None)
    stack.start_web()
    first, second = bureau.rows(WHO_MAY)[:2]
    task = first.task
    forms = {}
    for officer in (first, second):
        visit = PersistentVisit(stack.url, officer.login, PASSWORD, Persistent())
        form = visit.form(visit.open(f"/tasks/{task}"), f"/tasks/{task}/complete")
        fields = [(name, value) for name, value in form.form_values() if name != "decision"]
        forms[officer.login] = ([*fields, ("decision", "accepted")], visit.cookies)
    start = threading.Barrier(REQUESTS)

    def send(request: int) -> Answer:
        login = (first, second)[request % 2].login
        fields, cookies = forms[login]
        if request % 3 == 0:  # the form opened once more and sent with a key of its own
            fields = [(name, f"{value[:-4]}{request:04d}" if name == "key" else value) for name, value in fields]
        start.wait()
        answer = requests.post(f"{stack.url}/tasks/{task}/complete", data=fields, cookies=cookies, timeout=60)
        return Answer(login, answer.status_code, html.document_fromstring(answer.text).text_content())

    with ThreadPoolExecutor(REQUESTS) as pool:
        answers = list(pool.map(send, range(REQUESTS)))

    (done,) = bureau.rows(
        "select o.login, o.name, f.finished_at from finished_item f join officer o on o.id::text = f.finished_by"
    )
    statuses = Counter((answer.login == done.login, answer.status) for answer in answers)
    assert statuses == {(True, 200): REQUESTS // 2, (False, 409): REQUESTS // 2}
    moment = done.finished_at.astimezone(BUREAU_ZONE).strftime("%H:%M")
    for answer in answers:
        if answer.status == 409:
            assert done.name in answer.text
            assert "已于" in answer.text
            assert moment in answer.text
    assert bureau.value("select count(*) from completion") == 1
    written = "select count(*) from history_event e join matter m on m.id = e.matter_id where m.number = :it"
    assert bureau.value(f"{written} and e.details ? 'answers'", it=number) == 1
    assert bureau.value("select array_agg(step) from work_item") == ["assign"]
    chains_hold(bureau)


def test_of_a_hundred_completions_at_once_one_wins_and_the_others_are_told_who_and_when(bureau: Bureau) -> None:
    bureau.register(1, unit=None)
    racers = bureau.rows(WHO_MAY)
    with bureau.engine.connect() as connection:
        officers = [
            Person(officer, grants(connection, officer))
            for officer in (bureau.value("select id from officer where login = :it", it=one.login) for one in racers)
        ]
    start = threading.Barrier(RACERS)

    def complete(racer: int) -> Outcome | AlreadyDone:
        start.wait()
        officer = officers[racer % len(officers)]
        try:
            return commands.complete(
                bureau.platform.runtime, officer, racers[0].task, {"decision": "accepted"}, key=f"racer {racer}"
            )
        except AlreadyDone as done:
            return done

    with ThreadPoolExecutor(RACERS) as pool:
        results = list(pool.map(complete, range(RACERS)))

    (done,) = bureau.rows("select finished_by, finished_at, step from finished_item")
    (won,) = [result for result in results if isinstance(result, Outcome)]
    assert (done.step, won.repeated) == ("accept", False)
    lost = Counter((one.by, one.at, one.step) for one in results if isinstance(one, AlreadyDone))
    assert lost == {(done.finished_by, done.finished_at, "accept"): RACERS - 1}
    assert bureau.value("select count(*) from completion") == 1
    assert bureau.value("select count(*) from history_event where details ? 'answers'") == 1
    chains_hold(bureau)
    assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []
