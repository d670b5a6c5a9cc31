"""The form of a task: the compiled schema of its deployed version, bound to what this officer may choose."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_login import current_user
from flask_wtf import FlaskForm

from engine.casework import task_forms
from engine.casework.attachments import Store
from engine.database import db
from forms import CompiledForm, StepForm, compile_form
from webapp.current import current_platform, current_runtime
from webapp.step_host import Choices, KeptUploads


def new_key() -> str:
    """Return an idempotency key for a form that is now being shown."""
    return secrets.token_urlsafe(18)


def form_of(deployment_id: int, form_key: str) -> CompiledForm:
    """Return the compiled form of a deployed version."""
    return compile_form(task_forms.form_of(current_runtime().definition(deployment_id), form_key), name=form_key)


def uploads() -> KeptUploads:
    """Return where this officer's uploads wait."""
    settings = current_platform().settings
    return KeptUploads(Store(settings.attachments), settings.secret_key, current_user.id)


def step_form(
    compiled: CompiledForm,
    matter_id: int,
    handling_unit_id: int | None,
    *,
    accuses: bool,
    begin: Mapping[str, Any] | None = None,
) -> StepForm:
    """Return the form of a task of this matter, with the request's data when it was submitted, else with `begin`.

    `accuses` says whether the matter accuses anybody, who then is not among the choices.
    """
    return compiled.form_class(FlaskForm, gettext)(
        choices=Choices(db.session.connection, current_user, matter_id, handling_unit_id, accuses=accuses),
        uploads=uploads(),
        now=current_user.now,
        data=begin,
    )
