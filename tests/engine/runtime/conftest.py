"""What the runtime's tests have at hand: a host, a runtime, and a desk to work its items from."""

from typing import Any

import pytest
import sqlalchemy as sa

from engine.runtime import Outcome, Runtime, deployments
from tests.engine.runtime.diagrams import Diagram
from tests.engine.runtime.recording_host import RecordingHost


class Desk:
    """Drives a runtime: deploys diagrams without the checker, starts, completes, asks what waits."""

    def __init__(self, engine: sa.Engine, runtime: Runtime, host: RecordingHost) -> None:
        self.engine = engine
        self.runtime = runtime
        self.host = host

    def deploy(self, *diagrams: Diagram, **files: bytes) -> int:
        content = {f"processes/{diagram.key}.bpmn": diagram.xml() for diagram in diagrams}
        content |= {f"processes/{name}.dmn": table for name, table in files.items()}
        with self.engine.begin() as connection:
            return deployments.store(connection, content, "tester", "").id

    def start(self, process: str, key: str = "MY-1", **data: Any) -> int:
        with self.engine.begin() as connection:
            return self.runtime.start(connection, process, key, data, actor="1")

    def rows(self, sql: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(sql), values))

    def value(self, sql: str, **values: Any) -> Any:
        return self.rows(sql, **values)[0][0]

    def waiting(self, instance: int) -> list[str]:
        found = self.rows("select step from work_item where instance_id = :i order by created_at, task_id", i=instance)
        return [row.step for row in found]

    def task(self, instance: int, step: str) -> str:
        found = self.rows(
            "select replace(task_id::text, '-', '') as id from work_item where instance_id = :i and step = :s",
            i=instance,
            s=step,
        )
        assert found, f"{step} does not wait; there is {self.waiting(instance)}"
        return str(found[0].id)

    def complete(self, instance: int, step: str, actor: str = "2", key: str | None = None, **answers: Any) -> Outcome:
        return self.complete_task(self.task(instance, step), actor, key, **answers)

    def complete_task(self, task: str, actor: str = "2", key: str | None = None, **answers: Any) -> Outcome:
        return self.runtime.complete(task, answers, actor=actor, key=key, prepare=lambda _tx, _item: None)

    def fire(self, limit: int = 100) -> int:
        return self.runtime.fire_due(worker="w1", limit=limit)

    def timers(self, instance: int) -> list[str]:
        found = self.rows("select element from timer where instance_id = :i order by due_at, element", i=instance)
        return [row.element for row in found]

    def fired(self, instance: int) -> list[str]:
        found = self.rows("select element from fire where instance_id = :i order by fired_at", i=instance)
        return [row.element for row in found]

    def history(self, instance: int) -> list[tuple[str, str]]:
        found = self.rows("select kind, element from history where instance_id = :i order by id", i=instance)
        return [(row.kind, row.element) for row in found]

    def details(self, instance: int, kind: str) -> list[dict[str, Any]]:
        found = self.rows(
            "select details from history where instance_id = :i and kind = :k order by id", i=instance, k=kind
        )
        return [row.details for row in found]

    def status(self, instance: int) -> str:
        return str(self.value("select status from instance where id = :i", i=instance))

    def data(self, instance: int) -> dict[str, Any]:
        with self.runtime.transaction(instance, actor="1") as transaction:
            return transaction.data


@pytest.fixture
def host(engine: sa.Engine) -> RecordingHost:
    return RecordingHost(engine)


@pytest.fixture
def runtime(engine: sa.Engine, host: RecordingHost) -> Runtime:
    return Runtime(engine, host)


@pytest.fixture
def desk(engine: sa.Engine, runtime: Runtime, host: RecordingHost) -> Desk:
    return Desk(engine, runtime, host)
