"""Reading what is particular to each type of component: limits, lists, defaults, files, records."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from forms.component import RECORDS, Option
from forms.messages import NO_EMAIL, NO_PHONE
from forms.moments import SHAPES, read_moment
from forms.node import Node
from forms.patterns import LONGEST_ANSWER, PatternError, compile_pattern
from forms.text import clean_line, clean_text

LONGEST_TEXT = 20_000
"""Characters of a textarea at most; 5000 when the schema says nothing."""

MEGABYTE = 1024 * 1024
EXTENSIONS = (
    *("pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "wps", "et", "txt", "csv", "ofd"),
    *("jpg", "jpeg", "png", "gif", "webp", "mp3", "wav", "m4a", "amr", "mp4", "mov", "zip"),
)
"""Extensions of files that are taken when the schema names none; it may name only these."""

_MOST_OPTIONS = 300
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,40}")
_SHAPES_OF_TEXT = {
    "email": (re.compile(r"^[^@\s]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}$"), NO_EMAIL),
    "phone": (
        re.compile(
            r"^(?:\+?86[ -]?)?(?:1\d{10}|0\d{2,3}[ -]?\d{7,8}(?:-\d{1,6})?|\d{3,8}|400[ -]?\d{3}[ -]?\d{4})$", re.ASCII
        ),
        NO_PHONE,
    ),
}


def read_presentation(node: Node) -> dict[str, Any]:
    """Return what any component may have: label, hint, place in the grid, condition, own properties."""
    label = node.text("label")
    if node.data.get("type") == "datetime" and not label:
        label = node.text("dateLabel") or node.text("timeLabel")
    for name, text in (("label", label), ("description", node.data.get("description"))):
        if isinstance(text, str) and (text.startswith("=") or "{{" in text):
            node.refuse(name, "只能写文字，不支持表达式", "must be plain text; expressions are not supported")
    layout = node.child("layout")
    layout.only({"row", "columns"})
    appearance = node.child("appearance")
    appearance.only({"prefixAdorner", "suffixAdorner"})
    conditional = node.child("conditional")
    conditional.only({"hide"})
    node.text("id", longest=100)
    row = layout.text("row") if layout.data.get("row") is not None else ""
    return {
        "label": label,
        "description": node.text("description", longest=1000, lines=True),
        "row": row,
        "columns": layout.whole("columns", 1, 16),
        "prefix": appearance.text("prefixAdorner", longest=20),
        "suffix": appearance.text("suffixAdorner", longest=20),
        "hide": conditional.text("hide", longest=600, lines=True),
        "properties": _properties(node),
    }


def read_details(node: Node, validate: Node, lists: Collection[str] | None) -> dict[str, Any]:
    """Return the attributes of a component that asks one thing, as arguments of Component."""
    name = str(node.data["type"])
    if name in RECORDS:
        return _record(node)
    if name in {"select", "radio", "checklist"}:
        return _choices(node, lists)
    readers: dict[str, Callable[[Node, Node], dict[str, Any]]] = {
        "textfield": _textfield,
        "textarea": _textarea,
        "number": _number,
        "datetime": _moment,
        "checkbox": _checkbox,
        "filepicker": _files,
    }
    return readers[name](node, validate)


def _properties(node: Node) -> dict[str, Any]:
    properties = node.child("properties")
    for name, value in properties.data.items():
        if not isinstance(name, str) or not isinstance(value, (str, int, float, bool)):
            properties.refuse(str(name)[:40], "应是文字或数字", "must be text or a number")
    return {str(name): value for name, value in properties.data.items()}


def _textfield(node: Node, validate: Node) -> dict[str, Any]:
    details = _lengths(node, validate, LONGEST_ANSWER, LONGEST_ANSWER)
    pattern = validate.text("pattern", longest=10_000)
    message = validate.text("patternErrorMessage")
    kind = validate.text("validationType")
    if kind in _SHAPES_OF_TEXT:
        details["pattern"], standard = _SHAPES_OF_TEXT[kind]
        details["pattern_message"] = message or standard
        if pattern:
            validate.refuse("pattern", f"已选“{kind}”，不能再写正则表达式", f"'{kind}' is chosen already")
    elif kind not in {"", "custom"}:
        validate.refuse("validationType", "应是 email、phone 或 custom", "must be email, phone or custom")
    elif pattern:
        try:
            details["pattern"] = compile_pattern(pattern)
        except PatternError as error:
            validate.refuse("pattern", error.message, error.message_en)
        details["pattern_message"] = message
    elif message:
        validate.refuse("patternErrorMessage", "没有写 pattern", "there is no pattern")
    default, shape = details.get("default"), details.get("pattern")
    if default and shape is not None and not shape.search(default):
        node.refuse("defaultValue", "不符合 pattern", "does not match the pattern")
    return details


def _textarea(node: Node, validate: Node) -> dict[str, Any]:
    return _lengths(node, validate, LONGEST_TEXT, 5000, lines=True)


def _lengths(node: Node, validate: Node, most: int, standard: int, *, lines: bool = False) -> dict[str, Any]:
    low, high = validate.whole("minLength", 0, most), validate.whole("maxLength", 1, most)
    limit = standard if high is None else high
    if low is not None and low > limit:
        validate.refuse("minLength", "不能大于 maxLength", "must not exceed maxLength")
    text = (
        node.text("defaultValue", longest=LONGEST_TEXT, lines=lines)
        if node.data.get("defaultValue") is not None
        else ""
    )
    default = clean_text(text) if lines else clean_line(text)
    if default and not (low or 0) <= len(default) <= limit:
        node.refuse("defaultValue", "长度不符合要求", "has not the required length")
    return {"min_length": low, "max_length": limit, "default": default or None}


def _number(node: Node, validate: Node) -> dict[str, Any]:
    low, high, default = validate.decimal("min"), validate.decimal("max"), node.decimal("defaultValue")
    decimals = node.whole("decimalDigits", 0, 6)
    if low is not None and high is not None and low > high:
        validate.refuse("min", "不能大于 max", "must not exceed max")
    if default is not None:
        if (low is not None and default < low) or (high is not None and default > high):
            node.refuse("defaultValue", "不在 min 与 max 之间", "is not between min and max")
        if decimals is not None and default != round(default, decimals):
            node.refuse("defaultValue", "小数位数过多", "has too many decimals")
    return {"minimum": low, "maximum": high, "decimals": decimals, "default": default}


def _moment(node: Node, validate: Node) -> dict[str, Any]:
    subtype = node.text("subtype") or "date"
    if subtype not in SHAPES:
        node.refuse("subtype", "应是 date、datetime 或 time", "must be date, datetime or time")
        subtype = "date"
    if node.text("timeSerializingFormat") not in {"", "utc_offset"}:
        node.refuse("timeSerializingFormat", "只支持 utc_offset", "only utc_offset is supported")
    node.flag("use24h")
    node.whole("timeInterval", 1, 720)
    low, high = _bound(validate, "min", subtype), _bound(validate, "max", subtype)
    if node.flag("disallowPassedDates"):
        if low is not None:
            validate.refuse("min", "与 disallowPassedDates 重复", "is said already by disallowPassedDates")
        low = "today" if subtype == "date" else "now"
    fixed = low is not None and high is not None and not {low, high} & {"today", "now"}
    if fixed and str(low) > str(high):
        validate.refuse("min", "不能晚于 max", "must not be later than max")
    default = _bound(node, "defaultValue", subtype)
    return {"subtype": subtype, "minimum": low, "maximum": high, "default": default}


def _bound(node: Node, name: str, subtype: str) -> str | None:
    value = node.data.get(name)
    if value is None:
        return None
    present = "today" if subtype == "date" else "now"
    if value == present:
        return present
    moment = read_moment(subtype, value) if isinstance(value, str) else None
    if moment is None:
        node.refuse(name, f"应写成 {SHAPES[subtype]} 或 {present}", f"must be {SHAPES[subtype]} or '{present}'")
    return moment


def _checkbox(node: Node, validate: Node) -> dict[str, Any]:
    del validate  # a checkbox has no limit beside being required
    return {"default": node.flag("defaultValue")}


def _choices(node: Node, lists: Collection[str] | None) -> dict[str, Any]:
    node.flag("searchable")
    key = node.text("valuesKey")
    if key and "values" in node.data:
        node.refuse("valuesKey", "values 与 valuesKey 只能写一个", "write either values or valuesKey, not both")
    if key and (not _IDENTIFIER.fullmatch(key) or (lists is not None and key not in lists)):
        known = "、".join(sorted(lists or ()))
        node.refuse("valuesKey", f"没有“{key}”这个列表；可用：{known}", f"there is no list '{key}'; known: {known}")
    options = _options(node)
    if not key and not options:
        node.refuse("values", "没有可选的值", "there is nothing to choose")
    return {"options": options, "list_key": key, "default": _chosen_at_first(node, options, key)}


def _options(node: Node) -> tuple[Option, ...]:
    options: dict[str, Option] = {}
    for index, data in enumerate(node.items("values", _MOST_OPTIONS)):
        entry = Node(data if isinstance(data, Mapping) else {}, f"{node.at('values')}[{index}]", node.problems)
        if not isinstance(data, Mapping):
            entry.problems.add(entry.place, "应写成 {label, value}", "must be {label, value}")
            continue
        entry.only({"label", "value"})
        value, label = entry.text("value", longest=100), entry.text("label")
        if not value or value != clean_line(value):
            entry.refuse("value", "应是不空的文字", "must be text that is not empty")
        elif value in options:
            entry.refuse("value", f"“{value}”重复", f"'{value}' stands twice")
        else:
            options[value] = Option(value, label)
        if not label:
            entry.refuse("label", "缺少标签", "is missing")
    return tuple(options.values())


def _chosen_at_first(node: Node, options: tuple[Option, ...], key: str) -> Any:
    value = node.data.get("defaultValue")
    many = node.data["type"] == "checklist"
    if value in (None, "", []):
        return () if many else None
    chosen = value if many and isinstance(value, list) else [value]
    offered = {option.value for option in options}
    if not all(isinstance(one, str) and (key or one in offered) for one in chosen) or (
        many and not isinstance(value, list)
    ):
        node.refuse("defaultValue", "不是可选的值", "is not one of the values")
        return () if many else None
    return tuple(chosen) if many else value


def _files(node: Node, validate: Node) -> dict[str, Any]:
    multiple = node.flag("multiple")
    size = validate.decimal("maxSize")
    if size is not None and not 0 < size <= 200:  # noqa: PLR2004 -- stated in the message beside it
        validate.refuse("maxSize", "应是 0 到 200 之间的 MB 数", "must be a number of megabytes, at most 200")
        size = None
    count = validate.whole("maxCount", 1, 20)
    if count is not None and count > 1 and not multiple:
        validate.refuse("maxCount", "multiple 不是 true，只能上传一个", "multiple is not true, so it is one")
    extensions = []
    for part in node.text("accept").split(","):
        extension = part.strip().lower().removeprefix(".")
        if extension and (not part.strip().startswith(".") or extension not in EXTENSIONS):
            node.refuse(
                "accept",
                f"不能接收“{part.strip()}”；应写成 .pdf,.jpg",
                f"'{part.strip()}' cannot be accepted; write .pdf,.jpg",
            )
        elif extension:
            extensions.append(extension)
    standard = 10 if multiple else 1
    return {
        "extensions": tuple(extensions) or EXTENSIONS,
        "max_size": int((20 if size is None else size) * MEGABYTE),
        "max_count": standard if count is None else count,
    }


def _record(node: Node) -> dict[str, Any]:
    properties = node.child("properties")
    details: dict[str, Any] = {}
    allowed = {"role", "unit"} if node.data["type"] == "officer" else set()
    for name in allowed:
        value = properties.data.get(name)
        if value is not None and not (isinstance(value, str) and _IDENTIFIER.fullmatch(value)):
            properties.refuse(name, "应是角色或本表单中单位项的键", "must be a role, or the key of a unit in this form")
        elif value is not None:
            details["role" if name == "role" else "unit_key"] = value
    return details
