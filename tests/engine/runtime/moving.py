"""Deploys two versions of a process and moves instances between them."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.runtime import deployments
from engine.runtime.migrating.changes import Assessment
from engine.runtime.migrating.elements import elements
from engine.runtime.migrating.plan import Plan
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram

REASON = "按新规定办理"
ROWS = {
    "instance": "select * from instance where id = :i",
    "work_item": "select * from work_item where instance_id = :i order by task_id",
    "timer": "select * from timer where instance_id = :i order by task_id",
    "finished_item": "select * from finished_item where instance_id = :i order by task_id",
    "subscription": "select * from subscription where instance_id = :i order by task_id",
}


@dataclass
class Mover:
    """Two deployments and the plan between them."""

    desk: Desk

    def deploy(self, *diagrams: Diagram | dict[str, bytes]) -> int:
        files: dict[str, bytes] = {}
        for one in diagrams:
            files |= one if isinstance(one, dict) else {f"processes/{one.key}.bpmn": one.xml()}
        with self.desk.engine.begin() as connection:
            return deployments.store(connection, files, "tester", "").id

    def between(self, old: int, new: int, key: str = "main", **mapping: str | None) -> Plan:
        return self.desk.runtime.migration_plan(old, new, key, mapping)

    def content(self, deployment: int, rule: str) -> str:
        """Return what stands for the content of the table that an element decides by."""
        definition = self.desk.runtime.definition(deployment)
        return elements(definition, "main")["main", rule].facts["decision_content"]

    def assess(self, plan: Plan) -> list[Assessment]:
        found, after = [], 0
        while batch := self.desk.runtime.assess(plan, after=after, limit=2):
            found += batch
            after = batch[-1].instance_id
        return found

    def only(self, plan: Plan) -> Assessment:
        (found,) = self.assess(plan)
        return found

    def codes(self, plan: Plan) -> list[str]:
        return [reason.code for reason in self.only(plan).reasons]

    def migrate(self, plan: Plan, instance: int, **more: Any) -> Assessment:
        made = self.desk.runtime.migrate(plan, instance, actor="9", reason=REASON, **more)
        assert made is not None
        return made

    def started(self, plan: Plan) -> int:
        """Store a migration and assess it; return its id."""
        migration = self.desk.runtime.migrations.create(plan, actor="9")
        self.desk.runtime.migrations.assess(migration)
        return migration

    def begin(self, migration: int) -> None:
        with self.desk.engine.begin() as connection:
            self.desk.runtime.migrations.begin(connection, migration, actor="9", reason=REASON)

    def carried_out(self, plan: Plan) -> int:
        migration = self.started(plan)
        self.begin(migration)
        self.desk.runtime.migrations.run(migration)
        return migration

    def outcomes(self, migration: int) -> dict[int, str | None]:
        rows = self.desk.rows("select instance_id, outcome from migration_step where migration_id = :m", m=migration)
        return {row.instance_id: row.outcome for row in rows}

    def rows(self, instance: int) -> dict[str, list[dict[str, Any]]]:
        """Every row of an instance, column by column; the count of commands is left out."""
        return {table: [row_of(row) for row in self.desk.rows(sql, i=instance)] for table, sql in ROWS.items()}

    def version(self, instance: int) -> int:
        return int(self.desk.value("select deployment_id from instance where id = :i", i=instance))

    def timer(self, instance: int, element: str) -> sa.Row[Any]:
        (found,) = self.desk.rows("select * from timer where instance_id = :i and element = :e", i=instance, e=element)
        return found

    def item(self, instance: int, step: str) -> sa.Row[Any]:
        (found,) = self.desk.rows("select * from work_item where instance_id = :i and step = :s", i=instance, s=step)
        return found


def row_of(row: sa.Row[Any]) -> dict[str, Any]:
    values = dict(row._mapping)
    values.pop("revision", None)
    return {key: bytes(value) if isinstance(value, memoryview) else value for key, value in values.items()}
