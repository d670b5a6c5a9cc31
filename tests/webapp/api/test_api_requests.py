"""Paging, what is wrong with a request, and requests that nobody in their right mind would send."""

import json
import random
from typing import Any
from urllib.parse import quote

import pytest

from tests.batteries import examples
from tests.payloads import PAYLOADS
from tests.webapp.api.caller import BASE, Callers
from tests.webapp.conftest import STATION, Site
from webapp.api.operation import OPERATIONS

WORTHLESS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**400, 1.5, -0.0, 1e308, "", " ", "x", "\x00",
    "\ud800", "ß\u202e", "9" * 30, "x" * 300, [], [[]], [None], ["\x00"], {}, {"": ""}, {"x": None},
    {"__class__": 1}, {"typename": "x"},
)  # fmt: skip


@pytest.fixture
def many(site: Site) -> list[str]:
    """Seven matters, in the order of the list."""
    numbers = [site.register(title=f"第 {count} 件", place=f"{count}").number for count in range(7)]
    return numbers[::-1]


def test_a_list_is_read_page_by_page(callers: Callers, many: list[str]) -> None:
    caller = callers("receiver")
    for path, key in [("/matters", "number"), ("/tasks", "number")]:
        found, address, pages = [], f"{path}?limit=3&q=MY", 0
        while address:
            answer = caller.call("GET", address)
            assert answer.json["total"] == 7
            found += [row[key] for row in answer.json["items"]]
            following = answer.headers.get("Link", "")
            assert bool(following) is bool(answer.json["next"])
            address = following.partition(">")[0].removeprefix("<").removeprefix(BASE)
            if following:
                assert following.endswith('; rel="next"')
                assert "limit=3&q=MY&cursor=" in address
            pages += 1
        assert pages == 3
        assert sorted(found) == sorted(many), path
    assert [row["number"] for row in caller.get("/matters").json["items"]] == many


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("limit=x", "/limit"),
        ("limit=1&limit=2", "/limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=MS45OTk", "cursor"),
        ("cursor=%00", ""),
        ("page=2", "/page"),
        ("kind=nonsense", "/kind"),
        ("receiving=99999999999999999999", "/receiving"),
        ("since=yesterday", "/since"),
        ("late=perhaps", "/late"),
    ],
)
def test_a_query_that_will_not_do_is_refused_with_its_place(callers: Callers, query: str, pointer: str) -> None:
    answer = callers("inspector").call("GET", f"/matters?{query}")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


def test_the_first_and_the_last_day_there_are_narrow_nothing(callers: Callers, many: list[str]) -> None:
    found = callers("inspector").get("/matters", since="0001-01-01", until="9999-12-31").json
    assert found["total"] == len(many)


def test_a_query_where_none_is_taken_is_refused(callers: Callers) -> None:
    assert callers("inspector").call("GET", "/me?x=1").status_code == 422


def test_a_body_that_is_no_json_is_refused(callers: Callers) -> None:
    caller = callers("receiver")
    for data, kind, status, code in [
        (b"{", "application/json", 400, "malformed"),
        (b"\xff\xfe", "application/json", 400, "malformed"),
        (b"[" * 100_000, "application/json", 400, "malformed"),
        (b'{"channel": "letters"}', "text/plain", 415, "media-type"),
        (b"channel=letters", "application/x-www-form-urlencoded", 415, "media-type"),
        (b"[]", "application/json", 422, "invalid"),
        (b'"x"', "application/json", 422, "invalid"),
        (b"", "application/json", 422, "invalid"),
        (b" " * (17 * 1024 * 1024), "application/json", 413, "too-large"),
    ]:
        answer = caller.call("POST", "/matters", data=data, content_type=kind)
        assert (answer.status_code, answer.json["code"]) == (status, code), data[:20]


def test_a_method_that_is_not_there_is_named_with_those_that_are(callers: Callers) -> None:
    caller = callers("receiver")
    answer = caller.client.delete(f"{BASE}/matters", headers={"Authorization": f"Bearer {caller.token}"})
    assert (answer.status_code, answer.json["code"]) == (405, "method")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_a_matter_is_registered_once_under_its_key(site: Site, callers: Callers) -> None:
    receiver = callers("receiver")
    body = {"channel": "letters", "body": "路灯坏了一个月没人修。", "accused": [{"unit": site.bureau.units[STATION]}]}
    first, second = (receiver.done("/matters", body, key="letter-2026-1") for _ in range(2))
    assert second == {**first, "repeated": True}
    assert len(site.rows("select 1 from matter")) == len(site.rows("select 1 from matter_accused")) == 1
    changed = receiver.post("/matters", {**body, "body": "别的内容"}, key="letter-2026-1")
    assert (changed.status_code, changed.json["code"]) == (422, "key-reused")
    assert callers("receiver").post("/matters", body, key="short").json["errors"][0]["pointer"] == "Idempotency-Key"
    wrong = {**body, "kind": "request", "unit": site.bureau.units["民意办"]}
    refused = receiver.post("/matters", wrong, key="letter-2026-2")
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/unit")
    assert receiver.post("/matters", {**wrong, "unit": None}, key="letter-2026-2").status_code == 201, (
        "the key was free"
    )
    site.execute("insert into clock_shift (id, shift) values (1, interval '8 days')")
    receiver.done("/matters", {**body, "title": "第三件"}, key="letter-2026-3")
    assert [row.key for row in site.rows("select key from api_answer")] == ["letter-2026-3"], (
        "old answers are forgotten"
    )


def test_what_keeps_a_matter_from_being_registered_names_its_field(site: Site, callers: Callers) -> None:
    receiver = callers("receiver")
    good = {"channel": "mayor", "channel_number": "A-1", "body": "路灯坏了。"}
    made = receiver.done("/matters", good)
    again = receiver.post("/matters", good)
    assert (again.status_code, again.json["code"], again.json["number"]) == (409, "already-registered", made["number"])
    site.execute("insert into matter_accused (matter_id, officer_id) select id, registered_by::bigint from matter")
    kept = receiver.post("/matters", good)
    assert (kept.status_code, kept.json["code"]) == (409, "already-registered")
    assert made["number"] not in kept.text
    assert "number" not in kept.json
    for wrong, pointer in [
        ({"channel": "nonsense"}, "/channel"),
        ({"channel_number": "A-2", "body": ""}, "/body"),
        ({"channel_number": "A-2", "body": "绝密★二十年"}, "/body"),
        ({"channel_number": "A-2", "received_at": "2999-01-01T00:00"}, "/received_at"),
        ({"channel_number": "A-2", "received_at": "yesterday"}, "/received_at"),
        ({"channel_number": "A-2", "identity_number": "123"}, "/identity_number"),
        ({"channel_number": "A-2", "category": 999999}, "/category"),
        ({"channel_number": "A-2", "accused": [{"unit": 999999}]}, "/accused/0/unit"),
        ({"channel_number": "A-2", "kind": "nonsense"}, "/kind"),
        ({"channel_number": "A-2", "colour": "red"}, "/colour"),
        ({"channel_number": "A-2", "files": ["no token"]}, ""),
    ]:
        answer = receiver.post("/matters", {**good, **wrong})
        if pointer:
            assert answer.status_code == 422, wrong
            assert pointer in {fault["pointer"] for fault in answer.json["errors"]}, answer.json


def example(schema: dict[str, Any], schemas: dict[str, Any], chance: random.Random) -> Any:
    """A value that mostly follows a schema, and sometimes not at all."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        schema = chance.choice(schema["anyOf"])
    kind = schema.get("type")
    if chance.random() < 0.15 or kind is None:
        return chance.choice([*WORTHLESS, *PAYLOADS])
    if kind == "object":
        return structure(schema, schemas, chance)
    if kind == "array":
        return [example(schema.get("items", {}), schemas, chance) for _ in range(chance.randrange(3))]
    values: dict[str, list[Any]] = {
        "integer": [0, 1, 2, -1, 999999, 2**62],
        "number": [0.5],
        "boolean": [True, False],
        "string": ["x", "matter", "letters", "路灯坏了。", "2026-11-23T09:30", *chance.sample(PAYLOADS, 2)],
        "null": [None],
    }
    return chance.choice(schema.get("enum") or values[kind])


def structure(schema: dict[str, Any], schemas: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """An object that mostly follows a schema."""
    known = schema.get("properties", {})
    given = {name: example(inner, schemas, chance) for name, inner in known.items() if chance.random() < 0.8}
    if chance.random() < 0.3 or not known:
        name = chance.choice(["x", "", "matter", "decision", "__class__", "\x00", "a/b~c", "x.form", "x.bpmn"])
        given[name] = chance.choice([*WORTHLESS, *PAYLOADS])
    return given


def encoded(value: Any) -> bytes:
    """The value as JSON, with what only careless programs send: NaN, halves of surrogate pairs."""
    return json.dumps(value, ensure_ascii=True).encode()


def test_nothing_that_is_sent_makes_it_fail(site: Site, callers: Callers) -> None:
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    instance = site.rows("select instance_id from matter")[0].instance_id
    task = site.rows("select task_id from work_item")[0].task_id.hex
    schemas = callers.document.content["components"]["schemas"]
    who = ["liaison", "receiver", "process_owner", "inspector", "handler"]
    chance = random.Random(20261123)  # noqa: S311 - the same requests every time
    places = {
        "task_id": [task, "0" * 32, "x", "%00", "é", "%ED%A0%80", "a" * 300],
        "field": ["files", "evidence", "decision", "%00", "x"],
        "number": [number, "MY1", "%00", "é", "%ED%A0%80", "'", "a" * 3000],
        "instance_id": [str(instance), "0", "999999", str(2**63), "9" * 60],
        "incident_id": ["0", "1", str(2**63), "9" * 60],
        "deployment_id": ["1", "0", str(2**31), str(2**63)],
        "channel_code": ["mayor", "x", "%00", "é", "a" * 300],
        "day": ["2026-11-20", "2026-02-30", "x", "%00", "9" * 60],
        "path": ["processes/matter.bpmn", "%00", "x", "%ED%A0%80"],
    }
    failed, answered = [], set()
    tries = examples(150, 15)
    for operation in OPERATIONS.values():
        described = callers.document.operation(operation.method, operation.path.format_map(dict.fromkeys(places, "1")))
        assert described is not None
        for _ in range(tries):
            path = operation.path.format(**{name: chance.choice(values) for name, values in places.items()})
            given: dict[str, Any] = {}
            wanted = [one for one in described["parameters"] if one["in"] == "query" and chance.random() < 0.5]
            query = "&".join(
                f"{one['name']}={quote(str(example(one['schema'], schemas, chance)).encode('utf-8', 'surrogatepass'))}"
                for one in wanted
            )
            body = described.get("requestBody", {}).get("content", {}).get("application/json")
            if body is not None:
                given = {"data": encoded(example(body["schema"], schemas, chance)), "content_type": "application/json"}
            caller = callers(chance.choice(who))
            answer = caller.client.open(
                f"{BASE}{path}" + (f"?{query}" if query else ""),
                method=operation.method,
                headers={"Authorization": f"Bearer {caller.token}"},
                **given,
            )
            answered.add(answer.status_code)
            if answer.status_code >= 500:
                failed.append((operation.method, path, query, given.get("data"), answer.json))
    assert failed == []
    assert {200, 404, 422} <= answered
