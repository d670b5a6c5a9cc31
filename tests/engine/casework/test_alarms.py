from datetime import timedelta
from typing import Any

import pytest

from engine.casework.alarms import take_note
from engine.casework.attachments import Store, Upload
from engine.casework.errors import NotPermitted
from engine.casework.facts import MatterFacts
from engine.casework.registration import register
from engine.runtime import NotFound
from tests.engine.casework.documents import pdf, runs, shown, word
from tests.journeys.bureau import World


def notices(world: World, number: str) -> dict[str, str]:
    rows = world.rows(
        "select o.login, n.text from notice n join officer o on o.id = n.officer_id "
        "join matter m on m.id = n.matter_id where m.number = :number and n.kind = 'alarm'",
        number=number,
    )
    return {row["login"]: row["text"] for row in rows}


def entry(world: World, number: str, event: str) -> Any:
    return world.value(
        "select e.details from history_event e join matter m on m.id = e.matter_id "
        "where m.number = :number and e.event = :event",
        number=number,
        event=event,
    )


@pytest.mark.parametrize(
    ("body", "category", "words"),
    [
        ("我不想活了，谁也别找我", "suicide", "自杀、自伤危险"),
        ("楼下有人持刀，请处理", "emergency", "正在发生的警情"),
        ("再不解决就同归于尽", "threat", "扬言报复"),
    ],
)
def test_the_duty_officers_are_told_at_once(world: World, body: str, category: str, words: str) -> None:
    number = world.register("幸福路的事", body).number
    told = notices(world, number)
    assert set(told) == {"receiver", "receiver2", "inspector", "inspector2"}
    assert all(words in text and number in text and "立即" in text and body not in text for text in told.values())
    details = entry(world, number, "alarm_raised")
    assert details["categories"] == [category]
    assert set(details["told"]) == {"王受理", "汪受理", "周督察", "邹督察"}
    assert body not in str(details)
    mails = world.value(
        "select count(*) from dispatch where kind = 'notice' and body like :number", number=f"%{number}%"
    )
    assert mails == 4


def test_an_ordinary_matter_raises_none(world: World) -> None:
    number = world.register("幸福路乱停车", "建议开展预防自杀的念头的讲座，去年有人要跳楼，感谢民警").number
    assert notices(world, number) == {}
    assert "alarm_raised" not in world.history(number)


def test_an_old_record_that_is_imported_raises_none(world: World) -> None:
    number = world.register("幸福路的事", "我不想活了", received_at=world.now() - timedelta(days=8)).number
    assert notices(world, number) == {}
    assert set(
        notices(world, world.register("幸福路的事", "我不想活了", received_at=world.now() - timedelta(days=6)).number)
    )


def test_whom_the_matter_accuses_is_not_told(world: World) -> None:
    accused = world.officer("inspector2")
    number = world.register("投诉工作人员", "我不想活了", accused_officers=(accused,)).number
    assert set(notices(world, number)) == {"receiver", "receiver2", "inspector"}
    assert "邹督察" not in str(entry(world, number, "alarm_raised"))


def test_documents_that_were_not_read_are_named_in_the_history(world: World, tmp_path: Any) -> None:
    files = (
        Upload("扫描.pdf", pdf("10 10 m 20 20 l S")),
        Upload("可读.pdf", pdf(shown("请整治幸福路违停"))),
        Upload("信.docx", word(runs("请整治幸福路违停"))),
        Upload("照片.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 32),
    )
    given = MatterFacts(channel="12345", title="幸福路乱停车", body="请看附件", attachments=files)
    with world.engine.begin() as connection:
        made = register(connection, given, runtime=world.runtime, actor="system", store=Store(tmp_path))
    assert entry(world, made.number, "files_unread") == {
        "files": [{"filename": "扫描.pdf", "reason": "是扫描件或图片，其中的文字没有读取"}]
    }
    assert world.history(made.number)[:2] == ["registered", "files_unread"]


@pytest.mark.parametrize(
    ("body", "severity", "kept"),
    [
        ("我不想活了，谁也别找我", None, "urgent"),
        ("楼下有人持刀，请处理", None, "urgent"),
        ("再不解决就同归于尽", None, "ordinary"),
        ("幸福路乱停车", None, "ordinary"),
        ("楼下有人持刀，请处理", "major", "major"),
    ],
)
def test_danger_now_makes_the_matter_urgent_unless_somebody_has_decided(
    world: World, body: str, severity: str | None, kept: str
) -> None:
    number = world.register("幸福路的事", body, severity=severity).number
    assert world.value("select severity from matter where number = :number", number=number) == kept
    data = world.value("select judgement from matter where number = :number", number=number)
    assert data  # the judgement has run and left the severity alone


def test_the_urgent_matter_has_the_urgent_clock(world: World) -> None:
    due = {
        body: world.value(
            "select due_at from matter where number = :number",
            number=world.register("幸福路乱停车", body, channel="12345").number,
        )
        for body in ("幸福路乱停车，请管一管", "幸福路乱停车，有人持刀，请处理")
    }
    first, second = due.values()
    assert second < first


def test_a_duty_officer_takes_note_once_and_it_stands_in_the_history(world: World) -> None:
    number = world.register("幸福路的事", "我不想活了，谁也别找我").number
    for login, refused in (("station_handler", NotFound), ("visitor", NotPermitted)):
        with pytest.raises(refused):
            take_note(world.engine, world.runtime, world.person(login), number)
    with pytest.raises(NotPermitted, match="500"):
        take_note(world.engine, world.runtime, world.person("receiver"), number, "长" * 501)
    take_note(world.engine, world.runtime, world.person("receiver"), number, "已转110，民警到场")
    row = world.rows(
        "select a.*, o.login from alarm a join matter m on m.id = a.matter_id "
        "left join officer o on o.id = a.acknowledged_by where m.number = :number",
        number=number,
    )[0]
    assert (row["login"], row["note"], row["categories"]) == ("receiver", "已转110，民警到场", ["suicide"])
    assert row["acknowledged_at"] is not None
    assert entry(world, number, "alarm_acknowledged") == {"note": "已转110，民警到场"}
    with pytest.raises(NotPermitted, match="已经有人签收"):
        take_note(world.engine, world.runtime, world.person("inspector"), number)


def test_a_matter_without_an_alarm_has_none_to_take_note_of(world: World) -> None:
    number = world.register("幸福路乱停车").number
    with pytest.raises(NotFound):
        take_note(world.engine, world.runtime, world.person("receiver"), number)


def test_whom_the_matter_accuses_takes_no_note_of_it(world: World) -> None:
    number = world.register("投诉工作人员", "我不想活了", accused_officers=(world.officer("inspector2"),)).number
    with pytest.raises(NotFound):
        take_note(world.engine, world.runtime, world.person("inspector2"), number)
