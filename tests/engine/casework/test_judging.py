"""Judging a matter: attachments are read, dangers make it urgent, the accused get nothing, there is always a reason."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from engine.casework.attachments import Store, Upload
from engine.casework.dictionary import Dictionary
from engine.casework.facts import MatterFacts
from engine.casework.learning_text import MOST_ATTACHED, judged, text_of
from engine.casework.learning_training import train
from engine.casework.petitioners import PetitionerFacts
from engine.casework.registration import register
from tests.engine.casework.learning import decide
from tests.journeys.bureau import World
from tests.rules.dictionary import router

TITLE = "人民路小学门口违停严重，停车秩序混乱"
ON = date(2026, 3, 2)
WORDS = Dictionary(router(), router(), {}, {})


def routing(world: World, number: str) -> dict[str, Any]:
    found: dict[str, Any] = world.matter(number)["judgement"]["routing"]
    return found


def test_positions_and_versions_are_kept_with_the_matter(world: World) -> None:
    matter = world.matter(world.register(TITLE).number)
    judgement = matter["judgement"]
    assert judgement["model"]["id"] is None
    spoken = [reason for reason in judgement["routing"]["reasons"] if reason["effect"] == "unit"]
    assert {TITLE[start:end] for reason in spoken for start, end in reason["spans"]} == {"违停", "停车秩序"}


def test_what_stands_only_in_an_attachment_is_judged_and_says_so(world: World, tmp_path: Any) -> None:
    facts = MatterFacts(
        channel="12345",
        title="见附件",
        body="具体情况见附件。",
        petitioner=PetitionerFacts(name="吴女士"),
        attachments=(Upload("情况.txt", "小学门口违停严重，停车秩序混乱，乱停车没人管。".encode()),),
    )
    with world.engine.begin() as connection:
        found = register(connection, facts, runtime=world.runtime, actor="system", store=Store(tmp_path))
    assert routing(world, found.number)["unit"] == "traffic"
    told = [one for one in routing(world, found.number)["reasons"] if one["effect"] == "unit"]
    assert {(one["field"], tuple(one["spans"])) for one in told} == {("attachments", ())}


def test_a_very_long_attachment_is_read_from_its_beginning() -> None:
    letter = text_of("见附件", "见附件", "赌博" + "无" * 2 * MOST_ATTACHED)
    assert len(letter.body) == len("见附件\n") + MOST_ATTACHED


@pytest.mark.parametrize(
    ("body", "severity"),
    [
        ("我不想活了，今晚就从桥上跳下去", "urgent"),
        ("门口有人正在持刀砍人，快来人", "urgent"),
        ("路口违停", "ordinary"),
        ("群体性上访", "major"),
    ],
)
def test_a_danger_makes_the_matter_urgent_and_is_told(world: World, body: str, severity: str) -> None:
    number = world.register("请尽快处理", body).number
    assert world.matter(number)["severity"] == severity
    alarms = [one for one in routing(world, number)["reasons"] if one["rule"].startswith("alarm:")]
    assert bool(alarms) is (severity == "urgent")
    for one in alarms:
        assert (one["effect"], one["target"], one["field"]) == ("severity", "urgent", "body")
        assert [body[start:end] for start, end in one["spans"]] == one["words"]


def test_a_danger_of_long_ago_is_none_and_what_somebody_filled_in_stands(world: World) -> None:
    body = "我不想活了，今晚就从桥上跳下去"
    old = world.register("请尽快处理", body, received_at=world.now() - timedelta(days=30)).number
    assert world.matter(old)["severity"] == "ordinary"
    chosen = world.register("请尽快处理一下", body + "。", severity="major").number
    assert world.matter(chosen)["severity"] == "major"


def test_a_complaint_about_a_unit_goes_to_the_inspectorate_by_itself(world: World) -> None:
    found = world.register("投诉交警大队民警态度恶劣、推诿", "交警大队民警处理违停时态度恶劣，互相推诿。")
    assert found.outcome == "pushed"
    assert world.matter(found.number)["handling_unit_id"] == world.unit("inspectorate")
    said = routing(world, found.number)
    named = {
        said["unit"],
        said["supervising_unit"],
        *said["joint_units"],
        *(one["unit"] for one in said["alternatives"]),
    }
    assert "traffic" not in named


def test_whom_somebody_named_as_accused_is_not_even_suggested(world: World) -> None:
    found = world.register(TITLE, accused_units=(world.unit("traffic"),))
    said = routing(world, found.number)
    named = {
        said["unit"],
        said["supervising_unit"],
        *said["joint_units"],
        *(one["unit"] for one in said["alternatives"]),
    }
    assert "traffic" not in named
    assert found.outcome != "pushed" or world.matter(found.number)["handling_unit_id"] != world.unit("traffic")


def test_what_stands_above_or_below_the_accused_is_not_suggested_either(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into unit (code, name, kind, parent_id) select 'squad', '城区中队', 'squad', id from unit "
                "where code = 'traffic'"
            )
        )
        connection.execute(
            sa.text(
                "insert into keyword (code, kind, words, unit_id, priority) select 'Q1', 'department', '{岗亭}', id, 9 "
                "from unit where code = 'squad'"
            )
        )
    assert routing(world, world.register("岗亭没人", "路口岗亭天天没人").number)["unit"] == "squad"
    accused = world.register("岗亭没人值守", "岗亭没人值守。", accused_units=(world.unit("traffic"),))
    assert routing(world, accused.number)["unit"] != "squad"


PIECES = st.sampled_from(
    [
        "红绿灯",
        "赌博",
        "投诉",
        "交警",
        "态度恶劣",
        "我不想活了",
        "正在砍人",
        "违章建筑",
        "举报",
        "Ａ１",
        "😀",
        "\x00",
        "。",
        " ",
    ]
)


@given(
    st.lists(PIECES, max_size=5),
    st.lists(PIECES, max_size=6),
    st.lists(PIECES, max_size=6),
    st.booleans(),
    st.booleans(),
)
def test_there_is_no_verdict_without_a_reason_and_positions_stand_in_the_text(
    title: list[str], body: list[str], files: list[str], alarming: bool, barred: bool
) -> None:
    letter = text_of("".join(title), "".join(body), "".join(files))
    own = "".join(body)
    verdict = judged(
        WORDS,
        letter,
        length=len(own),
        place="",
        channel="",
        on=ON,
        barred=("traffic",) if barred else (),
        alarming=alarming,
    )
    assert verdict.reasons
    if barred:
        assert "traffic" not in {verdict.unit, verdict.supervising_unit, *verdict.joint_units}
    for reason in verdict.reasons:
        content = {"title": letter.title, "body": own}.get(reason.field, "")
        assert all(0 <= start < end <= len(content) for start, end in reason.spans)


ACCUSATIONS = (
    ("投诉交警大队民警态度恶劣、推诿", "交警大队民警处理违停时态度恶劣，互相推诿。"),
    ("投诉交警大队", "望江路占道洗车，打电话给交警大队，民警态度恶劣，推诿不管。"),
    ("城关派出所民警态度恶劣", "楼上装修砸墙，广场舞声音大，报警后城关派出所民警推诿，态度恶劣。"),
)


def test_a_model_that_knows_the_story_does_not_take_a_complaint_from_the_inspectorate(world: World) -> None:
    with world.engine.begin() as connection:
        decide(connection, 480)
    assert train(world.engine).why == ""
    for title, body in ACCUSATIONS:
        found = world.register(title, body)
        assert routing(world, found.number)["unit"] == "inspectorate", title
