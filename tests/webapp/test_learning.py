"""The page «智能研判»: figures with their base, versions, going back, who may see what; and the job behind it."""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from engine.casework.learning_training import train
from tests.engine.casework.learning import decide
from tests.webapp.conftest import STATION, TRAFFIC, Site
from webapp import worker
from webapp.cli import commands
from webapp.learning_job import learn

UNITS = {"traffic": "002", "station": "001"}
JUDGE = """
import sys, sqlalchemy
import webapp.app, webapp.worker, webapp.learning
from engine.casework.dictionary import dictionary
with sqlalchemy.create_engine(sys.argv[1]).connect() as connection:
    words = dictionary(connection)
    verdict = words.router.route("步行街占道洗车水流满地")
print(words.model_id, verdict.unit, [name for name in ("sklearn", "scipy") if name in sys.modules])
"""


def taught(site: Site, count: int = 400, seed: int = 1) -> None:
    with site.platform.engine.begin() as connection:
        decide(connection, count, seed=seed, channel="letters", units=UNITS)


def test_pages_and_judgement_load_no_scikit_learn(site: Site) -> None:
    taught(site)
    done = train(site.platform.engine)
    url = site.platform.settings.database_url
    said = subprocess.run([sys.executable, "-c", JUDGE, url], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert said.stdout.strip() == f"{done.model_id} 002 []"


def test_a_bureau_that_begins_is_told_that_there_is_nothing_to_count_yet(site: Site) -> None:
    page = site.client("inspector").get("/learning").text
    assert page.count("暂无数据") == 5
    assert "这段时间还没有受理的事项" in page
    assert "还没有训练过模型" in page
    assert "已有 0 件确认过的事项，满 320 件后自动开始训练" in page


def test_the_page_shows_rates_with_their_base_and_what_was_taken_for_what(site: Site) -> None:
    taught(site, 60)
    page = site.client("inspector").get("/learning").text
    traffic = site.rows("select count(*) from matter_decision where unit_id = :unit", unit=site.bureau.units[TRAFFIC])
    station = site.rows("select count(*) from matter_decision where unit_id = :unit", unit=site.bureau.units[STATION])
    accepted = traffic[0][0] + station[0][0]
    assert f"0 / {accepted} 件已受理，没有经人手" in page
    assert f'转办其他部门 <a href="/learning/matters?weeks=12&amp;part=outside">{60 - accepted}</a>' in page
    assert "未能判断" in page
    answer = site.client("inspector").get("/learning/matters?weeks=12&said=nobody&was=002")
    assert answer.text.count("<tr data-row>") == traffic[0][0]


def test_several_weeks_become_a_chart_with_its_table(site: Site) -> None:
    taught(site, 60)
    site.execute("update matter set imported_at = imported_at - interval '8 days' where id % 2 = 0")
    page = site.client("inspector").get("/learning").text
    assert 'id="weeks-chart-data"' in page
    assert "横线是自动推送率的目标 77%" in page


def test_training_by_a_click_is_queued_once_and_goes_live(site: Site) -> None:
    taught(site)
    browser = site.client("process_owner")
    assert browser.post("/learning/train").status_code == 302
    assert "已经在等候训练" in (browser.post("/learning/train"), browser.get("/learning"))[1].text
    waiting = site.rows("select args ->> 'officer_id' from procrastinate_jobs where task_name = 'learn'")
    assert [int(row[0]) for row in waiting] == [site.bureau.officers["process_owner"]]
    done = learn(site.platform.engine, int(waiting[0][0]))
    assert done is not None
    assert done.why == ""
    page = browser.get("/learning").text
    assert f"第 {done.model_id} 版" in page
    assert "使用中" in page
    name = site.rows("select name from officer where login = 'process_owner'")[0][0]
    assert site.rows("select event, actor_name from model_event") == [("went_live", name)]


def test_the_hourly_job_trains_only_when_there_is_enough_that_is_new(site: Site) -> None:
    taught(site, 50)
    assert learn(site.platform.engine, None) is None
    taught(site, 320, seed=2)
    assert learn(site.platform.engine, None) is not None
    assert learn(site.platform.engine, None) is None


def test_what_cannot_be_trained_ends_the_job_quietly(site: Site) -> None:
    assert learn(site.platform.engine, site.bureau.officers["inspector"]) is None


def test_the_worker_takes_the_training_out_of_the_queue(site: Site) -> None:
    taught(site)
    site.client("inspector").post("/learning/train")
    stop, leave_off = asyncio.Event(), threading.Event()
    # In a thread of its own: where a browser is driven, this one has an event loop already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, worker._serve_queue(site.platform, "worker", stop, leave_off, wait=False)).result()
    assert site.rows("select trained_by, state from model_version") == [
        (str(site.bureau.officers["inspector"]), "in_force")
    ]
    # A look that is due at this minute may wait there too; it names nobody.
    asked = "select 1 from procrastinate_jobs where task_name = 'learn' and args ->> 'officer_id' is not null"
    assert site.rows(asked) == []


def two_versions(site: Site) -> tuple[int, int]:
    taught(site)
    first = train(site.platform.engine).model_id
    taught(site, 300, seed=2)
    return first, train(site.platform.engine).model_id


def in_force(site: Site) -> list[int]:
    return [row[0] for row in site.rows("select id from model_version where state = 'in_force'")]


def test_going_back_needs_a_reason_keeps_what_was_typed_and_is_recorded(site: Site) -> None:
    first, second = two_versions(site)
    browser = site.client("inspector")
    assert "回退到这一版" in browser.get("/learning").text
    answer = browser.post(f"/learning/versions/{first}/use", {"reason": " 不好 "})
    assert answer.status_code == 422
    assert "请写明原因，至少 5 个字。" in answer.text
    assert "> 不好 </textarea>" in answer.text
    assert in_force(site) == [second]
    assert browser.post(f"/learning/versions/{first}/use", {"reason": "交警的推错了几件"}).status_code == 302
    assert in_force(site) == [first]
    page = browser.get("/learning").text
    assert "交警的推错了几件" in page
    assert "自动训练已暂停" in page
    assert browser.post("/learning/versions/stop", {"reason": "先只按规则办"}).status_code == 302
    assert in_force(site) == []
    assert "停用模型，只按规则" in browser.get("/learning").text
    assert browser.post("/learning/versions/999999/use", {"reason": "没有这一版"}).status_code == 404


@pytest.mark.parametrize(
    ("role", "sees", "opens", "changes"),
    [
        ("inspector", True, True, True),
        ("process_owner", True, False, True),
        ("director", True, True, False),
        ("receiver", True, True, False),
        ("liaison", False, False, False),
    ],
)
def test_who_sees_the_page_opens_its_matters_and_changes_the_version(
    site: Site, role: str, sees: bool, opens: bool, changes: bool
) -> None:
    taught(site, 60)
    train(site.platform.engine)
    browser = site.client(role)
    page = browser.get("/learning")
    assert (page.status_code == 200) is sees
    assert (browser.get("/learning/matters").status_code == 200) is opens
    assert ("/learning/matters" in page.text) is opens
    assert ("立即训练" in page.text) is changes
    assert (browser.post("/learning/train").status_code == 302) is changes
    assert (browser.post("/learning/versions/1/use", {"reason": "试一试再说"}).status_code != 404) is changes


def test_whoever_is_accused_finds_no_trace_in_numbers_or_lists(site: Site) -> None:
    taught(site, 60)
    accused = site.rows("select id from matter order by id limit 1")[0][0]
    director = site.bureau.officers["director"]
    before = site.client("director").get("/learning").text
    site.execute(
        "insert into matter_accused (matter_id, officer_id) values (:matter, :officer)",
        matter=accused,
        officer=director,
    )
    number = site.rows("select number from matter where id = :id", id=accused)[0][0]
    after = site.client("director").get("/learning").text
    assert "您能看到的 60 件来件" in before
    assert "您能看到的 59 件来件" in after
    assert number not in site.client("director").get("/learning/matters?part=judged").text
    assert number in site.client("inspector").get("/learning/matters?part=judged").text


def test_nonsense_in_the_address_is_no_error(site: Site) -> None:
    browser = site.client("inspector")
    for query in ("weeks=x", "weeks=999999", "part=%00", "week=2026-99-99", "channel=" + "9" * 40, "said=%F0%9F%98%80"):
        assert browser.get(f"/learning/matters?{query}").status_code == 200
        assert browser.get(f"/learning?{query}").status_code == 200


def test_the_command_line_trains_lists_and_goes_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = two_versions(site)
    monkeypatch.setenv("DATABASE_URL", site.platform.settings.database_url)
    monkeypatch.setenv("SECRET_KEY", "a key for tests")
    runner = CliRunner()

    def run(*arguments: str) -> str:
        done = runner.invoke(commands, ["model", *arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    lines = run("list").splitlines()
    assert [line.split("\t")[0] for line in lines] == [str(second), str(first)]
    assert "in_force" in lines[0]
    run("use", str(first), "--reason", "交警的推错了几件")
    assert in_force(site) == [first]
    run("use", "rules", "--reason", "先只按规则办")
    assert in_force(site) == []
    assert run("train", "--if-due") == "Not due.\n"
    assert "700 decisions" in run("train")
    names = {row[0] for row in site.rows("select actor_name from model_event where event <> 'went_live'")}
    assert all(name.startswith("命令行（") for name in names)
    assert runner.invoke(commands, ["model", "use", "latest", "--reason", "x"]).exit_code != 0


def test_the_figures_cost_few_statements(site: Site) -> None:
    taught(site, 60)
    browser = site.client("inspector")
    browser.get("/learning")
    counted: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        counted.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    try:
        browser.get("/learning")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", count)
    assert len(counted) <= 14
