"""Deployments: the versions there are, their files, checking changed files, and putting a new version in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from flask import Response
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from pydantic import Field, StringConstraints

from engine.database import db
from engine.runtime import Problem
from webapp import deployments as listed
from webapp.api.authentication import officer
from webapp.api.operation import operation
from webapp.api.paging import Page, Paged, page
from webapp.api.problems import Fault, ProblemError, escaped, not_found
from webapp.api.shapes import Answered, Moment, Sent, SmallId
from webapp.current import current_runtime
from webapp.deployments import Version
from webapp.people import names_of
from webapp.process_files import LARGEST, UnusableFileError, handed_out, merged, path_of
from webapp.sentences import N_

TAG = "deployments"
MOST_FILES = 200
Path = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class DeploymentRow(Answered):
    """A deployment in the list."""

    id: int
    version: int
    note: str
    deployed_by: str
    deployed_at: Moment
    running: Annotated[int, Field(description=N_("还在这一版上运行的流程数。"))]
    total: int


class FileShown(Answered):
    """A file of a deployment."""

    path: str
    size: int


class ProcessShown(Answered):
    """A process of a deployment."""

    key: str
    name: str


class DeploymentShown(DeploymentRow):
    """A deployment with what is in it."""

    processes: list[ProcessShown]
    files: list[FileShown]


class Changes(Sent):
    """Files that change; all others stay as they are in the latest version."""

    files: Annotated[
        dict[Path, str],
        Field(max_length=MOST_FILES, description=N_("文件名和内容（UTF-8 文字）：.bpmn、.dmn 或 .form。")),
    ] = {}
    removed: Annotated[list[Path], Field(max_length=MOST_FILES, description=N_("要去掉的文件的 path。"))] = []


class Deploy(Changes):
    """Files that change, and why."""

    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class ProblemFound(Answered):
    """What is wrong in a file."""

    file: str
    line: int
    element_id: str
    element_name: str
    severity: str
    code: str
    message: str
    message_en: str
    remedy: str
    remedy_en: str


class Checked(Answered):
    """What the check found."""

    deployable: Annotated[bool, Field(description=N_("没有错误，可以部署；提醒不妨碍部署。"))]
    problems: list[ProblemFound]
    total: int


class Deployed(Answered):
    """The deployment that was made; the same content again gives the one there is."""

    id: Annotated[int, Field(description=N_("部署的 id。"))]
    version: int
    deployed_at: Moment
    note: str


@operation("GET", "/deployments", _("流程的各个版本，最新的在前"), tag=TAG, query=Paged, answers=Page[DeploymentRow])
def deployments(query: Paged) -> Any:
    """List the deployments."""
    found = listed.versions(db.session.connection())
    number, limit = query.place
    rows = _named(found[(number - 1) * limit : number * limit])
    return page(Page[DeploymentRow], query, rows, len(found))


@operation(
    "GET", "/deployments/{deployment_id}", _("一个版本"), tag=TAG, answers=DeploymentShown, problems=("not-found",)
)
def deployment(deployment_id: SmallId) -> DeploymentShown:
    """Return a deployment with its processes and files."""
    found = [version for version in listed.versions(db.session.connection()) if version.id == deployment_id]
    if not found:
        raise not_found()
    definition = current_runtime().definition(deployment_id)
    return DeploymentShown(
        **_named(found)[0].model_dump(),
        processes=[ProcessShown(key=key, name=gettext(name)) for key, name in sorted(definition.processes.items())],
        files=[FileShown(path=path, size=len(content)) for path, content in sorted(definition.files.items())],
    )


@operation(
    "GET",
    "/deployments/{deployment_id}/files/{path}",
    _("一个版本的一个文件，和部署时一样"),
    tag=TAG,
    file="application/octet-stream",
    problems=("not-found",),
)
def deployment_file(deployment_id: int, path: str) -> Response:
    """Hand out one file of a deployment, as it was deployed."""
    content = current_runtime().definition(deployment_id).files.get(path)
    if content is None:
        raise not_found()
    return handed_out(path, content, "application/octet-stream")


@operation("POST", "/deployments/check", _("检查改过的文件，不部署"), tag=TAG, body=Changes, answers=Checked)
def check_deployment(body: Changes) -> Checked:
    """Check the whole set of files as it would then be."""
    files = _merged(body)
    db.session.close()  # the runtime works on a connection of its own
    return checked(current_runtime().check(files))


@operation(
    "POST",
    "/deployments",
    _("部署新版本；正在办理的事项留在原来的版本"),
    tag=TAG,
    body=Deploy,
    answers=Deployed,
    status=201,
    problems=("refused",),
)
def deploy(body: Deploy) -> Deployed:
    """Deploy the latest version's files with the changes; refused with every problem that was found."""
    files = _merged(body)
    db.session.close()
    made = current_runtime().deploy(files, actor=officer().actor, note=body.note)
    return Deployed.model_validate(made)


def checked(problems: list[Problem]) -> Checked:
    """Return what a check found."""
    return Checked(
        deployable=not any(one.severity == "error" for one in problems),
        problems=[ProblemFound.model_validate(one) for one in problems],
        total=len(problems),
    )


def _named(versions: Iterable[Version]) -> list[DeploymentRow]:
    found = list(versions)
    names = names_of(db.session.connection(), [version.deployed_by for version in found])
    rows = [DeploymentRow.model_validate(version) for version in found]
    for row in rows:
        row.deployed_by = names.get(row.deployed_by) or gettext("系统")
    return rows


def _merged(body: Changes) -> Mapping[str, bytes]:
    """Return the files of the next version. Raises ProblemError for one that can be none."""
    newest = listed.newest(db.session.connection())
    present: Mapping[str, bytes] = {} if newest is None else current_runtime().definition(newest).files
    changes: dict[str, bytes] = {}
    faults = []
    for name, text in body.files.items():
        pointer = f"/files/{escaped(name)}"
        content = text.encode()
        try:
            changes[path_of(name)] = content
        except UnusableFileError:
            faults.append(Fault(pointer, gettext("只能上传 .bpmn、.dmn 和 .form 文件：%(name)s", name=name)))
        if len(content) > LARGEST:
            faults.append(Fault(pointer, gettext("文件不能超过 2 MB：%(name)s", name=name)))
    unknown = [path for path in body.removed if path not in present]
    faults += [Fault("/removed", gettext("没有这个文件：%(name)s", name=path)) for path in unknown]
    if not changes and not body.removed and not faults:
        faults.append(Fault("/files", gettext("请给出要改的文件。")))
    if faults:
        raise ProblemError("invalid", gettext("请按 errors 里的说明更正。"), faults=faults)
    return merged(present, changes, body.removed)
