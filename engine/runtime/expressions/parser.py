"""Builds the tree of an expression from its tokens, by precedence climbing."""

from collections.abc import Callable

from engine.runtime.expressions.cursor import Cursor
from engine.runtime.expressions.errors import ExpressionError
from engine.runtime.expressions.functions import BUILTINS, SPELLINGS, TOLERANT
from engine.runtime.expressions.limits import MAX_DEPTH, MAX_NODES
from engine.runtime.expressions.tokens import tokenize
from engine.runtime.expressions.tree import (
    Arithmetic,
    Call,
    Compare,
    Conditional,
    Constant,
    InRange,
    ListOf,
    Logic,
    Member,
    Node,
    Not,
    Path,
    RecordOf,
    Sign,
    Subject,
    Tolerant,
)

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "is", "not"})
_AFTER_INTERVAL = frozenset({",", ")", "]", "}", ":", "and", "or", "if", "else", "==", "!="})


class Parser(Cursor):
    """Reads one expression; the cells of decision tables extend it with their unary tests.

    `phrases` are names with spaces; `subject` allows `?` as the name of the column's value.
    """

    def __init__(self, text: str, phrases: tuple[str, ...] = (), *, subject: bool = False) -> None:
        super().__init__(tokenize(text, tuple(sorted(phrases, key=len, reverse=True))))
        self.depth = 0
        self.subject = subject

    def whole(self) -> Node:
        """Return the tree of the whole text. Raises ExpressionError with the place where reading stopped."""
        if self.peek().kind == "end":
            raise ExpressionError("表达式是空的", "empty expression")
        node = self.expression()
        self.finish()
        return checked(node)

    def expression(self) -> Node:
        """Read a whole expression, conditional ones included."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError("表达式嵌套太深", "expression nested too deep")
        if self.accept("if"):
            node = self._conditional()
            self.depth -= 1
            return node
        value = self._or()
        if self.accept("if"):
            test = self._or()
            self.expect("else")
            value = Conditional(test, value, self.expression())
        elif self.accept("?"):
            then = self.expression()
            self.expect(":")
            value = Conditional(value, then, self.expression())
        self.depth -= 1
        return value

    def _conditional(self) -> Node:
        """Read the rest of `if test then a else b`, as FEEL writes it."""
        test = self.expression()
        token = self.take()
        if token.value != "then":
            self.at -= token.kind != "end"
            raise self.unexpected("，这里应为 then", ", then expected")
        then = self.expression()
        self.expect("else")
        return Conditional(test, then, self.expression())

    def _or(self) -> Node:
        return self._chain(self._and, "or")

    def _and(self) -> Node:
        return self._chain(self._not, "and")

    def _chain(self, operand: Callable[[], Node], word: str) -> Node:
        operands = [operand()]
        while self.accept(word):
            operands.append(operand())
        return Logic(word == "or", tuple(operands)) if len(operands) > 1 else operands[0]

    def _not(self) -> Node:
        negations = 0
        while self.accept("not"):
            negations += 1
        node = self._comparison()
        for _ in range(min(negations, MAX_NODES)):
            node = Not(node)
        return node

    def _comparison(self) -> Node:
        first = self.sum()
        links: list[tuple[str, Node]] = []
        while self.is_next(*_COMPARISONS):
            sign = self._sign()
            if sign in ("in", "not in") and not links:
                interval = self.interval(first)
                if interval is not None:
                    return interval if sign == "in" else Not(interval)
            links.append((sign, self.sum()))
        return Compare(first, tuple(links)) if links else first

    def _sign(self) -> str:
        sign = str(self.take().value)
        if sign == "not":
            self.expect("in")
            return "not in"
        if sign == "is":
            sign = "!=" if self.accept("not") else "=="
            if self.peek().kind != "constant":
                raise self.unexpected("，is 后面只能是 null、true、false", ", is takes null, true or false")
        return sign

    def interval(self, value: Node) -> Node | None:
        """Read `[a..b]`, `(a..b]`, `]a..b[` and their like as a test of `value`; None if no range starts here."""
        if not self._interval_ahead():
            return None
        opening = self.take().value
        low = self.sum()
        self.expect("..")
        high = self.sum()
        closing = self.accept("]", ")", "[")
        if closing is None:
            raise self.unexpected("，区间没有结束", ", the range is not closed")
        return InRange(value, low, high, opening == "[", closing == "]")

    def _interval_ahead(self) -> bool:
        """Whether the bracket here opens a range: two dots stand inside it, in no bracket of their own.

        Looking ahead, rather than trying and going back, keeps reading linear.
        """
        if not self.is_next("[", "(", "]"):
            return False
        depth = 0
        for token in self.tokens[self.at + 1 :]:
            if token.kind != "operator":
                continue
            if token.value == ".." and depth == 0:
                return True
            if token.value in ("(", "[", "{"):
                depth += 1
            elif token.value in (")", "]", "}"):
                depth -= 1
            if depth < 0:
                return False
        return False

    def sum(self) -> Node:
        """Read a sum or anything that binds tighter."""
        node = self._product()
        while sign := self.accept("+", "-"):
            node = Arithmetic(sign, node, self._product())
        return node

    def _product(self) -> Node:
        node = self._unary()
        while sign := self.accept("*", "/", "//", "%"):
            node = Arithmetic(sign, node, self._unary())
        return node

    def _unary(self) -> Node:
        # Signs are gathered in a loop: a row of them must not become a row of Python frames.
        signs: list[str] = []
        while sign := self._unary_sign():
            signs.append(sign)
            if len(signs) > MAX_DEPTH:
                raise ExpressionError("表达式嵌套太深", "expression nested too deep")
        node = self._postfix()
        for sign in reversed(signs):
            if sign == "!":
                node = Not(node)
            elif sign == "empty":
                node = Tolerant("empty", (node,))
            else:
                node = Sign(sign == "-", node)
        return node

    def _unary_sign(self) -> str | None:
        return self.accept("-", "+", "!", "empty")

    def _postfix(self) -> Node:
        node = self._primary()
        while not self._closes_interval() and (sign := self.accept(".", "[", "(")):
            if sign == "(":
                raise ExpressionError(
                    "只能按名称调用函数，不能调用方法", "only functions can be called, by name; there are no methods"
                )
            if sign == ".":
                if self.peek().kind != "name":
                    raise self.unexpected("，点后面应为名称", ", a name must follow the dot")
                key: Node = Constant(self.take().value)
            else:
                key = self.expression()
                self.expect("]")
                if isinstance(key, Compare | InRange | Logic | Not):
                    raise ExpressionError(
                        "方括号里要是名称或序号，不能筛选列表", "brackets take a name or a number, they filter no list"
                    )
            if isinstance(node, Path) and isinstance(key, Constant) and isinstance(key.value, str):
                node = Path((*node.steps, key.value))
            else:
                node = Member(node, key)
        return node

    def _closes_interval(self) -> bool:
        """Whether the bracket here is the end of `[1..5[`: nothing that could be an index follows it."""
        following = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        ends = following.kind == "end" or (following.kind == "operator" and following.value in _AFTER_INTERVAL)
        return self.is_next("[") and ends

    def _primary(self) -> Node:
        token = self.peek()
        if token.kind in ("number", "text", "constant"):
            return Constant(self.take().value)
        if token.kind == "name":
            name = str(self.take().value)
            return self._call(name) if self.accept("(") else Path((name,))
        if self.subject and self.accept("?"):
            return Subject()
        return self._bracketed()

    def _bracketed(self) -> Node:
        if self.accept("@"):
            return self._at_literal()
        if self.accept("("):
            return self._parenthesis()
        if self.accept("["):
            return ListOf(self.items("]"))
        if self.accept("{"):
            return self._record()
        raise self.unexpected()

    def _at_literal(self) -> Node:
        if self.peek().kind != "text":
            raise self.unexpected("，@ 后面应为引号里的日期或时长", ", a quoted date or duration must follow @")
        text = str(self.take().value)
        if text.lstrip("-").startswith("P"):
            return Call("duration", (Constant(text),))
        if "T" in text:
            return Call("datetime", (Constant(text),))
        return Call("date" if text.count("-") > 1 else "time", (Constant(text),))

    def _parenthesis(self) -> Node:
        if self.accept(")"):
            return ListOf(())
        first = self.expression()
        if self.accept(")"):
            return first
        self.expect(",")
        return ListOf((first, *self.items(")")))

    def items(self, closing: str) -> tuple[Node, ...]:
        """Read expressions up to the closing bracket; a trailing comma is fine."""
        items: list[Node] = []
        while not self.accept(closing):
            items.append(self.expression())
            if not self.is_next(closing):
                self.expect(",")
        return tuple(items)

    def _record(self) -> Node:
        entries: list[tuple[str, Node]] = []
        while not self.accept("}"):
            if self.peek().kind not in ("name", "text"):
                raise self.unexpected("，这里应为键", ", a key expected")
            key = str(self.take().value)
            self.expect(":")
            entries.append((key, self.expression()))
            if not self.is_next("}"):
                self.expect(",")
        return RecordOf(tuple(entries))

    def _call(self, name: str) -> Node:
        name = SPELLINGS.get(name, name)
        arguments = self.items(")")
        bounds = TOLERANT.get(name)
        builtin = BUILTINS.get(name)
        if builtin:
            bounds = (builtin.least, builtin.most)
        if bounds and not bounds[0] <= len(arguments) <= bounds[1]:
            raise ExpressionError(
                f"函数 {name} 要 {bounds[0]} 到 {bounds[1]} 个参数，这里有 {len(arguments)} 个",
                f"function {name} takes {bounds[0]} to {bounds[1]} arguments, not {len(arguments)}",
            )
        return Tolerant(name, arguments) if name in TOLERANT else Call(name, arguments)


def checked(node: Node) -> Node:
    """Refuse a tree with too many nodes or too much depth, so that running it stays within Python's stack."""
    count = 0
    stack = [(node, 1)]
    while stack:
        current, depth = stack.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise ExpressionError("表达式太复杂", "expression too complex")
        stack.extend((part, depth + 1) for part in current.parts())
    return node
