"""SIGTERM of the worker in the middle of a migration: it leaves off between two matters, and the next goes on there."""

import signal
from collections import Counter

from engine.casework import commands
from engine.casework.deploying import files_on_disk
from engine.casework.permissions import grants
from tests.batteries import FULL
from tests.faults.audit import chains_hold, state_equals_rows
from tests.faults.bureau import Bureau, Person
from tests.faults.waiting import eventually
from tests.stack import Stack
from webapp.jobs import defer_migration

MATTERS = 400 if FULL else 150
MATTER = "processes/matter.bpmn"
MOVED = "select count(*) from migration_step where outcome = 'migrated'"


def begun(bureau: Bureau) -> int:
    """Deploy a second version, and let the migration of all matters to it begin; return its id."""
    runtime, files = bureau.platform.runtime, files_on_disk()
    files[MATTER] = files[MATTER].replace(b"</bpmn:definitions>", "<!-- 第二版 --></bpmn:definitions>".encode())
    new = runtime.deploy(files, actor="system", note="第二版")
    with bureau.engine.connect() as connection:
        owner = bureau.value("select officer_id from holding where role = 'process_owner' order by 1 limit 1")
        person = Person(owner, grants(connection, owner))
    plan = runtime.migration_plan(1, new.id, "matter")
    with bureau.engine.begin() as connection:
        migration = commands.plan_migration(connection, runtime, person, plan)
    runtime.migrations.assess(migration)
    with bureau.engine.begin() as connection:
        commands.begin_migration(connection, runtime, person, migration, "新的办理规定")
        defer_migration(bureau.platform.queue, connection, migration)
    return migration


def test_a_migration_whose_worker_is_told_to_stop_goes_on_in_the_next(bureau: Bureau, stack: Stack) -> None:
    bureau.register(MATTERS)
    migration = begun(bureau)
    for enough in (MATTERS // 10, MATTERS // 3):
        worker = stack.start_worker()
        eventually("matters are moved", lambda enough=enough: bureau.value(MOVED) >= enough, every=0.005)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=60) == 0
        moved = bureau.value(MOVED)
        print(f"stopped after {moved} of {MATTERS}")
        assert moved < MATTERS, "the migration was finished before the worker stopped: it did not leave off"
        assert bureau.value("select count(*) from instance where deployment_id > 1") == moved
        assert bureau.value("select status from migration") == "running"
        jobs = bureau.rows("select status::text from procrastinate_jobs where task_name = 'migrate'")
        assert [job.status for job in jobs] == ["todo"], "the next worker finds what is left"
    stack.start_worker()
    eventually("the migration is finished", lambda: bureau.value("select status = 'finished' from migration"))
    assert bureau.platform.runtime.migrations.counts(migration) == {"migrated": MATTERS}
    events = bureau.rows("select matter_id from history_event where event = 'migrated'")
    assert set(Counter(event.matter_id for event in events).values()) == {1}
    assert len(events) == MATTERS
    chains_hold(bureau)
    assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []
