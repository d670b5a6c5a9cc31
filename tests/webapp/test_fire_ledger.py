"""The ledger of fired timers: what each caused, what narrows it, and the proof: none doubled, early or missing."""

import subprocess
import sys
from datetime import timedelta

import pytest

from engine.runtime.timer_proof import Proof, prove
from tests.conftest import Clock
from tests.webapp.conftest import STATION, TRAFFIC, Site

DAY = timedelta(days=1)


@pytest.fixture
def late(site: Site) -> str:
    """A matter whose first step was reminded of and escalated."""
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    Clock(site.platform.engine).move(DAY * 60)
    while site.platform.runtime.fire_due(worker="w1", limit=100):
        pass
    return number


def proof_of(site: Site) -> Proof:
    with site.platform.engine.connect() as connection:
        return prove(connection)


def test_each_firing_says_what_it_caused(site: Site, late: str) -> None:
    page = site.client("inspector").get("/oversight/fires").text
    assert page.count(f"/matters/{late}") == len(site.rows("select 1 from fire")) > 0
    assert "升级督办，告知 " in page
    assert "提醒 " in page


def test_it_is_narrowed_by_time_unit_and_lag(site: Site, late: str) -> None:
    browser = site.client("inspector")
    today = Clock(site.platform.engine).now().date()
    station, traffic = site.bureau.units[STATION], site.bureau.units[TRAFFIC]
    assert late in browser.get(f"/oversight/fires?unit={station}&since={today - DAY}&until={today + DAY}").text
    assert late not in browser.get(f"/oversight/fires?unit={traffic}").text
    assert late not in browser.get(f"/oversight/fires?until={today - DAY * 3}").text
    assert late in browser.get("/oversight/fires?lag=1440").text
    site.execute("update fire set fired_at = due_at + interval '30 seconds'")
    assert late not in browser.get("/oversight/fires?lag=1").text
    assert late in browser.get("/oversight/fires?since=nonsense&lag=7").text


def test_the_proof_holds_and_says_how_it_was_found(site: Site, late: str) -> None:
    del late
    proof = proof_of(site)
    assert proof.holds
    assert proof.fired == len(site.rows("select 1 from fire"))
    lags = site.rows("select percentile_cont(0.5) within group (order by fired_at - due_at) as median from fire")
    assert proof.median == lags[0].median > timedelta(0)
    page = site.client("inspector").get("/oversight/fires").text
    assert f"{proof.fired} 条记录按任务和次数分组" in page
    assert (page.count(">成立<"), page.count("不成立")) == (5, 0)


def test_an_early_firing_is_found(site: Site, late: str) -> None:
    del late
    one = site.rows("select task_id from fire limit 1")[0].task_id
    site.execute("update fire set fired_at = due_at - interval '1 second' where task_id = :one", one=one)
    proof = proof_of(site)
    assert (proof.early, proof.holds) == (1, False)
    assert "不成立" in site.client("inspector").get("/oversight/fires").text


def test_without_its_key_the_ledger_proves_nothing(site: Site, late: str) -> None:
    del late
    site.execute("alter table fire drop constraint pk_fire")
    assert not proof_of(site).holds
    site.execute("insert into fire select * from fire limit 1")
    assert proof_of(site).twice == 1


def test_what_is_overdue_is_missing_unless_its_clock_stands(site: Site) -> None:
    paused = site.register("隔壁工地夜里施工噪声太大。", handling_unit_id=site.bureau.units[STATION]).number
    site.register(handling_unit_id=site.bureau.units[STATION])
    instance = site.rows("select instance_id from matter where number = :n", n=paused)[0].instance_id
    site.platform.runtime.pause_clock(instance, actor="1", reason="x")
    Clock(site.platform.engine).move(DAY * 60)
    proof = proof_of(site)
    assert proof.missing_total == len(proof.missing) > 0
    assert paused not in {one.business_key for one in proof.missing}
    assert proof.paused == 1
    page = site.client("inspector").get("/oversight/fires").text
    assert "到时未触发的时限" in page
    assert "后台进程没有运行" in page
    while site.platform.runtime.fire_due(worker="w1", limit=100):
        pass
    assert proof_of(site).holds


def test_why_a_timer_did_not_fire_is_told_without_the_petitioner(site: Site) -> None:
    site.register(handling_unit_id=site.bureau.units[STATION])
    Clock(site.platform.engine).move(DAY * 60)
    site.execute("update instance set incident = '回访王小明的时限算不出来'")
    page = site.client("system_admin").get("/oversight/fires").text
    assert "的时限算不出来" in page
    assert "王小明" not in page


def test_the_last_day_there_is_narrows_nothing(site: Site, late: str) -> None:
    browser = site.client("inspector")
    shown = [
        browser.get("/oversight/fires", query_string=query).text.count("<tr")
        for query in ({}, {"since": "0001-01-01", "until": "9999-12-31"})
    ]
    assert shown[0] == shown[1] > 1


def test_an_instance_that_nobody_looks_at_is_found(site: Site) -> None:
    site.register(handling_unit_id=site.bureau.units[STATION])
    site.execute("update instance set next_due = null")
    proof = proof_of(site)
    assert (proof.unwatched, proof.holds) == (1, False)


def test_the_command_line_checks_the_ledger_too(site: Site, late: str) -> None:
    del late
    environment = {"DATABASE_URL": site.platform.settings.database_url, "VAR_DIR": str(site.platform.settings.var)}

    def verify() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "webapp.cli", "audit", "verify"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    good = verify()
    assert good.returncode == 0, good.stderr
    assert "0 twice, 0 early, 0 missing" in good.stdout
    site.execute("update fire set fired_at = due_at - interval '1 second'")
    bad = verify()
    assert bad.returncode == 1
    fired = len(site.rows("select 1 from fire"))
    assert f"{fired} timers fired: 0 twice, {fired} early, 0 missing" in bad.stdout
