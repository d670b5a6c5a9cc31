"""What messages, signals, errors and escalations look like in a matter's history, in Chinese and in English."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import g

from engine.casework.queries.records import HistoryView
from tests.webapp.conftest import Site
from webapp.history_lines import timeline

SAID: list[tuple[str, dict[str, Any], tuple[str, str], tuple[str, str]]] = [
    (
        "message_thrown",
        {"message": "补充材料", "payload": {}},
        ("发出通知", "发给同一事项的流程：补充材料"),
        ("Message sent", "To this matter's processes: 补充材料"),
    ),
    (
        "message_thrown",
        {"message": "补充材料", "payload": {}, "business_key": "MY2026-000009"},
        ("发出通知", "发给另一事项的流程：补充材料"),
        ("Message sent", "To another matter's processes: 补充材料"),
    ),
    ("message_received", {"message": "补充材料"}, ("收到通知", "补充材料"), ("Message received", "补充材料")),
    (
        "signal_thrown",
        {"signal": "汛情"},
        ("发出信号", "发给所有等待“汛情”的流程"),
        ("Signal sent", "To every process that waits for “汛情”"),
    ),
    ("signal_received", {"signal": "汛情"}, ("收到信号", "汛情"), ("Signal received", "汛情")),
    (
        "error_caught",
        {"code": "E1", "message": "查无此人"},
        ("转入异常处理", "查无此人（代码 E1）"),
        ("Turned to the error path", "查无此人 (code E1)"),
    ),
    ("escalation_caught", {"code": "E1", "message": "E1"}, ("上报处理", "E1"), ("Escalation taken up", "E1")),
    (
        "alarm_raised",
        {"categories": ["suicide", "threat"], "told": ["王受理", "周督察"]},
        ("紧急情况提醒", "自杀、自伤危险、扬言报复、暴力威胁；已告知：王受理、周督察"),
        (
            "Alarm raised",
            "danger of suicide or self-harm, threats of revenge or violence; Told: 王受理, 周督察",
        ),
    ),
    (
        "files_unread",
        {"files": [{"filename": "扫描.pdf", "reason": "第2页是扫描件或图片，其中的文字没有读取"}]},
        (
            "附件未能筛查",
            "请打开查看有无涉密内容：扫描.pdf（第2页是扫描件或图片，其中的文字没有读取）",
        ),
        (
            "Attachments not screened",
            "Please open and check for secrets: 扫描.pdf (scanned or pictures on page 2; text in them was not read)",
        ),
    ),
    (
        "escalation_uncaught",
        {"code": "E1", "message": "超过三次"},
        ("上报", "没有环节接手，流程继续：超过三次（代码 E1）"),
        ("Escalation", "No step takes it up, the process goes on: 超过三次 (code E1)"),
    ),
]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_event_is_a_plain_sentence(site: Site, language: str) -> None:
    at = datetime(2027, 3, 1, tzinfo=UTC)
    with site.app.test_request_context():
        g.language = language
        for event, details, *expected in SAID:
            view = HistoryView(1, at, event, "tell", "告知", "system", "系统", details)
            line = timeline([view], None, {})[0]  # type: ignore[arg-type]  # nothing typed is to be looked up
            assert (line["title"].removeprefix("告知 · "), line["note"]) == expected[0 if language == "zh" else 1]
            assert "MY2026-000009" not in str(line)
