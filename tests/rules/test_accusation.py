import pytest

from rules.routing import Rule
from tests.rules.dictionary import router

ROUTER = router()


def accused(title, body="", place=""):
    return {item.unit for item in ROUTER.route(title, body, place).accused}


@pytest.mark.parametrize(
    ("title", "units"),
    [
        ("投诉城东派出所民警态度恶劣", {"east"}),
        ("城东派出所户籍窗口推诿，跑了三趟", {"east"}),
        ("举报县交警大队收受好处", {"traffic"}),
        ("反映态度恶劣的交警", {"traffic"}),
        ("投诉城西派出所", {"west"}),
        ("控告贾仁义态度恶劣", {"traffic"}),
        ("投诉警号081234的民警态度恶劣", {"traffic"}),
    ],
)
def test_the_accused_unit_is_recognised_and_never_gets_the_matter(title, units):
    verdict = ROUTER.route(title)
    assert {item.unit for item in verdict.accused} - {""} == units
    assert verdict.unit in ("inspectorate", "petitions")
    assert not units & {verdict.unit, verdict.supervising_unit, *verdict.joint_units}
    assert verdict.kind == "complaint"
    assert any(reason.effect == "accused" for reason in verdict.reasons)


def test_an_officer_is_recognised_by_name_and_by_badge():
    assert {item.officer for item in ROUTER.route("控告贾仁义态度恶劣").accused} == {"o1"}
    assert "o1" in {item.officer for item in ROUTER.route("投诉警号081234态度恶劣").accused}


@pytest.mark.parametrize(
    "title",
    [
        "城东派出所对面有人赌博",
        "建议交警加强管理，治理违停",
        "派出所附近红绿灯坏了",
        "物业态度恶劣，请派出所调解",
        "请城西派出所管管麻将馆，老板态度恶劣",
        "派出所民警辛苦了",
        "报警后城管推诿",
    ],
)
def test_being_named_is_not_being_accused(title):
    assert accused(title) == set()


def test_the_station_of_the_place_is_meant_when_only_a_station_is_named():
    assert accused("派出所民警态度恶劣", "我住东门街") == {"east"}
    assert accused("派出所态度恶劣") == {""}
    # Another county's station is not ours.
    assert "east" not in accused("投诉临江派出所态度恶劣", "我在东门街")


def test_the_accused_station_does_not_get_a_local_matter_either():
    verdict = ROUTER.route("东门街有人赌博", "多次反映，城东派出所推诿。")
    assert "east" in {item.unit for item in verdict.accused}
    assert verdict.unit == "order"
    assert "east" not in {verdict.unit, verdict.supervising_unit, *verdict.joint_units}


def test_a_crime_told_to_the_police_is_not_theirs_unless_it_stands_beside_them():
    assert accused("我被保安殴打", "到城东派出所报案，说有四个人殴打我") == set()
    assert accused("城东派出所民警殴打我") - {""} == {"east"}


def test_conduct_in_another_sentence_is_somebody_elses():
    assert accused("情况反映", "我去了城东派出所。售货员态度恶劣。") == set()


def test_when_the_inspectorate_is_accused_another_unit_gets_it():
    verdict = ROUTER.route("举报督察大队收受好处、态度恶劣")
    assert "inspectorate" in {item.unit for item in verdict.accused}
    assert verdict.unit == "petitions"


def test_when_everyone_who_could_is_accused_nobody_gets_it():
    only = router(rules=(Rule("attitude", "accusation", ("态度恶劣",), unit="inspectorate"),))
    verdict = only.route("督察大队态度恶劣")
    assert verdict.unit == ""
    assert not verdict.certain
