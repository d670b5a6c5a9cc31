"""The types of components, and which attributes each understands. What is not listed is refused."""

from __future__ import annotations

from dataclasses import dataclass

_ALWAYS = frozenset({"type", "id", "layout", "conditional", "properties"})
_NAMED = _ALWAYS | {"key", "label", "description", "validate"}
_ASKING = _NAMED | {"disabled", "readonly"}
_LISTS = _ASKING | {"values", "valuesKey", "defaultValue", "searchable"}
_REQUIRED = frozenset({"required"})
_LENGTHS = frozenset({"required", "minLength", "maxLength"})
_RANGE = frozenset({"required", "min", "max"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One type: the attributes it takes, those inside ``validate``, and whether it may stand in a row."""

    attributes: frozenset[str]
    validate: frozenset[str] = frozenset()
    in_rows: bool = True


KINDS: dict[str, Kind] = {
    "textfield": Kind(
        _ASKING | {"defaultValue", "appearance"},
        _LENGTHS | {"pattern", "patternErrorMessage", "validationType"},
    ),
    "textarea": Kind(_ASKING | {"defaultValue"}, _LENGTHS),
    "number": Kind(_ASKING | {"defaultValue", "appearance", "decimalDigits"}, _RANGE),
    "datetime": Kind(
        _ASKING
        | {"defaultValue", "subtype", "dateLabel", "timeLabel", "disallowPassedDates"}
        | {"timeSerializingFormat", "timeInterval", "use24h"},
        _RANGE,
    ),
    "select": Kind(_LISTS, _REQUIRED),
    "radio": Kind(_LISTS, _REQUIRED),
    "checkbox": Kind(_ASKING | {"defaultValue"}, _REQUIRED),
    "checklist": Kind(_LISTS, _REQUIRED),
    "filepicker": Kind(_NAMED | {"accept", "multiple"}, frozenset({"required", "maxSize", "maxCount"}), in_rows=False),
    "unit": Kind(_ASKING, _REQUIRED),
    "officer": Kind(_ASKING, _REQUIRED),
    "matter": Kind(_ASKING, _REQUIRED),
    "contacts": Kind(_NAMED, _RANGE, in_rows=False),
    "dynamiclist": Kind(
        _NAMED
        | {"path", "components", "isRepeating", "allowAddRemove", "defaultRepetitions"}
        | {"showOutline", "verticalAlignment", "disableCollapse", "nonCollapsedItems"},
        _RANGE,
        in_rows=False,
    ),
    "group": Kind(
        _ALWAYS | {"label", "description", "path", "components", "showOutline", "verticalAlignment"}, in_rows=False
    ),
    "text": Kind(_ALWAYS | {"text"}),
    "spacer": Kind(_ALWAYS | {"height"}),
    "separator": Kind(_ALWAYS),
}

INSTEAD: dict[str, tuple[str, str]] = {
    "button": ("提交按钮由系统提供，请删除", "the system provides the submit button; remove it"),
    "html": ("不允许嵌入 HTML，请用 text", "HTML is not allowed; use text"),
    "taglist": ("请用 checklist", "use checklist"),
    "table": ("请用 dynamiclist", "use dynamiclist"),
    "expression": ("表单不做计算，请在流程里计算", "a form computes nothing; let the process do it"),
    "image": ("不支持图片", "images are not supported"),
    "iframe": ("不允许嵌入网页", "embedded pages are not allowed"),
}
"""Types that form-js has and we refuse: what to do instead, in Chinese and English."""
