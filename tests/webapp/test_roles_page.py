"""The page of roles is the two tables themselves; administrators see no matter on any route."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask

from engine.casework import api_tokens, importing, permissions
from engine.casework.petitioners import PetitionerFacts
from engine.casework.roles import ROLES, Role
from tests.conftest import Clock
from tests.webapp.conftest import STATION, Site
from tests.webapp.test_access import ARGUMENTS
from webapp import access
from webapp.roles_page import ACTIONS, DUTIES, WITHIN

TITLE = "麻将馆噪声第七次反映"
BODY = "楼下麻将馆通宵营业，住户夜里无法入睡，请派出所管一管。"
PERSON, PHONE = "欧阳明月", "13987654321"
TRACES = (TITLE, "通宵营业", PERSON, PHONE)


def row_of(page: str, role: str) -> str:
    found = re.search(rf'<tr id="role-{role}">(.*?)</tr>', page, re.DOTALL)
    assert found is not None, role
    return found[1]


def test_the_page_shows_every_cell_of_the_table(site: Site) -> None:
    page = site.client("handler").get("/bureau/roles").text
    actions = list(permissions.TABLE)
    for role in ROLES:
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row_of(page, role), re.DOTALL)
        held = {action: permissions.TABLE[action].get(role, ()) for action in actions}
        if not any(held.values()):
            assert len(cells) == 1
            assert "不能接触任何事项" in cells[0]
            continue
        for action, cell in zip(actions, cells, strict=True):
            for scope, word in WITHIN.items():
                assert (str(word) in cell) is (scope in held[action]), (role, action, scope)


def test_every_action_duty_and_scope_has_a_name() -> None:
    assert ACTIONS.keys() == permissions.TABLE.keys()
    assert DUTIES.keys() == permissions.DUTIES.keys()
    assert {one for row in permissions.TABLE.values() for scopes in row.values() for one in scopes} <= WITHIN.keys()


def test_a_right_that_is_given_appears_and_one_that_is_taken_goes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = site.client("handler")
    monkeypatch.setitem(permissions.TABLE, "cancel", {"visitor": ("bureau",)})
    page = browser.get("/bureau/roles").text
    assert row_of(page, "visitor").count("全局") == len(
        [1 for row in permissions.TABLE.values() if "bureau" in row.get("visitor", ())]
    )
    monkeypatch.setitem(permissions.TABLE, "view", {})
    assert "承办的" not in row_of(browser.get("/bureau/roles").text, "unit_leader").split("</td>")[0]


def test_every_address_of_the_product_is_there_with_its_roles(site: Site) -> None:
    page = site.client("handler").get("/bureau/roles").text
    for rule in site.app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            address = f"<code>{method} {rule.rule}</code>".replace("<int:", "&lt;int:")
            shown = [line for line in page.split("<li>") if _address(method, rule.rule) in line]
            assert len(shown) == 1, address
            roles = access.TABLE[rule.endpoint].roles
            if not access.TABLE[rule.endpoint].anonymous and len(roles) < len(ROLES):
                for role in ROLES.values():
                    named = {one.strip() for one in shown[0].partition("</code>")[2].partition("</li>")[0].split("、")}
                    assert (role.name in named) is (role.id in roles), (address, role.id)


def _address(method: str, rule: str) -> str:
    return f"<code>{method} {rule.replace('<', '&lt;').replace('>', '&gt;')}</code>"


def test_it_says_who_holds_each_role(site: Site) -> None:
    names = {row.login: row.name for row in site.rows("select login, name from officer")}
    site.execute("update officer set active = false where login = 'handler2'")
    page = site.client("handler").get("/bureau/roles").text
    holders = page.partition('id="holders"')[2].partition("</section>")[0]
    for role in ROLES:
        assert names[role] in holders
    assert f"{names['handler']}<small" in holders
    assert STATION in holders
    assert names["handler2"] not in holders


def test_a_role_that_is_added_appears(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROLES, "archivist", Role("archivist", "档案员", "none"))
    page = site.client("handler").get("/bureau/roles").text
    assert "不能接触任何事项" in row_of(page, "archivist")


@pytest.fixture
def matters(site: Site) -> list[str]:
    """Numbers of an open matter that is late, and of a closed one; and an import that refused a row."""
    given = {"petitioner": PetitionerFacts(name=PERSON, phone=PHONE), "handling_unit_id": site.bureau.units[STATION]}
    found = [site.register(BODY, title=TITLE, **given).number]
    found.append(site.register(BODY + "第二件。", title=TITLE, **given).number)
    site.execute(
        "update matter set status = 'closed', closed_at = clock_now(), outcome = 'replied' where number = :number",
        number=found[1],
    )
    actor = str(site.bureau.officers["receiver"])
    content = f"信件编号,主题,内容,收到时间,姓名\n7,{TITLE},{BODY},昨天,{PERSON}\n".encode()
    importing.import_file(site.platform.engine, site.platform.runtime, "mayor", content, "letters.csv", actor=actor)
    Clock(site.platform.engine).move(timedelta(days=40))
    while site.platform.runtime.fire_due(worker="w1", limit=100):
        pass
    site.execute("update instance set incident = :words", words=f"回访{PERSON}的时限算不出来")
    return found


def arguments(site: Site) -> dict[str, object]:
    """Arguments of addresses that lead to what there is."""
    one = site.rows(
        "select m.number, m.instance_id, replace(w.task_id::text, '-', '') as task_id, e.id as escalation_id "
        "from matter m join work_item w using (instance_id) join escalation e on e.matter_id = m.id limit 1"
    )[0]
    batch = site.rows("select id from import_batch")[0].id
    return {**ARGUMENTS, **one._mapping, "batch_id": batch, "channel_code": "mayor"}


def addresses(app: Flask, given: dict[str, object]) -> list[tuple[str, str, str]]:
    adapter = app.url_map.bind("localhost")
    return [
        (rule.endpoint, method, adapter.build(rule.endpoint, {name: given.get(name, 1) for name in rule.arguments}))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


@pytest.mark.parametrize("role", sorted(access.ADMINISTRATORS))
def test_administrators_see_no_matter_on_any_route(site: Site, matters: list[str], role: str) -> None:
    notice = {"year": "2027", "source": "通知", "notice": "2027-01-04~2027-01-08 休 节\n2027-01-11~2027-01-15 休 节"}
    browser, inspector = site.client(role), site.client("inspector")
    program, officer = site.app.test_client(), site.bureau.officers[role]
    with site.platform.engine.begin() as connection:
        token = api_tokens.create(connection, officer, "test", scope="write", days=9, actor=str(officer)).secret
    for endpoint, method, address in addresses(site.app, arguments(site)):
        if endpoint in {"session.log_out", "session.open_new"}:
            continue
        if endpoint.startswith("api."):
            page = program.open(address, method=method, headers={"Authorization": f"Bearer {token}"}).text
        else:
            answer = browser.get(address) if method == "GET" else browser.post(address, notice)
            page = answer.text
        for trace in (*TRACES, *matters):
            # What was asked for may be said back; nothing else.
            assert trace not in page.replace(address, ""), f"{role}: {method} {address} shows {trace}"
    # The walk would have found them where somebody may see them.
    for address in (f"/matters/{matters[0]}", "/matters", "/board"):
        assert TITLE in inspector.get(address).text


def test_a_holiday_notice_moves_deadlines_of_matters_that_its_author_does_not_see(
    site: Site, matters: list[str]
) -> None:
    today = Clock(site.platform.engine).now().date()
    hidden = site.register(
        "投诉督察大队办事拖拉，请认真查一查。", title="反映督察", accused_officers=(site.bureau.officers["inspector"],)
    ).number
    shown = site.register("隔壁工地夜里施工噪声太大，请管一管。", title="工地噪声").number
    days = "\n".join(f"{today + timedelta(days=n)} 休 节" for n in range(1, 12))
    year = date(today.year, 1, 1).year
    typed = {"year": str(year), "source": "通知", "notice": days}
    preview = site.client("inspector").post("/calendar/preview", typed)
    assert preview.status_code == 200
    assert shown in preview.text
    assert hidden not in preview.text
    assert "反映督察" not in preview.text
    listed = preview.text.count("<code>")
    assert f"将移动 {listed} 个时限" in preview.text
    assert "工地噪声" not in site.client("system_admin").post("/calendar/preview", typed).text
    before = site.rows(
        "select w.due_at from work_item w join matter m using (instance_id) where m.number = :n", n=hidden
    )
    site.client("system_admin").post("/calendar/apply", typed)
    after = site.rows(
        "select w.due_at from work_item w join matter m using (instance_id) where m.number = :n", n=hidden
    )
    assert after[0].due_at > before[0].due_at  # moved all the same
