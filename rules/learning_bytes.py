"""A trained model as bytes and back, safe to load from anywhere: numbers and strings only, nothing that can run.

Layout: a mark, the length of a JSON head, the head (labels, features, shapes, facts), three arrays of little-endian
float32, and the SHA-256 of all before it. Its first twelve hexadecimal digits are the model's version.
"""

import hashlib
import json
import math
from typing import Any

import numpy as np

from rules.learning_model import Floats, TextModel

MARK = b"minyi text model 1\n"
DIGEST = 32
LENGTH = 8
LARGEST = 100 * 1024 * 1024
ARRAYS = ("rarity", "weights", "bias")


class ForeignModel(ValueError):  # noqa: N818 - what is wrong, in the words of the person who asked
    """These bytes are no model of ours, or not whole."""


def to_bytes(model: TextModel) -> bytes:
    """Return the model as bytes; the same model always gives the same ones."""
    head = {
        "labels": list(model.labels),
        "terms": list(model.terms),
        "sharpness": model.sharpness,
        "facts": dict(model.facts),
    }
    said = json.dumps(head, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    arrays = b"".join(np.ascontiguousarray(getattr(model, name), dtype="<f4").tobytes() for name in ARRAYS)
    content = MARK + len(said).to_bytes(LENGTH, "big") + said + arrays
    return content + hashlib.sha256(content).digest()


def version(content: bytes) -> str:
    """Return the version of a stored model: twelve hexadecimal digits of its own checksum."""
    return content[-DIGEST:].hex()[:12]


def from_bytes(content: bytes) -> TextModel:
    """Return the model; raises ForeignModel for anything that `to_bytes` did not write."""
    if len(content) > LARGEST:
        raise ForeignModel(f"模型超过{LARGEST // 1024 // 1024}兆字节")
    if not content.startswith(MARK):
        raise ForeignModel("这不是本平台的模型文件")
    if hashlib.sha256(content[:-DIGEST]).digest() != content[-DIGEST:]:
        raise ForeignModel("模型文件不完整或被改动过")
    begin = len(MARK) + LENGTH
    end = begin + int.from_bytes(content[len(MARK) : begin], "big")
    try:
        head = json.loads(content[begin:end])
        labels, terms = _strings(head["labels"]), _strings(head["terms"])
        sharpness, facts = float(head["sharpness"]), dict(head["facts"])
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise ForeignModel("模型文件的说明部分读不出来") from problem
    shapes = {"rarity": (len(terms),), "weights": (len(labels), len(terms)), "bias": (len(labels),)}
    if len(content) - DIGEST - end != 4 * sum(math.prod(shape) for shape in shapes.values()):
        raise ForeignModel("模型文件的数据与说明不符")
    if len(set(labels)) != len(labels) or len(set(terms)) != len(terms) or not 0 < sharpness < math.inf:
        raise ForeignModel("模型文件的说明自相矛盾")
    arrays: dict[str, Floats] = {}
    for name, shape in shapes.items():
        count = math.prod(shape)
        found = np.frombuffer(content, dtype="<f4", count=count, offset=end).reshape(shape).astype(np.float32)
        if not np.isfinite(found).all():
            raise ForeignModel("模型文件里有不是数字的值")
        arrays[name] = found
        end += 4 * count
    return TextModel(labels, terms, arrays["rarity"], arrays["weights"], arrays["bias"], sharpness, facts)


def _strings(data: Any) -> tuple[str, ...]:
    if not isinstance(data, list) or not all(isinstance(item, str) and item for item in data):
        raise TypeError("not a list of strings")
    return tuple(data)
