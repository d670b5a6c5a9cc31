"""A page with one form of nearly every type, answered as the product answers it, without the rest of the product."""

from pathlib import Path
from typing import Any

import lxml.html
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

from forms import CompiledForm, compile_form
from tests.forms.building import NOW, Bureau, Shelf, schema

ROOT = Path(__file__).parents[2]
PAGE = """
{%- from 'forms/form.html' import render_form -%}
<!doctype html><html lang="zh"><head><title>表单</title></head><body><main>
{% call render_form(form, compiled, action='/step', matter_search='/matters') -%}
<button class="btn btn-primary">提交</button>
{%- endcall %}
</main></body></html>
"""
VALUES = [{"label": "同意", "value": "approve"}, {"label": "退回 <b>", "value": "reject"}]
COMPONENTS: tuple[dict[str, Any], ...] = (
    {
        "type": "text",
        "text": "# 说明\n\n请<b>如实</b>填写。\n- 第一\n- 第二\n\n1. 甲",
        "conditional": {"hide": 'decision = "reject"'},
    },
    {
        "type": "radio",
        "key": "decision",
        "label": "审核意见",
        "description": "谁主管谁负责",
        "values": VALUES,
        "validate": {"required": True},
    },
    {
        "type": "textarea",
        "key": "reason",
        "label": "退回<理由>",
        "validate": {"required": True, "maxLength": 20},
        "conditional": {"hide": '=decision != "reject"'},
    },
    {"type": "number", "key": "amount", "label": "金额", "appearance": {"prefixAdorner": "约", "suffixAdorner": "元"}},
    {
        "type": "group",
        "label": "时间",
        "components": [
            {
                "type": "datetime",
                "subtype": "date",
                "key": "day",
                "label": "日期",
                "validate": {"max": "today"},
                "layout": {"row": "r", "columns": 8},
            },
            {"type": "datetime", "subtype": "datetime", "key": "at", "label": "时刻", "layout": {"row": "r"}},
        ],
    },
    {"type": "separator"},
    {"type": "spacer"},
    {"type": "select", "key": "category", "label": "类别", "valuesKey": "categories"},
    {"type": "checklist", "key": "topics", "label": "方面", "values": VALUES},
    {"type": "checkbox", "key": "told", "label": "已告知"},
    {"type": "textfield", "key": "title", "label": "标题", "readonly": True, "defaultValue": "固定"},
    {"type": "unit", "key": "unit", "label": "单位"},
    {"type": "officer", "key": "officer", "label": "民警", "properties": {"role": "handler", "unit": "unit"}},
    {"type": "matter", "key": "primary", "label": "关联事项"},
    {
        "type": "filepicker",
        "key": "files",
        "label": "附件",
        "accept": ".pdf,.jpg",
        "multiple": True,
        "validate": {"maxCount": 3},
    },
    {"type": "contacts", "key": "contacts", "label": "联系记录", "validate": {"required": True}},
)


class Site:
    """A page with one form, answered as the product answers it: 422 with what was typed, or the answers."""

    def __init__(self, *, csrf: bool = False) -> None:
        self.compiled: CompiledForm = compile_form(schema(*COMPONENTS), name="example")
        self.shelf = Shelf()
        app = Flask("page", template_folder=str(ROOT / "webapp" / "templates"))
        app.config.update(SECRET_KEY="for tests", WTF_CSRF_ENABLED=csrf, TESTING=True)
        app.jinja_env.add_extension("jinja2.ext.i18n")
        app.jinja_env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
        app.add_url_rule("/step", view_func=self.step, methods=["GET", "POST"])
        self.client = app.test_client()

    def step(self) -> Any:
        form: Any = self.compiled.form_class(FlaskForm)(choices=Bureau(), uploads=self.shelf, now=NOW)
        if form.is_submitted() and not form.rearrange() and form.validate():
            return self.compiled.answers(form)
        page = render_template_string(PAGE, form=form, compiled=self.compiled)
        return page, 422 if form.is_submitted() else 200

    def first(self) -> HtmlElement:
        answer = self.client.get("/step")
        assert answer.status_code == 200
        return lxml.html.fromstring(answer.text)

    def send(self, **data: Any) -> TestResponse:
        return self.client.post("/step", data=data, content_type="multipart/form-data")

    def refused(self, **data: Any) -> HtmlElement:
        answer = self.send(**data)
        assert answer.status_code == 422
        return lxml.html.fromstring(answer.text)
