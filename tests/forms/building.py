"""Short ways to compile a few components and to fill them in without a web server."""

import io
import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import Form

from forms import CompiledForm, Option, StepForm, Upload, UploadedFile, compile_form

NOW = datetime(2026, 3, 15, 2, 30, tzinfo=UTC)  # 10:30 in the bureau


class Bureau:
    """Two units with three officers, two matters and a list of categories."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def units(self) -> Sequence[Option]:
        self.asked.append(("units",))
        return [Option(11, "城关派出所"), Option(12, "交警大队")]

    def officers(self, unit_id: int | None, role: str | None) -> Sequence[Option]:
        self.asked.append(("officers", unit_id, role))
        everyone = [
            Option(21, "王伟", "城关派出所", 11),
            Option(22, "李娜", "城关派出所", 11),
            Option(23, "赵强", "交警大队", 12),
        ]
        return [one for one in everyone if unit_id in (None, one.unit)]

    def matters(self, query: str) -> Sequence[Option]:
        matters = [
            Option(31, "夜间噪声扰民", code="MY2026-000031"),
            Option(32, "窗口排队时间长", code="MY2026-000032"),
        ]
        return [m for m in matters if query.upper() in m.code or query == str(m.value) or query in m.label]

    def values(self, name: str) -> Sequence[Option]:
        assert name == "categories"
        return [Option("noise", "噪声"), Option("queue", "排队")]


class Shelf:
    """Keeps uploads in memory."""

    def __init__(self, refuses: str = "") -> None:
        self.kept: dict[str, tuple[Upload, bytes]] = {}
        self.refuses = refuses
        self._numbers = itertools.count(1)

    def keep(self, file: UploadedFile, filename: str) -> Upload:
        if self.refuses:
            raise ValueError(self.refuses)
        content = file.stream.read()
        upload = Upload(f"token{next(self._numbers)}", filename, len(content))
        self.kept[upload.token] = (upload, content)
        return upload

    def find(self, token: str) -> Upload | None:
        found = self.kept.get(token)
        return found[0] if found else None


def schema(*components: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "default", "schemaVersion": 18, "components": [dict(one) for one in components]}


def compiled(*components: Mapping[str, Any]) -> CompiledForm:
    return compile_form(schema(*components), name="example")


def fill(form: CompiledForm, sent: Any = None, **given: Any) -> StepForm:
    """An instance that was sent these values; a list of pairs or a dict with lists for repeated names."""
    formdata: Any = None if sent is None else MultiDict(sent)
    given.setdefault("choices", Bureau())
    given.setdefault("now", NOW)
    return form.form_class(Form)(formdata, **given)


def messages(form: CompiledForm, sent: Any, **given: Any) -> list[str]:
    """The error summary after validating what was sent; empty when it was accepted."""
    filled = fill(form, sent, **given)
    accepted = filled.validate()
    found = [fault.message for fault in filled.faults()]
    assert accepted == (not found), "validate() and the summary disagree"
    return found


def answers(form: CompiledForm, sent: Any, **given: Any) -> dict[str, Any]:
    """The answers of a form that must be accepted."""
    filled = fill(form, sent, **given)
    assert filled.validate(), filled.errors
    return form.answers(filled)


def upload(name: str, content: bytes = b"%PDF-1.7") -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name)
