"""The API under ``/api/v1``: the same commands, queries and permissions as the pages, with a token and in JSON.

A module for each resource declares its operations; ``operation`` makes views of them, ``document`` what describes them.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from engine.runtime import RuntimeFailure
from webapp.api import (  # noqa: F401 - each module of a resource declares its operations
    deployments,
    incidents,
    instances,
    matters,
    me,
    messages,
    operating,
    problems,
    reconciliation,
    search,
    tasks,
)
from webapp.api.authentication import authenticate, note_use
from webapp.api.document import document
from webapp.api.operation import OPERATIONS, view
from webapp.security import csrf, limiter

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

FAILED_TOKENS = "30/minute"
"""How often an address may come with a token that is none before it is told to wait."""


def _wrong_token(response: Response) -> bool:
    return response.status_code == 401  # noqa: PLR2004 - HTTP


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Return the document, in the language that is asked for."""
    return document()


for _name, _declared in OPERATIONS.items():
    blueprint.add_url_rule(_declared.rule, _name, view(_declared), methods=[_declared.method])

blueprint.after_request(note_use)
blueprint.register_error_handler(HTTPException, problems.of_http)
blueprint.register_error_handler(OperationalError, problems.unreachable)
blueprint.register_error_handler(RuntimeFailure, lambda failure: problems.answer(problems.of_failure(failure)))
blueprint.register_error_handler(Exception, problems.failed)
limiter.limit(FAILED_TOKENS, deduct_when=_wrong_token)(blueprint)
csrf.exempt(blueprint)


def serve(app: Flask) -> None:
    """Let tokens be asked for before the access table is; call before access.control."""
    authenticate(app)
