"""Whatever is typed anywhere passes one door: held against every route there is."""

import io
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing.converters import NumberConverter

from engine.casework import api_tokens
from engine.casework.roles import ROLES
from tests.conftest import REPOSITORY
from tests.webapp.conftest import Site
from tests.webapp.test_access import ARGUMENTS
from webapp import access, screening
from webapp.api.operation import OPERATIONS

MARKED = "据通报，密级：机密，请勿外传"
TEMPLATES = REPOSITORY / "webapp" / "templates"
TEXT_FIELD = re.compile(
    r"<textarea\b[^>]*?\bname=\"([^\"{]+)\"|<input\b(?![^>]*type=\"(?:hidden|checkbox|radio|date|number|file|datetime-local)\")[^>]*?\bname=\"([^\"{]+)\""
)


def changing(app: Flask) -> list[tuple[str, str]]:
    """Every route of the pages that takes something by POST, as (endpoint, address)."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and not rule.endpoint.startswith("api."):
            values: dict[str, object] = {
                name: 999999 if isinstance(converter, NumberConverter) else ARGUMENTS.get(name, "x")
                for name, converter in rule._converters.items()
            }
            found.append((rule.endpoint, adapter.build(rule.endpoint, values, method="POST")))
    return found


def kept(site: Site, words: str) -> list[str]:
    """The tables in which the words stand anywhere."""
    tables = site.rows("select tablename as name from pg_tables where schemaname = 'public'")
    return [
        row.name
        for row in tables
        if site.rows(f'select 1 from "{row.name}" t where t::text like :words limit 1', words=f"%{words}%")  # noqa: S608
    ]


def test_no_route_takes_a_marked_text_in_any_field(site: Site) -> None:
    """A route or a field added later is held to this too: neither list of names is written down here."""
    browsers = {role: site.client(role) for role in ROLES}
    tried = 0
    for endpoint, address in changing(site.app):
        if endpoint in screening.UNSCREENED or access.TABLE[endpoint].anonymous:
            continue
        role = min(access.TABLE[endpoint].roles)
        answer = browsers[role].post(address, {"a_field_nobody_knows": MARKED, "reason": "没有标志"})
        assert answer.status_code == 422, f"{endpoint} answered {answer.status_code}"
        assert "疑似涉密" in answer.text, endpoint
        assert MARKED in answer.text, endpoint  # what was typed stays in the form
        assert 'value="没有标志"' in answer.text, endpoint
        tried += 1
    assert tried > 25
    assert kept(site, "据通报") == []
    assert len(site.rows("select 1 from secret_attempt")) == tried


def test_what_passes_the_door_unseen_is_named_with_its_reason(site: Site) -> None:
    endpoints = {endpoint for endpoint, _ in changing(site.app)}
    assert screening.UNSCREENED.issubset(endpoints)
    assert screening.WITH_FILES_OF_ROWS.issubset(endpoints)
    anonymous = {endpoint for endpoint in endpoints if access.TABLE[endpoint].anonymous}
    assert anonymous <= {"session.open_new", "session.choose_language"}


@pytest.mark.parametrize("name", sorted({path.name for path in TEMPLATES.iterdir() if path.is_dir()}))
def test_the_fields_of_the_forms_have_names_that_people_know(name: str) -> None:
    """Only those of forms that change something: what a list is narrowed by is called what it is, a query."""
    for path in (TEMPLATES / name).glob("*.html"):
        for form in re.findall(r'<form method="post".*?</form>', path.read_text(encoding="utf-8"), re.DOTALL):
            if any(place in form for place in ("session.", "account.change_password", "secret_words.")):
                continue
            for found in TEXT_FIELD.findall(form):
                field = found[0] or found[1]
                assert field in screening.FIELD_NAMES, f"{path.name}: {field} has no name in webapp/screening.py"


@pytest.mark.parametrize(
    "disguise", ["密\u200b级：绝密", "［机　密★１０年］", "%E5%AF%86%E7%BA%A7%EF%BC%9A%E6%9C%BA%E5%AF%86"]
)
def test_a_query_is_not_carried_out(site: Site, disguise: str) -> None:
    answer = site.client("receiver").get(f"/matters?q={quote(disguise)}")
    assert answer.status_code == 422
    assert "查询内容" in answer.text
    assert [row.place for row in site.rows("select place from secret_attempt")] == ["matters.library"]


def test_a_marked_file_goes_no_further(site: Site) -> None:
    browser = site.client("process_owner")
    file = (io.BytesIO("绝密★30年".encode()), "说明.txt")
    answer = browser.post("/processes/new", {"files": [file]}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "文件没有保留" in answer.text


def test_the_field_is_named_what_was_typed_is_kept_and_sent_again_it_is_taken(site: Site) -> None:
    number = site.register().number
    browser = site.client("inspector")
    instance = site.rows("select instance_id from matter where number = :number", number=number)[0].instance_id
    refused = browser.post(f"/instances/{instance}/apply", {"reason": f"因{MARKED}", "verb": "suspend"})
    assert refused.status_code == 422
    assert "理由中有疑似涉密标志" in refused.text
    assert f">因{MARKED}</textarea>" in refused.text
    assert 'name="verb" value="suspend"' in refused.text
    action = re.search(r'action="([^"]+)" id="again"', refused.text)
    assert action is not None
    assert site.rows("select status from instance where id = :id", id=instance)[0].status == "running"
    assert browser.post(action[1], {"reason": "等待上级答复", "verb": "suspend"}).status_code == 302
    assert site.rows("select status from instance where id = :id", id=instance)[0].status == "suspended"


def test_passwords_are_never_shown_again(site: Site) -> None:
    answer = site.client("receiver").post("/account/password", {"old": MARKED, "new": MARKED, "again": MARKED})
    assert MARKED not in answer.text


def test_the_attempt_is_recorded_without_the_words_and_told(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    number = site.register().number
    site.client("instructor").post(f"/matters/{number}/clock/extend", {"reason": f"{MARKED}甲乙丙", "amount": "3"})
    (row,) = site.rows("select a.*, o.login from secret_attempt a join officer o on o.id = a.officer_id")
    assert (row.login, row.place, row.subject, list(row.kinds)) == (
        "instructor",
        "clocks.apply",
        number,
        ["level_named"],
    )
    told = site.rows(
        "select o.login, n.text from notice n join officer o on o.id = n.officer_id where n.kind = 'secret'"
    )
    assert {one.login for one in told} == {"inspector", "security_admin"}
    assert "secret suspected on clocks.apply" in caplog.text
    for words in (MARKED, "甲乙丙", "机密"):
        assert words not in caplog.text
        assert all(words not in str(one) for one in (*told, row))
    # Again within the hour is recorded and not told again.
    site.client("instructor").post(f"/matters/{number}/clock/extend", {"reason": MARKED})
    assert len(site.rows("select 1 from secret_attempt")) == 2
    assert len(site.rows("select 1 from notice where kind = 'secret'")) == 2


def test_the_page_of_attempts_shows_who_when_where_and_which_kind(site: Site) -> None:
    number = site.register().number
    accusing = site.register(accused_officers=(site.bureau.officers["inspector"],)).number
    site.client("instructor").post(f"/matters/{number}/clock/extend", {"reason": MARKED})
    site.client("instructor").post(f"/matters/{accusing}/clock/extend", {"reason": MARKED})
    name = site.rows("select name from officer where login = 'instructor'")[0].name
    page = site.client("inspector").get("/secret-attempts").text
    assert name in page
    assert "延期、暂停和恢复计时" in page
    assert "写明了密级" in page
    assert number in page
    assert accusing not in page  # an accusation of whoever looks
    assert MARKED not in page
    page = site.client("security_admin").get("/secret-attempts").text
    assert name in page
    assert number not in page  # administrators have nothing to do with matters


def test_steps_and_registering_say_it_at_the_field(site: Site) -> None:
    answer = site.client("receiver").post("/intake/new", {"channel": "letters", "body": MARKED, "title": "标题"})
    assert answer.status_code == 422
    assert "疑似涉密标志" in answer.text
    assert MARKED in answer.text
    assert kept(site, "据通报") == []
    assert [row.place for row in site.rows("select place from secret_attempt")] == ["intake.register_matter"]


def test_every_operation_of_the_api_that_takes_a_text_refuses_a_marked_one(site: Site) -> None:
    """Each operation with a body is sent a mark in every text its declaration has."""
    tried = 0
    for name, operation in sorted(OPERATIONS.items()):
        if operation.body is None:
            continue
        texts = [key for key, field in operation.body.model_fields.items() if field.annotation in {str, str | None}]
        row = access.TABLE[f"api.{name}"]
        for key in texts:
            with site.platform.engine.begin() as connection:
                officer = site.bureau.officers[min(row.roles)]
                token = api_tokens.create(connection, officer, "test", scope="write", actor="system").secret
            places = {place: str(ARGUMENTS.get(place, 999999)) for place in operation.places}
            path = "/api/v1" + operation.path.format(**places)
            others = {
                one: "x" for one, field in operation.body.model_fields.items() if field.is_required() and one != key
            }
            answer = site.app.test_client().open(
                path, method=operation.method, json=others | {key: MARKED}, headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code in {422, 404}, f"{name}.{key}: {answer.status_code} {answer.text}"
            if answer.status_code == 422 and "疑似涉密" in answer.text:
                assert {"pointer": f"/{key}", "detail": "有疑似涉密标志，平台没有保存。"} in answer.json["errors"]
                assert MARKED not in answer.text
                tried += 1
    assert tried >= 8
    assert kept(site, "据通报") == []


def test_an_import_leaves_a_trace_of_each_marked_row_and_none_of_its_words(site: Site, tmp_path: Path) -> None:
    from engine.casework.importing import import_file  # noqa: PLC0415 - only here

    file = "渠道编号,主题,内容\n1,幸福路乱停车,请管一管\n2,文件,据通报密级：机密\n".encode()
    import_file(
        site.platform.engine, site.platform.runtime, "mayor", file, "a.csv",
        mapping={"channel_number": ["渠道编号"], "title": ["主题"], "body": ["内容"]},
        actor=str(site.bureau.officers["receiver"]),
    )  # fmt: skip
    (row,) = site.rows("select place, kinds, subject from secret_attempt")
    batch = site.rows("select id from import_batch")[0].id
    assert (row.place, list(row.kinds), row.subject) == ("import", ["level_named"], str(batch))
    assert kept(site, "据通报") == []
