"""A channel's day adds up, or somebody says why: entering, gaps, explaining, lateness, the alarm, and who sees what."""

import re
from datetime import date, datetime, timedelta

import pytest

from engine.casework import importing
from engine.casework.permissions import grants
from engine.casework.reconciliation import reckon, reckon_for_all
from engine.casework.reconciliation_alarms import check_days, last_due_day
from engine.casework.reconciliation_day import ChannelDay
from engine.casework.reconciliation_numbers import check_numbers
from rules.bureau_calendar import BUREAU_ZONE
from rules.working_time import Calendar
from tests.conftest import Clock
from tests.webapp.conftest import OFFICE, STATION, SUPERVISION, Browser, Site
from webapp.worker import work_of

TUESDAY = date(2026, 11, 3)
MORNING = datetime(2026, 11, 3, 9, 0, tzinfo=BUREAU_ZONE)
PAGE = f"/reconciliation/letters/{TUESDAY}"
HEAD = "信件编号,主题,内容,收到时间\n"


@pytest.fixture
def clock(site: Site) -> Clock:
    """The bureau's clock at noon of a Tuesday; channels are checked from the day before on."""
    clock = Clock(site.platform.engine)
    clock.set(MORNING.replace(hour=12))
    site.execute("update channel set reconciled_since = date '2026-11-02'")
    return clock


def enter(browser: Browser, code: str = "letters", day: date = TUESDAY, **given: object) -> int:
    data = {f"{field}-{code}-{day}": given.get(field, "") for field in ("count", "first", "last")}
    return browser.post("/reconciliation/report", data).status_code


def letter(site: Site, number: str | None, at: datetime = MORNING, **given: object) -> str:
    words = f"第{number}号来信：楼下麻将馆每天噪声扰民到半夜，请派出所管一管。"
    values: dict[str, object] = {"channel_number": number, "received_at": at, **given}
    return site.register(words, **values).number


def the_day(site: Site, code: str = "letters", day: date = TUESDAY) -> ChannelDay:
    with site.platform.engine.connect() as connection:
        found = reckon_for_all(connection, day, day)
    return next(month.days[0] for month in found if month.channel.code == code)


def run_import(site: Site, lines: str, name: str = "letters.csv") -> importing.ImportReport:
    actor = str(site.bureau.officers["receiver"])
    return importing.import_file(
        site.platform.engine, site.platform.runtime, "mayor", (HEAD + lines).encode(), name, actor=actor
    )


def test_a_day_adds_up_when_the_receiver_counts_what_was_registered(site: Site, clock: Clock) -> None:
    for number in ("20261103-0001", "20261103-0002"):
        letter(site, number)
    receiver = site.client("receiver")
    assert enter(receiver, first="20261103-0001", last="20261103-0002") == 302
    clock.move(timedelta(days=1))
    assert the_day(site).standing == "balanced"
    page = receiver.get(PAGE).text
    assert "对上" in page
    assert page.count("/matters/MY2026") == 2
    assert "is-balanced" in receiver.get("/reconciliation?month=2026-11").text


def test_what_is_missing_is_named_by_number_and_explained(site: Site, clock: Clock) -> None:
    for number in ("20261103-0001", "20261103-0004"):
        letter(site, number)
    receiver = site.client("receiver")
    enter(receiver, first="20261103-0001", last="20261103-0005", count="5")
    clock.move(timedelta(days=1))
    one = the_day(site)
    assert (one.standing, one.difference, one.missing) == ("gap", 3, 3)
    page = receiver.get(PAGE).text
    assert "20261103-0002 – 20261103-0003" in page
    assert "20261103-0005" in page
    explanation = {"first": "20261103-0002", "last": "20261103-0003", "reason": "信访局作废的登记号"}
    assert receiver.post(f"{PAGE}/explain", explanation).status_code == 302
    one = the_day(site)
    assert (one.standing, one.difference, one.missing, one.explained) == ("gap", 1, 1, 2)
    receiver.post(f"{PAGE}/explain", {"first": "20261103-0005", "last": "20261103-0005", "reason": "涉密信件，已拒收"})
    assert the_day(site).standing == "balanced"
    page = site.client("inspector").get(PAGE).text
    assert "信访局作废的登记号" in page
    assert site.rows("select name from officer where login = 'receiver'")[0].name in page


def test_an_explanation_is_rejected_by_an_inspector_and_stays_to_be_read(site: Site, clock: Clock) -> None:
    receiver, inspector = site.client("receiver"), site.client("inspector")
    enter(receiver, count="2")
    clock.move(timedelta(days=1))
    assert receiver.post(f"{PAGE}/explain", {"reason": "记错了"}).status_code == 302
    assert the_day(site).standing == "balanced"
    given = site.rows("select id from channel_explanation")[0].id
    address = f"{PAGE}/explanations/{given}/reject"
    assert receiver.post(address, {"reason": "不行"}).status_code == 404
    assert inspector.post(address, {"reason": " "}).status_code == 422
    assert inspector.post(address, {"reason": "没有凭据"}).status_code == 302
    assert inspector.post(address, {"reason": "没有凭据"}).status_code == 404
    one = the_day(site)
    assert (one.standing, one.difference) == ("gap", 2)
    page = receiver.get(PAGE).text
    assert "没有凭据" in page
    assert "记错了" in page


def test_nothing_is_explained_where_nothing_is_missing(site: Site, clock: Clock) -> None:
    letter(site, "7")
    receiver = site.client("receiver")
    enter(receiver, count="1")
    clock.move(timedelta(days=1))
    answer = receiver.post(f"{PAGE}/explain", {"reason": "说明"}, follow_redirects=True)
    assert "已经对上" in answer.text
    answer = receiver.post(f"{PAGE}/explain", {"first": "9", "last": "9", "reason": "说明"}, follow_redirects=True)
    assert "已经对上" in answer.text
    assert site.rows("select 1 from channel_explanation") == []


def test_more_on_the_platform_than_was_received_does_not_add_up(site: Site, clock: Clock) -> None:
    letter(site, None)
    letter(site, None, title="另一封信")
    enter(site.client("receiver"), count="1")
    clock.move(timedelta(days=1))
    assert (the_day(site).standing, the_day(site).difference) == ("gap", -1)
    assert "多1" in site.client("inspector").get("/reconciliation?month=2026-11").text


def test_entering_again_counts_and_the_first_stays_to_be_read(site: Site, clock: Clock) -> None:
    receiver = site.client("receiver")
    enter(receiver, count="3")
    enter(receiver, count="0")
    clock.move(timedelta(days=1))
    assert the_day(site).standing == "balanced"
    assert "已更正" in receiver.get(PAGE).text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"count": "-1"}, "请填0到"),
        ({"count": "三"}, "请填0到"),
        ({"first": "没有号", "count": "1"}, "要有数字"),
        ({"first": "20261103-1", "last": "20261104-2"}, "格式不一致"),
        ({"first": "1", "last": "5", "count": "4"}, "有5个号"),
    ],
)
def test_what_cannot_be_right_stays_in_the_form(site: Site, clock: Clock, given: dict[str, str], words: str) -> None:
    clock.move(timedelta(days=1))
    receiver = site.client("receiver")
    data: dict[str, object] = {
        f"{field}-letters-{TUESDAY}": given.get(field, "") for field in ("count", "first", "last")
    }
    answer = receiver.post("/reconciliation/report", {**data, f"count-mayor-{TUESDAY}": "0"})
    assert answer.status_code == 422
    assert words in answer.text
    for value in given.values():
        assert f'value="{value}"' in answer.text
    assert [
        row.code for row in site.rows("select c.code from channel_report r join channel c on c.id = r.channel_id")
    ] == ["mayor"]


def test_tomorrow_and_long_ago_cannot_be_entered(site: Site, clock: Clock) -> None:
    del clock
    receiver = site.client("receiver")
    assert enter(receiver, day=TUESDAY + timedelta(days=1), count="1") == 422
    assert enter(receiver, day=TUESDAY - timedelta(days=200), count="1") == 422
    assert site.rows("select 1 from channel_report") == []


def test_the_files_of_a_channel_speak_for_it_and_what_was_refused_is_counted_apart(site: Site, clock: Clock) -> None:
    report = run_import(
        site,
        "20261103-0001,路灯,城东路灯坏了一个星期没有人修,2026-11-03 09:00\n"
        "20261103-0002,文件,机密★10年 关于某事的通知,2026-11-03 10:00\n"
        "20261103-0003,噪声,,2026-11-03 10:30\n"
        "20261103-0005,停车,小区门口乱停车堵住消防通道,2026-11-03 11:00\n",
    )
    assert report.counts["matter"] + report.counts["out_of_scope"] == 2
    clock.move(timedelta(days=1))
    one = the_day(site, "mayor")
    assert (one.received, len(one.arrivals), len(one.refused), one.apart) == (4, 2, 1, 1)
    assert [hole.first for hole in one.holes] == ["20261103-0004"]
    assert one.standing == "gap"
    page = site.client("receiver").get(f"/reconciliation/mayor/{TUESDAY}").text
    assert "内容为空" in page
    assert "按导入文件" in page
    assert "机密" not in page
    # Mended and imported again it is refused no more, and nothing is counted twice.
    run_import(site, "20261103-0003,噪声,楼上装修噪声很大从早到晚,2026-11-03 10:30\n", "mended.csv")
    one = the_day(site, "mayor")
    assert (one.received, len(one.arrivals), len(one.refused), one.apart) == (4, 3, 0, 1)
    run_import(site, "20261103-0003,噪声,楼上装修噪声很大从早到晚,2026-11-03 10:30\n", "again.csv")
    one = the_day(site, "mayor")
    assert (one.received, len(one.arrivals), one.again) == (4, 3, 1)


def test_rows_of_a_broken_import_are_missing(site: Site, clock: Clock) -> None:
    run_import(site, "20261103-0001,路灯,城东路灯坏了一个星期没有人修,2026-11-03 09:00\n")
    site.execute("update import_batch set status = 'failed', rows = 3")
    clock.move(timedelta(days=1))
    assert the_day(site, "mayor").difference == 2


def test_the_same_number_in_other_writing_is_seen(site: Site, clock: Clock) -> None:
    letter(site, "20261103-0001")
    letter(site, "20261103-1", title="另一封信")
    receiver = site.client("receiver")
    enter(receiver, count="2")
    clock.move(timedelta(days=1))
    assert the_day(site).standing == "gap"
    assert "重号" in receiver.get(PAGE).text
    receiver.post(f"{PAGE}/explain", {"first": "20261103-1", "last": "20261103-1", "reason": "信访局同号两件"})
    assert the_day(site).standing == "balanced"


def test_late_is_judged_in_the_working_hours_of_the_calendar(site: Site, clock: Clock) -> None:
    # Friday 17:00 to Monday 10:00 is half an hour and one hour and a half of work; to Monday 15:00 it is five hours.
    friday = datetime(2026, 11, 6, 17, 0, tzinfo=BUREAU_ZONE)
    clock.set(datetime(2026, 11, 9, 10, 0, tzinfo=BUREAU_ZONE))
    in_time = letter(site, None, friday)
    clock.set(datetime(2026, 11, 9, 15, 0, tzinfo=BUREAU_ZONE))
    late = letter(site, None, friday, title="另一封信")
    enter(site.client("receiver"), day=friday.date(), count="2")
    one = the_day(site, day=friday.date())
    assert {arrival.number: arrival.took for arrival in one.arrivals}.keys() == {in_time, late}
    assert [round(arrival.took.total_seconds() / 3600, 2) for arrival in one.arrivals] == [2.0, 5.0]
    assert [arrival.number for arrival in one.late] == [late]
    assert one.standing == "late"
    page = site.client("inspector").get("/reconciliation/letters?month=2026-11").text
    assert "3.5 工作小时" in page  # the median
    assert "5 工作小时" in page
    assert "n=2" in page
    # Another time for the channel, and it is late no more.
    browser = site.client("inspector")
    answer = browser.post("/reconciliation/letters/rules", {"within": "2工作日", "reports_on": "working_days"})
    assert answer.status_code == 302
    assert the_day(site, day=friday.date()).standing == "balanced"
    assert "2 工作日 · 工作日" in browser.get("/reconciliation/letters?month=2026-11").text


def test_only_inspectors_set_a_channels_rules(site: Site, clock: Clock) -> None:
    del clock
    given = {"within": "1工作日", "reports_on": "every_day"}
    assert site.client("receiver").post("/reconciliation/letters/rules", given).status_code == 404
    inspector = site.client("inspector")
    answer = inspector.post("/reconciliation/letters/rules", {"within": "很快", "reports_on": "never"})
    assert answer.status_code == 422
    assert 'value="很快"' in answer.text
    assert inspector.post("/reconciliation/nothing/rules", given).status_code == 404
    assert site.rows("select 1 from channel_setting") == []


def test_receivers_see_their_own_channels_only(site: Site, clock: Clock) -> None:
    del clock
    site.execute("update channel set receiving_unit_id = :unit where code = 'mayor'", unit=site.bureau.units[STATION])
    receiver = site.client("receiver")
    page = receiver.get("/reconciliation").text
    assert "来信来访" in page
    assert "市长信箱" not in page
    for address in ("/reconciliation/mayor", f"/reconciliation/mayor/{TUESDAY}", "/reconciliation/nothing"):
        assert receiver.get(address).status_code == 404
    assert enter(receiver, "mayor", count="1") == 404
    assert receiver.post(f"/reconciliation/mayor/{TUESDAY}/explain", {"reason": "说明"}).status_code == 404
    assert enter(site.client("inspector"), count="1") == 404  # who watches does not count
    assert "市长信箱" in site.client("inspector").get("/reconciliation").text
    for nonsense in ("2026-13-01", "yesterday", "1026-11-03"):
        assert receiver.get(f"/reconciliation/letters/{nonsense}").status_code == 404


def test_what_accuses_the_viewer_gives_itself_away_nowhere(site: Site, clock: Clock) -> None:
    letter(site, "20261103-0001")
    hidden = letter(site, "20261103-0002", title="投诉民意办", accused_units=(site.bureau.units[OFFICE],))
    letter(site, "20261103-0003")
    receiver, inspector = site.client("receiver"), site.client("inspector")
    site.execute("update officer set unit_id = :unit where login = 'inspector'", unit=site.bureau.units[SUPERVISION])
    enter(receiver, first="20261103-0001", last="20261103-0003")
    clock.move(timedelta(days=1))
    with site.platform.engine.connect() as connection:
        me = site.bureau.officers["receiver"]
        person = type("Person", (), {"id": me, "grants": grants(connection, me)})()
        own = reckon(connection, person, TUESDAY, TUESDAY, "letters")[0].days[0]
    # The day adds up for the accused as for everybody, and no number is missing.
    assert (own.standing, own.received, len(own.arrivals), own.apart) == ("balanced", 3, 2, 1)
    assert (the_day(site).standing, len(the_day(site).arrivals), the_day(site).apart) == ("balanced", 3, 0)
    for address in (PAGE, "/reconciliation?month=2026-11", "/reconciliation/letters?month=2026-11"):
        page = receiver.get(address).text
        assert hidden not in page
        assert "投诉民意办" not in page
        assert "20261103-0002" not in page
    assert hidden in inspector.get(PAGE).text


def test_who_is_responsible_is_told_once_the_next_working_morning(site: Site, clock: Clock) -> None:
    letter(site, "1")
    enter(site.client("receiver"), count="3")
    enter(site.client("receiver"), "mayor", count="0")
    clock.set(datetime(2026, 11, 4, 9, 0, tzinfo=BUREAU_ZONE))
    assert check_days(site.platform.engine) == 2  # Monday, that nobody entered: both channels
    assert site.rows("select 1 from channel_day_check where day = '2026-11-03'") == []
    clock.set(datetime(2026, 11, 4, 9, 31, tzinfo=BUREAU_ZONE))
    assert check_days(site.platform.engine) == 1
    assert check_days(site.platform.engine) == 0
    told = site.rows(
        "select o.login, n.text from notice n join officer o on o.id = n.officer_id "
        "where n.kind = 'reconciliation' and n.text like '%2026-11-03%' order by 1"
    )
    assert [row.login for row in told] == ["inspector", "receiver"]
    assert told[0].text == "来信来访 2026-11-03 的数量对不上：少 2 件，缺号 0 个，重号 0 个。请到“数量核对”核实并说明。"
    results = site.rows(
        "select c.code, k.result from channel_day_check k join channel c on c.id = k.channel_id "
        "where k.day = '2026-11-03'"
    )
    assert {row.code: row.result for row in results} == {"letters": "gap", "mayor": "balanced"}
    assert "提醒过" in site.client("inspector").get(PAGE).text
    page = site.client("receiver").get("/notices").text
    assert 'href="/reconciliation"' in page


def test_the_workers_regular_duty_raises_it(site: Site, clock: Clock) -> None:
    clock.set(datetime(2026, 11, 4, 10, 0, tzinfo=BUREAU_ZONE))
    work_of(site.platform).catch_up()
    texts = {row.text for row in site.rows("select text from notice where kind = 'reconciliation'")}
    assert "市长信箱 2026-11-03 收到多少件没有填报，请到“数量核对”填报。" in texts


def test_after_a_weekend_the_days_off_are_looked_at_on_monday(site: Site, clock: Clock) -> None:
    site.execute(
        "update channel set reconciled_since = date '2026-11-06', reports_on = 'working_days' where code = 'letters'"
    )
    site.execute("update channel set reconciled_since = date '2026-11-06' where code = 'mayor'")
    clock.set(datetime(2026, 11, 7, 12, 0, tzinfo=BUREAU_ZONE))
    assert check_days(site.platform.engine) == 0
    clock.set(datetime(2026, 11, 9, 9, 31, tzinfo=BUREAU_ZONE))
    # Three days of the mailbox, and of the letters only Friday: nobody opens letters at the weekend.
    assert check_days(site.platform.engine) == 4
    kept = site.rows(
        "select k.day, k.result from channel_day_check k join channel c on c.id = k.channel_id "
        "where c.code = 'letters' order by 1"
    )
    assert [row.result for row in kept] == ["unreported", "balanced", "balanced"]
    assert the_day(site, day=date(2026, 11, 7)).standing == "rest"


def test_the_patience_ends_an_hour_into_the_next_working_day() -> None:
    # 2026-11-07 and 08 are a weekend.
    days = Calendar()
    at = datetime(2026, 11, 9, 9, 29, tzinfo=BUREAU_ZONE)
    assert last_due_day(at, days) == date(2026, 11, 5)
    assert last_due_day(at + timedelta(minutes=1), days) == date(2026, 11, 8)


def test_a_channel_is_not_checked_before_its_first_day(site: Site, clock: Clock) -> None:
    site.execute("update channel set reconciled_since = date '2026-11-04'")
    clock.set(datetime(2026, 11, 4, 12, 0, tzinfo=BUREAU_ZONE))
    assert check_days(site.platform.engine) == 0
    assert the_day(site).standing == "before"


def test_the_platforms_own_numbers_have_no_hole(site: Site, clock: Clock) -> None:
    del clock
    numbers = [letter(site, None, title=f"第{n}封信") for n in range(3)]
    inspector = site.client("inspector")
    page = inspector.get("/reconciliation").text
    assert re.search(r"2026 年已发出 3 个编号", page)
    assert "不成立" not in page
    assert "平台编号核验" not in site.client("receiver").get("/reconciliation").text
    site.execute("update matter set number = 'MY2026-000009' where number = :number", number=numbers[1])
    with site.platform.engine.connect() as connection:
        found = check_numbers(connection)
    assert (found.holes, found.beyond, found.holds) == ((numbers[1],), ("MY2026-000009",), False)
    page = inspector.get("/reconciliation").text
    assert numbers[1] in page
    assert page.count("不成立") == 2
    site.execute("alter table matter drop constraint uq_matter_number")
    with site.platform.engine.connect() as connection:
        assert not check_numbers(connection).unique
