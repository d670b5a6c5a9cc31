"""Patterns that a schema may ask answers to match: regular expressions that cannot run away.

Python's engine tries one way after another, and a careless pattern has exponentially many. So only a plain
subset is read (what Python and browsers understand alike), and the number of ways a pattern can divide an
answer of the longest permitted length is bounded before it is ever run.
"""

from __future__ import annotations

import re

LONGEST_ANSWER = 500
"""Characters; patterns are for one-line answers, which are never longer."""

_LONGEST_PATTERN = 200
_MOST_WAYS = 300_000
_MOST_REPEATS = 1000
_DEEPEST = 10
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_CLASSES = "dDwWsS"
_CONTROLS = "tnbB"
_QUANTIFIER = re.compile(r"[*+?]|\{(\d{1,4})(,?)(\d{0,4})\}")


class PatternError(ValueError):
    """A pattern that is refused: ``message`` in Chinese, ``message_en`` in English."""

    def __init__(self, message: str, message_en: str) -> None:
        super().__init__(message_en)
        self.message = message
        self.message_en = message_en


def compile_pattern(text: str) -> re.Pattern[str]:
    r"""Return the compiled pattern, to be searched in answers of at most LONGEST_ANSWER characters.

    ``\d``, ``\w`` and ``\s`` mean ASCII, as in browsers. Raises PatternError for what is not understood,
    is too long, or could take too many ways.
    """
    if len(text) > _LONGEST_PATTERN:
        raise PatternError(
            f"正则表达式不能超过 {_LONGEST_PATTERN} 个字符", f"longer than {_LONGEST_PATTERN} characters"
        )
    reader = _Reader(text)
    ways = reader.alternatives(0)
    if reader.position < len(text):
        raise PatternError("括号不成对", "unbalanced parenthesis")
    anchored = text.startswith("^") and not reader.top_alternatives
    if ways * (1 if anchored else LONGEST_ANSWER) > _MOST_WAYS:
        raise PatternError(
            "匹配方式过多，会拖慢系统；请以 ^ 开头，并用 {1,20} 这样的上限代替 * 和 +",
            "too many ways to match; begin with ^ and use bounds such as {1,20} instead of * and +",
        )
    try:
        return re.compile(text, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"不是正确的正则表达式：{error}", f"not a valid regular expression: {error}") from error


class _Reader:
    """Reads a pattern once, from left to right, and counts ways; each method returns a number of ways."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.top_alternatives = False

    def alternatives(self, depth: int) -> int:
        if depth > _DEEPEST:
            raise PatternError("括号嵌套过深", "parentheses nested too deeply")
        ways = self._sequence(depth)
        while self._take("|"):
            self.top_alternatives = self.top_alternatives or depth == 0
            ways += self._sequence(depth)
        return min(ways, _MOST_WAYS + 1)

    def _sequence(self, depth: int) -> int:
        ways = 1
        while self.position < len(self.text) and self.text[self.position] not in "|)":
            ways = min(ways * self._repeated(self._atom(depth)), _MOST_WAYS + 1)
        return ways

    def _atom(self, depth: int) -> int:
        character = self.text[self.position]
        if character in "*+?{":
            raise PatternError(f"“{character}”前面没有可以重复的内容", f"nothing to repeat before '{character}'")
        self.position += 1
        if character == "(":
            if self._take("?") and not self._take(":"):
                raise PatternError(
                    "不支持以 (? 开头的断言、标志和命名分组，只能用 (?:…)",
                    "look-around, flags and named groups are not supported, only (?:…)",
                )
            ways = self.alternatives(depth + 1)
            if not self._take(")"):
                raise PatternError("缺少右括号", "missing closing parenthesis")
            return ways
        if character == "[":
            self._character_class()
        elif character == "\\":
            self._escape(_CLASSES + _CONTROLS)
        elif character in "]}":
            raise PatternError(f"“{character}”须写成“\\{character}”", f"write '\\{character}' for '{character}'")
        return 1

    def _repeated(self, ways: int) -> int:
        match = _QUANTIFIER.match(self.text, self.position)
        if match is None:
            return ways
        self.position = match.end()
        self._take("?")
        if _QUANTIFIER.match(self.text, self.position):
            raise PatternError("重复符号不能连用", "two quantifiers in a row")
        low, high = _bounds(match)
        if high is None:
            if ways > 1:
                raise PatternError(
                    "不能重复本身含有重复或“|”的括号（可能极慢）",
                    "nested quantifier: a group that itself repeats or branches must not be repeated without end",
                )
            return LONGEST_ANSWER
        if high > _MOST_REPEATS or low > high:
            raise PatternError(
                f"重复次数须由小到大且不超过 {_MOST_REPEATS}", f"repeat counts must rise and stay under {_MOST_REPEATS}"
            )
        total = high - low + 1
        if ways > 1:
            for _ in range(high):
                total *= ways
                if total > _MOST_WAYS:
                    break
        return total

    def _character_class(self) -> None:
        self._take("^")
        start = self.position
        while self.position < len(self.text) and self.text[self.position] != "]":
            character = self.text[self.position]
            if character == "[" or self.text[self.position : self.position + 2] in {"&&", "||", "~~", "--"}:
                raise PatternError(
                    "方括号里的“[”以及连写的 -- && || ~~ 须加反斜杠", "escape '[' and doubled -- && || ~~ in a class"
                )
            self.position += 1
            if character == "\\":
                self._escape(_CLASSES + "tn")
        if self.position == start:
            raise PatternError("方括号里没有内容", "empty character class")
        if not self._take("]"):
            raise PatternError("缺少右方括号", "missing closing bracket")

    def _escape(self, letters: str) -> None:
        character = self.text[self.position : self.position + 1]
        self.position += 1
        if character in {"u", "x"}:
            length = 4 if character == "u" else 2
            digits = self.text[self.position : self.position + length]
            if len(digits) < length or not set(digits) <= _HEXADECIMAL:
                raise PatternError(
                    "\\u 后须为四位、\\x 后须为两位十六进制数", "\\u takes four and \\x two hexadecimal digits"
                )
            self.position += length
        elif not character or (character.isalnum() and character not in letters):
            raise PatternError(f"不支持“\\{character}”", f"'\\{character}' is not supported")

    def _take(self, character: str) -> bool:
        if self.text.startswith(character, self.position):
            self.position += len(character)
            return True
        return False


def _bounds(match: re.Match[str]) -> tuple[int, int | None]:
    """Return how often a quantifier repeats, at least and at most (None: without end)."""
    simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if match.group(0) in simple:
        return simple[match.group(0)]
    low = int(match.group(1))
    if not match.group(2):
        return low, low
    return low, int(match.group(3)) if match.group(3) else None
