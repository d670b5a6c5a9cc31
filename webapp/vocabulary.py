"""The words of the bureau's codes in the page's language.

The Chinese names stand in casework, beside the codes; here they are looked up in the catalogue, which takes them from
there (webapp/extraction.py). What only pages say, such as the names of history events, stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from engine.casework import vocabulary
from engine.casework.roles import ROLES
from rules.emergency import CATEGORIES

EVENTS: dict[str, Any] = {
    "registered": _("登记"),
    "judged": _("自动研判"),
    "linked": _("关联重复诉求"),
    "completed": _("完成"),
    "accepted": _("受理"),
    "not_accepted": _("不予受理"),
    "found_out_of_scope": _("不属公安职责"),
    "handed_on": _("转办"),
    "kept": _("确认属于公安职责"),
    "assigned": _("交办"),
    "reassigned": _("改派"),
    "signed": _("签收"),
    "sent_back": _("退回"),
    "investigated": _("调查"),
    "disposed": _("处置"),
    "fed_back": _("反馈"),
    "reviewed": _("审核通过"),
    "approved": _("审批通过"),
    "rejected": _("退回重办"),
    "replied": _("回复"),
    "visited": _("回访"),
    "rework_demanded": _("要求重办"),
    "closed": _("归档"),
    "claimed": _("认领"),
    "unclaimed": _("退回待认领"),
    "message_received": _("收到通知"),
    "message_thrown": _("发出通知"),
    "signal_received": _("收到信号"),
    "signal_thrown": _("发出信号"),
    "error_caught": _("转入异常处理"),
    "escalation_caught": _("上报处理"),
    "escalation_uncaught": _("上报"),
    "effect_finished": _("送达结果"),
    "repeats_told": _("通知关联事项"),
    "started": _("流程开始"),
    "decided": _("规则判断"),
    "due_moved": _("时限调整"),
    "migrated": _("迁移到新版本"),
    "migration_reverted": _("移回旧版"),
    "due_extended": _("延期"),
    "clock_paused": _("暂停计时"),
    "clock_resumed": _("恢复计时"),
    "reminded": _("提醒"),
    "escalated": _("升级督办"),
    "alarm_raised": _("紧急情况提醒"),
    "files_unread": _("附件未能筛查"),
    "acknowledged": _("督办签收"),
    "viewed": _("查看"),
    "service_failed": _("服务失败"),
    "incident_opened": _("出现异常"),
    "incident_retried": _("异常重试"),
    "incident_resolved": _("异常手工办结"),
    "suspended": _("流程暂停"),
    "resumed": _("流程恢复"),
    "cancelled": _("撤销"),
    "token_moved": _("移动环节"),
    "variables_changed": _("修改流程变量"),
    "restarted": _("重新开始"),
    "correlated": _("转交消息"),
    "timer_fired": _("到时触发"),
    "withdrawn": _("任务撤回"),
    "service_called": _("服务执行"),
    "effect_requested": _("等送达结果"),
    "ended": _("流程结束"),
}
"""What a history event is called."""

EFFECTS: dict[str, Any] = {
    "unit": _("承办单位"),
    "outside": _("不属公安职责"),
    "category": _("事项类别"),
    "kind": _("民意类型"),
    "severity": _("严重程度"),
    "place": _("属地"),
    "accused": _("被反映对象"),
}
"""What a word of a message speaks for."""

SEPARATOR = "、"

INSTANCE_STATUSES: dict[str, Any] = {
    "running": _("运行中"),
    "suspended": _("已暂停"),
    "completed": _("已结束"),
    "cancelled": _("已撤销"),
}

INCIDENT_KINDS: dict[str, Any] = {
    "service": _("服务失败"),
    "element": _("流程图有误"),
    "effect": _("没有送达"),
    "timer": _("时限不能触发"),
}

INCIDENT_RESOLUTIONS: dict[str, Any] = {
    "retried": _("已重试"),
    "by_hand": _("已手工办结"),
    "recovered": _("已自行恢复"),
    "withdrawn": _("流程已不经过"),
}

OWN: dict[str, dict[str, Any]] = {
    "event": EVENTS,
    "effect": EFFECTS,
    "instance_status": INSTANCE_STATUSES,
    "incident_kind": INCIDENT_KINDS,
    "incident_resolution": INCIDENT_RESOLUTIONS,
}

LISTS: dict[str, Mapping[str, str]] = {
    "kind": vocabulary.KINDS,
    "severity": vocabulary.SEVERITIES,
    "status": vocabulary.STATUSES,
    "satisfaction": vocabulary.SATISFACTIONS,
    "medium": vocabulary.MEDIA,
    "delivery": vocabulary.DELIVERIES,
    "unit_kind": vocabulary.UNIT_KINDS,
    "level": vocabulary.LEVELS,
    "alarm": CATEGORIES,
    "token_scope": vocabulary.TOKEN_SCOPES,
    "contact_method": vocabulary.CONTACT_METHODS,
    "dispatch_status": vocabulary.DISPATCH_STATUSES,
    "import_outcome": vocabulary.IMPORT_OUTCOMES,
    "import_status": vocabulary.IMPORT_STATUSES,
    "keyword_kind": vocabulary.KEYWORD_KINDS,
    "day_kind": vocabulary.DAY_KINDS,
    "calendar_status": vocabulary.CALENDAR_STATUSES,
    "migration_status": vocabulary.MIGRATION_STATUSES,
    "migration_verdict": vocabulary.MIGRATION_VERDICTS,
    "migration_outcome": vocabulary.MIGRATION_OUTCOMES,
    "role": {role.id: role.name for role in ROLES.values()},
}
"""The closed lists by the name a template calls them by."""


def word(listing: str, code: str | None) -> str:
    """Return what a code of a closed list is called; the code itself when nobody named it, '' for none."""
    if not code:
        return ""
    if listing in OWN:
        return str(OWN[listing].get(code, code))
    name = LISTS[listing].get(code)
    return gettext(name) if name else code


def words(listing: str) -> list[tuple[str, str]]:
    """Return all codes of a closed list with their names, in the order of the list."""
    return [(code, gettext(name)) for code, name in LISTS[listing].items()]


def holders(who: str) -> str:
    """Return whose turn a step is, as casework writes it (``城东派出所专管员、督察``), in the page's language."""
    return str(gettext(SEPARATOR)).join(_holder(one) for one in who.split(SEPARATOR))


def _holder(who: str) -> str:
    for role in ROLES.values():
        if who.endswith(role.name):
            unit = who.removesuffix(role.name)
            named = gettext(role.name)
            return named if not unit else f"{unit}{named}" if named == role.name else f"{unit} {named}"
    return who


def register(app: Flask) -> None:
    """Give the templates `word(listing, code)`, `words(listing)` and `holders(who)`."""
    app.jinja_env.globals.update(word=word, words=words, holders=holders)
