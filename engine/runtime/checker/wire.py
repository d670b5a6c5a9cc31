"""What passes between the checker and the process it works in: JSON, for no object of ours may come back from there."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from engine.runtime.checker.context import form_sentences
from engine.runtime.checker.known import Known
from engine.runtime.problems import Problem
from engine.runtime.protocol import Service


class FormFaults(ValueError):  # noqa: N818 - the plural says what it holds
    """What is wrong with a form, as the host's compiler said it: pairs of a Chinese and an English sentence."""

    def __init__(self, sentences: list[list[str]]) -> None:
        super().__init__(sentences)
        self.problems = [_Fault(zh, en) for zh, en in sentences]


class _Fault:
    def __init__(self, message: str, message_en: str) -> None:
        self.message, self.message_en = message, message_en


class FormFailed(Exception):  # noqa: N818 - what happened elsewhere, told again
    """The host's compiler failed on a form."""


def pack_request(files: Mapping[str, bytes], known: Known) -> bytes:
    """Write down what is to be checked. The forms are read here, by the host's own compiler."""
    forms: dict[str, Any] = {}
    for path, content in files.items():
        if path.endswith(".form"):
            forms[_digest(content)] = _read_form(known, content)
    return orjson.dumps(
        {
            "files": {path: base64.b64encode(content).decode() for path, content in files.items()},
            "services": {name: _service(service) for name, service in known.services.items()},
            "functions": sorted(known.functions),
            "roles": sorted(known.roles),
            "holders": None if known.holders is None else sorted(known.holders),
            "reads": None if known.reads is None else sorted(known.reads),
            "now": None if known.now is None else known.now.isoformat(),
            "start": known.start,
            "forms": forms,
        }
    )


def unpack_request(content: bytes) -> tuple[dict[str, bytes], Known]:
    """Read what is to be checked."""
    given = orjson.loads(content)
    forms = given["forms"]

    def fields(form: bytes) -> dict[str, str]:
        kind, value = forms[_digest(form)]
        if kind == "wrong":
            raise FormFaults(value)
        if kind == "failed":
            raise FormFailed(value)
        return {str(name): str(type_) for name, type_ in value.items()}

    known = Known(
        services={name: _serviced(name, service) for name, service in given["services"].items()},
        functions=given["functions"],
        roles=given["roles"],
        fields=fields,
        holders=given["holders"],
        now=None if given["now"] is None else datetime.fromisoformat(given["now"]),
        reads=given["reads"],
        start=given["start"],
    )
    return {path: base64.b64decode(content) for path, content in given["files"].items()}, known


def pack_answer(problems: list[Problem]) -> bytes:
    """Write down what was found."""
    return orjson.dumps([problem.as_dict() for problem in problems])


def unpack_answer(content: bytes) -> list[Problem]:
    """Read what was found."""
    return [Problem(**each) for each in orjson.loads(content)]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_form(known: Known, content: bytes) -> list[Any]:
    try:
        return ["fields", dict(known.fields(content))]
    except ValueError as error:
        return ["wrong", [list(pair) for pair in form_sentences(error)]]
    except Exception as error:  # noqa: BLE001 - the forms compiler is the host's; whatever it raises is a problem
        return ["failed", f"{type(error).__name__}: {error}"[:200]]


def _service(service: Service) -> dict[str, Any]:
    return {
        "parameters": service.parameters,
        "optional": service.optional,
        "outputs": service.outputs,
        "effect": service.effect,
        "verdict": service.verdict,
        "errors": service.errors,
    }


def _serviced(name: str, given: Mapping[str, Any]) -> Service:
    return Service(
        name,
        lambda _call: None,
        tuple(given["parameters"]),
        tuple(given["optional"]),
        dict(given["outputs"]),
        effect=bool(given["effect"]),
        verdict=str(given["verdict"]),
        errors=None if given["errors"] is None else tuple(given["errors"]),
    )
