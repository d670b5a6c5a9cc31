"""The text of a PDF, read in a process of its own: a hostile file takes its own time and memory, and crashes itself.

Run as a program it reads a PDF from standard input and writes one JSON object a line, ``{"text": …}`` or
``{"unread": …}``, as it goes: what was read before a limit was hit is screened all the same.
"""

import json
import logging
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from io import BytesIO
from itertools import islice
from typing import Any, Final

MAX_PAGES: Final = 300
MAX_LAID_OUT: Final = 30  # pages that are also read by their layout, which is slow
MAX_TEXT: Final = 2_000_000  # characters
SECONDS: Final = 15
CPU_SECONDS: Final = 12
MEMORY: Final = 1024 * 1024 * 1024  # bytes
MOST_NAMED: Final = 10  # pages that are listed one by one
FEW: Final = 30  # characters: less on a page with a picture is a stamp or a page number, not its text
MAX_DEPTH: Final = 4

DAMAGED: Final = "文件损坏，没有全部读取"
PROTECTED: Final = "有密码，没有读取"
TOO_LARGE: Final = "页数或内容过多，没有全部读取"
INSIDE: Final = "有内嵌文件没有读取"


def pdf_text(content: bytes) -> tuple[str, str]:
    """Return a PDF's text and, in Chinese, why some of it was not read ('' when all was). Takes 15 seconds at most."""
    late = ""
    try:
        run = subprocess.run(  # noqa: S603 - our own interpreter with this very file
            [sys.executable, "-I", __file__], input=content, capture_output=True, timeout=SECONDS, check=False
        )
        output, failed = run.stdout, run.returncode != 0
    except subprocess.TimeoutExpired as expired:
        output, failed, late = expired.stdout or b"", False, TOO_LARGE
    texts: list[str] = []
    unread: list[str] = []
    for line in output.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue  # the line it was writing when it was stopped
        texts += [said["text"]] if "text" in said else []
        unread += [said["unread"]] if "unread" in said else []
    if failed:
        unread.append(DAMAGED if texts or unread else "文件损坏或过大，没有读取")
    if late:
        unread.append(late)
    return "\n".join(texts), "；".join(dict.fromkeys(unread))


class _Output:
    """Writes what is found, up to a limit."""

    def __init__(self) -> None:
        self.left = MAX_TEXT

    def text(self, words: str) -> None:
        if words.strip() and self.left > 0:
            self._write({"text": words[: self.left]})
            self.left -= len(words)
            if self.left <= 0:
                self.unread(TOO_LARGE)

    def unread(self, why: str) -> None:
        self._write({"unread": why})

    @staticmethod
    def _write(said: dict[str, str]) -> None:
        # ASCII only: a lone surrogate from a broken font is no reason to fail.
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Read a PDF from standard input and write what it says."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # Warnings of the library would go to a log, and they quote the file.
    logging.disable(logging.CRITICAL)
    from pypdf import PdfReader  # noqa: PLC0415 - only in the process that reads

    output = _Output()
    try:
        reader = PdfReader(BytesIO(sys.stdin.buffer.read()), strict=False)
        if reader.is_encrypted and not _opens(reader):
            output.unread(PROTECTED)
            return
        _read(reader, output)
    except MemoryError:
        output.unread(TOO_LARGE)
    except Exception:  # noqa: BLE001 - the library raises anything for a broken file
        output.unread(DAMAGED)


def _opens(reader: Any) -> bool:
    try:
        return bool(reader.decrypt(""))
    except Exception:  # noqa: BLE001 - a cipher it does not know: not readable is what is to be said
        return False


def _read(reader: Any, output: _Output) -> None:
    for about in (_properties, _bookmarks, _fields, _layers, _embedded):
        _attempt(partial(about, reader, output), output)
    unread: list[int] = []
    count = len(reader.pages)
    for number in range(1, min(count, MAX_PAGES) + 1):
        if output.left <= 0:
            break
        if not _attempt(partial(_numbered, reader, number, unread, output), output):
            unread.append(number)
    if count > MAX_PAGES:
        output.unread(TOO_LARGE)
    if count == 0:
        output.unread(DAMAGED)
    if unread:
        listed = "、".join(map(str, unread[:MOST_NAMED])) + ("…" if len(unread) > MOST_NAMED else "")
        whole = len(unread) == count
        output.unread(
            "是扫描件或图片，其中的文字没有读取" if whole else f"第{listed}页是扫描件或图片，其中的文字没有读取"
        )


def _attempt(step: Callable[[], None], output: _Output) -> bool:
    try:
        step()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - one broken part is no reason to leave the others unread
        output.unread(DAMAGED)
        return False
    return True


def _numbered(reader: Any, number: int, unread: list[int], output: _Output) -> None:
    _page(reader.pages[number - 1], number, unread, output)


def _page(page: Any, number: int, unread: list[int], output: _Output) -> None:
    text = page.extract_text() or ""
    output.text(text)
    if number <= MAX_LAID_OUT and text.strip():
        with suppress(Exception):  # a second reading; the first one stands
            output.text(page.extract_text(extraction_mode="layout"))
    for annotation in page.get("/Annots") or ():
        _annotation(page, annotation.get_object(), output)
    resources = _object(page.get("/Resources")) or {}
    visible = sum(not character.isspace() for character in text)
    pictured = any(kind == "/Image" for kind in _drawn(resources, 0))
    contents = page.get_contents()
    drawn = contents is not None and bool(contents.get_data().strip())
    if (
        (visible < FEW and pictured)
        or (not visible and drawn)
        or any(_is_opaque(font) for font in _fonts(resources, 0))
    ):
        unread.append(number)


def _annotation(page: Any, annotation: Any, output: _Output) -> None:
    for key in ("/Contents", "/V", "/T", "/TU", "/RC", "/Subj", "/DV"):
        if annotation.get(key) is not None:
            output.text(str(_object(annotation[key])))
    look = _object((_object(annotation.get("/AP")) or {}).get("/N"))
    if look is not None and hasattr(look, "get_data"):
        output.text(page.extract_xform_text(look))


def _properties(reader: Any, output: _Output) -> None:
    output.text("\n".join(str(value) for value in (reader.metadata or {}).values()))
    packet = _object(reader.root_object.get("/Metadata"))
    if packet is not None:
        output.text(packet.get_data().decode("utf-8", "ignore"))


def _bookmarks(reader: Any, output: _Output) -> None:
    def titles(items: Any, depth: int) -> Iterator[str]:
        for item in items:
            if isinstance(item, list):
                yield from titles(item, depth + 1) if depth < MAX_DEPTH * 4 else ()
            else:
                yield str(item.title)

    output.text("\n".join(islice(titles(reader.outline, 0), 5_000)))


def _fields(reader: Any, output: _Output) -> None:
    form = _object(reader.root_object.get("/AcroForm")) or {}
    for field in (reader.get_fields() or {}).values():
        output.text("\n".join(str(value) for value in (field.value, field.name, field.alternate_name) if value))
    templates = _object(form.get("/XFA")) or ()
    for part in templates if isinstance(templates, list) else (templates,):
        stream = _object(part)
        if hasattr(stream, "get_data"):
            output.text(stream.get_data().decode("utf-8", "ignore"))


def _layers(reader: Any, output: _Output) -> None:
    layers = _object(reader.root_object.get("/OCProperties")) or {}
    output.text("\n".join(str(_object(layer).get("/Name", "")) for layer in _object(layers.get("/OCGs")) or ()))


def _embedded(reader: Any, output: _Output) -> None:
    names = list(reader.attachments)
    if names:
        output.text("\n".join(names))
        output.unread(INSIDE)


def _drawn(resources: Any, depth: int) -> Iterator[str]:
    """Yield the kinds of what a page draws from elsewhere, forms within forms included."""
    for one in (_object(resources.get("/XObject")) or {}).values():
        drawn = _object(one)
        if drawn is None:
            continue
        yield str(drawn.get("/Subtype"))
        inner = _object(drawn.get("/Resources"))
        if inner is not None and depth < MAX_DEPTH:
            yield from _drawn(inner, depth + 1)


def _fonts(resources: Any, depth: int) -> Iterator[Any]:
    yield from (_object(font) for font in (_object(resources.get("/Font")) or {}).values())
    for one in (_object(resources.get("/XObject")) or {}).values():
        inner = _object((_object(one) or {}).get("/Resources"))
        if inner is not None and depth < MAX_DEPTH:
            yield from _fonts(inner, depth + 1)


def _is_opaque(font: Any) -> bool:
    """Tell whether nothing says which characters a font's glyphs are."""
    if font is None or "/ToUnicode" in font:
        return False
    if font.get("/Subtype") == "/Type3":
        return True
    encoding = _object(font.get("/Encoding"))
    return font.get("/Subtype") == "/Type0" and (str(encoding).startswith("/Identity") or hasattr(encoding, "get_data"))


def _object(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value


if __name__ == "__main__":
    main()
