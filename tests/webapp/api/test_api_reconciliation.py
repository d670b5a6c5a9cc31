"""A channel's own system says how many messages it received."""

from datetime import datetime

from rules.bureau_calendar import BUREAU_ZONE
from tests.conftest import Clock
from tests.webapp.api.caller import Callers
from tests.webapp.conftest import OFFICE, STATION, Site

AT = datetime(2026, 11, 3, 9, 0, tzinfo=BUREAU_ZONE)
PATH = "/channels/letters/days/2026-11-03/report"


def test_what_is_pushed_is_answered_with_how_the_day_stands(site: Site, callers: Callers) -> None:
    Clock(site.platform.engine).set(AT.replace(hour=12))
    site.register(channel_number="20261103-0001", received_at=AT)
    answer = callers("receiver").post(PATH, {"first": "20261103-0001", "last": "20261103-0003"})
    assert answer.status_code == 200
    assert answer.json == {
        "received": 3,
        "imported": 1,
        "refused": 0,
        "apart": 0,
        "explained": 0,
        "difference": 2,
        "missing": [{"first": "20261103-0002", "last": "20261103-0003", "count": 2}],
        "standing": "open",
    }
    page = site.client("inspector").get("/reconciliation/letters/2026-11-03").text
    assert "20261103-0002 – 20261103-0003" in page


def test_what_cannot_be_right_is_refused_by_field(site: Site, callers: Callers) -> None:
    Clock(site.platform.engine).set(AT)
    caller = callers("receiver")
    for body, pointer in (
        ({}, "/count"),
        ({"count": -1}, "/count"),
        ({"count": 2, "first": "1", "last": "5"}, "/count"),
        ({"count": 1, "first": "A"}, "/first"),
    ):
        answer = caller.post(PATH, body)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert caller.post(PATH.replace("2026-11-03", "soon"), {"count": 1}).status_code == 404
    assert site.rows("select 1 from channel_report") == []


def test_only_the_channels_own_receivers_report(site: Site, callers: Callers) -> None:
    Clock(site.platform.engine).set(AT)
    assert callers("inspector").post(PATH, {"count": 1}).status_code == 404
    assert callers("receiver", "read").post(PATH, {"count": 1}).status_code == 403
    site.execute("update channel set receiving_unit_id = :unit", unit=site.bureau.units[STATION])
    assert callers("receiver").post(PATH, {"count": 1}).status_code == 404
    assert site.rows("select 1 from channel_report") == []


def test_the_accused_receiver_is_told_a_sum_that_gives_nothing_away(site: Site, callers: Callers) -> None:
    Clock(site.platform.engine).set(AT.replace(hour=12))
    site.register(channel_number="1", received_at=AT)
    site.register(
        "投诉民意办拖延不办，请认真查一查。",
        channel_number="2",
        received_at=AT,
        title="投诉",
        accused_units=(site.bureau.units[OFFICE],),
    )
    answer = callers("receiver").post(PATH, {"first": "1", "last": "2"})
    assert (answer.json["difference"], answer.json["missing"]) == (0, [])
