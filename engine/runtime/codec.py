"""The stored form of an instance: what is there now, and nothing of the specification.

A pruned instance is a handful of tokens. Each is a row of a JSON array: number, number of its parent, state, name
of its specification, internal data. A called process keeps of its data only what differs from its caller's. The
whole is packed by zstd. The version stands beside it in the table; any other version is refused.
"""

import threading
from typing import Any, Final

import orjson
import zstandard

from engine.runtime.definitions import Definition
from engine.runtime.errors import RuntimeFailure
from engine.runtime.tokens import Flow, Scope, SubFlow

VERSION: Final = 1
MAX_STATE: Final = 8 * 1024 * 1024  # bytes unpacked; far more than any instance with normalised data can reach
_ABSENT: Final = object()
_local: Final = threading.local()


class UnknownState(RuntimeFailure):
    """A stored instance is of a version this program cannot read, or does not fit its deployment."""


def pack(flow: Flow) -> bytes:
    """Return the stored form of an instance at rest, pruned."""
    called = [
        [caller, part.spec.name, sorted(part.written), _difference(part.caller.data, part.data), _rows(part)]
        for caller, part in flow.subprocesses.items()
        if not part.completed
    ]
    document = [flow.last_number, int(flow.completed), flow.data, _rows(flow), called]
    return _compressor().compress(orjson.dumps(document))


def unpack(state: bytes, version: int, definition: Definition, process_key: str, engine: Any) -> Flow:
    """Return the instance that :func:`pack` stored; its ``run`` is not set.

    Raises UnknownState for another version, or for tokens the deployment has no element for.
    """
    if version != VERSION:
        raise UnknownState(f"流程实例的存储格式 {version} 无法读取（本程序的格式是 {VERSION}）。")
    try:
        number, completed, data, rows, called = orjson.loads(_decompressor().decompress(state, MAX_STATE))
        flow = Flow(definition.specs[process_key], dict(definition.specs), engine, None)
        flow.last_number = number
        flow.completed = bool(completed)
        flow.data = data
        flow.restore(rows)
        for caller, key, written, (changed, absent), tokens in called:
            part = SubFlow.__new__(SubFlow)
            flow.subprocesses[caller] = part
            SubFlow.__init__(part, definition.specs[key], caller, flow)
            part.data = {name: value for name, value in part.caller.data.items() if name not in absent}
            part.data.update(changed)
            part.written = set(written)
            part.restore(tokens)
    except (KeyError, ValueError, TypeError, zstandard.ZstdError) as error:
        raise UnknownState("流程实例的存储内容与它的流程版本不符。") from error
    return flow


def _rows(flow: Scope) -> list[list[Any]]:
    return [token.row() for token in flow.tasks.values()]


def _difference(base: dict[str, Any], data: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
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
