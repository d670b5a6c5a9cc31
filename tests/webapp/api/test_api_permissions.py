"""The API's rows of the access table, held against every operation and every role; and against those of the pages."""

import pytest

from engine.casework.roles import ROLES
from tests.webapp.api.caller import Callers
from tests.webapp.conftest import STATION, Site
from webapp import access
from webapp.api.operation import OPERATIONS

SAME = {
    "tasks": "tasks.index",
    "task": "tasks.show",
    "claim_task": "tasks.claim",
    "unclaim_task": "tasks.unclaim",
    "assign_task": "tasks.assign",
    "keep_file": "tasks.complete",
    "complete_task": "tasks.complete",
    "matters": "matters.library",
    "search_matters": "search.show",
    "matter": "matters.show",
    "matter_history": "matters.show",
    "keep_matter_file": "intake.register_matter",
    "register_matter": "intake.register_matter",
    "report_day": "reconciliation.report",
    "instances": "instances.index",
    "instance": "instances.show",
    "instance_history": "instances.show",
    "suspend_instance": "instances.apply",
    "resume_instance": "instances.apply",
    "cancel_instance": "instances.apply",
    "move_instance": "instances.apply",
    "variables_instance": "instances.apply",
    "restart_instance": "instances.apply",
    "correlate_instance": "instances.apply",
    "incidents": "instances.incidents",
    "incident": "instances.incidents",
    "retry_incident": "instances.apply",
    "resolve_incident": "instances.apply",
    "retry_incidents": "instances.retry_many",
    "deployments": "processes.index",
    "deployment": "processes.show",
    "deployment_file": "processes.resource",
    "check_deployment": "processes.upload",
    "deploy": "processes.deploy",
    "me": "account.show",
}
"""Operation -> the page that does the same."""

ALONE = {"start_instance", "send_message"}
"""What no page does; both are for those who operate on processes."""

PLACES = {
    "task_id": "0" * 32,
    "field": "files",
    "number": "MY2026-999999",
    "instance_id": "999999",
    "incident_id": "999999",
    "deployment_id": "1",
    "path": "processes/matter.bpmn",
    "channel_code": "NONE",
    "day": "2026-11-03",
}


def test_every_operation_has_the_row_of_its_page() -> None:
    assert SAME.keys() | ALONE == OPERATIONS.keys()
    for name, page in SAME.items():
        assert access.TABLE[f"api.{name}"] == access.TABLE[page], name
    for name in ALONE:
        assert access.TABLE[f"api.{name}"].roles == access.PROCESS


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_reaches_what_the_table_allows_and_nothing_else(callers: Callers, role: str) -> None:
    caller = callers(role)
    unknown = caller.client.get("/api/v1/nothing", headers={"Authorization": f"Bearer {caller.token}"})
    assert unknown.status_code == 404
    for operation in OPERATIONS.values():
        path = operation.path.format(**PLACES)
        answer = caller.call(operation.method, path)
        if not access.TABLE[f"api.{operation.name}"].allows({role}):
            assert answer.status_code == 404, f"{role}: {operation.method} {path}"
            assert answer.json == {**unknown.json, "instance": f"/api/v1{path}"}
        elif operation.method == "GET" and "999999" not in path and "0" * 32 not in path:
            assert answer.status_code == 200, f"{role}: {path}"
        else:
            assert answer.status_code in {404, 422}, f"{role}: {operation.method} {path}"


def test_a_matter_one_may_not_know_of_does_not_exist(site: Site, callers: Callers) -> None:
    number = site.register(handling_unit_id=site.bureau.units[STATION], kind="request").number
    task = callers("liaison").task_of(number)
    stranger = callers("traffic_liaison")
    for path in (f"/matters/{number}", f"/matters/{number}/history", f"/tasks/{task}"):
        forbidden, unknown = stranger.get(path), stranger.get(path.replace(number, "MY1999-1").replace(task, "f" * 32))
        assert forbidden.status_code == unknown.status_code == 404
        assert {**forbidden.json, "instance": ""} == {**unknown.json, "instance": ""}
    for verb in ("claim", "unclaim", "complete"):
        assert stranger.post(f"/tasks/{task}/{verb}").status_code == 404
    assert stranger.get("/matters").json["total"] == stranger.get("/tasks").json["total"] == 0


def test_the_accused_finds_nothing(site: Site, callers: Callers) -> None:
    number = site.register(accused_officers=(site.bureau.officers["inspector"],)).number
    instance = site.rows("select instance_id from matter")[0].instance_id
    inspector = callers("inspector")
    assert inspector.get(f"/matters/{number}").status_code == 404
    assert inspector.get("/matters").json["total"] == 0
    assert inspector.get("/instances").json["total"] == 0
    assert inspector.get(f"/instances/{instance}").status_code == 404
    for verb in ("suspend", "cancel"):
        body = {"reason": "x", "dry_run": True}
        assert inspector.post(f"/instances/{instance}/{verb}", body).status_code == 404
