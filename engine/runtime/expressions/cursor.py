"""A place in a row of tokens: look, take, expect, and say what does not belong."""

from engine.runtime.expressions.errors import ExpressionError
from engine.runtime.expressions.tokens import Token


class Cursor:
    """Stands before one token of `tokens`, the last of which is of kind `end`."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def finish(self) -> None:
        """Refuse anything that is left over."""
        if self.peek().kind != "end":
            raise self.unexpected()

    def peek(self) -> Token:
        """Return the next token without taking it."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """Take the next token."""
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def is_next(self, *values: str) -> bool:
        """Whether the next token is one of these operators."""
        token = self.peek()
        return token.kind == "operator" and token.value in values

    def accept(self, *values: str) -> str | None:
        """Take the next token if it is one of these operators and give its value."""
        if self.is_next(*values):
            return str(self.take().value)
        return None

    def expect(self, value: str) -> None:
        """Take this operator. Raises ExpressionError if something else stands there."""
        if self.accept(value) is None:
            raise self.unexpected(f"，这里应为 {value}", f", {value} expected")

    def unexpected(self, more: str = "", more_english: str = "") -> ExpressionError:
        """Build the error for the next token, which does not belong here."""
        token = self.peek()
        if token.kind == "end":
            return ExpressionError(f"表达式没有写完{more}", f"unfinished expression{more_english}")
        return ExpressionError(
            f"第 {token.at + 1} 个字符处看不懂：{token.value}{more}",
            f"unexpected {token.value!r} at character {token.at + 1}{more_english}",
        )
