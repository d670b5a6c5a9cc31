"""Registering a matter by hand: a letter, a visit, a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from engine.casework import permissions
from engine.casework.attachments import Store, Upload
from engine.casework.errors import AlreadyRegistered, InvalidFacts, SecretSuspected
from engine.casework.facts import MatterFacts
from engine.casework.models import Channel, Officer, Unit
from engine.casework.petitioners import PetitionerFacts
from engine.casework.queries.hiding import as_told, known_number
from engine.casework.registration import Registered, register
from engine.database import db
from forms import CompiledForm, Option, StepForm, compile_form
from rules.working_time import BUREAU_ZONE
from webapp.current import current_platform, current_runtime
from webapp.sentences import say
from webapp.step_host import KeptUploads, categories, handling_units

blueprint = Blueprint("intake", __name__, url_prefix="/intake")
SCHEMA = Path(__file__).with_name("intake.form")
LISTS = frozenset({"channels", "categories"})
FIELDS = {"category_id": "category", "handling_unit_id": "unit", "attachments": "files"}
"""What casework calls a field -> its key in the form, where they differ."""


@cache
def intake_form() -> CompiledForm:
    """Return the compiled form for registering a matter."""
    return compile_form(SCHEMA.read_bytes(), name="intake", lists=LISTS)


class IntakeChoices:
    """What a receiver may choose: the channels of their department, and everybody a petitioner may accuse."""

    def __init__(self, connection: sa.Connection, officer: permissions.Person) -> None:
        self._connection = connection
        self._officer = officer

    def units(self) -> Sequence[Option]:
        """Return all units: any may be accused; that only one with a liaison can handle is checked afterwards."""
        query = sa.select(Unit.id, Unit.name).where(Unit.active).order_by(Unit.position, Unit.id)
        return [Option(identifier, name) for identifier, name in self._connection.execute(query)]

    def officers(self, unit_id: int | None, role: str | None) -> Sequence[Option]:
        """Return all officers, or those of a unit."""
        del role
        query = (
            sa.select(Officer.id, Officer.name, Officer.badge, Officer.unit_id)
            .where(Officer.active)
            .order_by(Officer.unit_id, Officer.id)
        )
        if unit_id is not None:
            query = query.where(Officer.unit_id == unit_id)
        return [
            Option(identifier, f"{name}（{badge}）" if badge else name, unit=unit)
            for identifier, name, badge, unit in self._connection.execute(query)
        ]

    def matters(self, query: str) -> Sequence[Option]:
        """Return nothing: the form asks for no matter."""
        del query
        return ()

    def values(self, name: str) -> Sequence[Option]:
        """Return the channels this officer registers for, or the categories."""
        if name == "categories":
            return categories(self._connection)
        query = sa.select(Channel.code, Channel.name, Channel.receiving_unit_id).where(Channel.active)
        return [
            Option(code, channel)
            for code, channel, unit_id in self._connection.execute(query.order_by(Channel.position, Channel.id))
            if permissions.may_register(self._officer, unit_id)
        ]


@blueprint.route("/new", methods=["GET", "POST"])
def register_matter() -> str | Response | tuple[str, int]:
    """Take a matter down, register it, and say what the judgement made of it."""
    platform = current_platform()
    connection = db.session.connection()
    store = Store(platform.settings.attachments)
    uploads = KeptUploads(store, platform.settings.secret_key, current_user.id)
    compiled = intake_form()
    form = compiled.form_class(FlaskForm, _)(
        choices=IntakeChoices(connection, current_user), uploads=uploads, now=current_user.now
    )
    if request.method == "GET" or form.rearrange():
        return _page(compiled, form)
    if not form.validate():
        return _page(compiled, form), 422
    answers = compiled.answers(form)
    problems: Mapping[str, str] = units_that_cannot(connection, answers)
    if not problems:
        try:
            with connection.begin_nested():
                made = register(
                    connection,
                    facts_from(answers, store, uploads),
                    runtime=current_runtime(),
                    actor=current_user.actor,
                    store=store,
                )
        except AlreadyRegistered as again:
            problems = problems_at(as_told(connection, current_user, again))
        except (InvalidFacts, SecretSuspected) as refused:
            problems = problems_at(refused)
        else:
            primary = known_number(connection, current_user, made.primary_number)
            db.session.commit()
            flash(_told(made, primary), "success")
            return redirect(url_for("matters.show", number=made.number))
    for key, message in problems.items():
        question = form.question(key)
        question.errors = [*question.errors, message]
    return _page(compiled, form), 422


def _page(compiled: CompiledForm, form: StepForm) -> str:
    return render_template("intake/new.html", compiled=compiled, form=form)


def _told(made: Registered, primary: str | None) -> str:
    sentences = {
        "pushed": _("已登记 %(number)s，并自动推送到承办单位。", number=made.number),
        "repeat": _("已登记 %(number)s，并关联到 %(primary)s。", number=made.number, primary=primary)
        if primary
        else _("已登记 %(number)s，并关联到以前的诉求。", number=made.number),
        "out_of_scope": _("已登记 %(number)s；内容不像公安职责，请在待办里转办。", number=made.number),
    }
    return str(sentences.get(made.outcome, _("已登记 %(number)s，请在待办里受理。", number=made.number)))


def problems_at(refused: InvalidFacts | SecretSuspected | AlreadyRegistered) -> dict[str, str]:
    """Return what keeps a matter from being registered, by the form's key."""
    if isinstance(refused, InvalidFacts):
        return {FIELDS.get(problem.field, problem.field): say(problem.message) for problem in refused.problems}
    key = "channel_number" if isinstance(refused, AlreadyRegistered) else "body"
    return {key: say(refused.message)}


def units_that_cannot(connection: sa.Connection, answers: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the unit that was chosen to handle the matter, by the form's key."""
    unit = answers.get("unit")
    if unit is None or any(option.value == unit for option in handling_units(connection)):
        return {}
    return {"unit": _("这个单位没有专管员，不能承办；不确定就不填。")}


def facts_from(answers: Mapping[str, Any], store: Store, uploads: KeptUploads) -> MatterFacts:
    """Return the matter's facts from the form's answers, with the files that were uploaded for it."""
    accused = [row for row in answers.get("accused") or [] if isinstance(row, Mapping)]
    kept = [uploads.stored(str(file["token"])) for file in answers.get("files") or []]
    category = answers.get("category")
    return MatterFacts(
        channel=answers["channel"],
        body=answers["body"],
        title=answers.get("title") or "",
        channel_number=answers.get("channel_number"),
        place=answers.get("place"),
        received_at=_moment(answers.get("received_at")),
        kind=answers.get("kind"),
        category_id=int(category) if category else None,
        severity=answers.get("severity"),
        handling_unit_id=answers.get("unit"),
        petitioner=PetitionerFacts(
            name=answers.get("name"),
            phone=answers.get("phone"),
            identity_number=answers.get("identity_number"),
            address=answers.get("address"),
            anonymous=bool(answers.get("anonymous")),
        ),
        accused_units=tuple(dict.fromkeys(row["unit"] for row in accused if row.get("unit") is not None)),
        accused_officers=tuple(dict.fromkeys(row["officer"] for row in accused if row.get("officer") is not None)),
        attachments=tuple(
            Upload(file.filename, store.path(file.hash).read_bytes()) for file in kept if file is not None
        ),
    )


def _moment(typed: Any) -> datetime | None:
    if not isinstance(typed, str) or not typed:
        return None
    moment = datetime.fromisoformat(typed)
    return moment if moment.tzinfo else moment.replace(tzinfo=BUREAU_ZONE)
