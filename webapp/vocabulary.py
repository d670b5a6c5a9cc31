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
from rules.emergency import ADVICE, CATEGORIES

EVENTS: dict[str, Any] = {
    "registered": _("登记"),
    "judged": _("自动研判"),
    "linked": _("关联重复诉求"),
    "unlinked": _("解除关联"),
    "related": _("认定为同一件事"),
    "told_apart": _("认定不是同一件事"),
    "completed": _("完成"),
    "accepted": _("受理"),
    "not_accepted": _("不予受理"),
    "found_out_of_scope": _("不属公安职责"),
    "handed_on": _("转办"),
    "kept": _("确认属于公安职责"),
    "assigned": _("交办"),
    "reassigned": _("改派"),
    "settled": _("裁定承办单位"),
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
    "supervised": _("发出督查"),
    "supervision_ended": _("督查办结"),
    "transfer_ended": _("转办结果"),
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
    "alarm_acknowledged": _("签收紧急情况"),
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
    "learned": _("从已办事项学到"),
}
"""What a word of a message speaks for."""

SEPARATOR = "、"

ATTEMPT_PLACES: dict[str, Any] = {
    "access_tokens": _("接口令牌"),
    "account": _("我的资料与密码"),
    "alarms": _("签收紧急情况"),
    "api": _("接口"),
    "attachment": _("已有附件"),
    "board": _("督办签收"),
    "bureau": _("基础资料"),
    "calendar": _("工作日历"),
    "clocks": _("延期、暂停和恢复计时"),
    "import": _("批量导入"),
    "imports": _("批量导入"),
    "instances": _("流程运行"),
    "intake": _("登记事项"),
    "matters": _("事项"),
    "migrations": _("流程迁移"),
    "notices": _("通知"),
    "processes": _("流程与表单"),
    "schedules": _("定时启动"),
    "secret_words": _("涉密词表"),
    "session": _("登录"),
    "standalone": _("办理任务"),
    "tasks": _("办理任务"),
}
"""Where somebody tried to bring a secret in: the part of the pages, as an endpoint begins."""

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

MESSAGES: dict[str, Any] = {
    "supervision_opened": _("立督查件"),
    "accountability_opened": _("立问责件"),
    "transfer_opened": _("立转办件"),
    "primary_replied": _("原件已回复"),
}
"""What the messages are called that the bureau's own diagrams send each other."""

RUNGS: dict[str, Any] = {"reminder": _("临期"), "late": _("超期"), "overdue": _("再超")}
"""How far past its deadline a step is in the table of escalations."""

RUNG_STEPS: dict[str, Any] = {
    "handling": _("承办办理"),
    "settle": _("裁定承办单位"),
    "review": _("审核"),
    "approve": _("审批"),
}
"""The steps that the table of escalations tells apart."""

TOLD: dict[str, Any] = {
    "holder": _("办理人"),
    "instructor": _("教导员"),
    "bureau_leader": _("分管局领导"),
    "inspectorate": _("督察"),
}
"""Whom the table of escalations tells."""

SUPERVISIONS: dict[str, Any] = {"none": _("不督查"), "prompt": _("督查提示"), "order": _("督办单")}
"""What the table of escalations opens."""

OWN: dict[str, dict[str, Any]] = {
    "event": EVENTS,
    "effect": EFFECTS,
    "message": MESSAGES,
    "rung": RUNGS,
    "rung_step": RUNG_STEPS,
    "told": TOLD,
    "supervision": SUPERVISIONS,
    "attempt_place": ATTEMPT_PLACES,
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
    "report_day": vocabulary.REPORT_DAYS,
    "unit_kind": vocabulary.UNIT_KINDS,
    "level": vocabulary.LEVELS,
    "alarm": CATEGORIES,
    "alarm_advice": ADVICE,
    "token_scope": vocabulary.TOKEN_SCOPES,
    "contact_method": vocabulary.CONTACT_METHODS,
    "dispatch_status": vocabulary.DISPATCH_STATUSES,
    "import_outcome": vocabulary.IMPORT_OUTCOMES,
    "import_status": vocabulary.IMPORT_STATUSES,
    "keyword_kind": vocabulary.KEYWORD_KINDS,
    "keyword_state": vocabulary.KEYWORD_STATES,
    "preview_status": vocabulary.PREVIEW_STATUSES,
    "day_kind": vocabulary.DAY_KINDS,
    "calendar_status": vocabulary.CALENDAR_STATUSES,
    "migration_status": vocabulary.MIGRATION_STATUSES,
    "migration_verdict": vocabulary.MIGRATION_VERDICTS,
    "migration_outcome": vocabulary.MIGRATION_OUTCOMES,
    "proceeding_kind": vocabulary.PROCEEDING_KINDS,
    "proceeding_status": vocabulary.PROCEEDING_STATUSES,
    "proceeding_outcome": vocabulary.PROCEEDING_OUTCOMES,
    "supervision_level": vocabulary.SUPERVISION_LEVELS,
    "sanction": vocabulary.SANCTIONS,
    "model_state": vocabulary.MODEL_STATES,
    "model_event": vocabulary.MODEL_EVENTS,
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
