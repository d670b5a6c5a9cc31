"""Changing the keyword table: an officer's draft, the form of one rule, a text to try rules on, a file to take in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework.dictionary import compile_dictionary
from engine.casework.keywords import drafts, previews, store, tables
from engine.casework.keywords.drafts import Draft
from engine.casework.keywords.errors import FaultyTable, RuleMoved
from engine.casework.keywords.preview_result import owner_of
from engine.database import db
from engine.runtime import NotFound
from rules.bureau_calendar import bureau_date
from rules.routing_review import Remark, review
from rules.routing_rules import Rule, RulesError
from rules.routing_verdict import Reason, Verdict
from webapp.keyword_forms import RuleForm, TryForm
from webapp.keyword_words import REMARKS, highlighted, owner_words
from webapp.keywords import WORDS, may_publish
from webapp.people import names_of
from webapp.sentences import say

blueprint = Blueprint("keyword_drafts", __name__, url_prefix="/bureau/keywords/draft")
UNPROCESSABLE = 422
SHOWN_FAULTS = 50


@blueprint.get("")
def mine() -> str:
    """Show the officer's own draft."""
    return _page(drafts.mine(db.session.connection(), current_user))


@blueprint.get("/<int:draft_id>")
def show(draft_id: int) -> str:
    """Show a draft that somebody shares."""
    return _page(_draft(draft_id))


@blueprint.route("/rules", methods=["GET", "POST"])
def add() -> Response | str | tuple[str, int]:
    """Add a rule to the draft."""
    connection = db.session.connection()
    form = RuleForm(store.named(connection))
    if request.method == "GET":
        return _form(form, None)
    code = store.next_code(connection)
    if not _accepted(connection, form, code, active=True):
        db.session.rollback()
        return _form(form, None), UNPROCESSABLE
    db.session.commit()
    flash(_("规则 %(code)s 已记入草稿；发布以后才会生效。", code=code), "success")
    return redirect(url_for("keyword_drafts.mine"))


@blueprint.route("/rules/<rule_code>", methods=["GET", "POST"])
def edit(rule_code: str) -> Response | str | tuple[str, int]:
    """Change a rule in the draft; what is published stays as it is."""
    connection = db.session.connection()
    now = _now(connection, rule_code)
    if now is None:
        abort(404)
    form = RuleForm(store.named(connection), now)
    if request.method == "GET":
        form.seen.data = drafts.digest(now)
        return _form(form, now)
    moved = None
    try:
        accepted = _accepted(connection, form, rule_code, active=now.active)
    except RuleMoved as refused:
        accepted, moved = False, refused
        form.seen.data = drafts.digest(refused.now)  # whoever saves again has seen it
    if not accepted:
        db.session.rollback()
        return _form(form, now, moved), UNPROCESSABLE
    db.session.commit()
    flash(_("规则 %(code)s 的修改已记入草稿；发布以后才会生效。", code=rule_code), "success")
    return redirect(url_for("keyword_drafts.mine"))


@blueprint.post("/rules/<rule_code>/<verb>")
def change(rule_code: str, verb: str) -> Response:
    """Take a rule out, switch it off or on, drop its change, or stand by the change."""
    connection = db.session.connection()
    done = {
        "remove": _("已记入草稿：删除规则 %(code)s。", code=rule_code),
        "off": _("已记入草稿：停用规则 %(code)s。", code=rule_code),
        "on": _("已记入草稿：启用规则 %(code)s。", code=rule_code),
        "undo": _("已撤销对规则 %(code)s 的改动。", code=rule_code),
        "keep": _("规则 %(code)s 按您的改动保留。", code=rule_code),
    }
    if verb not in done:
        abort(404)
    try:
        if verb in ("off", "on"):
            drafts.switch(connection, current_user, rule_code, active=verb == "on")
        else:
            verbs = {"remove": drafts.remove, "undo": drafts.undo, "keep": drafts.keep}
            verbs[verb](connection, current_user, rule_code)
    except NotFound:
        abort(404)
    db.session.commit()
    flash(done[verb], "success")
    return redirect(url_for("keyword_drafts.mine"))


@blueprint.post("/share")
def share() -> Response:
    """Let others who edit the table see the draft, or no longer."""
    wanted = request.form.get("shared") == "yes"
    try:
        drafts.share(db.session.connection(), current_user, shared=wanted)
    except NotFound:
        abort(404)
    db.session.commit()
    flash(_("草稿已共享，督察可以查看并发布。") if wanted else _("草稿不再共享。"), "success")
    return redirect(url_for("keyword_drafts.mine"))


@blueprint.post("/discard")
def discard() -> Response:
    """Throw the draft away."""
    try:
        drafts.discard(db.session.connection(), current_user)
    except NotFound:
        abort(404)
    db.session.commit()
    flash(_("草稿已放弃，词库没有变化。"), "success")
    return redirect(url_for("keywords.index"))


@blueprint.post("/table")
def take_table() -> Response | tuple[str, int]:
    """Take a table from a file into the draft: all of it, or nothing."""
    connection = db.session.connection()
    file = request.files.get("file")
    draft = drafts.mine(connection, current_user)
    if file is None or not file.filename:
        return _page(draft, faults=[(0, _("请选择文件。"))]), UNPROCESSABLE
    try:
        read = tables.read(file.stream.read(), file.filename, store.named(connection))
    except FaultyTable as refused:
        return _page(draft, faults=[(line, say(message)) for line, message in refused.problems]), UNPROCESSABLE
    named = {rule.id for rule in read}
    present = draft.applied(store.table(connection)) if draft else store.table(connection)
    missing = [code for code in present if code not in named] if request.form.get("removes") else []
    rules = [rule if rule.id else _coded(connection, rule) for rule in read]
    count = drafts.put_all(connection, current_user, rules, removed=missing)
    db.session.commit()
    if count:
        flash(_("已读入 %(all)s 条，其中 %(n)s 条和现在不同，已记入草稿。", all=len(read), n=count), "success")
    else:
        flash(_("已读入 %(all)s 条，和现在的词库完全一样，草稿没有变化。", all=len(read)), "info")
    return redirect(url_for("keyword_drafts.mine"))


@blueprint.route("/try", methods=["GET", "POST"])
def try_out() -> str | tuple[str, int]:
    """Say what the draft would make of a text, beside what is published; the text is neither stored nor logged."""
    form = TryForm()
    if request.method == "GET":
        return render_template("keywords/try.html", form=form, verdicts=[])
    if not form.validate():
        return render_template("keywords/try.html", form=form, verdicts=[]), UNPROCESSABLE
    connection = db.session.connection()
    published, draft = store.table(connection), drafts.mine(connection, current_user)
    tried = [(_("按现在的词库"), published)]
    if draft and draft.changes:
        tried.insert(0, (_("按您的草稿"), draft.applied(published)))
    try:
        verdicts = [_tried(connection, label, rules, form) for label, rules in tried]
    except RulesError as refused:
        form.body.errors = [*form.body.errors, say(refused)]
        return render_template("keywords/try.html", form=form, verdicts=[]), UNPROCESSABLE
    known = store.named(connection)
    return render_template("keywords/try.html", form=form, verdicts=verdicts, rules=tried[0][1], known=known, **WORDS)


def _tried(connection: sa.Connection, label: str, rules: Mapping[str, Rule], form: TryForm) -> dict[str, Any]:
    """Return what the rules make of the text in the form."""
    title, body, place = (form[name].data or "" for name in ("title", "body", "place"))
    words = compile_dictionary(connection, rules=[rule for rule in rules.values() if rule.active])
    verdict = words.router.route(title, body, place, on=bureau_date(current_user.now))
    return {
        "label": label,
        "verdict": verdict,
        "owner": owner_words(owner_of(verdict), store.named(connection)),
        "title": highlighted(title, verdict, "title"),
        "body": highlighted(body, verdict, "body"),
        "fired": _fired(verdict),
    }


def _fired(verdict: Verdict) -> list[Reason]:
    """Return one reason for each rule that fired, with its words of title and body."""
    found: dict[str, Reason] = {}
    for reason in verdict.reasons:
        if reason.rule:
            known = found.get(reason.rule)
            words = tuple(dict.fromkeys([*(known.words if known else ()), *reason.words]))
            found[reason.rule] = replace(reason, words=words)
    return list(found.values())


def _accepted(connection: sa.Connection, form: RuleForm, code: str, *, active: bool) -> bool:
    """Put what was typed into the draft; False, with the faults at the fields, when it cannot be. Raises RuleMoved."""
    sound = form.validate()
    rule = form.rule(code, active=active)
    problems = store.problems(rule, store.named(connection))
    # What the form could not read has its own message.
    form.refuse([problem for problem in problems if not form[problem.field].errors])
    if not sound or problems:
        return False
    drafts.put(connection, current_user, rule, seen=form.seen.data or "")
    return True


def _coded(connection: sa.Connection, rule: Rule) -> Rule:
    return replace(rule, id=store.next_code(connection))


def _now(connection: sa.Connection, code: str) -> Rule | None:
    """Return what a rule is in the officer's draft, or as it is published."""
    draft = drafts.mine(connection, current_user)
    kept = draft.change(code) if draft else None
    return kept.after if kept else store.table(connection).get(code)


def _form(form: RuleForm, rule: Rule | None, moved: RuleMoved | None = None) -> str:
    connection = db.session.connection()
    known = store.named(connection)
    agencies = sorted({one.agency for one in store.table(connection).values() if one.agency})
    return render_template(
        "keywords/edit.html", form=form, rule=rule, moved=moved, known=known, agencies=agencies, **WORDS
    )


def _draft(draft_id: int) -> Draft:
    try:
        return drafts.one(db.session.connection(), current_user, draft_id)
    except NotFound:
        abort(404)


def _page(draft: Draft | None, *, faults: list[tuple[int, str]] | None = None) -> str:
    connection = db.session.connection()
    own = draft is None or draft.officer_id == current_user.id
    published = store.table(connection)
    known = store.named(connection)
    wanted = draft.applied(published) if draft else published
    newest = store.newest(connection)
    preview = previews.latest(connection, current_user, draft.id) if draft else None
    told, others = _remarks(draft, wanted)
    return render_template(
        "keywords/draft.html",
        draft=draft,
        own=own,
        name=""
        if draft is None or own
        else names_of(connection, [str(draft.officer_id)]).get(str(draft.officer_id), ""),
        changes=draft.changes if draft else (),
        unusable=[(rule.id, problem) for rule in wanted.values() for problem in store.problems(rule, known)],
        remarks=told,
        other_remarks=others,
        newest=newest,
        preview=preview,
        fresh=bool(draft and preview and (preview.revision, preview.version) == (draft.revision, newest)),
        may_publish=may_publish(),
        faults=(faults or [])[:SHOWN_FAULTS],
        more_faults=max(0, len(faults or []) - SHOWN_FAULTS),
        known=known,
        **WORDS,
    )


def _remarks(draft: Draft | None, wanted: Mapping[str, Rule]) -> tuple[list[tuple[str, str]], int]:
    """Return what is remarkable about the rules that the draft changes, and how much there is about others."""
    changed = {change.code for change in draft.changes} if draft else set()
    found = review(list(wanted.values()))
    mine = [remark for remark in found if remark.rule in changed]
    told_of = {(remark.kind, frozenset((remark.rule, remark.other))) for remark in mine}
    rest = [remark for remark in found if (remark.kind, frozenset((remark.rule, remark.other))) not in told_of]
    return [(remark.rule, _told(remark)) for remark in mine], len(rest)


def _told(remark: Remark) -> Any:
    return _(str(REMARKS[remark.kind]), other=remark.other, words=_("、").join(remark.words))
