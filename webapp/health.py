"""Whether this process and its database are there, for a load balancer and for `minyi up`."""

from __future__ import annotations

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from engine.database import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def show() -> Response:
    """Answer 200 when the database answers; the handler for an unreachable database says 503."""
    db.session.connection().exec_driver_sql("select 1")
    return jsonify(status="ok")
