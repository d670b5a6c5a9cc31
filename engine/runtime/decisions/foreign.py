"""What DMN and FEEL know and we refuse: its name, and what to write instead."""

import re
from typing import Final

from engine.runtime.expressions.limits import MAX_LENGTH

_TEXTS: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_WORD: Final = re.compile(r"[^\W\d]\w*")
# Each is recognised by its words or signs, in time linear in the text: what stands here may be meant to be costly.
_BY_WORDS: Final = (
    (
        {"for", "return"},
        ("循环 for … return", "用 sum、min、max、count 等函数，或在服务里计算"),
        ("loop for ... return", "use sum, min, max, count, or compute it in a service"),
    ),
    (
        {"satisfies"},
        ("量词 some/every … satisfies", "用 any、all、contains 函数"),
        ("quantifier some/every ... satisfies", "use the functions any, all, contains"),
    ),
    (
        {"function"},
        ("函数定义 function(…)", "用已有的函数，或请开发人员登记一个"),
        ("function definition function(...)", "use an existing function or have one registered"),
    ),
    (
        {"instance", "of"},
        ("类型判断 instance of", "在输入列上写明类型"),
        ("type test instance of", "give the column its type"),
    ),
    (
        {"between", "and"},
        ("between … and", "用区间 [1..5]"),
        ("between ... and", "use a range such as [1..5]"),
    ),
)
_BY_SIGNS: Final = (
    (re.compile(r"\*\*"), ("乘方 **", "用连乘"), ("power **", "multiply")),
    (
        re.compile(r"\[\s{0,9}item\b|\[[^\[\]]*[<>=]"),
        ("列表筛选 […]", "用 contains、count 函数，或在服务里筛选"),
        ("list filter [...]", "use contains or count, or filter in a service"),
    ),
)
_TWO_WORDS: Final = re.compile(r"\b([^\W\d]\w*) ([^\W\d]\w*)\(")
_OPERATORS: Final = frozenset({"and", "or", "not", "in", "is", "if", "then", "else", "empty", "div", "mod"})
_BOXED: Final = {
    "context": ("上下文", "boxed context"),
    "invocation": ("调用", "invocation"),
    "functionDefinition": ("函数定义", "function definition"),
    "relation": ("关系表", "relation"),
    "list": ("列表", "boxed list"),
    "conditional": ("条件框", "boxed conditional"),
    "filter": ("筛选框", "boxed filter"),
    "for": ("循环框", "boxed iterator"),
    "every": ("循环框", "boxed iterator"),
    "some": ("循环框", "boxed iterator"),
}
_ELEMENTS: Final = {
    "businessKnowledgeModel": (
        ("业务知识模型（BKM）", "把它改成一个决策，用信息需求连到用它的决策"),
        ("business knowledge models", "make it a decision and connect it by an information requirement"),
    ),
    "knowledgeRequirement": (
        ("知识需求", "改用信息需求连接决策"),
        ("knowledge requirements", "connect decisions by information requirements"),
    ),
    "import": (
        ("导入别的文件", "把要用的决策放在同一个文件里"),
        ("imports", "keep the decisions in one file"),
    ),
    "decisionService": (
        ("决策服务", "流程里直接写决策的 id"),
        ("decision services", "name the decision itself in the process"),
    ),
}


def foreign_phrase(text: str) -> tuple[str, str] | None:
    """Return the sentence about what a formula that cannot be read uses of FEEL; None if it uses nothing we know."""
    bare = _TEXTS.sub('""', text[:MAX_LENGTH])
    words = set(_WORD.findall(bare))
    for wanted, chinese, english in _BY_WORDS:
        if wanted <= words:
            return _refusal(chinese, english)
    for shape, chinese, english in _BY_SIGNS:
        if shape.search(bare):
            return _refusal(chinese, english)
    for first, second in _TWO_WORDS.findall(bare):
        if not {first, second} & _OPERATORS:
            name = f"{first} {second}"
            return _refusal(
                (f"函数 {name}", "只能用决策说明里列出的函数"), (f"function {name}", "use a function of the guide")
            )
    return None


def _refusal(chinese: tuple[str, str], english: tuple[str, str]) -> tuple[str, str]:
    return f"不支持 FEEL 的{chinese[0]}；请{chinese[1]}", f"FEEL's {english[0]} is not supported; {english[1]}"


def foreign_box(tag: str) -> tuple[str, str] | None:
    """Return the sentence about a kind of decision logic that we refuse; None if `tag` names none."""
    if tag not in _BOXED:
        return None
    name, english = _BOXED[tag]
    return (
        f"只支持决策表和一个表达式，不支持{name}；请改写成决策表",
        f"only decision tables and expressions, no {english}; make it a decision table",
    )


def foreign_element(tag: str) -> tuple[str, str] | None:
    """Return the sentence about an element of a file that we refuse; None if `tag` names none."""
    if tag not in _ELEMENTS:
        return None
    (name, instead), (english, instead_english) = _ELEMENTS[tag]
    return f"不支持{name}；请{instead}", f"{english} are not supported; {instead_english}"
