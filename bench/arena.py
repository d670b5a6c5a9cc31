"""A reference that stores an instance as SpiffArena does: a row for every task of SpiffWorkflow, through the ORM.

Written from what is known of its tables, not from its code. A process definition and each of its task definitions are
rows; an instance has a row for every process in it and for every task that was, is or may come, and the data of each
task, once for each distinct content, under its hash. People's work is in ``human_task``, timers in ``future_task``,
what happened in ``process_instance_event``. To go on, all rows of an instance are read and put together to what
SpiffWorkflow's serializer understands, specification included; afterwards the rows of tasks that may have changed are
written. SpiffArena commits several times for this; here it is one transaction, which is kinder than the original.
"""

import hashlib
import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.workflow import SimpleTaskConverter
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bench.process import FORMS, START

FINISHED = TaskState.FINISHED_MASK
OWN = ("data", "tasks", "spec", "subprocess_specs", "subprocesses", "parent_task_id")  # not a process' properties


class Base(DeclarativeBase):
    """Tables of the reference's own, beside the product's."""

    type_annotation_map = {dict[str, Any]: sa.JSON}  # noqa: RUF012 - SQLAlchemy asks for it so


class ProcessDefinition(Base):
    """A diagram, without its elements."""

    __tablename__ = "arena_bpmn_process_definition"
    id: Mapped[int] = mapped_column(primary_key=True)
    bpmn_identifier: Mapped[str] = mapped_column(index=True)
    properties_json: Mapped[dict[str, Any]]


class TaskDefinition(Base):
    """An element of a diagram."""

    __tablename__ = "arena_task_definition"
    id: Mapped[int] = mapped_column(primary_key=True)
    bpmn_process_definition_id: Mapped[int] = mapped_column(sa.ForeignKey(ProcessDefinition.id), index=True)
    bpmn_identifier: Mapped[str]
    typename: Mapped[str]
    properties_json: Mapped[dict[str, Any]]


class JsonData(Base):
    """Data of tasks, once for each content."""

    __tablename__ = "arena_json_data"
    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    data: Mapped[dict[str, Any]]


class ProcessInstance(Base):
    """A case."""

    __tablename__ = "arena_process_instance"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(index=True)
    definition_id: Mapped[int] = mapped_column(sa.ForeignKey(ProcessDefinition.id))
    updated_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))


class Process(Base):
    """A process at work in a case: its own, or one that it has called."""

    __tablename__ = "arena_bpmn_process"
    id: Mapped[int] = mapped_column(primary_key=True)
    process_instance_id: Mapped[int] = mapped_column(sa.ForeignKey(ProcessInstance.id), index=True)
    guid: Mapped[str | None] = mapped_column(unique=True)  # of the task that called it
    definition_id: Mapped[int] = mapped_column(sa.ForeignKey(ProcessDefinition.id))
    properties_json: Mapped[dict[str, Any]]
    json_data_hash: Mapped[str]


class TaskRow(Base):
    """A task of SpiffWorkflow: finished, waiting, or only predicted."""

    __tablename__ = "arena_task"
    id: Mapped[int] = mapped_column(primary_key=True)
    guid: Mapped[str] = mapped_column(unique=True)
    process_instance_id: Mapped[int] = mapped_column(sa.ForeignKey(ProcessInstance.id), index=True)
    bpmn_process_id: Mapped[int] = mapped_column(sa.ForeignKey(Process.id), index=True)
    task_definition_id: Mapped[int] = mapped_column(sa.ForeignKey(TaskDefinition.id))
    state: Mapped[str] = mapped_column(index=True)
    properties_json: Mapped[dict[str, Any]]
    json_data_hash: Mapped[str] = mapped_column(index=True)


class HumanTask(Base):
    """A task that waits for somebody, or has."""

    __tablename__ = "arena_human_task"
    id: Mapped[int] = mapped_column(primary_key=True)
    process_instance_id: Mapped[int] = mapped_column(sa.ForeignKey(ProcessInstance.id), index=True)
    task_guid: Mapped[str] = mapped_column(index=True)
    task_name: Mapped[str]
    completed: Mapped[bool] = mapped_column(index=True)
    completed_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))


class FutureTask(Base):
    """A timer."""

    __tablename__ = "arena_future_task"
    guid: Mapped[str] = mapped_column(primary_key=True)
    process_instance_id: Mapped[int] = mapped_column(index=True)
    run_at_in_seconds: Mapped[int] = mapped_column(index=True)
    completed: Mapped[bool]


class HappenedEvent(Base):
    """Something that happened to a case."""

    __tablename__ = "arena_process_instance_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    process_instance_id: Mapped[int] = mapped_column(sa.ForeignKey(ProcessInstance.id), index=True)
    task_guid: Mapped[str] = mapped_column(index=True)
    event_type: Mapped[str]
    user: Mapped[str]
    timestamp: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    details: Mapped[dict[str, Any]]


class Arena:
    """Runs the benchmark's process on those tables."""

    def __init__(self, engine: sa.Engine, spec: Any, called: dict[str, Any]) -> None:
        self.engine = engine
        self.serializer = BpmnWorkflowSerializer(
            BpmnWorkflowSerializer.configure({**DEFAULT_CONFIG, Task: SimpleTaskConverter})
        )
        Base.metadata.create_all(engine)
        self.workflow = BpmnWorkflow, spec, called
        with Session(engine) as session, session.begin():
            for one in (spec, *called.values()):
                drawn = dict(self.serializer.to_dict(one))
                elements = drawn.pop("task_specs")
                definition = ProcessDefinition(bpmn_identifier=one.name, properties_json=drawn)
                session.add(definition)
                session.flush()
                session.add_all(
                    TaskDefinition(
                        bpmn_process_definition_id=definition.id,
                        bpmn_identifier=name,
                        typename=element["typename"],
                        properties_json=element,
                    )
                    for name, element in elements.items()
                )

    def start(self, number: int) -> int:
        """Start an instance."""
        make, spec, called = self.workflow
        workflow = make(spec, called)
        workflow.task_tree.data.update(START)
        workflow.do_engine_steps()
        with Session(self.engine, autoflush=False) as session, session.begin():
            work = Work(session, self.serializer)
            work.instance = ProcessInstance(
                id=number, status="running", definition_id=work.definitions[spec.name].id, updated_at=datetime.now(UTC)
            )
            session.add(work.instance)
            session.flush()
            work.save(workflow, datetime.now(UTC))
        return number

    def find(self, handle: int, step: str) -> str:
        """Return the waiting task's id."""
        with Session(self.engine) as session:
            asked = sa.select(HumanTask.task_guid).where(
                HumanTask.process_instance_id == handle, HumanTask.task_name == step, ~HumanTask.completed
            )
            return session.execute(asked).scalar_one()

    def complete(self, handle: int, task: str, step: str) -> None:
        """Complete a task."""
        with Session(self.engine, autoflush=False) as session, session.begin():
            now = session.execute(sa.select(sa.func.now())).scalar_one()
            instance = session.get_one(ProcessInstance, handle, with_for_update=True)
            human = session.execute(sa.select(HumanTask).filter_by(task_guid=task, completed=False)).scalar_one()
            work = Work(session, self.serializer)
            workflow = work.load(instance)
            token = next(one for one in workflow.get_tasks(state=TaskState.READY, manual=True) if str(one.id) == task)
            token.data[step] = FORMS[step]
            token.run()
            workflow.do_engine_steps()
            human.completed, human.completed_by = True, "7"
            session.add(
                HappenedEvent(
                    process_instance_id=handle,
                    task_guid=task,
                    event_type="task_completed",
                    user="7",
                    timestamp=now,
                    details={"answers": FORMS[step]},
                )
            )
            work.save(workflow, now)


class Work:
    """One command: an instance's rows, and what SpiffWorkflow makes of them."""

    instance: ProcessInstance

    def __init__(self, session: Session, serializer: BpmnWorkflowSerializer) -> None:
        self.session = session
        self.serializer = serializer
        self.definitions = {one.bpmn_identifier: one for one in session.scalars(sa.select(ProcessDefinition))}
        self.elements: dict[int, dict[str, TaskDefinition]] = defaultdict(dict)
        for element in session.scalars(sa.select(TaskDefinition)):
            self.elements[element.bpmn_process_definition_id][element.bpmn_identifier] = element
        self.processes: dict[str | None, Process] = {}
        self.tasks: dict[str, TaskRow] = {}
        self.contents: dict[str, dict[str, Any]] = {}

    def load(self, instance: ProcessInstance) -> BpmnWorkflow:
        """Read all rows of an instance and put them together."""
        self.instance = instance
        owned = {"process_instance_id": instance.id}
        self.processes = {one.guid: one for one in self.session.scalars(sa.select(Process).filter_by(**owned))}
        self.tasks = {one.guid: one for one in self.session.scalars(sa.select(TaskRow).filter_by(**owned))}
        hashes = {one.json_data_hash for one in (*self.processes.values(), *self.tasks.values())}
        found = sa.select(JsonData.hash, JsonData.data).where(JsonData.hash.in_(hashes))
        self.contents = {row.hash: row.data for row in self.session.execute(found)}
        drawn = {name: self._drawn(definition) for name, definition in self.definitions.items()}
        main = self.processes[None]
        top = next(name for name, definition in self.definitions.items() if definition.id == main.definition_id)
        state = self._process(main)
        state["spec"] = drawn.pop(top)
        state["subprocess_specs"] = drawn
        state["subprocesses"] = {
            guid: self._process(process) | {"parent_task_id": guid, "spec": self._name(process)}
            for guid, process in self.processes.items()
            if guid is not None
        }
        return self.serializer.from_dict(state)

    def _drawn(self, definition: ProcessDefinition) -> dict[str, Any]:
        elements = {name: dict(one.properties_json) for name, one in self.elements[definition.id].items()}
        return dict(definition.properties_json) | {"task_specs": elements}

    def _name(self, process: Process) -> str:
        return next(name for name, one in self.definitions.items() if one.id == process.definition_id)

    def _process(self, process: Process) -> dict[str, Any]:
        tasks = {
            guid: dict(row.properties_json) | {"data": self._content(row.json_data_hash)}
            for guid, row in self.tasks.items()
            if row.bpmn_process_id == process.id
        }
        return dict(process.properties_json) | {"data": self._content(process.json_data_hash), "tasks": tasks}

    def _content(self, key: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(json.dumps(self.contents[key]))  # tasks do not share what they change
        return content

    def save(self, workflow: BpmnWorkflow, now: datetime) -> None:
        """Write the rows of whatever may have changed, with worklist and timers."""
        fresh: dict[str, dict[str, Any]] = {}
        there: set[str] = set()
        for part in (workflow, *workflow.subprocesses.values()):
            guid = str(part.parent_task_id) if part is not workflow else None
            process = self._save_process(part, guid, fresh)
            for token in part.tasks.values():
                there.add(str(token.id))
                self._save_task(token, process, fresh)
        for guid in self.tasks.keys() - there:
            self.session.delete(self.tasks[guid])
        if fresh:
            rows = [{"hash": key, "data": data} for key, data in fresh.items()]
            self.session.execute(insert(JsonData).on_conflict_do_nothing(index_elements=["hash"]), rows)
        self._save_worklist(workflow, now)
        self._save_timers(workflow)
        self.instance.status = "complete" if workflow.is_completed() else "running"
        self.instance.updated_at = now

    def _save_process(self, part: Any, guid: str | None, fresh: dict[str, dict[str, Any]]) -> Process:
        tasks, part.tasks = part.tasks, {}  # each has a row of its own
        specs, part.subprocess_specs = getattr(part, "subprocess_specs", None), {}
        inside, part.subprocesses = getattr(part, "subprocesses", None), {}
        try:
            whole = self.serializer.to_dict(part)
        finally:
            part.tasks, part.subprocess_specs, part.subprocesses = tasks, specs, inside
        properties = {name: value for name, value in whole.items() if name not in OWN}
        key = self._hash(whole["data"], fresh)
        process = self.processes.get(guid)
        if process is None:
            process = Process(
                process_instance_id=self.instance.id,
                guid=guid,
                definition_id=self.definitions[part.spec.name].id,
                properties_json=properties,
                json_data_hash=key,
            )
            self.session.add(process)
            self.session.flush()
            return process
        if process.properties_json != properties:
            process.properties_json = properties
        process.json_data_hash = key
        return process

    def _save_task(self, token: Task, process: Process, fresh: dict[str, dict[str, Any]]) -> None:
        guid = str(token.id)
        row = self.tasks.get(guid)
        if row is not None:
            before = row.properties_json
            same = before["state"] == token.state and len(before["children"]) == len(token._children)  # noqa: SLF001
            if token.has_state(FINISHED) and same:
                return  # it was over when it was read
        properties = self.serializer.to_dict(token)
        key = self._hash(properties.pop("data"), fresh)
        state = TaskState.get_name(token.state)
        if row is None:
            element = self.elements[process.definition_id][token.task_spec.name]
            self.session.add(
                TaskRow(
                    guid=guid,
                    process_instance_id=self.instance.id,
                    bpmn_process_id=process.id,
                    task_definition_id=element.id,
                    state=state,
                    properties_json=properties,
                    json_data_hash=key,
                )
            )
            return
        row.state, row.json_data_hash = state, key
        if row.properties_json != properties:
            row.properties_json = properties

    def _hash(self, data: dict[str, Any], fresh: dict[str, dict[str, Any]]) -> str:
        key = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
        if key not in self.contents:
            fresh[key] = self.contents[key] = data
        return key

    def _save_worklist(self, workflow: BpmnWorkflow, now: datetime) -> None:
        asked = sa.select(HumanTask).filter_by(process_instance_id=self.instance.id, completed=False)
        kept = {one.task_guid: one for one in self.session.scalars(asked)}
        ready = {str(one.id): one for one in workflow.get_tasks(state=TaskState.READY, manual=True)}
        for guid in kept.keys() - ready.keys():
            kept[guid].completed = True
        self.session.add_all(
            HumanTask(
                process_instance_id=self.instance.id,
                task_guid=guid,
                task_name=ready[guid].task_spec.name,
                completed=False,
                created_at=now,
            )
            for guid in ready.keys() - kept.keys()
        )

    def _save_timers(self, workflow: BpmnWorkflow) -> None:
        asked = sa.select(FutureTask).filter_by(process_instance_id=self.instance.id, completed=False)
        kept = {one.guid: one for one in self.session.scalars(asked)}
        waiting = {
            str(one.id): int(datetime.fromisoformat(one.internal_data["event_value"]).timestamp())
            for one in workflow.get_tasks(state=TaskState.WAITING)
            if "event_value" in one.internal_data
        }
        for guid in kept.keys() - waiting.keys():
            kept[guid].completed = True
        self.session.add_all(
            FutureTask(guid=guid, process_instance_id=self.instance.id, run_at_in_seconds=at, completed=False)
            for guid, at in waiting.items()
            if guid not in kept
        )


def agree(arena: Arena, instances: int, steps: int) -> None:
    """Hold the reference to its work: all came to their ends, each step in history, and the rows say the same."""
    with Session(arena.engine) as session:
        every = list(session.scalars(sa.select(ProcessInstance)))
        assert [one.status for one in every] == ["complete"] * instances
        for one in every:
            assert Work(session, arena.serializer).load(one).is_completed()
        done = sa.select(sa.func.count()).select_from(HappenedEvent).filter_by(event_type="task_completed")
        assert session.execute(done).scalar_one() == instances * steps
        for table in (HumanTask, FutureTask):
            left = sa.select(sa.func.count()).select_from(table).filter_by(completed=False)
            assert session.execute(left).scalar_one() == 0
