"""What goes wrong in an expression, said in Chinese to officers and in English to developers."""


class ExpressionError(ValueError):
    """An expression that cannot be read or has no value.

    `str(error)` is the Chinese text shown to people; `english` says the same in English.
    """

    def __init__(self, message: str, english: str) -> None:
        super().__init__(message)
        self.english = english


class MissingValueError(ExpressionError):
    """A variable, or a member of one, that has no value; `path` is its dotted name."""

    def __init__(self, path: str) -> None:
        super().__init__(f"变量 {path} 没有值", f"variable {path} has no value")
        self.path = path
