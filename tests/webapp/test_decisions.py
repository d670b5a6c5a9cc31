"""Decision tables in the browser: read, tried out, changed, compared with the running matters, deployed."""

import json
import re
from html import unescape

import pytest

from engine.runtime import Superseded
from tests.webapp.conftest import STATION, Browser, Site, definition_files
from tests.webapp.test_journey import sign
from webapp.time_words import deadline_full

CLOCKS = "processes/clocks.dmn"
LAST = 22
"""The rule that decides about an ordinary request."""


def clocks() -> str:
    return definition_files()[CLOCKS].decode()


def with_cell(xml: str, rule: int, column: str, text: str) -> str:
    """Write another text into an output cell of the table of clocks."""
    place = re.compile(rf'(<outputEntry id="clocks_rule_{rule}_out_{column}">\s*<text>)[^<]*(</text>)')
    changed, count = place.subn(lambda found: f"{found[1]}{text}{found[2]}", xml)
    assert count == 1
    return changed


def without_rule(xml: str, rule: int) -> str:
    changed, count = re.subn(rf'<rule id="clocks_rule_{rule}">.*?</rule>\s*', "", xml, flags=re.DOTALL)
    assert count == 1
    return changed


def words(page: str) -> str:
    """The page as it is read: without tags, white space as one blank."""
    bare = re.sub(r"<script.*?</script>|<[^>]+>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(bare))


def rows(page: str, table: str) -> list[list[str]]:
    body = page.partition(f'id="{table}"')[2].partition("</table>")[0].partition("<tbody>")[2]
    lines = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    return [
        [words(cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)] for line in lines
    ]


def figure(page: str, label: str) -> int:
    found = re.search(rf"{label}</span>\s*<b>(\d+)", page)
    assert found, label
    return int(found[1])


def editor_data(page: str) -> dict[str, object]:
    found = re.search(r'id="table-data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, object] = json.loads(found[1])
    return data


def carried(page: str) -> str:
    found = re.search(r'id="deploy-form".*?name="content" value="([^"]*)"', page, re.DOTALL)
    assert found
    return unescape(found[1])


def newest(site: Site) -> int:
    return int(site.rows("select max(id) from deployment")[0][0])


def owner(site: Site) -> Browser:
    return site.client("process_owner")


def request(site: Site) -> str:
    return site.register(kind="request", handling_unit_id=site.bureau.units[STATION]).number


def test_everybody_who_sees_processes_reads_a_table(site: Site) -> None:
    reader = site.client("handler")
    version = reader.get("/processes/1").text
    assert 'href="/processes/1/decisions/clocks"' in version
    page = reader.get("/processes/1/decisions/clocks").text
    assert "自上而下取第一条" in words(page)
    assert {"渠道时限类别", "办理时限", "依据"} <= set(re.findall(r'data-label="([^"]+)"', page))
    shown = rows(page, "rules")
    assert len(shown) == LAST
    assert shown[-1][0] == str(LAST)
    assert "3工作日" in shown[-1]
    assert "投诉、举报" in words(page)  # codes are read as words
    assert "decisions/clocks/edit" not in page
    assert "decisions-" not in page  # dmn-js is loaded by its editor only


@pytest.mark.parametrize("key", ["approval", "extension"])
def test_the_other_tables_have_their_pages_too(site: Site, key: str) -> None:
    page = site.client("receiver").get(f"/processes/1/decisions/{key}").text
    assert rows(page, "rules")
    assert "分管局领导" in page


def test_an_unknown_table_is_not_found(site: Site) -> None:
    assert site.client("handler").get("/processes/1/decisions/nothing").status_code == 404
    assert site.client("handler").get("/processes/99/decisions/clocks").status_code == 404
    assert owner(site).get("/processes/1/decisions/nothing/edit").status_code == 404


def test_trying_out_shows_which_rule_hits_and_what_comes_out(site: Site) -> None:
    reader = site.client("handler")
    page = reader.get("/processes/1/decisions/clocks?in-1=mailbox&in-2=&in-3=request&in-4=urgent").text
    assert re.findall(r'<tr id="(rule-\d+)" class="hit"', page) == ["rule-2"]
    outcome = page.partition('id="outcome"')[2].partition("</section>")[0]
    assert "第 2 条" in outcome
    assert re.search(r"<dt>总时限</dt><dd>24小时</dd>", outcome)
    assert 'value="urgent"' in page  # what was chosen stays
    other = reader.get("/processes/1/decisions/clocks?in-1=&in-2=&in-3=request&in-4=ordinary").text
    assert re.findall(r'<tr id="(rule-\d+)" class="hit"', other) == [f"rule-{LAST}"]


def test_the_values_that_occur_are_suggested_with_their_names(site: Site) -> None:
    page = site.client("handler").get("/processes/1/decisions/clocks").text
    kinds = page.partition('id="in-3-values"')[2].partition("</datalist>")[0]
    assert '<option value="complaint" label="投诉">' in kinds
    channels = page.partition('id="in-1-values"')[2].partition("</datalist>")[0]
    assert 'value="hotline"' in channels


def test_what_cannot_be_a_value_is_said_at_its_field(site: Site) -> None:
    table = definition_files()["processes/approval.dmn"].decode()
    table = table.replace(
        'typeRef="string">\n          <text>matter.severity', 'typeRef="number">\n          <text>matter.id'
    )
    table = table.replace('<text>"major"</text>', "<text>&gt;= 3</text>")
    files = {**definition_files(), "processes/approval.dmn": table.encode()}
    made = site.platform.runtime.deploy(files, actor="1")
    page = site.client("handler").get(f"/processes/{made.id}/decisions/approval?in-1=request&in-2=viele").text
    assert "这一列要填数字。" in page
    assert 'value="viele"' in page
    hit = site.client("handler").get(f"/processes/{made.id}/decisions/approval?in-1=request&in-2=4").text
    assert re.findall(r'<tr id="(rule-\d+)" class="hit"', hit) == ["rule-1"]


@pytest.mark.parametrize("login", ["handler", "inspector", "director", "system_admin", "receiver"])
def test_only_process_owners_change_tables(site: Site, login: str) -> None:
    other = site.client(login)
    base = "/processes/1/decisions/clocks"
    assert other.get(f"{base}/edit").status_code == 404
    assert other.get(f"{base}/touched").status_code == 404
    for verb in ("check", "preview", "deploy", "edit"):
        assert other.post(f"{base}/{verb}", {"content": with_cell(clocks(), 7, "sign", '"5工作日"')}).status_code == 404
    assert newest(site) == 1


def test_one_who_was_a_process_owner_deploys_nothing_any_more(site: Site) -> None:
    browser = owner(site)
    assert browser.get("/processes/1/decisions/clocks/edit").status_code == 200
    site.execute("delete from holding where officer_id = :id", id=site.bureau.officers["process_owner"])
    answer = browser.post(
        "/processes/1/decisions/clocks/deploy", {"content": with_cell(clocks(), 7, "sign", '"5工作日"')}
    )
    assert answer.status_code in {302, 404}
    assert newest(site) == 1


def test_the_editor_opens_the_deployed_file_under_its_own_policy(site: Site) -> None:
    browser = owner(site)
    answer = browser.get("/processes/1/decisions/clocks/edit")
    data = editor_data(answer.text)
    assert data["content"] == clocks() == data["deployed"]
    assert data["returned"] is False
    assert re.search(r"style-src-attr 'unsafe-hashes' 'sha256-", answer.headers["Content-Security-Policy"])
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in browser.get("/processes/1/decisions/clocks").headers["Content-Security-Policy"]


def test_only_the_newest_version_is_edited(site: Site) -> None:
    site.platform.runtime.deploy(
        {**definition_files(), CLOCKS: with_cell(clocks(), 7, "sign", '"5工作日"').encode()}, actor="1"
    )
    answer = owner(site).get("/processes/1/decisions/clocks/edit")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/processes/{newest(site)}/decisions/clocks/edit"


def test_while_typing_the_checker_names_rule_and_cell(site: Site) -> None:
    broken = with_cell(clocks(), 7, "sign", "3工作日")
    answer = owner(site).post("/processes/1/decisions/clocks/check", {"content": broken})
    assert answer.status_code == 200
    assert 'data-cell="clocks_rule_7_out_sign"' in answer.text
    assert "第 7 条 签收时限" in words(answer.text)
    assert "英文双引号" in answer.text
    fine = owner(site).post("/processes/1/decisions/clocks/check", {"content": clocks()})
    assert "没有问题" in fine.text


def test_a_rule_that_never_comes_into_play_is_pointed_at(site: Site) -> None:
    xml = clocks()
    first = re.search(r'<rule id="clocks_rule_22">.*?</rule>', xml, re.DOTALL)
    assert first
    doubled = xml.replace(first[0], first[0] + first[0].replace("clocks_rule_22", "clocks_rule_23"))
    answer = owner(site).post("/processes/1/decisions/clocks/check", {"content": doubled})
    assert 'data-cell="clocks_rule_23_in_clock"' in answer.text
    assert "第 23 条" in words(answer.text)


def test_a_bad_cell_is_refused_and_what_was_typed_is_kept(site: Site) -> None:
    broken = with_cell(clocks(), 7, "sign", '"5工作日" 和 "又一个"')
    for verb in ("preview", "deploy"):
        answer = owner(site).post(f"/processes/1/decisions/clocks/{verb}", {"content": broken, "note": "改签收时限"})
        assert answer.status_code == 422
        assert "还不能部署" in answer.text
        data = editor_data(answer.text)
        assert data["content"] == broken
        assert data["returned"] is True
        assert 'value="改签收时限"' in answer.text
        assert 'data-cell="clocks_rule_7_out_sign"' in answer.text
    assert newest(site) == 1


@pytest.mark.parametrize("content", ["", "not xml", "<a/>", "<!DOCTYPE a><a/>"])
def test_what_is_no_table_at_all_comes_back_too(site: Site, content: str) -> None:
    answer = owner(site).post("/processes/1/decisions/clocks/preview", {"content": content})
    assert answer.status_code == 422
    assert editor_data(answer.text)["content"] == content


def test_a_file_that_is_too_large_is_refused(site: Site) -> None:
    answer = owner(site).post("/processes/1/decisions/clocks/preview", {"content": "x" * (2 * 1024 * 1024 + 1)})
    assert answer.status_code == 413


def test_an_output_that_a_process_reads_cannot_be_dropped(site: Site) -> None:
    gone = clocks().replace('name="sign"', 'name="signed"')
    answer = owner(site).post("/processes/1/decisions/clocks/preview", {"content": gone})
    assert answer.status_code == 422
    assert "clocks.sign" in answer.text  # a problem of another file keeps it from being deployed, and is shown


def test_the_difference_stands_in_words_by_rule_and_column(site: Site) -> None:
    changed = with_cell(clocks(), LAST, "sign", '"5工作日"')
    page = owner(site).post("/processes/1/decisions/clocks/preview", {"content": changed}).text
    assert rows(page, "differences") == [["第 22 条 签收时限", "1工作日", "5工作日"]]
    assert newest(site) == 1


def test_rules_and_columns_that_come_and_go_are_said(site: Site) -> None:
    changed = without_rule(clocks(), 3).replace('label="签收提醒"', 'label="签收前提醒"')
    page = owner(site).post("/processes/1/decisions/clocks/preview", {"content": changed}).text
    places = [row[0] for row in rows(page, "differences")]
    assert places == ["列 签收前提醒", "删去原第 3 条"]


def test_nothing_changed_is_nothing_to_deploy(site: Site) -> None:
    browser = owner(site)
    page = browser.post("/processes/1/decisions/clocks/preview", {"content": clocks()}).text
    assert "没有改动" in page
    assert "rocket" not in page.partition('id="deploy-form"')[2]
    assert browser.post("/processes/1/decisions/clocks/deploy", {"content": clocks()}).status_code == 422
    assert newest(site) == 1


def test_the_touched_matters_are_counted_and_their_deadlines_compared(site: Site) -> None:
    number = request(site)
    site.register(kind="complaint", handling_unit_id=site.bureau.units[STATION], title="投诉")
    changed = with_cell(with_cell(clocks(), LAST, "sign", '"3工作日"'), LAST, "total", '"8工作日"')
    page = owner(site).post("/processes/1/decisions/clocks/preview", {"content": changed}).text
    assert figure(page, "涉及的在办事项") == 1
    assert figure(page, "按这张表核定过的在办事项") == 2
    assert f"第 {LAST} 条：1 件" in words(page)
    body = page.partition('id="touched"')[2].partition("</table>")[0]
    assert "办结期限" in body
    assert "签收" in body
    assert number not in page  # a process owner sees that there is one, not which
    assert number[:4] + "****" in page
    assert "部署不改变在办事项" in page
    before = site.rows("select due_at from matter where number = :n", n=number)
    assert before == site.rows("select due_at from matter where number = :n", n=number)


def test_what_is_foreseen_is_what_a_new_matter_gets(site: Site) -> None:
    old = request(site)
    changed = with_cell(with_cell(clocks(), LAST, "sign", '"3工作日"'), LAST, "total", '"8工作日"')
    browser = owner(site)
    foreseen = rows(browser.post("/processes/1/decisions/clocks/preview", {"content": changed}).text, "touched")
    due = (
        "select m.due_at, w.due_at from matter m join work_item w on w.instance_id = m.instance_id where m.number = :n"
    )
    before = site.rows(due, n=old)
    deployed = browser.post("/processes/1/decisions/clocks/deploy", {"content": changed, "note": "放宽签收"})
    assert deployed.status_code == 302
    assert site.rows(due, n=old) == before  # the running one keeps its deadlines
    new = request(site)
    after = site.rows(due, n=new)
    assert after[0][0] > before[0][0]
    assert after[0][1] > before[0][1]
    shown = {row[-3]: row[-1] for row in foreseen}
    with site.app.test_request_context():
        assert shown["办结期限"] == deadline_full(after[0][0])
        assert shown["签收 sign"] == deadline_full(after[0][1])


def test_after_deploying_the_same_is_said_of_the_version(site: Site) -> None:
    request(site)
    changed = with_cell(clocks(), LAST, "sign", '"3工作日"')
    browser = owner(site)
    deployed = browser.post("/processes/1/decisions/clocks/deploy", {"content": changed, "note": "放宽签收"})
    page = browser.get(deployed.headers["Location"]).text
    assert "放宽签收" in page
    assert rows(page, "differences") == [["第 22 条 签收时限", "1工作日", "3工作日"]]
    assert figure(page, "涉及的在办事项") == 1
    assert f"/migrations/new?process=matter&amp;from=1&amp;to={newest(site)}" in page
    assert "重新核定时限" in page  # where the new table would be asked again
    request(site)  # one that began on the new version is touched by nothing
    assert figure(browser.get(deployed.headers["Location"]).text, "涉及的在办事项") == 1
    first = browser.get("/processes/1/decisions/clocks/touched").text
    assert "第一版" in first


def test_a_matter_decided_by_another_rule_is_not_touched(site: Site) -> None:
    request(site)
    page = (
        owner(site)
        .post("/processes/1/decisions/clocks/preview", {"content": with_cell(clocks(), 3, "sign", '"5工作日"')})
        .text
    )
    assert figure(page, "涉及的在办事项") == 0
    assert "没有在办事项受影响" in page


def test_a_matter_that_falls_to_another_rule_is_touched(site: Site) -> None:
    request(site)
    page = owner(site).post("/processes/1/decisions/clocks/preview", {"content": without_rule(clocks(), LAST)}).text
    assert figure(page, "涉及的在办事项") == 1
    assert "没有规则符合" in words(page)


def test_closed_matters_are_not_touched(site: Site) -> None:
    request(site)
    site.execute("update instance set status = 'completed', ended_at = clock_now(), next_due = null")
    page = (
        owner(site)
        .post("/processes/1/decisions/clocks/preview", {"content": with_cell(clocks(), LAST, "sign", '"5工作日"')})
        .text
    )
    assert figure(page, "按这张表核定过的在办事项") == 0


def test_a_matter_that_accuses_the_process_owner_is_neither_listed_nor_counted(site: Site) -> None:
    number = request(site)
    request(site)
    site.execute(
        "insert into matter_accused (matter_id, officer_id) select id, :officer from matter where number = :number",
        officer=site.bureau.officers["process_owner"],
        number=number,
    )
    changed = with_cell(clocks(), LAST, "sign", '"5工作日"')
    page = owner(site).post("/processes/1/decisions/clocks/preview", {"content": changed}).text
    assert figure(page, "涉及的在办事项") == 1
    assert figure(page, "按这张表核定过的在办事项") == 1
    assert len(re.findall("data-matter=", page)) == 1


def test_one_who_may_see_the_matter_too_can_open_it(site: Site) -> None:
    number = request(site)
    site.execute(
        "insert into holding (officer_id, role) values (:officer, 'inspector')",
        officer=site.bureau.officers["process_owner"],
    )
    page = (
        owner(site)
        .post("/processes/1/decisions/clocks/preview", {"content": with_cell(clocks(), LAST, "sign", '"5工作日"')})
        .text
    )
    assert f'href="/matters/{number}"' in page


def test_extensions_are_counted_in_what_is_foreseen(site: Site) -> None:
    number = request(site)
    sign(site, number)
    instance = int(site.rows("select instance_id from matter where number = :n", n=number)[0][0])
    runtime = site.platform.runtime
    changed = with_cell(clocks(), LAST, "handling_late", '"5工作日"')

    def late() -> str:
        page = owner(site).post("/processes/1/decisions/clocks/preview", {"content": changed}).text
        found = [row for row in rows(page, "touched") if any("超期" in cell for cell in row)]
        assert found
        return found[0][-1]

    plain = late()
    runtime.extend(instance, None, "5工作日", actor="1", reason="案情复杂", approver="教导员")
    assert late() != plain


class TestSomebodyElseDeployedMeanwhile:
    """The editor began with version 1; meanwhile there is a second."""

    def deploy(self, site: Site, xml: str, **others: bytes) -> int:
        files = {**definition_files(), CLOCKS: xml.encode(), **others}
        return site.platform.runtime.deploy(files, actor=str(site.bureau.officers["director"]), note="另一人改的").id

    def test_both_changes_stand_and_theirs_is_told(self, site: Site) -> None:
        second = self.deploy(site, with_cell(clocks(), 5, "reply", '"9工作日"'))
        mine = with_cell(clocks(), LAST, "sign", '"5工作日"')
        answer = owner(site).post("/processes/1/decisions/clocks/deploy", {"content": mine, "note": "我的"})
        assert answer.status_code == 409
        assert newest(site) == second
        page = answer.text
        assert "另一人改的" in page
        assert [row[0] for row in rows(page, "theirs")] == ["第 5 条 回复时限"]
        assert rows(page, "differences") == [["第 22 条 签收时限", "1工作日", "5工作日"]]
        assert 'value="我的"' in page
        again = owner(site).post(
            f"/processes/{second}/decisions/clocks/deploy", {"content": carried(page), "note": "我的"}
        )
        assert again.status_code == 302
        files = site.platform.runtime.definition(newest(site)).files
        table = files[CLOCKS].decode()
        assert '"9工作日"' in re.findall(r'clocks_rule_5_out_reply">\s*<text>([^<]*)', table)
        assert '"5工作日"' in re.findall(r'clocks_rule_22_out_sign">\s*<text>([^<]*)', table)

    def test_a_cell_both_changed_is_named_and_keeps_mine(self, site: Site) -> None:
        self.deploy(site, with_cell(clocks(), LAST, "sign", '"2工作日"'))
        mine = with_cell(clocks(), LAST, "sign", '"5工作日"')
        page = owner(site).post("/processes/1/decisions/clocks/preview", {"content": mine}).text
        assert rows(page, "both") == [["第 22 条 签收时限", "2工作日", "5工作日"]]
        assert rows(page, "differences") == [["第 22 条 签收时限", "2工作日", "5工作日"]]

    def test_rules_removed_on_my_side_are_not_merged_and_what_would_be_undone_is_shown(self, site: Site) -> None:
        self.deploy(site, with_cell(clocks(), 5, "reply", '"9工作日"'))
        page = owner(site).post("/processes/1/decisions/clocks/preview", {"content": without_rule(clocks(), 3)}).text
        assert "不能自动合并" in page
        shown = rows(page, "differences")
        assert [row[0] for row in shown if row[0].startswith("删去")] == ["删去原第 3 条"]
        assert [row[1] for row in shown if "回复时限" in row[0]] == ["9工作日"]  # theirs would go
        assert "clocks_rule_22" in carried(page)

    def test_another_file_of_theirs_stays_theirs(self, site: Site) -> None:
        extension = definition_files()["processes/extension.dmn"].replace("10工作日".encode(), "12工作日".encode())
        second = self.deploy(site, clocks(), **{"processes/extension.dmn": extension})
        mine = with_cell(clocks(), LAST, "sign", '"5工作日"')
        page = owner(site).post("/processes/1/decisions/clocks/preview", {"content": mine}).text
        assert "processes/extension.dmn" in page
        assert "这张表没有被改动" in page
        owner(site).post(f"/processes/{second}/decisions/clocks/deploy", {"content": carried(page)})
        files = site.platform.runtime.definition(newest(site)).files
        assert files["processes/extension.dmn"] == extension
        assert '"5工作日"'.encode() in files[CLOCKS]

    def test_the_version_is_compared_under_the_lock(self, site: Site) -> None:
        second = self.deploy(site, with_cell(clocks(), 5, "reply", '"9工作日"'))
        files = {**definition_files(), CLOCKS: with_cell(clocks(), LAST, "sign", '"5工作日"').encode()}
        with pytest.raises(Superseded):
            site.platform.runtime.deploy(files, actor="1", onto=1)
        assert newest(site) == second
        assert site.platform.runtime.deploy(files, actor="1", onto=second).id > second


def test_a_content_that_comes_back_is_opened_again(site: Site) -> None:
    changed = with_cell(clocks(), LAST, "sign", '"5工作日"')
    answer = owner(site).post("/processes/1/decisions/clocks/edit", {"content": changed.replace("\n", "\r\n")})
    data = editor_data(answer.text)
    assert data["content"] == changed  # a form's line ends are not the file's
    assert data["returned"] is True
