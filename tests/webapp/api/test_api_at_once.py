"""The same Idempotency-Key twice at the same moment: what was asked happens once, whoever comes second learns it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic

import pytest
from werkzeug.test import TestResponse

from tests.webapp.api.caller import BASE, Caller, Callers
from tests.webapp.api.test_api_journey import LETTER, WORK, registered, sign
from tests.webapp.conftest import Site

PATIENCE = 20  # seconds
BLOCKED = """
select 1 from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0
"""


def sent(site: Site, caller: Caller, path: str, body: object, key: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {caller.token}", "Idempotency-Key": key}
    return site.app.test_client().post(BASE + path, json=body, headers=headers)


def at_once(ask: Callable[[], TestResponse]) -> list[TestResponse]:
    together = Barrier(2)

    def one() -> TestResponse:
        together.wait(PATIENCE)
        return ask()

    with ThreadPoolExecutor(2) as pool:
        return [asked.result(PATIENCE) for asked in [pool.submit(one), pool.submit(one)]]


@pytest.mark.parametrize("turn", range(3))
def test_a_matter_is_registered_once(site: Site, callers: Callers, turn: int) -> None:
    receiver = callers("receiver")
    answers = at_once(lambda: sent(site, receiver, "/matters", LETTER, f"letter-at-once-{turn}"))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert sorted(answer.json["repeated"] for answer in answers) == [False, True]
    assert len(site.rows("select 1 from matter")) == 1


@pytest.mark.parametrize("turn", range(3))
def test_a_task_is_finished_once(site: Site, callers: Callers, turn: int) -> None:
    number = registered(callers)
    sign(callers, number)
    handler = callers("handler")
    path, body = f"/tasks/{handler.task_of(number)}/complete", {"answers": WORK["investigate"][1]}
    answers = at_once(lambda: sent(site, handler, path, body, f"step-at-once-{turn}"))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sorted(answer.json["repeated"] for answer in answers) == [False, True]
    assert len(site.rows("select 1 from history_event where event = 'investigated'")) == 1


def test_a_key_that_another_task_takes_meanwhile_is_refused(site: Site, callers: Callers) -> None:
    first, second = registered(callers), registered(callers, title="另一件")
    sign(callers, first, key="sign-at-once")
    liaison = callers("liaison")
    path = f"/tasks/{liaison.task_of(second)}/complete"
    body = {"answers": {"decision": "sign", "handler": site.bureau.officers["handler"]}}
    taken = f"{site.bureau.officers['liaison']}:api:other-at-once"
    with site.platform.engine.connect() as other, ThreadPoolExecutor(1) as pool:
        other.exec_driver_sql("update completion set key = %(key)s", {"key": taken})
        asked = pool.submit(sent, site, liaison, path, body, "other-at-once")
        end = monotonic() + PATIENCE
        while not site.rows(BLOCKED):
            assert not asked.done(), asked.result().text
            assert monotonic() < end, "the second never came to wait for the first"
        other.commit()
        answer = asked.result(PATIENCE)
    assert (answer.status_code, answer.json["code"]) == (422, "key-reused")
    waits = site.rows("select m.number from work_item w join matter m on m.instance_id = w.instance_id")
    assert second in {row.number for row in waits}
