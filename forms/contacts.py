"""Records of having spoken with the petitioner: what is asked about each contact."""

from __future__ import annotations

from typing import Any

from forms.component import Component, Option
from forms.messages import N_

METHODS: tuple[Option, ...] = (
    Option("phone", N_("电话沟通")),
    Option("meeting", N_("见面约谈")),
    Option("visit", N_("上门走访")),
    Option("explanation", N_("解释疏导")),
    Option("message", N_("短信或网络消息")),
)
"""How an officer may have been in touch: value in the record -> what people read."""


def contact_questions(place: str) -> tuple[Component, ...]:
    """Return the questions of one contact record: method, time, with whom, what came of it."""
    beside: dict[str, Any] = {"required": True, "row": "contact"}
    return (
        Component("select", f"{place}.method", "method", N_("联系方式"), options=METHODS, **beside),
        Component("datetime", f"{place}.at", "at", N_("联系时间"), subtype="datetime", maximum="now", **beside),
        Component("textfield", f"{place}.whom", "whom", N_("联系人"), max_length=50, **beside),
        Component("textarea", f"{place}.summary", "summary", N_("沟通情况"), required=True, max_length=1000),
    )
