"""Marks of state secrets, known by their form (GB/T 9704, 国家秘密标志) and not by the word.

People write of 商业秘密 and of 机密 in passing; a mark stands with its star and term, behind 密级, in brackets, or
alone in a line. What matched is never given back: only its kind, where it stands, and why it is one.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rules.disguise import Plain, Reading, backwards, columns, encoded
from rules.matching import Span
from rules.secret_words import APART, NO_WORDS, SHORTEST, SecretWords

# What may stand between the characters of a mark without making it another.
_GAP = r"[\s\-_.·•‧・,、'\"“”‘’…―—–`^~|/\\]*+"
# What may stand between 密级 and the level.
_BETWEEN_NAME = r"[\s\-_.·•‧・:∶ː꞉;=>|→⇒—–―/~*]*+"
_FLAT = r"[^\S\n]*+"
_LEVEL = rf"(?:[绝机秘]{_GAP}密)"
_STARS = "★☆✩✪✫✬✭✮✯✰✡✦✧✱✲✳✴✵✶✷✸✹✺⭐⭑⭒🌟🌠🟊⋆∗*※⁎⁑٭❂❋✽●○◎◆◇◈■□▲△▪▫⚝⛤⛧✨⍟٭#@+×"
_STAR = rf"[{re.escape(_STARS)}]"
_NUMBER = rf"[0-9oil零一二两三四五六七八九十百廿卅](?:{_GAP}[0-9oil零一二两三四五六七八九十百廿卅]){{0,5}}"
_TERM = rf"(?:{_NUMBER}{_GAP}(?:周{_GAP})?(?:年|(?:个{_GAP})?月|天|日))"
_DECORATION = rf"[^\S\n\d]|[\-_=~.·•:|\[\](){{}}<>〔〕【】〖〗—–―…]|{_STAR}"
_ENDING = r"(?:\.[a-z0-9]{2,5})?"


def _spaced(words: str) -> str:
    """Return a pattern for any of `words`, with gaps between their characters."""
    return "(?:" + "|".join(_GAP.join(word) for word in words.split()) + ")"


_OPEN_END = _spaced("长期 永久 启用 启封 解密 公开 公布 发布 至")
_SUFFIX = _spaced("文件 资料 材料 级 件")
_NAMED = _spaced("密级 秘级 秘密等级 保密等级 保密级别 涉密等级 涉密级别")
_KEPT = _spaced("外传 保密 保管 保存 扩散 复制 复印 翻印 转发 外泄 摘抄")
_ORDER = rf"{_spaced('严禁 不得 禁止 请勿 注意 妥善 切勿')}{_GAP}{_KEPT}"

_SETS_APART = re.compile(r"[:∶ː꞉;=>→⇒—–―\-|/*]")
_ENDS = re.compile(rf"\s|$|{_STAR}")


@dataclass(frozen=True)
class _Form:
    """A form of mark: its kind, its pattern, whether it also counts in columns and backwards, and a further test."""

    kind: str
    pattern: re.Pattern[str]
    anywhere: bool = False
    holds: Callable[[re.Match[str]], bool] = lambda _: True


def _is_named(match: re.Match[str]) -> bool:
    """Tell whether something sets the level apart from 密级 before it, or nothing follows it."""
    between = match["between"]
    return bool(_SETS_APART.search(between)) or (bool(between) and bool(_ENDS.match(match.string, match.end())))


_FORMS = (
    _Form(
        "level_star_term",
        re.compile(rf"{_LEVEL}{_GAP}(?:{_STAR}{_GAP})+(?:[(\[]{_GAP})?(?:{_TERM}|{_OPEN_END})"),
        anywhere=True,
    ),
    _Form("level_star", re.compile(rf"{_LEVEL}{_GAP}{_STAR}{{1,2}}{_FLAT}(?:$|\n|[)\]}}】〕〗])")),
    _Form(
        "level_star",
        re.compile(
            rf"(?:^|\n|[【\[(〔])\s*+(?:[绝机]{_GAP}密{_GAP}{_STAR}|秘{_GAP}密{_GAP}{_STAR}(?!{_GAP}[\u4e00-\u9fff]|{_STAR}))"
        ),
    ),
    _Form(
        "level_named",
        re.compile(rf"{_NAMED}(?P<between>{_BETWEEN_NAME}){_LEVEL}"),
        anywhere=True,
        holds=_is_named,
    ),
    _Form(
        "level_named",
        re.compile(rf"{_NAMED}{_GAP}:?{_GAP}[(\[【〔「<《]{_GAP}{_LEVEL}{_GAP}[)\]】〕」>》]"),
        anywhere=True,
    ),
    _Form(
        "level_bracketed",
        re.compile(
            rf"[【\[〔〖{{<]{_GAP}{_LEVEL}{_GAP}{_SUFFIX}?{_GAP}(?:{_STAR}{_GAP}(?:{_TERM})?)?{_GAP}[】\]〕〗}}>]"
        ),
        anywhere=True,
    ),
    _Form("level_bracketed", re.compile(rf"(?:^|\n){_FLAT}\({_GAP}{_LEVEL}{_GAP}{_SUFFIX}?{_GAP}\)")),
    _Form("level_bracketed", re.compile(rf"\({_GAP}{_LEVEL}{_GAP}{_SUFFIX}?{_GAP}\){_FLAT}{_ENDING}(?:$|\n)")),
    _Form(
        "level_alone",
        re.compile(
            rf"(?:^|\n)(?:{_DECORATION}){{0,60}}+(?:{_LEVEL}{_FLAT}{_SUFFIX}?(?:{_DECORATION}){{0,60}}?)+{_ENDING}{_FLAT}(?:$|\n)"
        ),
    ),
    _Form(
        "term_named",
        re.compile(rf"{_spaced('保密期限 保密期')}(?P<between>{_BETWEEN_NAME})(?:{_TERM}|{_spaced('长期 永久')})"),
        anywhere=True,
        holds=_is_named,
    ),
    _Form(
        "internal",
        re.compile(
            rf"(?:^|\n|[【\[(])(?:{_DECORATION}){{0,60}}+"
            rf"(?:{_spaced('内部资料 内部文件 内部文稿 内部材料 内部参考 工作秘密')}|{_LEVEL}{_GAP}{_SUFFIX}?)"
            rf"(?:[\s\-_.·•,、;:!。(]++{_ORDER}|{_ORDER}{_FLAT}[!。.)\]】]?{_FLAT}(?:$|\n))"
        ),
    ),
)
REASONS: Mapping[str, str] = {
    "level_star_term": "密级后有★和保密期限，是公文的密级标志（GB/T 9704）",
    "level_star": "密级后有★，是公文的密级标志（GB/T 9704）",
    "level_named": "写明了密级",
    "level_bracketed": "括号内单独标注密级",
    "level_alone": "密级单独成行",
    "term_named": "写明了保密期限",
    "internal": "标明内部资料并限制传播",
    "word": "含有本局涉密词表中的词",
}
"""Why a finding is one, by its kind."""


@dataclass(frozen=True)
class Mark:
    """A mark of secrecy: its kind (a key of :data:`REASONS`) and where it stands; never what it says."""

    kind: str
    span: Span

    @property
    def reason(self) -> str:
        """Why it is taken for a mark."""
        return REASONS[self.kind]


def secret_marks(text: str, words: SecretWords = NO_WORDS) -> tuple[Mark, ...]:
    """Return the marks of secrecy in a text in their order. `words`: the bureau's own list, of kind `word`."""
    plain = Plain(text)
    found = {Mark(kind, span) for kind, span in _found(plain, plain, words)}
    for reading in encoded(text):
        found |= {Mark(kind, span) for kind, span in _found(reading, None, words)}
    return tuple(sorted(found, key=lambda mark: (mark.span, mark.kind)))


def _found(reading: Plain | Reading, plain: Plain | None, words: SecretWords) -> Iterator[tuple[str, Span]]:
    text = reading.text
    if "密" in text or "内" in text:
        for form in _FORMS:
            yield from _matches(form, reading)
    yield from _listed(words, reading, SHORTEST)
    if plain is None or not ("密" in text or len(words)):
        return
    down = columns(plain)
    if down is not None:
        yield from _listed(words, down, APART)
    for other in filter(None, (down, backwards(plain))) if "密" in text else ():
        for form in _FORMS:
            if form.anywhere:
                yield from _matches(form, other)


def _listed(words: SecretWords, reading: Plain | Reading, shortest: int) -> Iterator[tuple[str, Span]]:
    for start, end in words.find(reading.text, shortest=shortest):
        yield "word", reading.span(start, end)


def _matches(form: _Form, reading: Plain | Reading) -> Iterator[tuple[str, Span]]:
    for match in form.pattern.finditer(reading.text):
        if form.holds(match):
            start, end = match.span()
            blank = len(match[0]) - len(match[0].lstrip())
            yield form.kind, reading.span(start + blank, start + len(match[0].rstrip()) if blank < end - start else end)
