"""Staff change the keyword table in the browser: drafts, previews on past matters, publications, and back."""

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from engine.casework.commands.publish_keywords import publish_keywords
from engine.casework.dictionary import dictionary
from engine.casework.errors import SecretSuspected
from engine.casework.keywords import drafts, store
from engine.casework.keywords.errors import CannotPublish
from engine.casework.keywords.previewing import FEWEST
from tests.conftest import REPOSITORY
from tests.journeys.bureau import Person
from tests.webapp.conftest import STATION, SUPERVISION, TRAFFIC, Browser, Site
from webapp.worker import work_of

STATION_CODE, TRAFFIC_CODE, SUPERVISION_CODE = "001", "002", "003"
TABLE = "/bureau/keywords"
DRAFT = f"{TABLE}/draft"
PARKING: dict[str, object] = {
    "kind": "department",
    "words": "违停\n乱停车",
    "also": "",
    "without": "",
    "unit": TRAFFIC_CODE,
    "priority": "9",
    "seen": "",
}
NOISE = PARKING | {"words": "噪声扰民\n麻将馆", "unit": STATION_CODE}
REASON = "夜市开张，投诉归口办理"


def errors(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", "".join(re.findall(r'(?s)<div class="error-summary.*?</div>', page)))


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found
    return found[1]


def add(browser: Browser, form: dict[str, object]) -> str:
    """Add a rule to the draft; return its code."""
    answer = browser.post(f"{DRAFT}/rules", form)
    assert answer.status_code == 302, errors(answer.text)
    return re.findall(r'id="change-([^"]+)"', browser.get(DRAFT).text)[-1]


def change(browser: Browser, code: str, **fields: object) -> None:
    """Change a rule as the form does, keeping what is not named."""
    path = f"{DRAFT}/rules/{code}"
    answer = browser.post(path, typed(browser.get(path).text) | fields)
    assert answer.status_code == 302, errors(answer.text)


def typed(page: str) -> dict[str, object]:
    """Return what stands in the form of a rule."""
    found: dict[str, object] = dict(re.findall(r'(?s)<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', page))
    found["seen"] = seen(page)
    for name, options in re.findall(r'(?s)<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', page):
        found[name] = "".join(re.findall(r'value="([^"]*)" selected', options))
    for name in ("agency", "clock", "place", "valid_from", "valid_to"):
        field = re.search(rf'<input[^>]* name="{name}"[^>]*>', page)
        assert field, name
        found[name] = "".join(re.findall(r'value="([^"]*)"', field[0]))
    found["kind"] = "".join(re.findall(r'name="kind" value="(\w+)" id="kind-\d" checked', page))
    return found


def previewed(site: Site, browser: Browser) -> str:
    """Preview the draft with the worker; return the address of the finished preview."""
    draft = re.search(rf"{DRAFT}/(\d+)/preview", browser.get(DRAFT).text)
    assert draft
    answer = browser.post(draft[0])
    assert answer.status_code == 302
    address = answer.headers["Location"]
    queued = site.rows("select args from procrastinate_jobs where task_name = 'preview_keywords' order by id")
    preview = int(address.rpartition("/")[2])
    assert queued[-1].args == {"preview_id": preview}
    work_of(site.platform).preview_keywords(preview)
    return address


def publish(site: Site, browser: Browser, reason: str = REASON) -> int:
    answer = browser.post(f"{previewed(site, browser)}/publish", {"reason": reason})
    assert answer.status_code == 302, errors(answer.text)
    return int(answer.headers["Location"].rpartition("/")[2])


def published(site: Site) -> dict[str, str]:
    """The rules in force as code -> their first word."""
    with site.platform.engine.connect() as connection:
        return {code: rule.words[0] for code, rule in store.table(connection).items()}


def unit_of(site: Site, number: str) -> str:
    rows = site.rows(
        "select u.name from matter m left join unit u on u.id = m.handling_unit_id where m.number = :n", n=number
    )
    return str(rows[0].name)


@pytest.fixture
def inspector(site: Site) -> Browser:
    return site.client("inspector")


def test_a_rule_is_added_previewed_and_published_and_the_next_matter_follows_it(site: Site, inspector: Browser) -> None:
    before = site.register(body="门口总有人违停，堵得出不去。", title="违停没人管")
    assert unit_of(site, before.number) == "None"
    assert "还是空的" in inspector.get(TABLE).text
    code = add(inspector, PARKING)
    assert published(site) == {}, "a draft changes nothing"
    after_draft = site.register(body="巷口又是一排违停的车。", title="巷口违停")
    assert unit_of(site, after_draft.number) == "None"

    address = previewed(site, inspector)
    page = inspector.get(address).text
    assert "会改变 2 件的去向，其中 0 件改对了" in page
    for matter in (before, after_draft):
        assert f'href="/matters/{matter.number}"' in page
    answer = inspector.post(f"{address}/publish", {"reason": " "})
    assert answer.status_code == 422
    assert "请写明理由" in errors(answer.text)
    answer = inspector.post(f"{address}/publish", {"reason": REASON})
    assert answer.status_code == 302
    assert published(site) == {code: "违停"}
    row = site.rows("select number, reason, published_by, added from keyword_version")
    assert [tuple(one) for one in row] == [(1, REASON, str(site.bureau.officers["inspector"]), 1)]
    assert "草稿里还没有改动" in inspector.get(DRAFT).text

    after = site.register(body="消防通道有人乱停车。", title="小区门口乱停车")
    assert unit_of(site, after.number) == TRAFFIC
    judged = site.rows(
        "select judgement from matter where number in (:a, :b) order by id", a=before.number, b=after.number
    )
    assert [one.judgement["keywords"] for one in judged] == [0, 1], "each says by which version it was judged"


CHILD = """
import sys, sqlalchemy as sa
from engine.casework.dictionary import dictionary
engine = sa.create_engine(sys.argv[1])
for line in sys.stdin:
    with engine.connect() as connection:
        words = dictionary(connection)
        print(words.version, words.router.route(line.strip()).unit or "-", flush=True)
"""


def test_another_process_follows_a_publication_at_its_next_message(site: Site, inspector: Browser) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, site.platform.settings.database_url],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None

        def ask() -> str:
            child.stdin.write("门口违停\n")  # type: ignore[union-attr]
            child.stdin.flush()  # type: ignore[union-attr]
            return child.stdout.readline().strip()  # type: ignore[union-attr]

        assert ask() == "0 -"
        code = add(inspector, PARKING)
        assert ask() == "0 -"
        publish(site, inspector)
        assert ask() == f"1 {TRAFFIC_CODE}"
        inspector.post(f"{DRAFT}/rules/{code}/off")
        publish(site, inspector)
        assert ask() == "2 -"
        inspector.post(f"{TABLE}/versions/1/restore", {"reason": "停用错了"})
        assert ask() == f"3 {TRAFFIC_CODE}"
        child.stdin.close()


def test_who_may_edit_publish_and_see_a_draft(site: Site, inspector: Browser) -> None:
    receiver = site.client("receiver")
    code = add(receiver, PARKING)
    draft = site.rows("select id from keyword_draft")[0].id
    assert inspector.get(f"{DRAFT}/{draft}").status_code == 404, "a draft is its owner's until it is shared"
    assert inspector.post(f"{DRAFT}/{draft}/preview").status_code == 404
    address = previewed(site, receiver)
    assert 'id="publish-form"' not in receiver.get(address).text
    assert receiver.post(f"{address}/publish", {"reason": REASON}).status_code == 404
    assert inspector.get(address).status_code == 404, "a preview shows what its officer may see"

    assert receiver.post(f"{DRAFT}/share", {"shared": "yes"}).status_code == 302
    assert f"{DRAFT}/{draft}" in inspector.get(TABLE).text
    page = inspector.get(f"{DRAFT}/{draft}").text
    assert code in page
    assert f"{DRAFT}/rules/{code}/undo" not in page, "only its owner changes it"
    mine = inspector.post(f"{DRAFT}/{draft}/preview").headers["Location"]
    work_of(site.platform).preview_keywords(int(mine.rpartition("/")[2]))
    assert inspector.post(f"{mine}/publish", {"reason": REASON}).status_code == 302
    assert published(site) == {code: "违停"}

    receiver.post(f"{DRAFT}/rules/{code}/off")
    receiver.post(f"{DRAFT}/share", {"shared": "no"})
    legal = site.client("legal")
    assert "违停" in legal.get(TABLE).text
    assert f"{DRAFT}/rules" not in legal.get(TABLE).text
    for path in (DRAFT, f"{DRAFT}/rules", f"{DRAFT}/try"):
        assert legal.get(path).status_code == 404
    assert receiver.post(f"{TABLE}/versions/1/restore", {"reason": REASON}).status_code == 404


def test_the_right_to_edit_is_asked_of_the_database_not_of_the_session(site: Site, inspector: Browser) -> None:
    add(inspector, PARKING)
    address = previewed(site, inspector)
    site.execute("delete from holding where role = 'inspector'")
    assert inspector.post(f"{address}/publish", {"reason": REASON}).status_code == 404
    assert published(site) == {}


@pytest.mark.parametrize(
    ("typed_in", "told", "anchor"),
    [
        ({"words": " "}, "没有关键词", "words"),
        ({"words": "车"}, "关键词至少两个字", "words"),
        ({"unit": ""}, "没有写承办单位", "unit"),
        ({"kind": "outside", "agency": ""}, "没有写职能部门", "agency"),
        ({"kind": "intent"}, "没有写诉求性质", "matter_kind"),
        ({"kind": "nonsense"}, "不是有效的选择", "kind-0"),
        ({"place": "天涯海角"}, "没有哪个派出所单独管", "place"),
        ({"clock": "尽快"}, "办理时限", "clock"),
        ({"priority": "12"}, "优先级", "priority"),
        ({"valid_from": "2026-02-02", "valid_to": "2026-02-01"}, "失效日期早于生效日期", "valid_to"),
        ({"valid_from": "明天"}, "生效日期", "valid_from"),
        ({"supervising_unit": TRAFFIC_CODE}, "督办单位不能就是承办单位", "supervising_unit"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(
    inspector: Browser, typed_in: dict[str, object], told: str, anchor: str
) -> None:
    answer = inspector.post(f"{DRAFT}/rules", PARKING | {"without": "共享单车"} | typed_in)
    assert answer.status_code == 422
    assert told in errors(answer.text)
    assert f'href="#{anchor}"' in answer.text
    assert ">\n共享单车</textarea>" in answer.text
    assert "草稿里还没有改动" in inspector.get(DRAFT).text


def test_every_part_of_a_rule_survives_the_form(site: Site, inspector: Browser) -> None:
    code = add(
        inspector,
        PARKING
        | {
            "kind": "local",
            "words": "夜市＋噪音、烧烤摊  大排档\n夜市+噪音",
            "also": "晚上 夜里\n居民",
            "without": "城管",
            "unit": TRAFFIC_CODE,
            "supervising_unit": SUPERVISION_CODE,
            "category": "P01",
            "severity": "major",
            "clock": "5工作日",
            "place": "城东",
            "agency": "不该留下",
            "valid_from": "2026-01-01",
            "valid_to": "2027-12-31",
        },
    )
    change(inspector, code)  # saved again without a change
    publish(site, inspector)
    with site.platform.engine.connect() as connection:
        rule = store.table(connection)[code]
    assert rule.words == ("夜市+噪音", "烧烤摊", "大排档")
    assert rule.also == ("晚上|夜里", "居民")
    assert (rule.without, rule.place, rule.unit, rule.supervising_unit) == (("城管",), "城东", "002", "003")
    assert (rule.category, rule.severity, rule.clock, rule.agency) == ("P01", "major", "5工作日", "")
    assert (rule.valid_from, rule.valid_to) == (date(2026, 1, 1), date(2027, 12, 31))
    page = inspector.get(f"{TABLE}?state=valid").text
    for shown in ("夜市+噪音", "晚上或夜里，并且居民", "城东（城东派出所）", "噪声扰民", "5工作日", TRAFFIC):
        assert shown in page


def test_a_change_of_the_published_rule_meanwhile_is_a_conflict_that_its_owner_settles(
    site: Site, inspector: Browser
) -> None:
    code = add(inspector, PARKING)
    other = add(inspector, NOISE)
    publish(site, inspector)
    receiver = site.client("receiver")
    change(receiver, code, words="违停\n占道", priority="7")
    change(receiver, other, priority="8")
    receiver.post(f"{DRAFT}/share", {"shared": "yes"})
    change(inspector, code, words="违停\n僵尸车")
    publish(site, inspector)

    page = receiver.get(DRAFT).text
    conflict = page.partition('id="conflicts"')[2].partition("</table>")[0]
    assert "僵尸车" in conflict
    assert "占道" in conflict
    assert other not in conflict, "the other change does not conflict"
    draft = site.rows("select id from keyword_draft")[0].id
    mine = inspector.post(f"{DRAFT}/{draft}/preview").headers["Location"]
    work_of(site.platform).preview_keywords(int(mine.rpartition("/")[2]))
    assert 'id="publish-form"' not in inspector.get(mine).text
    answer = inspector.post(f"{mine}/publish", {"reason": REASON})
    assert answer.status_code == 422
    assert "请先逐条选定" in errors(answer.text)
    assert code in errors(answer.text)

    receiver.post(f"{DRAFT}/rules/{code}/keep")
    assert 'id="conflicts"' not in receiver.get(DRAFT).text
    mine = inspector.post(f"{DRAFT}/{draft}/preview").headers["Location"]
    work_of(site.platform).preview_keywords(int(mine.rpartition("/")[2]))
    assert inspector.post(f"{mine}/publish", {"reason": REASON}).status_code == 302
    with site.platform.engine.connect() as connection:
        table = store.table(connection)
    assert (table[code].words, table[code].priority, table[other].priority) == (("违停", "占道"), 7, 8)


def test_taking_theirs_drops_the_change(site: Site, inspector: Browser) -> None:
    code = add(inspector, PARKING)
    publish(site, inspector)
    receiver = site.client("receiver")
    receiver.post(f"{DRAFT}/rules/{code}/remove")
    change(inspector, code, priority="3")
    publish(site, inspector)
    assert 'id="conflicts"' in receiver.get(DRAFT).text
    receiver.post(f"{DRAFT}/rules/{code}/undo")
    assert "草稿里还没有改动" in receiver.get(DRAFT).text
    assert code in published(site)


def test_a_rule_that_moved_while_its_form_was_open_is_not_overwritten_and_nothing_typed_is_lost(
    site: Site, inspector: Browser
) -> None:
    code = add(inspector, PARKING)
    publish(site, inspector)
    path = f"{DRAFT}/rules/{code}"
    opened = typed(inspector.get(path).text)
    change(site.client("inspector"), code, words="违停\n僵尸车")  # the same officer in another window
    answer = inspector.post(path, opened | {"words": "违停\n占道"})
    assert answer.status_code == 422
    moved = answer.text.partition('id="moved"')[2].partition("</div>")[0]
    assert "僵尸车" in moved
    assert "违停\n占道</textarea>" in answer.text
    again = inspector.post(path, typed(answer.text))
    assert again.status_code == 302, "whoever has read it may still save"
    assert "占道" in inspector.get(DRAFT).text


def test_what_was_previewed_is_what_is_published(site: Site, inspector: Browser) -> None:
    code = add(inspector, PARKING)
    address = previewed(site, inspector)
    change(inspector, code, unit=STATION_CODE)
    assert 'id="stale"' in inspector.get(address).text
    answer = inspector.post(f"{address}/publish", {"reason": REASON})
    assert answer.status_code == 422
    assert "重新预览" in errors(answer.text)
    fresh = previewed(site, inspector)
    assert inspector.get(address).status_code == 404, "an old preview gives way to the new one"
    with site.platform.engine.begin() as connection:
        connection.execute(store.LOCK)
        store.write(connection, [], actor="system", reason="另一人发布", restores=None)
    answer = inspector.post(f"{fresh}/publish", {"reason": REASON})
    assert answer.status_code == 422
    assert published(site) == {}


def test_switching_off_taking_out_and_rolling_back(site: Site, inspector: Browser) -> None:
    parking, noise = add(inspector, PARKING), add(inspector, NOISE)
    assert publish(site, inspector) == 1
    inspector.post(f"{DRAFT}/rules/{parking}/off")
    inspector.post(f"{DRAFT}/rules/{noise}/remove")
    page = inspector.get(DRAFT).text
    assert "停用" in page.partition(f'id="change-{parking}"')[2].partition("</tr>")[0]
    assert "删除" in page.partition(f'id="change-{noise}"')[2].partition("</tr>")[0]
    assert publish(site, inspector, "暂不推送") == 2
    assert f'id="rule-{parking}"' in inspector.get(f"{TABLE}?state=off").text
    assert f'id="rule-{noise}"' not in inspector.get(TABLE).text
    with site.platform.engine.connect() as connection:
        assert not dictionary(connection).router.route("门口违停").unit

    difference = inspector.get(f"{TABLE}/versions/2").text.partition('id="differences"')[2]
    assert "停用" in difference
    assert "麻将馆" in difference
    refused = inspector.post(f"{TABLE}/versions/2/restore", {"reason": "再试"})
    assert refused.status_code == 422
    assert "不用恢复" in errors(refused.text)
    refused = inspector.post(f"{TABLE}/versions/1/restore", {"reason": ""})
    assert refused.status_code == 422
    assert inspector.post(f"{TABLE}/versions/1/restore", {"reason": "停用错了"}).status_code == 302
    assert published(site) == {parking: "违停", noise: "噪声扰民"}
    listed = inspector.get(f"{TABLE}/versions").text
    assert "恢复第 1 版" in listed
    assert "停用错了" in listed
    assert inspector.get(f"{TABLE}/versions/9").status_code == 404
    matter = site.register(body="楼下违停", title="违停")
    assert unit_of(site, matter.number) == TRAFFIC
    third = add(inspector, PARKING | {"words": "占道停车"})
    assert third not in {parking, noise}, "a code is never given twice"


def test_a_version_that_names_a_unit_that_is_gone_cannot_come_back(site: Site, inspector: Browser) -> None:
    code = add(inspector, PARKING)
    publish(site, inspector)
    inspector.post(f"{DRAFT}/rules/{code}/remove")
    publish(site, inspector)
    site.execute("update unit set active = false where name = :name", name=TRAFFIC)
    answer = inspector.post(f"{TABLE}/versions/1/restore", {"reason": "要回来"})
    assert answer.status_code == 422
    assert code in errors(answer.text)
    assert published(site) == {}


def decided(site: Site, number: str, unit: str) -> None:
    """Staff decided: the matter was accepted and given to a unit by hand."""
    site.execute(
        "update matter set handling_unit_id = :unit, accepted_at = clock_now(), automatic = false where number = :n",
        unit=site.bureau.units[unit],
        n=number,
    )


def test_the_preview_says_what_moves_from_where_to_where_and_whether_that_is_right(
    site: Site, inspector: Browser
) -> None:
    add(inspector, PARKING)
    publish(site, inspector)
    right = site.register(body="夜市违停，车都堵在路上。", title="夜市违停")
    wrong = site.register(body="夜市违停，没法走路。", title="夜市门口违停")
    neither = site.register(body="夜市的违停没人管。", title="夜市东门违停")
    undecided = site.register(body="夜市又违停了。", title="夜市西门违停")
    untouched = site.register(body="幼儿园门口违停。", title="幼儿园违停")
    for matter, unit in ((right, STATION), (wrong, TRAFFIC), (neither, SUPERVISION)):
        decided(site, matter.number, unit)
    add(inspector, PARKING | {"words": "夜市", "also": "违停", "unit": STATION_CODE})
    remarks = inspector.get(DRAFT).text
    assert "请留意" not in remarks
    add(inspector, PARKING | {"words": "夜市", "also": "违停", "unit": STATION_CODE, "priority": "8"})
    assert "已经包含这条的全部内容" in inspector.get(DRAFT).text

    page = inspector.get(previewed(site, inspector)).text
    assert "会改变 4 件的去向，其中 1 件改对了" in page
    assert "全部 5 件里会改变 4 件，其中 1 件改对、1 件改错" in page
    told = {
        number: [name for name in ("改对了", "改错了", "改前改后都不对", "还没有人定过") if name in row]
        for number, row in re.findall(r'(?s)<tr>\s*<th[^>]*><a class="name" href="/matters/([^"]+)">(.*?)</tr>', page)
    }
    assert told == {
        right.number: ["改对了"],
        wrong.number: ["改错了"],
        neither.number: ["改前改后都不对"],
        undecided.number: ["还没有人定过"],
    }
    assert untouched.number not in page
    flows = page.partition('id="flows"')[2].partition("</table>")[0]
    assert re.sub(r"(<[^>]+>|\s)+", " ", flows).strip().endswith(f"{TRAFFIC} {STATION} 4")


def test_a_preview_says_what_would_be_pushed_by_itself_and_what_else_changes(site: Site, inspector: Browser) -> None:
    matter = site.register(body="广场舞声音太大。", title="广场舞扰民")
    add(inspector, PARKING | {"words": "广场舞", "unit": STATION_CODE, "category": "P01", "severity": "major"})
    page = inspector.get(previewed(site, inspector)).text
    row = page.partition(f"/matters/{matter.number}")[2].partition("</tr>")[0]
    for told in ("改为自动推送", "→ 噪声扰民", "一般 → 较为重大、复杂"):
        assert told in row


def test_a_rule_of_conduct_reaches_texts_without_its_words_and_the_preview_sees_it(
    site: Site, inspector: Browser
) -> None:
    complaint = site.register(body="去了三次，都说再等等。", title="投诉交警大队")
    site.register(body="路灯不亮。", title="路灯")
    accusing = {"kind": "accusation", "words": "态度恶劣", "unit": SUPERVISION_CODE, "priority": "9"}
    add(inspector, PARKING | accusing)
    page = inspector.get(previewed(site, inspector)).text
    assert "会改变 1 件的去向" in page
    assert SUPERVISION in page.partition(f"/matters/{complaint.number}")[2].partition("</tr>")[0]


def away_from_the_office(site: Site) -> int:
    """Let the inspector belong to the inspectorate; return the unit of the receiver, to be accused."""
    site.execute("update officer set unit_id = :unit where login = 'inspector'", unit=site.bureau.units[SUPERVISION])
    return site.bureau.units["民意办"]


def test_nobody_learns_by_a_preview_of_a_matter_that_they_may_not_see(site: Site, inspector: Browser) -> None:
    office = away_from_the_office(site)
    seen_by_both = site.register(body="城东市场违停。", title="市场违停")
    accuses_office = site.register(body="民意办门口违停还骂人。", title="违停的车", accused_units=(office,))
    receiver = site.client("receiver")
    for browser, shown, total in ((receiver, [seen_by_both], 1), (inspector, [seen_by_both, accuses_office], 2)):
        add(browser, PARKING)
        page = browser.get(previewed(site, browser)).text
        assert f"会改变 {total} 件的去向" in page
        told = total if browser is inspector else "不到 5"
        assert f"全部 {total} 件里会改变 {told} 件" in page, "not even counted"
        assert set(re.findall(r"/matters/(MY[\d-]+)", page)) == {matter.number for matter in shown}
    # What becomes an accusation after it was computed goes from the list and its figures.
    address = site.rows("select id from keyword_preview order by id limit 1")[0].id
    site.execute(
        "insert into matter_accused (matter_id, unit_id) select id, :unit from matter where number = :number",
        unit=office,
        number=seen_by_both.number,
    )
    page = receiver.get(f"{TABLE}/previews/{address}").text
    assert "会改变 0 件的去向" in page
    assert seen_by_both.number not in page


def test_a_matter_of_another_unit_is_counted_but_not_listed(site: Site) -> None:
    site.execute("update channel set receiving_unit_id = :unit where code = 'mayor'", unit=site.bureau.units[TRAFFIC])
    elsewhere = site.register(body="桥头违停。", title="桥头违停", channel="mayor")
    receiver = site.client("receiver")
    add(receiver, PARKING)
    page = receiver.get(previewed(site, receiver)).text
    assert "会改变 0 件的去向" in page
    # Whether a rare word stands in a matter of another unit is not told either.
    assert "全部 1 件里会改变 不到 5 件，其中 不到 5 件改对、不到 5 件改错" in page
    assert elsewhere.number not in page


def test_warnings_come_with_numbers(site: Site, inspector: Browser) -> None:
    for number in range(FEWEST):
        words = "违停" if number % 5 == 0 else "路灯"
        site.register(body=f"第{number}栋楼下{words}，请处理。", title=f"{number}栋{words}")
    idle = add(inspector, PARKING | {"words": "无人机黑飞"})
    broad = add(inspector, PARKING)
    page = inspector.get(previewed(site, inspector)).text
    warnings = page.partition('id="warnings"')[2].partition("</section>")[0]
    assert f"规则 {idle} 一件也没有命中" in warnings
    assert f"规则 {broad} 的“违停”出现在 {FEWEST // 5} 件里" in warnings
    assert f"规则 {broad} 一件也没有命中" not in warnings


def test_a_rule_of_the_same_words_for_another_unit_is_told_in_the_draft(inspector: Browser) -> None:
    one = add(inspector, PARKING)
    two = add(inspector, PARKING | {"unit": STATION_CODE})
    remarks = inspector.get(DRAFT).text.partition('id="remarks"')[2].partition("</section>")[0]
    assert f"规则 {two}：" in remarks
    assert f"和规则 {one} 的词相同，单位不同：乱停车、违停" in remarks or "违停、乱停车" in remarks


def test_a_preview_that_cannot_be_computed_says_so(site: Site, inspector: Browser) -> None:
    add(inspector, PARKING)
    site.execute("update unit set active = false where name = :name", name=TRAFFIC)
    address = previewed(site, inspector)
    page = inspector.get(address).text
    assert "没有算成" in page
    assert 'id="publish-form"' not in page
    assert "这些规则不能用" in inspector.get(DRAFT).text


def test_the_page_asks_again_by_itself_until_the_preview_is_through(site: Site, inspector: Browser) -> None:
    add(inspector, PARKING)
    draft = site.rows("select id from keyword_draft")[0].id
    address = inspector.post(f"{DRAFT}/{draft}/preview").headers["Location"]
    page = inspector.get(address)
    assert 'hx-trigger="every 1s"' in page.text
    assert "HX-Refresh" not in page.headers
    work_of(site.platform).preview_keywords(int(address.rpartition("/")[2]))
    assert inspector.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "every 1s" not in inspector.get(address).text


def test_a_text_is_tried_on_the_draft_beside_what_is_published(site: Site, inspector: Browser) -> None:
    add(inspector, PARKING)
    publish(site, inspector)
    code = add(inspector, PARKING | {"words": "夜市", "unit": STATION_CODE})
    answer = inspector.post(f"{DRAFT}/try", {"title": "夜市<b>太吵", "body": "旁边还有人违停。", "place": ""})
    drafted, _, now = answer.text.partition('id="verdict-2"')
    assert STATION in re.findall(r'class="verdict-owner">([^<]*)<', drafted)
    assert TRAFFIC in re.findall(r'class="verdict-owner">([^<]*)<', now)
    assert f'<mark title="{code}">夜市</mark>&lt;b&gt;太吵' in drafted
    assert "<mark" in now.partition("旁边还有人")[2].partition("违停")[0]
    assert site.rows("select count(*) from matter")[0].count == 0
    assert inspector.post(f"{DRAFT}/try", {"body": "长" * 20_001}).status_code == 422


def test_the_list_is_searched_and_filtered_and_says_how_each_rule_fares(site: Site, inspector: Browser) -> None:
    parking = add(inspector, PARKING)
    noise = add(inspector, NOISE | {"valid_to": "2020-01-01"})
    later = add(inspector, PARKING | {"words": "灯会", "valid_from": "2999-01-01"})
    publish(site, inspector)
    for unit in (TRAFFIC, STATION):
        decided(site, site.register(body=f"{unit}旁边违停。", title=f"{unit}对面违停").number, unit)
    site.register(body="没有人定过的违停。", title="又违停")

    def shown(query: str) -> list[str]:
        return re.findall(r'id="rule-([^"]+)"', inspector.get(f"{TABLE}?{query}").text)

    assert shown("q=乱停") == [parking]
    assert shown(f"q={noise.lower()}") == [noise]
    assert set(shown("kind=department")) == {parking, noise, later}
    assert shown("kind=outside") == []
    assert shown(f"unit={STATION_CODE}") == [noise]
    assert shown("state=valid") == [parking]
    assert shown("state=expired") == [noise]
    assert shown("state=future") == [later]
    row = inspector.get(TABLE).text.partition(f'id="rule-{parking}"')[2].partition("</tr>")[0]
    figures = re.findall(r'class="number" data-label="([^"]+)">([^<]*)<', row)
    assert figures == [("优先级", "9"), ("命中", "3"), ("判对", "1 / 2")]
    assert "命中" not in site.client("system_admin").get(TABLE).text.partition("<thead>")[2].partition("</thead>")[0]


def test_use_is_counted_over_what_the_officer_may_see(site: Site, inspector: Browser) -> None:
    code = add(inspector, PARKING)
    publish(site, inspector)
    site.register(body="民意办门口违停。", title="违停", accused_units=(away_from_the_office(site),))

    def fired(login: str) -> str:
        row = site.client(login).get(TABLE).text.partition(f'id="rule-{code}"')[2].partition("</tr>")[0]
        return re.findall(r'data-label="命中">([^<]*)<', row)[0]

    assert fired("inspector") == "1"
    assert fired("receiver") == "0"


def exported(browser: Browser) -> list[dict[str, str]]:
    answer = browser.get(f"{TABLE}/table.csv")
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def as_file(rows: list[dict[str, str]]) -> dict[str, object]:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return {"file": (io.BytesIO(text.getvalue().encode("utf-8-sig")), "keywords.csv")}


def test_the_table_goes_out_as_a_file_and_comes_back_unchanged(site: Site, inspector: Browser) -> None:
    add(inspector, PARKING | {"also": "晚上 夜里\n居民", "valid_from": "2026-01-01", "place": "城东"})
    outside = add(inspector, PARKING | {"kind": "outside", "words": "违建", "agency": "=城管局"})
    publish(site, inspector)
    rows = exported(inspector)
    assert [row["关键词"] for row in rows] == ["违停 乱停车", "违建"]
    assert rows[1]["职能部门"] == "'=城管局", "no spreadsheet takes it for a formula"
    answer = inspector.post(f"{DRAFT}/table", as_file(rows), content_type="multipart/form-data")
    assert answer.status_code == 302, errors(answer.text)
    assert "草稿里还没有改动" in inspector.get(DRAFT).text

    rows[0]["优先级"], rows[0]["生效日期"] = "4", "2026/2/1"
    new = dict.fromkeys(rows[0], "") | {
        "这条规则管什么": "部门",
        "关键词": "赌博机",
        "承办单位": STATION,
        "优先级": "8",
    }
    answer = inspector.post(
        f"{DRAFT}/table", as_file([rows[0], new]) | {"removes": "yes"}, content_type="multipart/form-data"
    )
    assert answer.status_code == 302
    publish(site, inspector)
    with site.platform.engine.connect() as connection:
        table = store.table(connection)
    assert outside not in table
    assert [(rule.words[0], rule.priority) for rule in table.values()] == [("违停", 4), ("赌博机", 8)]
    assert next(iter(table.values())).valid_from == date(2026, 2, 1)
    first = inspector.get(f"{TABLE}/table.csv?version=1").data.decode("utf-8-sig")
    assert "违建" in first


def test_a_file_with_faults_is_refused_as_a_whole_with_its_lines(site: Site, inspector: Browser) -> None:
    add(inspector, PARKING)
    publish(site, inspector)
    good = exported(inspector)[0]
    rows = [
        good,
        good | {"编号": "X1", "承办单位": "不存在的大队"},
        good | {"编号": "X2", "关键词": "车", "优先级": "很高"},
        good,
    ]
    answer = inspector.post(f"{DRAFT}/table", as_file(rows), content_type="multipart/form-data")
    assert answer.status_code == 422
    told = errors(answer.text)
    assert "第 3 行：承办单位：没有“不存在的大队”" in told
    assert "第 4 行：优先级：要是1到9的数字" in told
    assert "第 5 行：编号" in told
    assert "草稿里还没有改动" in inspector.get(DRAFT).text
    for content, said in (
        (b"", "空的"),
        (b"a,b\n1,2\n", "没有“这条规则管什么”"),
        (b"\x89PNG\r\n\x1a\n0000", "不是表格文件"),
    ):
        answer = inspector.post(
            f"{DRAFT}/table", {"file": (io.BytesIO(content), "x.csv")}, content_type="multipart/form-data"
        )
        assert answer.status_code == 422
        assert said in errors(answer.text)
    assert inspector.post(f"{DRAFT}/table").status_code == 422


def test_two_publications_at_once_follow_each_other(site: Site) -> None:
    """The second waits for the first, and then sees what it has published."""
    first = site.client("inspector")
    add(first, PARKING)
    address = previewed(site, first)
    with site.platform.engine.connect() as connection:
        connection.execute(store.LOCK)
        store.write(connection, [], actor="system", reason="同时发布", restores=None)
        with pytest.raises(sa.exc.OperationalError), site.platform.engine.begin() as other:
            other.execute(sa.text("set local lock_timeout = '50ms'"))
            other.execute(store.LOCK)
        connection.commit()
    assert first.post(f"{address}/publish", {"reason": REASON}).status_code == 422
    assert [row.number for row in site.rows("select number from keyword_version")] == [1]


def test_versions_are_the_whole_set(site: Site, inspector: Browser) -> None:
    add(inspector, PARKING)
    publish(site, inspector)
    add(inspector, NOISE)
    publish(site, inspector)
    sets = [json.loads(json.dumps(row.rules)) for row in site.rows("select rules from keyword_version order by number")]
    assert [[rule["words"][0] for rule in one] for one in sets] == [["违停"], ["违停", "噪声扰民"]]


def test_no_mark_of_secrecy_gets_into_the_table_whichever_way_it_comes(site: Site, inspector: Browser) -> None:
    mark = "密级：机密"
    add(inspector, PARKING)
    officer = Person(site.bureau.officers["inspector"], ["inspector@*"])
    with site.platform.engine.begin() as connection:
        draft = drafts.mine(connection, officer)
        assert draft is not None
        rule = draft.changes[0].after
        assert rule is not None
        with pytest.raises(SecretSuspected):
            drafts.put_all(connection, officer, [replace(rule, words=(mark,))])
    with site.platform.engine.begin() as connection, pytest.raises(CannotPublish, match="涉密"):
        publish_keywords(connection, officer, draft.id, f"按{mark}★1年", revision=draft.revision, version=0)
    assert mark not in str(site.rows("select before, after from keyword_change"))
    assert site.rows("select 1 from keyword_version") == []


def test_a_preview_covers_what_whoever_asked_has_no_business_to_read(site: Site) -> None:
    phone = "13987654321"
    site.execute("update channel set receiving_unit_id = :unit where code = 'mayor'", unit=site.bureau.units[TRAFFIC])
    found = site.register(body="桥头违停。", title=f"桥头违停，找{phone}", channel="mayor")
    site.execute("update matter set handling_unit_id = null where number = :n", n=found.number)
    site.execute(
        "insert into matter_asked (matter_id, candidate) select id, 'receiver@' || :unit from matter where number = :n",
        unit=str(site.bureau.units["民意办"]),
        n=found.number,
    )
    receiver = site.client("receiver")
    add(receiver, PARKING)
    page = receiver.get(previewed(site, receiver)).text
    assert found.number in page
    assert "139****4321" in page
    assert phone not in page
