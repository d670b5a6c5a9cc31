from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.casework.attachments import Store, Upload
from engine.casework.errors import AlreadyRegistered, InvalidFacts, SecretSuspected
from engine.casework.facts import MatterFacts
from engine.casework.petitioners import PetitionerFacts
from engine.casework.registration import register
from engine.runtime import RuntimeFailure
from tests.journeys.bureau import World

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32


def facts(**given: Any) -> MatterFacts:
    return MatterFacts(**{"channel": "12345", "title": "停车秩序混乱", "body": "某路两侧乱停车，请整治。", **given})


def counts(world: World) -> dict[str, int]:
    tables = ("matter", "petitioner", "attachment", "history_event", "instance", "work_item", "matter_number")
    with world.engine.connect() as connection:
        return {
            table: connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one()
            for table in tables
        }


def test_everything_is_stored_in_one_transaction(world: World, tmp_path: Path) -> None:
    given = facts(
        channel_number="GD-7",
        received_at=datetime(2026, 2, 27, 8, tzinfo=UTC),
        place="某路",
        petitioner=PetitionerFacts(name="王女士", phone="１３８００００００００"),
        attachments=(Upload("现场.png", PNG),),
    )
    with world.engine.begin() as connection:
        made = register(connection, given, runtime=world.runtime, actor="system", store=Store(tmp_path))
    matter = world.matter(made.number)
    assert made.number == "MY2026-000001"
    assert made.outcome == "pushed"
    assert matter["id"] == made.matter_id
    assert (matter["channel_number"], matter["place"]) == ("GD-7", "某路")
    assert matter["received_at"] == datetime(2026, 2, 27, 8, tzinfo=UTC)
    assert matter["imported_at"] - world.now() < timedelta(seconds=10)
    assert matter["receiving_unit_id"] == world.unit("command")
    instance = world.row("select * from instance where id = :id", id=matter["instance_id"])
    assert instance["business_key"] == made.number
    assert world.row("select * from petitioner")["phone"] == "13800000000"
    attachment = world.row("select * from attachment")
    assert (tmp_path / attachment["hash"][:2] / attachment["hash"][2:]).read_bytes() == PNG
    assert world.history(made.number)[0] == "registered"


def test_nothing_is_stored_when_the_process_cannot_start(world: World, tmp_path: Path) -> None:
    class Broken:
        def start(self, *_: Any, **__: Any) -> int:
            raise RuntimeFailure("流程有误")

    before = counts(world)
    with pytest.raises(RuntimeFailure), world.engine.begin() as connection:
        register(connection, facts(), runtime=Broken(), actor="system", store=Store(tmp_path))
    assert counts(world) == before


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": "", "body": " \n\t"}, "body"),
        ({"title": "长" * 201}, "title"),
        ({"kind": "banana"}, "kind"),
        ({"severity": "banana"}, "severity"),
        ({"received_at": datetime(2099, 1, 1, tzinfo=UTC)}, "received_at"),
        ({"received_at": datetime(1970, 1, 1, tzinfo=UTC)}, "received_at"),
        ({"received_at": datetime(2026, 1, 1)}, "received_at"),  # noqa: DTZ001 - that it lacks a zone is the point
        ({"channel": "nowhere"}, "channel"),
        ({"petitioner": PetitionerFacts(phone="不告诉你")}, "phone"),
        ({"petitioner": PetitionerFacts(identity_number="11010519491231002Y")}, "identity_number"),
        ({"petitioner": PetitionerFacts(identity_number="110105194912310021")}, "identity_number"),
    ],
)
def test_faults_are_named_by_field_in_chinese(world: World, given: dict[str, Any], field: str) -> None:
    before = counts(world)
    with pytest.raises(InvalidFacts) as refused, world.engine.begin() as connection:
        register(connection, facts(**given), runtime=world.runtime, actor="system")
    assert [problem.field for problem in refused.value.problems] == [field]
    assert all(problem.label and problem.message for problem in refused.value.problems)
    assert counts(world) == before


def test_good_identity_and_masked_numbers_pass(world: World) -> None:
    for person in (
        PetitionerFacts(identity_number="11010519491231002x"),
        PetitionerFacts(identity_number="110105********002X", phone="138****0000"),
        PetitionerFacts(phone="0731-88888888转601"),
    ):
        assert world.register("停车秩序混乱", petitioner=person).number


def test_a_title_is_taken_from_the_body(world: World) -> None:
    number = world.register("", "路口乱停车。天天如此，请管一管。").number
    assert world.matter(number)["title"] == "路口乱停车"


@pytest.mark.parametrize(
    "given",
    [
        {"body": "附件内容如下\n密级：机密\n正文"},
        {"title": "【绝密】关于某事"},
        {"attachments": (Upload("说明.txt", "机密★10年\n某某方案".encode()),)},
        {"attachments": (Upload("【秘密】清单.png", PNG),)},
    ],
)
def test_secrets_are_refused_before_anything_is_stored(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, given: dict[str, Any]
) -> None:
    before = counts(world)
    with pytest.raises(SecretSuspected) as refused, world.engine.begin() as connection:
        register(connection, facts(**given), runtime=world.runtime, actor="system", store=Store(tmp_path))
    assert counts(world) == before
    assert list(tmp_path.rglob("*")) == []
    told = refused.value.message + str(refused.value.places) + caplog.text
    assert not any(word in told for word in ("机密", "绝密", "10年", "某某方案"))


def test_the_same_record_is_registered_once(world: World) -> None:
    number = world.register("停车秩序混乱", channel_number="A1", delivered=True).number
    with pytest.raises(AlreadyRegistered) as again:
        world.register("停车秩序混乱", channel_number="A1", delivered=True)
    assert (again.value.number, again.value.same) == (number, True)
    with pytest.raises(AlreadyRegistered) as changed:
        world.register("改了标题", channel_number="A1", delivered=True)
    assert (changed.value.number, changed.value.same) == (number, False)
    assert world.register("停车秩序混乱", channel_number="A1", channel="mayor", delivered=True).number != number


def test_records_without_a_number_are_known_by_what_they_say(world: World) -> None:
    moment = datetime(2026, 2, 1, tzinfo=UTC)
    number = world.register("停车秩序混乱", received_at=moment, delivered=True).number
    with pytest.raises(AlreadyRegistered) as again:
        world.register("停车秩序混乱", received_at=moment, delivered=True)
    assert again.value.number == number
    later = world.register("停车秩序混乱", received_at=moment + timedelta(days=1), delivered=True)
    assert later.number != number


def test_a_clerk_may_write_the_same_words_twice(world: World) -> None:
    assert world.register("停车秩序混乱").number != world.register("停车秩序混乱").number


def test_the_slower_of_two_is_told_of_the_faster(world: World) -> None:
    with world.engine.connect() as first, world.engine.connect() as second:
        made = register(first, facts(channel_number="R1"), runtime=world.runtime, actor="system")
        second.exec_driver_sql("set lock_timeout = '200ms'")
        with pytest.raises(sa.exc.OperationalError):
            register(second, facts(channel_number="R1"), runtime=world.runtime, actor="system")
        second.rollback()
        first.commit()
        with pytest.raises(AlreadyRegistered) as again:
            register(second, facts(channel_number="R1"), runtime=world.runtime, actor="system")
    assert again.value.number == made.number


def test_what_somebody_decided_stands(world: World) -> None:
    number = world.register(
        "水管爆了，停水三天", kind="consult", severity="urgent", handling_unit_id=world.unit("station")
    ).number
    matter = world.matter(number)
    assert (matter["kind"], matter["severity"], matter["handling_unit_id"]) == (
        "consult",
        "urgent",
        world.unit("station"),
    )
