"""The search over the API: what the page finds, for whom, page by page."""

from engine.casework.text_index import rebuild
from tests.webapp.api.caller import Callers
from tests.webapp.conftest import STATION, Site


def test_a_search_finds_what_the_page_finds(site: Site, callers: Callers) -> None:
    station = site.bureau.units[STATION]
    number = site.register("夜里吵闹，望月路的路灯也不亮。", title="望月路麻将馆", handling_unit_id=station).number
    rebuild(site.platform.engine, site.platform.settings.text_index)
    answer = callers("handler").get("/search", q="望月路 路灯")
    assert answer.status_code == 200, answer.json
    assert (answer.json["total"], answer.json["next"], answer.json["indexed"]) == (1, None, True)
    (found,) = answer.json["items"]
    assert (found["number"], found["title"]) == (number, "望月路麻将馆")
    marked = {one["where"]: [piece["text"] for piece in one["pieces"] if piece["marked"]] for one in found["excerpts"]}
    assert marked == {"title": ["望月路"], "body": ["望月路", "路灯"]}
    other = callers("traffic_handler")
    assert other.get("/search", q="望月路").json["total"] == 0
    assert other.get("/search", q="忘月路").json["suggestions"] == []
    meant = callers("handler").get("/search", q="忘月路").json
    assert meant["suggestions"] == [{"q": "望月路", "total": 1}]
    assert callers("handler").get("/search", q="望月路", kind="praise").json["total"] == 0
    asked = site.rows("select asked, narrowed from search_entry order by id desc limit 1")
    assert [(row.asked, row.narrowed) for row in asked] == [("望月路", {"kind": "praise"})]


def test_pages_follow_each_other_and_there_is_an_answer_without_an_index(site: Site, callers: Callers) -> None:
    numbers = {site.register().number for _ in range(3)}
    caller = callers("inspector")
    first = caller.get("/search", q="麻将馆", limit=2).json
    assert (first["total"], first["indexed"], len(first["items"])) == (3, False, 2)
    second = caller.get("/search", q="麻将馆", cursor=first["next"]).json
    assert {one["number"] for one in first["items"] + second["items"]} == numbers
    assert second["next"] is None


def test_a_marked_query_is_refused_and_not_kept(site: Site, callers: Callers) -> None:
    answer = callers("inspector").get("/search", q="绝密★三十年")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "q"
    assert "绝密" not in answer.text
    assert site.rows("select * from search_entry") == []
