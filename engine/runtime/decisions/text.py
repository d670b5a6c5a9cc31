"""What the elements of a DMN file say: their texts, and formulas read from them, noting what is wrong with which."""

from collections.abc import Callable
from typing import Any, Final

from engine.runtime.decisions.cells import alternatives, unary_tests
from engine.runtime.decisions.errors import Fault
from engine.runtime.decisions.foreign import foreign_phrase
from engine.runtime.expressions import Expression, ExpressionError, parse
from engine.runtime.expressions.tree import Constant, Node
from engine.runtime.xml import line_of

_LANGUAGES: Final = ("feel", "juel")


class Source:
    """A file while it is read.

    Attributes:
        space: the namespace of its elements, in braces.
        phrases: names that are not one word; the lexer must know them.
        faults: what is wrong, so far.

    """

    def __init__(self, root: Any, phrases: tuple[str, ...]) -> None:
        self.root = root
        self.space: str = root.tag.removesuffix("definitions")
        self.phrases = phrases
        self.faults: list[Fault] = []

    def children(self, element: Any, tag: str) -> list[Any]:
        """Return the children of an element with this name."""
        return list(element.iterchildren(self.space + tag))

    def child(self, element: Any, tag: str) -> Any:
        """Return the first child of an element with this name, None if it has none."""
        return element.find(self.space + tag)

    def text(self, element: Any) -> str:
        """Return what stands in the `text` of an element; nothing if there is none."""
        child = None if element is None else self.child(element, "text")
        return "" if child is None else "".join(child.itertext()).strip()

    def tests(self, element: Any, text: str, where: str, english: str) -> Expression | None:
        """Read unary tests; None, and a fault, if they cannot be read."""
        return self._read(unary_tests, element, text, where, english)

    def formula(self, element: Any, text: str, where: str, english: str) -> Expression | None:
        """Read an expression; None, and a fault, if it cannot be read."""
        return self._read(parse, element, text, where, english)

    def literals(self, element: Any, text: str, where: str, english: str) -> tuple[Node, ...]:
        """Read a list of literals; nothing, and a fault, if it cannot be read or holds anything else."""
        if not text:
            return ()
        try:
            nodes = alternatives(text, self.phrases)
        except ExpressionError as error:
            self.fault(element, "decision-cell", f"{where}：{error}", f"{english}: {error.english}")
            return ()
        if all(isinstance(node, Constant) for node in nodes):
            return nodes
        message = f"{where}只能是文字、数字、true、false"
        self.fault(element, "decision-cell", message, f"{english}: only texts, numbers, true and false")
        return ()

    def language(self, element: Any, label: str) -> None:
        """Refuse an expression language that is not FEEL."""
        language = str(element.get("expressionLanguage") or "").lower()
        if language and not any(name in language for name in _LANGUAGES):
            self.fault(
                element,
                "decision-language",
                f"{label}的表达式语言 {language} 不支持，请用 FEEL",
                f"{label}: expression language {language} is not supported, use FEEL",
            )

    def fault(self, element: Any, code: str, message: str, english: str) -> None:
        """Note what is wrong with an element; the decision it stands in is what the fault names."""
        owner = element
        while owner is not None and owner.tag != self.space + "decision":
            owner = owner.getparent()
        named = element if owner is None else owner
        title = str(named.get("name") or "")
        self.faults.append(Fault(str(named.get("id") or ""), title, line_of(element), code, message, english))

    def _read(
        self, read: Callable[[str, tuple[str, ...]], Expression], element: Any, text: str, where: str, english: str
    ) -> Expression | None:
        try:
            return read(text, self.phrases)
        except ExpressionError as error:
            foreign = foreign_phrase(text)
            if foreign is not None:
                message = f"{where}「{text[:60]}」：{foreign[0]}"
                self.fault(element, "decision-feel", message, f"{english}: {foreign[1]}")
                return None
            hint = "" if any(quote in text for quote in "\"'") else "（文字要加英文双引号）"
            message = f"{where}「{text[:60]}」：{error}{hint}"
            self.fault(element, "decision-cell", message, f"{english}: {error.english}")
            return None
