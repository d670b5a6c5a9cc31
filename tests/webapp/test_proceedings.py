"""督查问责 in the browser: opened by the inspectorate, answered by the unit, and told to nobody else."""

import pytest

from engine.casework import commands
from engine.casework.permissions import grants
from tests.webapp.conftest import STATION, Site

GROUND = "群众连续三次来电反映仍未见民警到场。"
EXPLAINED = {
    "cause": "workload",
    "explanation": "夜间警力集中在专项行动，尚未到场。",
    "measures": "今晚已安排两名民警到场处置。",
    "finish_on": "2099-12-31",
}


class Person:
    def __init__(self, site: Site, login: str) -> None:
        self.id = site.bureau.officers[login]
        with site.platform.engine.connect() as connection:
            self.grants = grants(connection, self.id)


def handled(site: Site, **given: object) -> str:
    """A matter that the station handles."""
    number = site.register(**given).number
    site.execute(
        "update matter set handling_unit_id = :unit where number = :n", unit=site.bureau.units[STATION], n=number
    )
    return number


def supervised(site: Site, **given: object) -> tuple[str, str]:
    number = handled(site, **given)
    answer = site.client("inspector").post(f"/proceedings/of/{number}", {"level": "order", "ground": GROUND})
    assert answer.status_code == 302
    return number, answer.headers["Location"].rpartition("/")[2]


def waiting(site: Site, number: str) -> str:
    rows = site.rows(
        "select w.task_id from work_item w join instance i on i.id = w.instance_id where i.business_key = :n", n=number
    )
    return str(rows[0].task_id.hex)


def test_an_order_is_opened_on_the_matter_and_answered_from_the_list_of_tasks(site: Site) -> None:
    number, order = supervised(site)
    page = site.client("inspector").get(f"/matters/{number}").text
    assert order in page
    liaison = site.client("liaison")
    assert order in liaison.get("/tasks").text
    task = waiting(site, order)
    form = liaison.get(f"/steps/{task}").text
    assert GROUND in form
    assert number in form
    answer = liaison.post(f"/steps/{task}", {**EXPLAINED, "key": "k1"})
    assert answer.status_code == 302, answer.text
    shown = site.client("inspector").get(f"/proceedings/{order}").text
    assert "夜间警力集中在专项行动" in shown
    adjudged = site.client("inspector").post(
        f"/steps/{waiting(site, order)}", {"decision": "lift", "reason": "说明属实，措施得当。", "key": "k2"}
    )
    assert adjudged.status_code == 302, adjudged.text
    ended = site.client("inspector").get(f"/proceedings/{order}").text
    assert "已解除" in ended
    assert "说明属实，措施得当。" in site.client("liaison").get(f"/matters/{number}").text


def test_what_is_missing_comes_back_with_what_was_typed(site: Site) -> None:
    _, order = supervised(site)
    task = waiting(site, order)
    answer = site.client("liaison").post(f"/steps/{task}", {**EXPLAINED, "measures": "", "key": "k1"})
    assert answer.status_code == 422
    assert "夜间警力集中在专项行动" in answer.text
    assert waiting(site, order) == task


def test_a_supervision_without_a_reason_keeps_nothing_and_says_why(site: Site) -> None:
    number = handled(site)
    inspector = site.client("inspector")
    answer = inspector.post(f"/proceedings/of/{number}", {"level": "order", "ground": " "})
    assert answer.status_code == 422
    assert "请写明督查理由" in answer.text
    assert site.rows("select 1 from proceeding") == []


def test_a_reason_that_is_too_long_comes_back_in_the_page_and_in_no_address(site: Site) -> None:
    number = handled(site)
    long = GROUND * 200
    answer = site.client("inspector").post(f"/proceedings/of/{number}", {"level": "order", "ground": long})
    assert answer.status_code == 422
    assert "最多 2000 个字" in answer.text
    assert long in answer.text
    assert "Location" not in answer.headers
    assert '<option value="order" selected>' in answer.text


@pytest.mark.parametrize("login", ["liaison", "handler", "receiver", "director"])
def test_only_the_inspectorate_opens(site: Site, login: str) -> None:
    number = handled(site)
    answer = site.client(login).post(f"/proceedings/of/{number}", {"level": "order", "ground": GROUND})
    assert answer.status_code in {302, 404}
    assert site.rows("select 1 from proceeding") == []


def test_another_unit_and_whoever_is_accused_learn_nothing(site: Site) -> None:
    _, order = supervised(site)
    accusing = handled(
        site, title="投诉城东派出所", body="城东派出所推诿。", accused_units=(site.bureau.units[STATION],)
    )
    second = commands.supervise(
        site.platform.engine, site.platform.runtime, Person(site, "inspector"), accusing, level="order", ground=GROUND
    )
    stranger, own = site.client("traffic_liaison"), site.client("liaison")
    for browser, hidden in ((stranger, order), (stranger, second), (own, second)):
        assert browser.get(f"/proceedings/{hidden}").status_code == 404
        assert hidden not in browser.get("/proceedings").text
        assert hidden not in browser.get("/tasks").text
    assert own.get(f"/proceedings/{order}").status_code == 200
    # The station being accused, the inspectorate answers in its place.
    assert second in site.client("inspector").get("/tasks").text


def test_an_accountability_case_is_told_to_the_officer_concerned_only_once_it_is_decided(site: Site) -> None:
    inspector = site.client("inspector")
    typed = {"unit": str(site.bureau.units[STATION]), "title": "多次接件不办", "ground": GROUND}
    opened = inspector.post("/proceedings/new/accountability", typed)
    number = opened.headers["Location"].rpartition("/")[2]
    found = {
        "decision": "founded",
        "officer": str(site.bureau.officers["handler"]),
        "facts": "接件后十天没有到场。",
        "consequence": "minor",
        "reason": "事实清楚，证据充分。",
        "key": "k1",
    }
    assert inspector.post(f"/steps/{waiting(site, number)}", found).status_code == 302
    concerned = site.client("handler")
    assert concerned.get(f"/proceedings/{number}").status_code == 404
    decided = {"sanction": "points", "points": "2", "reason": "造成一定影响。", "key": "k2"}
    leader = site.client("bureau_leader")
    assert leader.post(f"/steps/{waiting(site, number)}", decided).status_code == 302
    assert concerned.get(f"/proceedings/{number}").status_code == 200
    assert number in concerned.get("/tasks").text
    assert site.client("handler2").get(f"/proceedings/{number}").status_code == 404
    accepted = concerned.post(f"/steps/{waiting(site, number)}", {"decision": "accept", "key": "k3"})
    assert accepted.status_code == 302, accepted.text
    assert "2 分" in concerned.get("/proceedings/points").text
    assert number in inspector.get("/proceedings/points").text
    assert number not in site.client("handler2").get("/proceedings/points").text


def test_whom_a_matter_accuses_can_be_found_concerned_and_has_their_name_cleared(site: Site) -> None:
    accused = site.bureau.officers["handler"]
    matter = handled(site, title="投诉民警推诿", body="民警推诿。", accused_officers=(accused,))
    inspector = site.client("inspector")
    typed = {"unit": str(site.bureau.units[STATION]), "title": "接件不办", "ground": GROUND, "matter": matter}
    number = inspector.post("/proceedings/new/accountability", typed).headers["Location"].rpartition("/")[2]
    task = waiting(site, number)
    assert f'value="{accused}"' in inspector.get(f"/steps/{task}").text
    found = {
        "decision": "unfounded",
        "officer": str(accused),
        "facts": "接件当日已到场处置。",
        "reason": "出警记录和视频可以证明。",
        "key": "k1",
    }
    assert inspector.post(f"/steps/{task}", found).status_code == 302
    concerned = site.client("handler")
    page = concerned.get(f"/proceedings/{number}")
    assert page.status_code == 200
    assert matter not in page.text
    assert number in concerned.get("/notices").text


def test_an_opening_that_is_refused_keeps_what_was_typed(site: Site) -> None:
    typed = {"unit": "", "title": "窗口服务态度", "ground": GROUND}
    answer = site.client("inspector").post("/proceedings/new/rectification", typed)
    assert answer.status_code == 422
    assert "没有这个单位" in answer.text
    assert "窗口服务态度" in answer.text
    assert GROUND in answer.text


def test_the_list_is_filtered_and_says_what_to_do_when_it_is_empty(site: Site) -> None:
    inspector = site.client("inspector")
    assert "没有符合条件的督查、问责或整改" in inspector.get("/proceedings").text
    _, order = supervised(site)
    assert order in inspector.get("/proceedings?kind=supervision").text
    assert order not in inspector.get("/proceedings?kind=rectification").text
    assert order not in inspector.get("/proceedings?status=closed").text
