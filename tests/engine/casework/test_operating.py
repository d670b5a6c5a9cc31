"""What may be done to a running matter by hand, by whom, and what becomes of the matter."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from engine.casework import commands, history
from engine.casework.errors import NotPermitted
from engine.casework.queries import instance_course, instances
from engine.casework.queries.instances import Filters
from engine.casework.queries.matter import matter_detail
from engine.casework.services import SERVICES
from engine.runtime import CannotOperate, NotFound, ReasonMissing, Service, Suspended, deployments
from tests.engine.runtime.diagrams import Diagram
from tests.journeys.bureau import Person, Refuse, World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
OTHERS = {"inspector": "滨河路两侧长期违停占道", "owner": "东门菜市场周边晚上乱停车，消防车进不去"}
EVERYBODY = ("receiver", "liaison", "handler", "instructor", "leader", "visitor", "inspector", "owner")


@pytest.fixture
def bureau(world: World) -> World:
    """The bureau with a process owner who is nothing else."""
    with world.engine.begin() as connection:
        connection.execute(
            sa.text(
                "with o as (insert into officer (login, name, badge, unit_id) select 'owner', '薛流程', '079999', id "
                "from unit where code = 'command' returning id) "
                "insert into holding (officer_id, role) select id, 'process_owner' from o"
            )
        )
    return world


def instance_of(world: World, number: str) -> int:
    return int(world.matter(number)["instance_id"])


def handling(world: World, number: str) -> str:
    """Return the token that stands at the investigation."""
    with world.engine.connect() as connection:
        look = world.runtime.look(connection, instance_of(world, number))
    return next(token.task_id for token in look.tokens if token.element == "investigate")


Operation = Callable[[World, Person, str], Any]

OPERATIONS: dict[str, tuple[Operation, set[str]]] = {
    "suspend": (
        lambda world, who, number: commands.suspend(world.runtime, who, instance_of(world, number), "查"),
        {"inspector", "owner"},
    ),
    "cancel": (
        lambda world, who, number: commands.cancel(world.runtime, who, instance_of(world, number), "重复登记"),
        {"inspector", "owner"},
    ),
    "send_back": (
        lambda world, who, number: commands.move_token(
            world.runtime,
            who,
            instance_of(world, number),
            handling(world, number),
            "sign",
            reason="签错单位",
        ),
        {"inspector", "owner"},
    ),
    "skip": (
        lambda world, who, number: commands.move_token(
            world.runtime,
            who,
            instance_of(world, number),
            handling(world, number),
            "feed_back",
            reason="已查",
        ),
        {"owner"},
    ),
    "variables": (
        lambda world, who, number: commands.set_variables(
            world.runtime, who, instance_of(world, number), {"extra": 1}, "补录"
        ),
        {"owner"},
    ),
    "restart": (
        lambda world, who, number: commands.restart_from(
            world.runtime, who, instance_of(world, number), "reply", "再答复"
        ),
        {"owner"},
    ),
    "correlate": (
        lambda world, who, number: commands.correlate(world.runtime, who, 1, instance_of(world, number), "转交"),
        {"owner"},
    ),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_is_for_those_the_table_names(bureau: World, name: str) -> None:
    operation, allowed = OPERATIONS[name]
    number = bureau.register(TITLE).number
    bureau.do(number, "sign", "liaison")
    before = bureau.history(number)
    for login in EVERYBODY:
        if login not in allowed:
            with pytest.raises(NotFound):
                operation(bureau, bureau.person(login), number)
    assert bureau.history(number) == before
    for login in sorted(allowed):
        fresh = bureau.register(OTHERS[login]).number
        if "sign" in bureau.waiting(fresh):
            bureau.do(fresh, "sign", "liaison")
        if name == "correlate":  # nothing was thrown; who may not is told the same as when there is no instance
            with pytest.raises(NotFound, match="消息"):
                operation(bureau, bureau.person(login), fresh)
            continue
        operation(bureau, bureau.person(login), fresh)
        assert len(bureau.history(fresh)) > 2


def test_whom_the_matter_accuses_does_nothing_to_it_and_does_not_see_it(bureau: World) -> None:
    number = bureau.register(TITLE, accused_officers=(bureau.officer("inspector"), bureau.officer("owner"))).number
    for login in ("inspector", "owner"):
        who = bureau.person(login)
        with pytest.raises(NotFound):
            commands.suspend(bureau.runtime, who, instance_of(bureau, number), "查")
        with bureau.engine.connect() as connection:
            assert instances.instances(connection, who, Filters()).total == 0
            with pytest.raises(NotFound):
                instances.one(connection, who, instance_of(bureau, number))
    with bureau.engine.connect() as connection:
        assert instances.instances(connection, bureau.person("inspector2"), Filters()).total == 1


def test_a_suspended_matter_says_why_and_refuses_until_it_is_resumed(bureau: World) -> None:
    number = bureau.register(TITLE).number
    inspector, instance = bureau.person("inspector"), instance_of(bureau, number)
    commands.suspend(bureau.runtime, inspector, instance, "等待上级批示")
    with pytest.raises(Suspended):
        bureau.do(number, "sign", "liaison")
    with bureau.engine.connect() as connection:
        detail = matter_detail(connection, bureau.person("liaison"), number)
    assert detail.suspension is not None
    assert (detail.suspension.reason, detail.suspension.who) == ("等待上级批示", "周督察")
    assert bureau.later(days=60) == 0
    commands.resume(bureau.runtime, inspector, instance, "已批示")
    assert bureau.tick() > 0, "what fell due meanwhile"
    with bureau.engine.connect() as connection:
        assert matter_detail(connection, bureau.person("liaison"), number).suspension is None
    assert [event for event in bureau.history(number) if event in {"suspended", "resumed"}] == ["suspended", "resumed"]
    bureau.do(number, "sign", "liaison")
    with bureau.engine.connect() as connection:
        assert history.verify(connection) == []


def test_a_reply_that_arrives_while_suspended_is_told_afterwards(bureau: World) -> None:
    number = bureau.register(TITLE).number
    bureau.to_reply(number)
    bureau.do(number, "reply", "receiver")
    instance = instance_of(bureau, number)
    commands.suspend(bureau.runtime, bureau.person("inspector"), instance, "查")
    assert bureau.deliver() == 1
    assert bureau.waiting(number) == []
    commands.resume(bureau.runtime, bureau.person("inspector"), instance, "查完")
    dispatch = bureau.value("select id from dispatch where kind = 'reply'")
    commands.deliver(bureau.engine, bureau.runtime, dispatch, bureau._send)
    assert len(bureau.sent) == 1, "told again, not sent again"
    assert "visit" in bureau.waiting(number)


def test_a_cancelled_matter_is_closed_as_such_with_the_reason(bureau: World) -> None:
    number = bureau.register(TITLE).number
    bureau.to_reply(number)
    bureau.do(number, "reply", "receiver")
    said = commands.cancel(
        bureau.runtime, bureau.person("inspector"), instance_of(bureau, number), "来信人撤回", dry_run=True
    )
    assert bureau.matter(number)["status"] != "closed"
    done = commands.cancel(bureau.runtime, bureau.person("inspector"), instance_of(bureau, number), "来信人撤回")
    assert done == said
    matter = bureau.matter(number)
    assert (matter["status"], matter["outcome"], matter["replied_at"]) == ("closed", "cancelled", None)
    assert bureau.history(number)[-1] == "cancelled"
    assert bureau.value("select status from dispatch where kind = 'reply'") == "failed", "held back"
    assert bureau.deliver() == 0
    assert bureau.later(days=90) == 0
    with bureau.engine.connect() as connection:
        assert history.verify(connection) == []


def test_a_cancelled_matter_is_no_primary_and_counts_as_no_answer(bureau: World) -> None:
    from engine.casework.queries.board import board  # noqa: PLC0415 - only here

    number = bureau.register(TITLE).number
    commands.cancel(bureau.runtime, bureau.person("inspector"), instance_of(bureau, number), "登记错误")
    with bureau.engine.connect() as connection:
        assert board(connection, bureau.person("inspector")).figures.answered == 0
    again = bureau.register(TITLE).number
    assert bureau.matter(again)["primary_id"] is None


def test_a_matter_whose_repeats_wait_is_not_cancelled_before_them(bureau: World) -> None:
    number = bureau.register(TITLE).number
    repeat = bureau.register(TITLE, channel="mayor", channel_number="R1").number
    assert bureau.matter(repeat)["status"] == "waiting"
    with pytest.raises(NotPermitted, match=repeat):
        commands.cancel(bureau.runtime, bureau.person("inspector"), instance_of(bureau, number), "撤")
    commands.cancel(bureau.runtime, bureau.person("inspector"), instance_of(bureau, repeat), "重复")
    commands.cancel(bureau.runtime, bureau.person("inspector"), instance_of(bureau, number), "撤")
    assert bureau.matter(number)["outcome"] == "cancelled"


def test_a_closed_matter_is_open_again_when_its_process_is_restarted(bureau: World) -> None:
    number = bureau.register(TITLE).number
    commands.cancel(bureau.runtime, bureau.person("inspector"), instance_of(bureau, number), "登记错误")
    commands.restart_from(bureau.runtime, bureau.person("owner"), instance_of(bureau, number), "accept", "撤销有误")
    matter = bureau.matter(number)
    assert (matter["status"], matter["outcome"], matter["closed_at"]) == ("open", None, None)
    assert bureau.waiting(number) == ["accept"]
    assert bureau.history(number)[-2:] == ["cancelled", "restarted"]


def test_the_matters_own_facts_are_not_changed_as_a_variable(bureau: World) -> None:
    number = bureau.register(TITLE).number
    with pytest.raises(NotPermitted, match="事项资料"):
        commands.set_variables(
            bureau.runtime, bureau.person("owner"), instance_of(bureau, number), {"matter": {}}, "改"
        )


def test_reasons_are_required_and_not_endless(bureau: World) -> None:
    number = bureau.register(TITLE).number
    who, instance = bureau.person("owner"), instance_of(bureau, number)
    with pytest.raises(ReasonMissing):
        commands.suspend(bureau.runtime, who, instance, "  ")
    with pytest.raises(NotPermitted, match="500"):
        commands.suspend(bureau.runtime, who, instance, "长" * 501)


def test_a_process_owner_sees_instances_without_what_is_about_people(bureau: World) -> None:
    number = bureau.register(TITLE).number
    with bureau.engine.connect() as connection:
        (mine,) = instances.instances(connection, bureau.person("owner"), Filters()).rows
        (full,) = instances.instances(connection, bureau.person("inspector"), Filters()).rows
        assert instances.instances(connection, bureau.person("liaison"), Filters()).total == 0
        assert instances.instances(connection, bureau.person("owner"), Filters(text=number)).total == 0
        assert instances.instances(connection, bureau.person("inspector"), Filters(text=number)).total == 1
        assert instances.instances(connection, bureau.person("owner"), Filters(text=str(mine.id))).total == 1
        assert instances.instances(connection, bureau.person("owner"), Filters(status="cancelled")).total == 0
        assert instances.instances(connection, bureau.person("owner"), Filters(incidents=True)).total == 0
    assert (mine.full, mine.title, mine.number.endswith("****")) == (False, "", True)
    assert (full.full, full.title, full.number) == (True, TITLE, number)


class Broken:
    """A service that is away for a while."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.away = True

    def __call__(self, call: Any) -> Any:
        result = self.service.run(call)
        if self.away:
            raise ConnectionError("接口没有应答")
        return result


@pytest.fixture
def closing(bureau: World, monkeypatch: pytest.MonkeyPatch) -> Broken:
    """The service that closes a matter, away."""
    broken = Broken(SERVICES["close"])
    changed = dict(SERVICES) | {"close": Service("close", broken, outputs=SERVICES["close"].outputs)}  # type: ignore[arg-type]
    monkeypatch.setattr(type(bureau.runtime.host), "services", property(lambda _host: changed))
    return broken


def visited(bureau: World, title: str = TITLE) -> str:
    number = bureau.register(title).number
    bureau.to_reply(number)
    bureau.do(number, "reply", "receiver")
    bureau.deliver()
    bureau.do(number, "visit", "visitor")
    return number


def test_the_officers_step_stands_although_closing_fails_and_it_is_closed_later(bureau: World, closing: Broken) -> None:
    number = visited(bureau)
    matter = bureau.matter(number)
    assert (matter["status"], matter["closed_at"], matter["satisfaction"]) == ("open", None, "satisfied")
    assert "closed" not in bureau.history(number), "what the failed call noted is dropped with it"
    closing.away = False
    bureau.later(minutes=2)
    assert bureau.matter(number)["status"] == "closed"
    with bureau.engine.connect() as connection:
        assert history.verify(connection) == []


def test_incidents_of_many_matters_are_retried_together_by_a_process_owner_only(bureau: World, closing: Broken) -> None:
    numbers = [visited(bureau), visited(bureau, "滨河路两侧长期违停占道，停车秩序混乱")]
    for _ in range(4):
        bureau.later(minutes=3)
    with bureau.engine.connect() as connection:
        rows, total = instances.incidents(connection, bureau.person("owner"))
    assert (total, {row.element for row in rows}, rows[0].full) == (2, {rows[0].element}, False)
    ids = [row.id for row in rows]
    refused = commands.retry_incidents(bureau.engine, bureau.runtime, bureau.person("inspector"), ids, "试")
    assert not any(one.done for one in refused)
    failed = commands.retry_incidents(bureau.engine, bureau.runtime, bureau.person("owner"), ids, "再试")
    assert [(one.done, one.problem) for one in failed] == [(False, "ConnectionError: 接口没有应答")] * 2
    closing.away = False
    done = commands.retry_incidents(bureau.engine, bureau.runtime, bureau.person("owner"), [*ids, 404], "接口恢复")
    assert [one.done for one in done] == [True, True, False]
    assert [bureau.matter(number)["status"] for number in numbers] == ["closed", "closed"]
    with bureau.engine.connect() as connection:
        assert instances.incidents(connection, bureau.person("owner"))[1] == 0
        resolved, _ = instances.incidents(connection, bureau.person("inspector"), state="resolved")
        assert [(row.resolution, row.reason) for row in resolved] == [("retried", "接口恢复")] * 2
        assert history.verify(connection) == []


def test_an_incident_is_resolved_by_hand_with_who_and_why_in_history(bureau: World, closing: Broken) -> None:
    number = visited(bureau)
    for _ in range(4):
        bureau.later(minutes=3)
    found = bureau.value("select id from incident where resolved_at is null")
    with pytest.raises(NotFound):
        commands.resolve_incident(bureau.engine, bureau.runtime, bureau.person("inspector"), found, {}, reason="手工")
    commands.resolve_incident(
        bureau.engine, bureau.runtime, bureau.person("owner"), found, {"outcome": "replied"}, reason="线下归档"
    )
    row = bureau.row(
        "select e.* from history_event e join matter m on m.id = e.matter_id "
        "where m.number = :number and event = 'incident_resolved'",
        number=number,
    )
    assert (row["actor_name"], row["details"]["reason"]) == ("薛流程", "线下归档")
    with pytest.raises(CannotOperate):
        commands.retry_incident(bureau.engine, bureau.runtime, bureau.person("owner"), found, "再试")


def test_a_delivery_that_gave_up_goes_out_again_under_its_key(bureau: World, monkeypatch: pytest.MonkeyPatch) -> None:
    without = Service(
        "deliver_reply", SERVICES["deliver_reply"].run, outputs=SERVICES["deliver_reply"].outputs, effect=True
    )
    changed = dict(SERVICES) | {"deliver_reply": without}
    monkeypatch.setattr(type(bureau.runtime.host), "services", property(lambda _host: changed))
    number = bureau.register(TITLE).number
    bureau.to_reply(number)
    bureau.do(number, "reply", "receiver")
    bureau.deliver(Refuse())
    assert bureau.waiting(number) == []
    incident = bureau.row("select * from incident")
    assert (incident["kind"], incident["message"]) == ("effect", "对方没有应答")
    key = bureau.value("select key from dispatch where kind = 'reply'")
    commands.retry_incident(bureau.engine, bureau.runtime, bureau.person("owner"), incident["id"], "对方已恢复")
    assert bureau.value("select status from dispatch where kind = 'reply'") == "pending"
    bureau.deliver()
    assert [message.key for message in bureau.sent if message.kind == "reply"] == [key]
    assert "visit" in bureau.waiting(number)


LISTENING = (
    Diagram("listening").start().catch("news", "news").user("read", candidateGroups="inspector").end()
    .chain("start", "news", "read", "end")
)  # fmt: skip


def thrown(world: World, *, by: int | None = None, key: str = "") -> int:
    """A message that nobody caught, with what a petitioner wrote in it."""
    with world.engine.begin() as connection:
        made = connection.execute(
            sa.text(
                "insert into thrown (kind, name, business_key, payload, actor, thrown_at, next_try_at, status, "
                "instance_id) values ('message', 'news', :key, jsonb_build_object('note', '王小明来电'), '2', "
                "clock_now(), clock_now(), 'uncaught', :by) returning id"
            ),
            {"key": key, "by": by},
        )
        return int(made.scalar_one())


def test_what_a_matter_has_thrown_is_not_laid_open_in_a_process_that_is_none(bureau: World) -> None:
    number = bureau.register(TITLE).number
    accusing = bureau.register(OTHERS["owner"], accused_officers=(bureau.officer("owner"),)).number
    with bureau.engine.begin() as connection:
        deployments.store(connection, {"processes/listening.bpmn": LISTENING.xml()}, "tester", "")
        listening = bureau.runtime.start(connection, "listening", "sweep-1", {}, actor="system")
    owner = bureau.person("owner")
    source = instance_of(bureau, number)
    for message in (thrown(bureau, by=source), thrown(bureau, key=number)):
        for dry_run in (True, False):
            with pytest.raises(NotPermitted, match="只能转交给事项的流程"):
                commands.correlate(bureau.runtime, owner, message, listening, "转交", dry_run=dry_run)
        with bureau.engine.connect() as connection:
            offered = instance_course.uncaught(connection, owner, for_matter=True)
            assert message in {one.id for one in offered}
            assert instance_course.uncaught(connection, owner, for_matter=False) == []
    hidden = thrown(bureau, by=instance_of(bureau, accusing))
    for target in (listening, source):
        with pytest.raises(NotFound, match="没有这条消息"):
            commands.correlate(bureau.runtime, owner, hidden, target, "转交")
    with bureau.engine.connect() as connection:
        assert hidden not in {one.id for one in instance_course.uncaught(connection, owner, for_matter=True)}
    outside = thrown(bureau, key="sweep-1")
    with bureau.engine.connect() as connection:
        assert [one.id for one in instance_course.uncaught(connection, owner, for_matter=False)] == [outside]
    commands.correlate(bureau.runtime, owner, outside, listening, "转交")
    assert bureau.value("select status from thrown where id = :id", id=outside) == "delivered"
