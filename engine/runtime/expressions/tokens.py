"""Cuts the text of an expression into tokens, and gives Camunda's spellings (`&&`, `eq`, `null`) their one form."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from engine.runtime.expressions.errors import ExpressionError
from engine.runtime.expressions.limits import MAX_INTEGER, MAX_LENGTH

Kind = Literal["name", "number", "text", "constant", "operator", "end"]

_SPACE: Final = re.compile(r"[\s\u3000]+")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?|\.\d+", re.ASCII)
_NAME: Final = re.compile(r"[^\W\d]\w*")
_OPERATOR: Final = re.compile(r"&&|\|\||==|!=|<=|>=|//|\.\.|[-+*/%<>=!?:.,()\[\]{}@]")
_TEXT: Final = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "/": "/"}

_CONSTANTS: Final[dict[str, bool | None]] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
}
# The words of the Unified Expression Language and of Python that are operators; the value is the one form.
_WORDS: Final = {
    "and": "and",
    "or": "or",
    "not": "not",
    "in": "in",
    "is": "is",
    "if": "if",
    "else": "else",
    "empty": "empty",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "div": "/",
    "mod": "%",
}
_SYMBOLS: Final = {"&&": "and", "||": "or", "=": "=="}


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its value (one form for all spellings) and where it starts in the text."""

    kind: Kind
    value: str | int | float | bool | None
    at: int


def tokenize(text: str, phrases: tuple[str, ...] = ()) -> list[Token]:
    """Cut `text` into tokens, ending with one of kind `end`.

    `phrases` are names with spaces in them (DMN allows those); the longest one that fits is one name.
    Raises ExpressionError for characters outside the language, open quotes and numbers that are too large.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"表达式太长（{len(text)} 个字符，最多 {MAX_LENGTH} 个）",
            f"expression too long ({len(text)} characters, at most {MAX_LENGTH})",
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token, at = _next(text, at, phrases, after_dot=bool(tokens) and tokens[-1].value == ".")
        tokens.append(token)
    tokens.append(Token("end", None, len(text)))
    return tokens


def _next(text: str, at: int, phrases: tuple[str, ...], *, after_dot: bool) -> tuple[Token, int]:
    for phrase in phrases:
        end = at + len(phrase)
        if text.startswith(phrase, at) and not (end < len(text) and (text[end].isalnum() or text[end] == "_")):
            return Token("name", phrase, at), end
    if match := _NAME.match(text, at):
        return _word(match.group(), at, after_dot=after_dot), match.end()
    if match := _NUMBER.match(text, at):
        return Token("number", _number(match.group()), at), match.end()
    if match := _TEXT.match(text, at):
        raw = match.group(1) if match.group(1) is not None else match.group(2)
        return Token("text", _unescape(raw), at), match.end()
    if match := _OPERATOR.match(text, at):
        return Token("operator", _SYMBOLS.get(match.group(), match.group()), at), match.end()
    if text[at] in "\"'":
        raise ExpressionError(f"第 {at + 1} 个字符开始的引号没有结束", f"quote at character {at + 1} is not closed")
    if text[at] in "“”‘’":
        raise ExpressionError(
            f"第 {at + 1} 个字符是中文引号，请用英文引号",
            f"character {at + 1} is a typographic quote, use a straight one",
        )
    raise ExpressionError(f"第 {at + 1} 个字符不能用：{text[at]!r}", f"character {at + 1} is not allowed: {text[at]!r}")


def _word(word: str, at: int, *, after_dot: bool) -> Token:
    # After a dot a word is a member's name, whatever it means elsewhere.
    if not after_dot:
        if word in _CONSTANTS:
            return Token("constant", _CONSTANTS[word], at)
        if word in _WORDS:
            return Token("operator", _WORDS[word], at)
    if word.startswith("_"):
        raise ExpressionError(f"名称不能以下划线开头：{word}", f"a name must not start with an underscore: {word}")
    return Token("name", word, at)


def _number(digits: str) -> int | float:
    if "." in digits:
        return float(digits)
    if len(digits) > len(str(MAX_INTEGER)) or int(digits) > MAX_INTEGER:
        raise ExpressionError("数字太大", "number too large")
    return int(digits)


def _unescape(raw: str) -> str:
    def replace(match: re.Match[str]) -> str:
        escape = match.group(1)
        if escape in _ESCAPES:
            return _ESCAPES[escape]
        if len(escape) > 1 and not 0xD800 <= int(escape[1:], 16) <= 0xDFFF:  # noqa: PLR2004 - the surrogates
            return chr(int(escape[1:], 16))
        raise ExpressionError(f"不认识的转义：\\{escape}", f"unknown escape: \\{escape}")

    return _ESCAPE.sub(replace, raw)
