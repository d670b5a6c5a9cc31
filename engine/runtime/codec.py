"""The stored form of an instance: what is there now, and nothing of the specification.

A pruned instance is a handful of tokens. Each is a row of a JSON array: number, number of its parent, state, name
of its specification, internal data. A scope inside is its kind, its number, its caller's, its tokens, and what is its
own: a called process keeps of its data only what differs from its caller's, one of many its layer, an embedded
sub-process nothing. The whole is packed by zstd. The version stands beside it in the table: version 1, which knew
called processes only, is read too; any other is refused.
"""

import threading
from collections.abc import Mapping
from typing import Any, Final

import orjson
import zstandard

from engine.runtime.definitions import Definition
from engine.runtime.errors import InvalidAnswers, RuntimeFailure
from engine.runtime.scopes import CalledProcess, EmbeddedSubProcess, OneOfMany, SubFlow
from engine.runtime.tokens import Flow, Scope

VERSION: Final = 2
_CALLED: Final = 0
_EMBEDDED: Final = 1
_ONE_OF_MANY: Final = 2
MAX_STATE: Final = 8 * 1024 * 1024  # bytes unpacked; far more than any instance with normalised data can reach
_ABSENT: Final = object()
_local: Final = threading.local()


class UnknownState(RuntimeFailure):
    """A stored instance is of a version this program cannot read, or does not fit its deployment."""


def pack(flow: Flow) -> bytes:
    """Return the stored form of an instance at rest, pruned. Raises InvalidAnswers when it is too large to be read."""
    inside = [_packed(scope) for scope in flow.subprocesses.values() if not scope.completed]
    content = orjson.dumps([flow.last_number, int(flow.completed), flow.data, _rows(flow), inside])
    if len(content) > MAX_STATE:
        raise InvalidAnswers(f"流程里的数据超过 {MAX_STATE // 1024 // 1024} MB，无法保存。")
    return _compressor().compress(content)


def unpack(state: bytes, version: int, definition: Definition, process_key: str, engine: Any) -> Flow:
    """Return the instance that :func:`pack` stored; its ``run`` is not set.

    Raises UnknownState for another version, or for tokens the deployment has no element for.
    """
    if version not in (VERSION, 1):
        raise UnknownState(f"流程实例的存储格式 {version} 无法读取（本程序的格式是 {VERSION}）。")
    try:
        number, completed, data, rows, inside = orjson.loads(_decompressor().decompress(state, MAX_STATE))
        flow = Flow(definition.specs[process_key], dict(definition.specs), engine, None)
        flow.last_number = number
        flow.completed = bool(completed)
        flow.data = data
        flow.restore(rows)
        for row in inside if version == VERSION else map(_from_version_1, inside):
            _unpack(flow, definition, row)
    except (KeyError, ValueError, TypeError, AttributeError, zstandard.ZstdError) as error:
        raise UnknownState("流程实例的存储内容与它的流程版本不符。") from error
    return flow


def _packed(scope: SubFlow) -> list[Any]:
    row = [_EMBEDDED, scope.number, scope.caller.id, _rows(scope)]
    if isinstance(scope, CalledProcess):
        row[0] = _CALLED
        row += [scope.spec.name, sorted(scope.written), *_difference(scope.caller.data, scope.data)]
    elif isinstance(scope, OneOfMany):
        row[0] = _ONE_OF_MANY
        row += [scope.index, sorted(scope.written), scope.local]
    return row


def _unpack(flow: Flow, definition: Definition, row: list[Any]) -> None:
    kind, number, caller, rows, *own = row
    token = flow.find(caller)
    if token is None:
        raise KeyError(caller)
    scope: SubFlow
    if kind == _CALLED:
        key, written, changed, absent = own
        scope = CalledProcess(definition.specs[key], token, number)
        scope.data.update((name, value) for name, value in token.data.items() if name not in absent)
        scope.data.update(changed)
        scope.written.update(written)
    elif kind == _ONE_OF_MANY:
        index, written, local = own
        scope = OneOfMany(token.task_spec.inner, token, number, index, local)
        scope.written.update(written)
    else:
        scope = EmbeddedSubProcess(token.task_spec.inner, token, number)
    scope.restore(rows)


def _from_version_1(row: list[Any]) -> list[Any]:
    """Return a called process as version 2 has it."""
    caller, key, written, (changed, absent), rows = row
    return [_CALLED, caller, caller, rows, key, written, changed, absent]


def _rows(flow: Scope) -> list[list[Any]]:
    return [token.row() for token in flow.tasks.values()]


def _difference(base: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    changed = {
        key: value
        for key, value in data.items()
        if (other := base.get(key, _ABSENT)) is not value and (other is _ABSENT or not _same(other, value))
    }
    return changed, [key for key in base if key not in data]


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON; Python also holds 1, 1.0 and True for equal."""
    return bool(one == other) and orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
        other, option=orjson.OPT_SORT_KEYS
    )


def _compressor() -> zstandard.ZstdCompressor:
    # zstandard's objects must not be shared between threads, and making one costs more than using it.
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=1)
    compressor: zstandard.ZstdCompressor = _local.compressor
    return compressor


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    decompressor: zstandard.ZstdDecompressor = _local.decompressor
    return decompressor
