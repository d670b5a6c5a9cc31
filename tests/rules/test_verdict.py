import json

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.matter_index import Index
from rules.verdict import Record, judge
from tests.rules.dictionary import router

ROUTER = router()


def record(title, body="", **more):
    return Record(more.pop("id", "new"), title, body, **more)


def test_a_clear_matter_is_pushed():
    judgement = judge(record("中山路口红绿灯坏了"), ROUTER, Index())
    assert (judgement.outcome, judgement.verdict.unit) == ("pushed", "traffic")


def test_an_unclear_one_waits_for_somebody():
    judgement = judge(record("有事反映"), ROUTER, Index())
    assert (judgement.outcome, judgement.why) == ("manual", "uncertain")


def test_a_matter_of_others_is_out_of_scope():
    judgement = judge(record("楼顶违章建筑没人拆", "违章建筑"), ROUTER, Index())
    assert (judgement.outcome, judgement.verdict.agency) == ("out_of_scope", "城市管理局")


def test_a_repeat_names_its_primary_and_leaves_the_index_alone():
    index = Index()
    story = "东门街三号院夜里聚众赌博，门口老槐树下有人望风，一晚上输赢上万，请查处。"
    index.add(judge(record("东门街三号院有人赌博", story, id="first"), ROUTER, index).fingerprint)
    again = judge(record("东门街三号院有人赌博没人管", story), ROUTER, index)
    assert (again.outcome, again.primary) == ("repeat", "first")
    assert len(index) == 1


def test_a_repeat_that_accuses_is_linked_by_nobody_but_a_person():
    index = Index()
    story = "东门街三号院夜里聚众赌博，门口老槐树下有人望风，一晚上输赢上万，请查处。"
    index.add(judge(record("东门街三号院有人赌博", story, id="first"), ROUTER, index).fingerprint)
    again = judge(record("东门街三号院有人赌博没人管", story + "城东派出所推诿。"), ROUTER, index)
    assert (again.outcome, again.why, again.primary) == ("manual", "repeat_accuses", "")
    assert again.matches[0].id == "first"


def test_a_secret_mark_stops_everything():
    judgement = judge(record("红绿灯坏了", "机密★10年"), ROUTER, Index())
    assert (judgement.outcome, judgement.why) == ("manual", "secret")


def test_an_alarm_makes_it_urgent():
    assert judge(record("红绿灯坏了", "我不想活了"), ROUTER, Index()).verdict.severity == "urgent"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.text(max_size=120))
def test_no_judgement_without_a_reason_and_all_of_it_is_json(title, body):
    judgement = judge(record(title, body), ROUTER, Index())
    assert judgement.verdict.reasons
    assert json.loads(json.dumps(judgement.as_dict()))["outcome"] == judgement.outcome
