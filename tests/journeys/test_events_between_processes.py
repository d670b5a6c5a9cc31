"""Messages and signals in the bureau: a second process about a matter, in the history of that matter."""

from tests.conftest import REPOSITORY
from tests.engine.runtime.diagrams import Diagram
from tests.journeys.bureau import World


def reporting() -> Diagram:
    """Draw a process that a leader's inquiry begins, and that reports back to whoever waits."""
    return (
        Diagram("inquiry", "领导过问").event("startEvent", "asked", "message", "leader_asked")
        .user("report", candidateGroups="inspector", formRef="report")
        .event("endEvent", "told", "signal", "inquiry_done", text="${report.text}").chain("asked", "report", "told")
    )  # fmt: skip


def waiting() -> Diagram:
    """Draw a process that waits for the report or for a day."""
    return (
        Diagram("watch", "等待过问结果").event("startEvent", "begun", "message", "watch").race("either")
        .event("intermediateCatchEvent", "heard", "signal", "inquiry_done").timer("day", "P1D").exclusive("merge").end()
        .chain("begun", "either", "heard", "merge", "end").chain("either", "day", "merge")
    )  # fmt: skip


def deploy(world: World) -> None:
    files = {
        f"{folder}/{path.name}": path.read_bytes()
        for folder in ("processes", "forms")
        for path in sorted((REPOSITORY / folder).iterdir())
        if path.suffix in {".bpmn", ".dmn", ".form"}
    }
    files |= {f"processes/{diagram.key}.bpmn": diagram.xml() for diagram in (reporting(), waiting())}
    files["forms/report.form"] = (
        '{"type": "default", "schemaVersion": 17, "id": "report", "components": '
        '[{"type": "textfield", "key": "text", "label": "情况", "id": "text"}]}'
    ).encode()
    world.runtime.deploy(files, actor="1")


def test_an_inquiry_about_a_matter_is_a_process_of_its_own_in_the_matters_history(world: World) -> None:
    deploy(world)
    number = world.register("城东路违停严重", "城东路经常有车乱停。").number
    before = len(world.history(number))
    assert world.runtime.message(number, "watch", actor=str(world.officer("leader"))) is True
    assert (
        world.runtime.message(number, "leader_asked", {"why": "群众来信"}, actor=str(world.officer("leader"))) is True
    )
    item = world.row("select w.task_id, i.business_key, i.process_key from work_item w join instance i "
                     "on i.id = w.instance_id where w.step = 'report'")  # fmt: skip
    assert (item["business_key"], item["process_key"]) == (number, "inquiry")
    world.runtime.complete(
        item["task_id"].hex,
        {"text": "已办"},
        actor=str(world.officer("inspector")),
        key=None,
        prepare=lambda _tx, _item: None,
    )
    assert world.column("select status from instance where process_key in ('inquiry', 'watch')") == ["completed"] * 2
    assert world.history(number)[before:] == [
        "started", "message_received", "started", "message_received", "completed", "signal_thrown", "signal_received",
    ]  # fmt: skip
    assert world.value("select count(*) from thrown where status = 'delivered' and receivers = 1") == 1


def test_a_closed_matter_stays_closed_when_an_event_begins_a_process_about_it(world: World) -> None:
    deploy(world)
    number = world.register("城东路违停严重", "城东路经常有车乱停。").number
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update matter set status = 'closed', closed_at = clock_now()")
    assert world.runtime.message(number, "watch") is True
    assert world.matter(number)["status"] == "closed"
