"""What somebody sees when a page cannot be shown. Unknown and forbidden look exactly the same."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import lazy_gettext as _
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from engine.runtime import NotFound, RuntimeFailure
from webapp.sentences import say

CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Explanation:
    """A heading and a sentence that says what to do now."""

    heading: str
    advice: str


EXPLANATIONS: dict[int, Explanation] = {
    400: Explanation(
        _("页面已经过期"),
        _("请返回上一页，刷新后重新提交。您填写的内容可以用浏览器的后退键找回。"),
    ),
    404: Explanation(
        _("没有这个页面"),
        _("它可能不存在，也可能您的岗位不能查看。请从左侧菜单重新进入，或者向系统管理员核实权限。"),
    ),
    405: Explanation(_("不能这样打开这个页面"), _("请从左侧菜单重新进入。")),
    413: Explanation(_("文件太大"), _("请压缩文件或者分几次上传后再提交。")),
    429: Explanation(_("操作太频繁"), _("请等一分钟再试。")),
    500: Explanation(
        _("系统出了故障"),
        _("您的操作没有保存。请稍后重试；仍不成功请联系系统管理员。"),
    ),
    503: Explanation(_("数据库暂时不能用"), _("您的操作没有保存。请过一分钟重试。")),
}


def explain_errors(app: Flask) -> None:
    """Register the pages for errors."""
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _explain)
    app.register_error_handler(OperationalError, _unreachable)
    app.register_error_handler(NotFound, _unknown)
    app.register_error_handler(RuntimeFailure, _refused)
    app.register_error_handler(Exception, _failed)


def _page(status: int) -> Response:
    explanation = EXPLANATIONS.get(status) or EXPLANATIONS[500 if status >= 500 else 400]  # noqa: PLR2004 - HTTP
    framed = bool(current_user.is_authenticated)
    page = render_template("errors/error.html", explanation=explanation, status=status, framed=framed)
    return make_response(page, status)


def _explain(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # noqa: PLR2004 - a redirect raised as an exception is no error
        return make_response(error.get_response())
    # 403 and 404 must not be told apart by whoever probes for numbers of matters.
    return _page(404 if status in {403, 404} else status)


def _expired(error: CSRFError) -> Response:
    current_app.logger.info("CSRF refused on %s: %s", request.endpoint, error.description)
    return _page(400)


def _unknown(_error: NotFound) -> Response:
    return _page(404)


def _refused(error: RuntimeFailure) -> Response:
    """Say why a command did not happen; pages that can do more about it catch the failure themselves."""
    explanation = Explanation(_("这一步没有办成"), say(error.message))
    page = render_template(
        "errors/error.html", explanation=explanation, status=CONFLICT, framed=bool(current_user.is_authenticated)
    )
    return make_response(page, CONFLICT)


def _unreachable(error: OperationalError) -> Response:
    current_app.logger.error("database: %s", " ".join(str(error.orig).split()))
    return _bare(503)


def _failed(error: Exception) -> Response:
    current_app.logger.error("failed on %s: %s", request.endpoint, type(error).__name__, exc_info=error)
    return _bare(500)


def _bare(status: int) -> Response:
    """Answer without asking the database for anything, which may be the very thing that failed."""
    g._login_user = AnonymousUserMixin()  # noqa: SLF001 - whoever asks who is logged in would ask the database
    explanation = EXPLANATIONS[status]
    page = render_template("errors/bare.html", explanation=explanation, status=status)
    return make_response(page, status)
