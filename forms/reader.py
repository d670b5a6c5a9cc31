"""From a schema's JSON to checked components. Everything wrong is noted; nothing wrong gets through."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from forms.component import ROWS, Component
from forms.contacts import contact_questions
from forms.details import read_details, read_presentation
from forms.kinds import INSTEAD, KINDS, Kind
from forms.names import Keys
from forms.node import Node
from forms.problems import Problems
from forms.static_text import read_blocks

LARGEST_SCHEMA = 256 * 1024
"""Bytes of a schema file."""

MOST_COMPONENTS = 200
MOST_ROWS = 50
_DEEPEST = 4
_TOP = frozenset(
    {"schemaVersion", "type", "id", "components", "exporter", "executionPlatform", "executionPlatformVersion"}
    | {"versionTag", "$schema", "properties"}
)


def load_json(content: bytes, problems: Problems) -> Mapping[str, Any] | None:
    """Return the object in a schema file; None (and a problem) when it is no plain JSON object."""
    if len(content) > LARGEST_SCHEMA:
        problems.add("", f"文件超过 {LARGEST_SCHEMA // 1024} KB", f"larger than {LARGEST_SCHEMA // 1024} KB")
        return None
    try:
        data = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_no_twins)
    except (ValueError, RecursionError) as error:
        problems.add("", f"不是正确的 JSON：{error}", f"not valid JSON: {error}")
        return None
    if not isinstance(data, Mapping):
        problems.add("", "最外层应是 JSON 对象", "the outermost value must be a JSON object")
        return None
    return data


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number of JSON")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in names if names.count(name) > 1)}' stands twice in one object")
    return found


def read_components(
    data: Mapping[str, Any],
    problems: Problems,
    *,
    bases: tuple[type, ...],
    lists: Collection[str] | None,
) -> tuple[Component, ...]:
    """Return the components of a schema, as far as they could be read; ``problems`` says what could not.

    ``bases`` are form classes whose members no key may shadow; ``lists`` the ``valuesKey`` the host knows
    (None: any). Conditions are not read yet: they need all keys.
    """
    top = Node(data, "", problems)
    top.only(_TOP)
    if data.get("type", "default") != "default":
        top.refuse("type", "应是 default", "must be 'default'")
    version = data.get("schemaVersion", 1)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        top.refuse("schemaVersion", "应是大于等于 1 的整数", "must be a whole number, at least 1")
    top.text("id", longest=100)
    if "components" not in data:
        top.refuse("components", "缺少这个属性", "is missing")
    return _Reader(problems, bases, lists).components(top, Keys(*bases), (), 0)


class _Reader:
    """Walks the tree of components and counts them."""

    def __init__(self, problems: Problems, bases: tuple[type, ...], lists: Collection[str] | None) -> None:
        self._problems = problems
        self._bases = bases
        self._lists = lists
        self._count = 0

    def components(
        self, parent: Node, keys: Keys, path: tuple[str, ...], depth: int, *, in_row: bool = False
    ) -> tuple[Component, ...]:
        found = []
        for index, data in enumerate(parent.items("components", MOST_COMPONENTS)):
            place = f"{parent.at('components')}[{index}]"
            self._count += 1
            if self._count > MOST_COMPONENTS:
                self._problems.add(place, f"组件最多 {MOST_COMPONENTS} 个", f"more than {MOST_COMPONENTS} components")
                break
            if not isinstance(data, Mapping):
                self._problems.add(place, "应是一组属性（JSON 对象）", "must be a JSON object")
                continue
            node = Node(data, place, self._problems)
            kind = self._kind(node, depth, in_row=in_row)
            if kind is not None:
                found.append(self._component(node, kind, keys, path, depth))
        return tuple(found)

    def _kind(self, node: Node, depth: int, *, in_row: bool) -> Kind | None:
        """Return the kind of a component, None (and a problem) when it cannot stand here."""
        name = node.data.get("type")
        kind = KINDS.get(name) if isinstance(name, str) else None
        if kind is None:
            shown = name[:40] if isinstance(name, str) else "?"
            advice = INSTEAD.get(shown, ("请改用支持的类型", "use a supported type"))
            node.refuse("type", f"不支持“{shown}”这种组件；{advice[0]}", f"unknown type '{shown}'; {advice[1]}")
        elif in_row and not kind.in_rows:
            node.refuse("type", f"“{name}”不能放在重复行里", f"'{name}' cannot stand in a repeating row")
        elif depth > _DEEPEST:
            node.refuse("type", f"分组嵌套超过 {_DEEPEST} 层", f"groups nested more than {_DEEPEST} deep")
        else:
            return kind
        return None

    def _component(self, node: Node, kind: Kind, keys: Keys, path: tuple[str, ...], depth: int) -> Component:
        name = str(node.data["type"])
        node.only(kind.attributes)
        given: dict[str, Any] = {"type": name, "place": node.place, **read_presentation(node)}
        if name == "group":
            inner = (*path, keys.take(node, "path")) if node.data.get("path") else path
            children = self.components(node, keys, inner, depth + 1)
            return Component(**given, path=path, children=children)
        if name == "text":
            return Component(**given, blocks=read_blocks(node.text("text", longest=5000, lines=True)))
        if name in {"spacer", "separator"}:
            node.whole("height", 1, 1000)
            return Component(**given)
        if not given["label"]:
            node.refuse("label", "缺少标签，填表的人不知道要填什么", "is missing: people would not know what is asked")
        validate = node.child("validate")
        validate.only(kind.validate)
        given.update(path=path, key=keys.take(node, _attribute_of_key(node)), required=validate.flag("required"))
        given.update(disabled=node.flag("disabled"), readonly=node.flag("readonly"))
        if name in ROWS:
            return Component(**given, **self._rows(node, validate, depth))
        return Component(**given, **read_details(node, validate, self._lists))

    def _rows(self, node: Node, validate: Node, depth: int) -> dict[str, Any]:
        low, high = validate.whole("min", 0, MOST_ROWS), validate.whole("max", 1, MOST_ROWS)
        if low is not None and high is not None and low > high:
            validate.refuse("min", "不能大于 max", "must not exceed max")
        at_first = node.whole("defaultRepetitions", 0, MOST_ROWS)
        if node.data["type"] == "contacts":
            children = contact_questions(node.place)
        else:
            if not node.flag("isRepeating", default=True):
                node.refuse("isRepeating", "不重复的内容请用 group", "use a group for what does not repeat")
            children = self.components(node, Keys(*self._bases), (), depth + 1, in_row=True)
            if not any(child.asks for child in children):
                node.refuse("components", "重复行里没有要填写的内容", "the row asks nothing")
        return {
            "minimum": None if low is None else Decimal(low),
            "maximum": Decimal(MOST_ROWS if high is None else high),
            "rows_at_first": 1 if at_first is None else at_first,
            "rows_change": node.flag("allowAddRemove", default=True),
            "children": children,
        }


def _attribute_of_key(node: Node) -> str:
    """Return where the key stands: form-js names a list of rows by ``path``, everything else by ``key``."""
    if node.data["type"] != "dynamiclist" or "path" not in node.data:
        return "key"
    if "key" in node.data:
        node.refuse("key", "path 与 key 只能写一个", "write either path or key, not both")
    return "path"
