"""Who may open which page: one row for every endpoint, and nothing without a row.

The table says which roles may ask for a page at all. What of it they then see (which matters, which tasks) is
decided by casework for each matter; this table never widens that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework.permissions import DUTIES

HANDLING = frozenset({"liaison", "handler", "instructor", "unit_leader", "bureau_leader"})
MATTERS = HANDLING | {"receiver", "director", "inspector", "visitor", "legal"}
"""The roles that have to do with matters at all; administrators and process owners have not."""

SUPERVISORS = frozenset({"instructor", "unit_leader", "bureau_leader", "director", "inspector"})
PROCESS = frozenset({"process_owner"})
OPERATORS = PROCESS | {"inspector"}
"""Who looks at running processes and may mend them; what each may do says engine/casework/permissions.py."""
ADMINISTRATORS = frozenset({"system_admin", "security_admin", "audit_admin"})
EVERY_ROLE = MATTERS | PROCESS | ADMINISTRATORS


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask for an endpoint: anyone at all, or whoever is logged in and holds one of `roles`."""

    roles: frozenset[str] = EVERY_ROLE
    anonymous: bool = False

    def allows(self, roles: Iterable[str]) -> bool:
        """Say whether somebody who holds these roles may ask."""
        return self.anonymous or not self.roles.isdisjoint(roles)


ANYONE = Access(anonymous=True)
LOGGED_IN = Access()


def _only(roles: Iterable[str]) -> Access:
    return Access(roles=frozenset(roles))


TABLE: dict[str, Access] = {
    "static": ANYONE,
    "session.log_in": ANYONE,
    "session.open_new": ANYONE,
    "session.log_out": LOGGED_IN,
    "session.choose_language": ANYONE,
    "health.show": ANYONE,
    "home.show": LOGGED_IN,
    "home.numbers": LOGGED_IN,
    "account.show": LOGGED_IN,
    "account.change_password": LOGGED_IN,
    "account.change_display": LOGGED_IN,
    "notices.index": LOGGED_IN,
    "notices.read": LOGGED_IN,
    "tasks.index": _only(MATTERS),
    "tasks.show": _only(MATTERS),
    "tasks.claim": _only(MATTERS),
    "tasks.unclaim": _only(MATTERS),
    "tasks.assign": _only(MATTERS),
    "tasks.go_on": _only(MATTERS),
    "tasks.complete": _only(MATTERS),
    "standalone.show": _only(MATTERS),
    "standalone.finish": _only(MATTERS),
    "standalone.claim": _only(MATTERS),
    "standalone.unclaim": _only(MATTERS),
    "standalone.assign": _only(MATTERS),
    "matters.library": _only(MATTERS),
    "search.show": _only(MATTERS),
    "matters.show": _only(MATTERS),
    "matters.attachment": _only(MATTERS),
    "matters.reveal": _only(MATTERS),
    "alarms.take_note": _only({"receiver", "inspector"}),
    "likeness.show": _only(MATTERS),
    "likeness.decide": _only({"receiver", "inspector"}),
    "bursts.index": _only(MATTERS),
    "bursts.show": _only(MATTERS),
    "clocks.show": _only({"instructor", "bureau_leader"}),
    "clocks.preview": _only({"instructor", "bureau_leader"}),
    "clocks.apply": _only({"instructor", "bureau_leader"}),
    "intake.register_matter": _only({"receiver"}),
    "imports.index": _only({"receiver", "inspector"}),
    "imports.show_preview": _only({"receiver"}),
    "imports.run": _only({"receiver"}),
    "imports.show": _only({"receiver", "inspector"}),
    "imports.errors": _only({"receiver", "inspector"}),
    "reconciliation.index": _only({"receiver", "inspector"}),
    "reconciliation.report": _only({"receiver"}),
    "reconciliation.channel": _only({"receiver", "inspector"}),
    "reconciliation.change_rules": _only({"inspector"}),
    "reconciliation.day": _only({"receiver", "inspector"}),
    "reconciliation.explain": _only({"receiver", "inspector"}),
    "reconciliation.reject": _only({"inspector"}),
    "board.show": _only(SUPERVISORS),
    "board.take_note": _only(SUPERVISORS),
    "proceedings.index": _only(MATTERS),
    "proceedings.show": _only(MATTERS),
    "proceedings.points": _only(MATTERS),
    "proceedings.open_new": _only({"inspector"}),
    "proceedings.supervise": _only({"inspector"}),
    "learning.show": _only({"inspector", "director", "process_owner", "receiver"}),
    "learning.matters": _only({"inspector", "director", "receiver"}),
    "learning.train": _only(OPERATORS),
    "learning.use": _only(OPERATORS),
    "learning.stop": _only(OPERATORS),
    "bureau.units": LOGGED_IN,
    "bureau.officers": LOGGED_IN,
    "roles.index": LOGGED_IN,
    "bureau.channels": LOGGED_IN,
    "bureau.categories": LOGGED_IN,
    "keywords.index": LOGGED_IN,
    "keywords.export": LOGGED_IN,
    "keywords.versions": LOGGED_IN,
    "keywords.version": LOGGED_IN,
    "keywords.restore": _only(DUTIES["publish_keywords"]),
    "keyword_drafts.mine": _only(DUTIES["edit_keywords"]),
    "keyword_drafts.show": _only(DUTIES["edit_keywords"]),
    "keyword_drafts.add": _only(DUTIES["edit_keywords"]),
    "keyword_drafts.edit": _only(DUTIES["edit_keywords"]),
    "keyword_drafts.change": _only(DUTIES["edit_keywords"]),
    "keyword_drafts.share": _only(DUTIES["edit_keywords"]),
    "keyword_drafts.discard": _only(DUTIES["edit_keywords"]),
    "keyword_drafts.take_table": _only(DUTIES["edit_keywords"]),
    "keyword_drafts.try_out": _only(DUTIES["edit_keywords"]),
    "keyword_previews.ask": _only(DUTIES["edit_keywords"]),
    "keyword_previews.show": _only(DUTIES["edit_keywords"]),
    "keyword_previews.publish": _only(DUTIES["publish_keywords"]),
    "calendar.show": LOGGED_IN,
    "calendar.preview": _only({"system_admin", "inspector"}),
    "calendar.apply": _only({"system_admin", "inspector"}),
    "processes.index": LOGGED_IN,
    "processes.show": LOGGED_IN,
    "processes.resource": LOGGED_IN,
    "processes.upload": _only(PROCESS),
    "processes.deploy": _only(PROCESS),
    "decisions.show": LOGGED_IN,
    "decisions.edit": _only(PROCESS),
    "decisions.check": _only(PROCESS),
    "decisions.preview": _only(PROCESS),
    "decisions.deploy": _only(PROCESS),
    "decisions.touched": _only(PROCESS),
    "migrations.index": _only(PROCESS),
    "migrations.plan": _only(PROCESS),
    "migrations.create": _only(PROCESS),
    "migrations.show": _only(PROCESS),
    "migrations.change": _only(PROCESS),
    "migrations.begin": _only(PROCESS),
    "migrations.go_on": _only(PROCESS),
    "migrations.revert": _only(PROCESS),
    "migrations.revert_one": _only(PROCESS),
    "schedules.index": _only({"inspector", "process_owner", "system_admin", "audit_admin"}),
    "schedules.pause": _only(PROCESS),
    "schedules.resume": _only(PROCESS),
    "instances.index": _only(OPERATORS),
    "instances.show": _only(OPERATORS),
    "instances.preview": _only(OPERATORS),
    "instances.apply": _only(OPERATORS),
    "instances.incidents": _only(OPERATORS),
    "instances.preview_retries": _only(PROCESS),
    "instances.retry_many": _only(PROCESS),
    "access_tokens.index": LOGGED_IN,
    "access_tokens.create": LOGGED_IN,
    "access_tokens.revoke": LOGGED_IN,
    "access_tokens.everybody": _only(ADMINISTRATORS),
    "api_reference.show": LOGGED_IN,
    # The API: what is asked of a token is who it acts as; each row is that of the page that does the same.
    "api.openapi": ANYONE,
    "api.me": LOGGED_IN,
    "api.tasks": _only(MATTERS),
    "api.task": _only(MATTERS),
    "api.claim_task": _only(MATTERS),
    "api.unclaim_task": _only(MATTERS),
    "api.assign_task": _only(MATTERS),
    "api.keep_file": _only(MATTERS),
    "api.complete_task": _only(MATTERS),
    "api.matters": _only(MATTERS),
    "api.search_matters": _only(MATTERS),
    "api.matter": _only(MATTERS),
    "api.matter_history": _only(MATTERS),
    "api.keep_matter_file": _only({"receiver"}),
    "api.register_matter": _only({"receiver"}),
    "api.report_day": _only({"receiver"}),
    "api.instances": _only(OPERATORS),
    "api.instance": _only(OPERATORS),
    "api.instance_history": _only(OPERATORS),
    "api.start_instance": _only(PROCESS),
    "api.suspend_instance": _only(OPERATORS),
    "api.resume_instance": _only(OPERATORS),
    "api.cancel_instance": _only(OPERATORS),
    "api.move_instance": _only(OPERATORS),
    "api.variables_instance": _only(OPERATORS),
    "api.restart_instance": _only(OPERATORS),
    "api.correlate_instance": _only(OPERATORS),
    "api.send_message": _only(PROCESS),
    "api.incidents": _only(OPERATORS),
    "api.incident": _only(OPERATORS),
    "api.retry_incident": _only(OPERATORS),
    "api.resolve_incident": _only(OPERATORS),
    "api.retry_incidents": _only(PROCESS),
    "api.deployments": LOGGED_IN,
    "api.deployment": LOGGED_IN,
    "api.deployment_file": LOGGED_IN,
    "api.check_deployment": _only(PROCESS),
    "api.deploy": _only(PROCESS),
    "oversight.fires": _only({"inspector", "process_owner", "system_admin", "audit_admin"}),
    "secret_words.index": _only({"security_admin"}),
    "secret_words.add": _only({"security_admin"}),
    "secret_words.remove": _only({"security_admin"}),
    "secret_words.discard": _only({"security_admin"}),
    "secret_words.try_out": _only({"security_admin"}),
    "secret_words.attempts": _only({"security_admin", "inspector"}),
    "oversight.audit": _only({"inspector", "audit_admin"}),
}


class UnlistedEndpointsError(RuntimeError):
    """The app has endpoints without a row here; it does not start."""


def control(app: Flask) -> None:
    """Ask the table before every request; call after all blueprints are registered.

    Raises UnlistedEndpointsError when an endpoint has no row: a forgotten row shows at start-up, not at click time.
    """
    missing = sorted({rule.endpoint for rule in app.url_map.iter_rules()} - TABLE.keys())
    if missing:
        raise UnlistedEndpointsError(f"No row in webapp/access.py for: {', '.join(missing)}")
    app.before_request(_check)


def may_open(endpoint: str) -> bool:
    """Say whether the officer logged in may ask for the endpoint; templates use it to show or hide a link."""
    row = TABLE[endpoint]
    if row.anonymous:
        return True
    return bool(current_user.is_authenticated) and row.allows(current_user.roles)


def _check() -> Response | None:
    endpoint = request.endpoint
    if endpoint is not None and may_open(endpoint):
        return None
    if not current_user.is_authenticated:
        return _to_log_in()  # a stranger does not even learn which pages there are
    if endpoint is not None:
        current_app.logger.info("refused %s to officer %s", endpoint, current_user.id)
        abort(404)
    return None


def _to_log_in() -> Response:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    if wanted is None and request.endpoint != "session.log_out":
        flash(_("登录已过期，刚才的操作没有保存。重新登录后，用浏览器的后退键可以找回填写的内容。"), "warning")
    answer = redirect(url_for("session.log_in", next=wanted))
    if request.headers.get("HX-Request"):
        # A fragment swapped for the log-in page would look broken: tell htmx to leave the page instead.
        answer = Response(status=200)
        answer.headers["HX-Redirect"] = url_for("session.log_in")
    return answer
