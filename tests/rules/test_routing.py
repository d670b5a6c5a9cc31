from datetime import date

import pytest

from rules.routing import Router, Rule, Unit
from tests.rules.dictionary import RULES, router

ROUTER = router()


def test_words_in_the_title_name_the_unit_with_reasons():
    verdict = ROUTER.route("中山路口红绿灯坏了", "请尽快修理。")
    assert verdict.unit == "traffic"
    assert verdict.certain
    reason = next(reason for reason in verdict.reasons if reason.effect == "unit")
    assert (reason.rule, reason.target, reason.field, reason.words) == ("signal", "traffic", "title", ("红绿灯",))
    start, end = reason.spans[0]
    assert "中山路口红绿灯坏了"[start:end] == "红绿灯"


def test_spans_point_into_the_text_as_people_see_it():
    wide = router(Rule("noise", "department", ("ktv",), unit="order"))
    body = "楼下ＫＴＶ很吵"
    reason = next(item for item in wide.route("求助", body).reasons if item.rule == "noise")
    start, end = reason.spans[0]
    assert body[start:end] == "ＫＴＶ"


def test_the_title_outweighs_the_body():
    verdict = ROUTER.route("咨询孩子落户问题", "办好落户才能入学，学位很紧张。")
    assert verdict.unit == "household"
    assert ROUTER.route("咨询孩子入学问题", "我们还没有落户。").out_of_scope


def test_a_matter_of_others_is_out_of_scope_with_the_likely_agency():
    verdict = ROUTER.route("楼顶违章建筑没人拆", "违章建筑砌了三年")
    assert verdict.out_of_scope
    assert verdict.certain
    assert (verdict.unit, verdict.agency) == ("", "城市管理局")


def test_without_any_evidence_nothing_is_certain_and_that_is_the_reason():
    verdict = ROUTER.route("你好", "在吗")
    assert verdict.confidence == 0
    assert not verdict.certain
    assert [reason.effect for reason in verdict.reasons] == ["none"]


def test_evidence_on_both_sides_is_not_certain_and_names_the_other_side():
    verdict = ROUTER.route("违停车辆挡住违章建筑", "")
    assert not verdict.certain
    assert {item.unit or item.agency for item in verdict.alternatives} & {"traffic", "城市管理局"}


def test_a_combination_needs_all_its_parts_and_one_of_each_further_group():
    assert ROUTER.route("货车超载", "夜间很多").unit == "traffic"
    assert ROUTER.route("货车超载", "凌晨很多").severity == "major"
    assert ROUTER.route("货车超载", "白天很多").unit == ""
    assert ROUTER.route("货车很多", "夜间很多").unit == ""


def test_an_excluded_word_stops_the_rule_in_the_field_where_it_stands():
    assert ROUTER.route("共享单车违停", "").unit == ""
    assert ROUTER.route("路边违停", "旁边还有共享单车").unit == "traffic"


def test_local_matters_go_to_the_station_of_the_place_under_their_unit():
    verdict = ROUTER.route("举报东门街有人赌博", "")
    assert (verdict.unit, verdict.supervising_unit) == ("east", "order")
    assert any(item.effect == "place" and item.words == ("东门街",) for item in verdict.reasons)
    assert ROUTER.route("举报有人赌博", "", "西关大街12号").unit == "west"
    assert ROUTER.route("举报有人赌博", "").unit == "order"


def test_the_longer_place_name_wins():
    assert ROUTER.route("柳荫小区有人赌博", "").unit == "east"
    assert ROUTER.route("柳荫有人赌博", "").unit == "west"


def test_other_matters_stay_with_their_unit_whatever_the_place():
    assert ROUTER.route("东门街红绿灯坏了", "").unit == "traffic"


def test_the_category_comes_in_the_variety_that_fits_what_is_wanted():
    assert ROUTER.route("红绿灯坏了", "请修").category == "request.signal"
    asked = ROUTER.route("咨询红绿灯何时启用", "请问几时")
    assert (asked.kind, asked.category) == ("consult", "consult.signal")
    # Gambling has no category of consultation: the kind follows the category there is.
    told = ROUTER.route("请问赌博归谁管", "")
    assert (told.kind, told.category) == ("report", "report.gambling")


def test_severity_is_the_gravest_and_the_clock_comes_with_its_rule():
    verdict = ROUTER.route("路边违停致人死亡", "")
    assert (verdict.severity, verdict.clock) == ("urgent", "3工作日")
    assert ROUTER.route("红绿灯坏了", "").severity == "ordinary"


def test_rules_hold_only_on_their_days():
    dated = router(Rule("fair", "department", ("庙会",), unit="order", valid_to=date(2026, 2, 20)))
    assert dated.route("庙会人多", on=date(2026, 2, 20)).unit == "order"
    assert dated.route("庙会人多", on=date(2026, 2, 21)).unit == ""


def test_a_rule_for_a_place_or_a_channel_holds_only_there():
    placed = router(
        Rule("jetty", "department", ("摆渡",), place="东门街", unit="traffic"),
        Rule("sms", "department", ("短信回访",), place="sms110", unit="order"),
    )
    assert placed.route("东门街摆渡").unit == "traffic"
    assert placed.route("西关大街摆渡").unit == ""
    assert placed.route("短信回访", channel="sms110").unit == "order"
    assert placed.route("短信回访", channel="mayor").unit == ""


def test_a_second_unit_with_nearly_as_much_evidence_is_joint():
    verdict = ROUTER.route("红绿灯旁有人赌博", "")
    assert {verdict.unit, *verdict.joint_units} >= {"traffic", "order"}


@pytest.mark.parametrize("title", ["", "红绿灯" * 500, "😀" * 300, "\x00\ud800"])
def test_odd_texts_are_routed_like_any_other(title):
    verdict = ROUTER.route(title, title)
    assert verdict.reasons
    assert 0 <= verdict.confidence <= 1


def test_more_evidence_for_one_side_never_lowers_its_confidence():
    one = ROUTER.route("红绿灯坏了", "违章建筑")
    more = ROUTER.route("红绿灯坏了，信号灯不亮", "违章建筑")
    assert more.confidence > one.confidence


def test_a_verdict_is_json_able():
    verdict = ROUTER.route("投诉城东派出所态度恶劣", "赌博没人管")
    assert verdict.as_dict()["accused"][0]["unit"] == "east"


def test_a_bad_table_is_refused_at_once():
    with pytest.raises(ValueError, match="没有单位"):
        Router(RULES, [Unit("traffic", ("交警大队",))])
