"""Find the texts people read, and bring the catalogue up to them: ``python -m webapp.extraction``.

Python and templates are read by Babel's own extractors; these read what process owners write and the names that
casework gives to its codes.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po
from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = frozenset({"engine", "forms", "processes", "rules", "webapp"})
ENGLISH = ROOT / "webapp" / "translations" / "en" / "LC_MESSAGES" / "messages.po"

Found = tuple[int, None, str, list[str]]

FORM_KEYS = frozenset({"label", "description", "text", "placeholder", "title", "legend", "content", "unit", "error"})
"""Keys of a form's JSON whose text values are shown."""

_CHINESE = re.compile(r"[\u3400-\u9fff]")


def _shown(text: object) -> bool:
    return isinstance(text, str) and bool(_CHINESE.search(text))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in FORM_KEYS and _shown(value):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def form_texts(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield the labels, hints and choices of a ``.form`` file, all with the line 1."""
    del keywords, comment_tags, options
    for text in dict.fromkeys(_texts(json.load(file))):
        yield 1, None, text, []


def diagram_texts(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield the names of everything named in a ``.bpmn`` or ``.dmn`` file, with their lines."""
    del keywords, comment_tags, options
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    seen: set[str] = set()
    for element in etree.parse(file, parser).iter(etree.Element):
        for attribute in ("name", "label"):
            text = element.get(attribute)
            if text is not None and _shown(text) and text not in seen:
                seen.add(text)
                yield int(str(element.sourceline or 1)), None, str(text), []


def source_texts(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield the Chinese texts of a Python module that knows no catalogue: names of codes, sentences of errors.

    An f-string becomes a text with numbered places, ``%(1)s超期``, which webapp/sentences.py recognises.
    Docstrings, patterns and SQL are no texts. With the option ``names`` only what is assigned to these names is read,
    with ``least`` only what has at least so many characters.
    """
    del keywords, comment_tags
    tree: ast.AST = ast.parse(file.read())
    names, least = set(str(options.get("names", "")).split()), int(options.get("least", 1))
    parts = [tree] if not names else [node for node in ast.walk(tree) if _assigned(node) in names]
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            skipped.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            skipped.update(id(piece) for piece in node.values)
    for part in parts:
        for node in ast.walk(part):
            text = _said(node)
            if len(text) < least or id(node) in skipped or any(sign in text for sign in ("\\", "\n", "(?", ".*")):
                continue
            if _shown(text):
                yield getattr(node, "lineno", 1), None, text, []


def _said(node: ast.AST) -> str:
    """Return the text of a constant or an f-string, '' for any other node."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    place, said = 0, ""
    for piece in node.values:
        if isinstance(piece, ast.Constant):
            said += str(piece.value).replace("%", "%%")
        else:
            place += 1
            said += f"%({place})s"
    return said


def _assigned(node: ast.AST) -> str | None:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return next((target.id for target in targets if isinstance(target, ast.Name)), None)


def template() -> Catalog:
    """Return everything that has to be translated, as it stands in the sources now."""
    found = Catalog(project="minyi", charset="utf-8")
    with (ROOT / "babel.cfg").open(encoding="utf-8") as config:
        methods, options = parse_mapping_cfg(config)  # type: ignore[no-untyped-call]
    texts = extract_from_dir(str(ROOT), methods, options, directory_filter=_read)
    for name, line, text, _comments, context in sorted(texts, key=lambda found: (found[0], found[1])):
        found.add(text, None, [(name, line)], context=context)
    return found


def _read(folder: str) -> bool:
    parts = Path(folder).relative_to(ROOT).parts
    return parts[0] in FOLDERS and parts[1:2] not in {("static",), ("assets",), ("translations",)}


def update(path: Path) -> tuple[int, int]:
    """Bring a ``.po`` file up to the sources; return how many texts it has and how many lack a translation.

    Nothing is guessed from similar texts: a guess would be shown to people as if somebody had read it.
    """
    with path.open("rb") as opened:
        catalogue = read_po(opened)
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with path.open("wb") as written:
        write_po(written, catalogue, width=120, omit_header=False, sort_by_file=True, include_lineno=False)
    messages = [message for message in catalogue if message.id]
    return len(messages), sum(not _translated(message) for message in messages)


def _translated(message: Message) -> bool:
    said = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(said) and not message.fuzzy


def untranslated(path: Path) -> list[str]:
    """Return the texts that a ``.po`` file lacks, has only guessed, or has although nobody says them any more."""
    with path.open("rb") as opened:
        catalogue = read_po(opened)
    wanted = {message.id: message for message in template() if message.id}
    known = {message.id: message for message in catalogue if message.id}
    lacking = [key for key in wanted if key not in known or not _translated(known[key])]
    stale = [key for key in known if key not in wanted]
    return [str(key) for key in (*lacking, *stale)]


def main() -> int:
    """Update the English catalogue; return 1 when something in it waits for a translation."""
    total, lacking = update(ENGLISH)
    print(f"{total} texts, {lacking} without a translation")  # noqa: T201 - this is a command
    return int(bool(lacking))


if __name__ == "__main__":
    sys.exit(main())
