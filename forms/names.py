"""Which keys a form may use: names that work in HTML, in WTForms, in process data and in expressions."""

from __future__ import annotations

import keyword
import re

from flask_wtf import FlaskForm
from wtforms import Form

from forms.node import Node

_SHAPE = re.compile(r"[a-z][a-z0-9_]{0,40}")
_WORDS_OF_EXPRESSIONS = frozenset({"true", "false", "null", "none", "typename"})
_NAMES_OF_PAGES = frozenset(
    {"csrf_token", "key", "row_add", "row_remove", "file_remove", "idempotency_key", "request_key", "revision"}
    | {"meta", "form_errors", "surroundings", "surrounding_form", "row_number"}
)
_HOOKS = ("validate_", "filter_")


def fault_of_key(key: str, *bases: type) -> tuple[str, str] | None:
    """Return why a key cannot be used, in Chinese and English; None when it can.

    ``bases`` are the form classes, beside WTForms' own, whose members it must not shadow. ``typename`` would
    make saved process data unreadable, and WTForms takes ``validate_x`` and ``filter_x`` for hooks of ``x``.
    """
    if not _SHAPE.fullmatch(key):
        return (
            "键须以小写字母开头，只含小写字母、数字和下划线，最长 41 个字符",
            "a key begins with a lower-case letter and holds at most 41 of a-z, 0-9 and _",
        )
    if keyword.iskeyword(key) or key in _WORDS_OF_EXPRESSIONS:
        return (f"“{key}”是表达式的保留字", f"'{key}' is a reserved word of expressions")
    if (
        key.startswith(_HOOKS)
        or key in _NAMES_OF_PAGES
        or any(hasattr(base, key) for base in (Form, FlaskForm, *bases))
    ):
        return (f"“{key}”是系统内部使用的名称", f"'{key}' is a name that the system uses itself")
    return None


class Keys:
    """The keys and paths met so far in one scope (a form, or one row of a list)."""

    def __init__(self, *bases: type) -> None:
        self._bases = bases
        self._places: dict[str, str] = {}

    def take(self, node: Node, attribute: str) -> str:
        """Return the key that ``node`` names in ``attribute``, '' (and a problem) when it cannot be used."""
        if attribute not in node.data:
            node.refuse(attribute, "缺少这个属性", "is missing")
            return ""
        key = node.data[attribute]
        if not isinstance(key, str):
            node.refuse(attribute, "应是文字", "must be text")
            return ""
        fault = fault_of_key(key, *self._bases)
        if fault is not None:
            node.refuse(attribute, *fault)
            return ""
        if key in self._places:
            earlier = self._places[key]
            node.refuse(attribute, f"“{key}”已用在 {earlier}", f"'{key}' is already used at {earlier}")
            return ""
        self._places[key] = node.at(attribute)
        return key
