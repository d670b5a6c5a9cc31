"""Operations on a running instance as the pages ask for them: what was typed, tried dry, then carried out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user

from engine.casework import commands
from engine.casework.masking import masked
from engine.casework.permissions import TABLE, Action
from engine.runtime import Consequences, RuntimeFailure
from webapp.current import current_platform

LABELS: Mapping[str, Any] = {
    "suspend": _("暂停流程"),
    "resume": _("恢复流程"),
    "cancel": _("撤销"),
    "move": _("移动到别的环节"),
    "variables": _("修改流程变量"),
    "restart": _("从某个环节重新开始"),
    "correlate": _("转交没有送到的消息"),
    "retry": _("重试"),
    "resolve": _("手工办结"),
}
ICONS: Mapping[str, str] = {
    "suspend": "player-pause",
    "resume": "player-play",
    "cancel": "ban",
    "move": "route",
    "variables": "edit",
    "restart": "refresh",
    "correlate": "message",
    "retry": "refresh",
    "resolve": "check",
}
ACTIONS: Mapping[str, Action] = {"suspend": "suspend", "resume": "suspend", "cancel": "cancel", "move": "send_back"}
"""Which action of the permissions table lets somebody ask for an operation; all others are ``operate``."""

ONE_LINE = 80
FIELDS = ("verb", "reason", "task", "target", "changes", "element", "thrown", "incident", "result")


class NotTypedRightError(RuntimeFailure):
    """What was typed is no operation."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An operation somebody asks for: what was typed, by field."""

    instance_id: int
    typed: Mapping[str, str]

    @property
    def verb(self) -> str:
        """Which operation it is."""
        return self.typed.get("verb", "")

    def carry_out(self, *, dry_run: bool) -> Consequences:
        """Carry it out in the officer's name. Raises RuntimeFailure with the reason when it cannot be."""
        known = _COMMANDS.get(self.verb)
        if known is None:
            raise NotTypedRightError(gettext("没有这项操作。"))
        return known(self, dry_run)

    def json(self, field: str) -> dict[str, Any]:
        """Return a JSON object that was typed. Raises NotTypedRightError."""
        try:
            value = json.loads(self.typed.get(field, "") or "{}")
        except (ValueError, RecursionError) as error:
            raise NotTypedRightError(gettext("内容不是有效的 JSON：%(why)s", why=error)) from None
        if not isinstance(value, dict):
            raise NotTypedRightError(gettext("请按 JSON 对象的格式填写，例如：%(example)s", example='{"x": 1}'))
        return value

    def number(self, field: str) -> int:
        """Return an id that was chosen. Raises NotTypedRightError."""
        typed = self.typed.get(field, "")
        if not typed.isdecimal() or len(typed) > 18:  # noqa: PLR2004 - digits of an id
            raise NotTypedRightError(gettext("请先选择。"))
        return int(typed)


def allowed(action: Action) -> bool:
    """Say whether a role of the officer logged in may do ``action`` at all; each command asks for the matter itself."""
    return not current_user.roles.isdisjoint(TABLE[action])


def offered(verb: str) -> bool:
    """Say whether the officer logged in may ask for an operation."""
    return allowed(ACTIONS.get(verb, "operate"))


def shown(consequences: Consequences, *, full: bool) -> list[tuple[str, Any, Any]]:
    """Return the changed variables as (name, before, after), masked for those who have no business with people."""

    def hidden(value: Any) -> str:
        return "—" if value is None else as_text(value if full else masked(value))

    return [(change.name, hidden(change.before), hidden(change.after)) for change in consequences.variables]


def as_text(value: Any) -> str:
    """Return JSON as people read it: in one line where it is short."""
    short = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return short if len(short) <= ONE_LINE else json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


def _whole(command: Callable[..., Consequences]) -> Callable[[Wanted, bool], Consequences]:
    def carry_out(wanted: Wanted, dry_run: bool) -> Consequences:
        runtime = current_platform().runtime
        return command(runtime, current_user, wanted.instance_id, wanted.typed.get("reason", ""), dry_run=dry_run)

    return carry_out


def _move(wanted: Wanted, dry_run: bool) -> Consequences:
    return commands.move_token(
        current_platform().runtime,
        current_user,
        wanted.instance_id,
        wanted.typed.get("task", ""),
        wanted.typed.get("target", ""),
        reason=wanted.typed.get("reason", ""),
        dry_run=dry_run,
    )


def _variables(wanted: Wanted, dry_run: bool) -> Consequences:
    return commands.set_variables(
        current_platform().runtime,
        current_user,
        wanted.instance_id,
        wanted.json("changes"),
        wanted.typed.get("reason", ""),
        dry_run=dry_run,
    )


def _restart(wanted: Wanted, dry_run: bool) -> Consequences:
    return commands.restart_from(
        current_platform().runtime,
        current_user,
        wanted.instance_id,
        wanted.typed.get("element", ""),
        wanted.typed.get("reason", ""),
        dry_run=dry_run,
    )


def _correlate(wanted: Wanted, dry_run: bool) -> Consequences:
    return commands.correlate(
        current_platform().runtime,
        current_user,
        wanted.number("thrown"),
        wanted.instance_id,
        wanted.typed.get("reason", ""),
        dry_run=dry_run,
    )


def _retry(wanted: Wanted, dry_run: bool) -> Consequences:
    platform = current_platform()
    return commands.retry_incident(
        platform.engine,
        platform.runtime,
        current_user,
        wanted.number("incident"),
        wanted.typed.get("reason", ""),
        dry_run=dry_run,
    )


def _resolve(wanted: Wanted, dry_run: bool) -> Consequences:
    platform = current_platform()
    return commands.resolve_incident(
        platform.engine,
        platform.runtime,
        current_user,
        wanted.number("incident"),
        wanted.json("result"),
        reason=wanted.typed.get("reason", ""),
        dry_run=dry_run,
    )


_COMMANDS: Mapping[str, Callable[[Wanted, bool], Consequences]] = {
    "suspend": _whole(commands.suspend),
    "resume": _whole(commands.resume),
    "cancel": _whole(commands.cancel),
    "move": _move,
    "variables": _variables,
    "restart": _restart,
    "correlate": _correlate,
    "retry": _retry,
    "resolve": _resolve,
}
