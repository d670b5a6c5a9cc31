"""Words that cannot wait for a deadline: something is happening now, somebody may die, a threat, abuse.

An alarm is no verdict. A word raises none where it is only talked of: in a lecture, of last year, with thanks; but a
person who writes of himself is always heard. Each alarm says where, why, and what to do at once.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.disguise import Plain
from rules.matching import Span, WordIndex
from rules.word_lists import read_words

CATEGORIES: Mapping[str, str] = {
    "emergency": "正在发生的警情",
    "suicide": "自杀、自伤危险",
    "threat": "扬言报复、暴力威胁",
    "abuse": "辱骂言语",
}
"""What an alarm is about, by its category, the most urgent first."""

ADVICE: Mapping[str, str] = {
    "emergency": "立即电话联系来信人核实，转110指挥中心出警，不要等待办理时限。",
    "suicide": "立即电话联系来信人稳定情绪，转110指挥中心和属地派出所上门查看，必要时联系家属和120。",
    "threat": "立即报告值班领导，转属地派出所核查人员和现实危险，通知可能受害的人。",
    "abuse": "诉求照常受理办理；由受理员提醒来信人文明反映，保留原文备查。",
}
"""What to do at once, by the category."""

URGENT = frozenset({"emergency", "suicide"})
"""The categories in which somebody is in danger now."""

_TOLD_OF = re.compile(
    r"防止|预防|避免|以免|免得|防范|谨防|杜绝|警惕|宣传|讲座|培训|演练|模拟|干预|反自杀|禁止|严禁|严厉打击|曾经|曾有|曾因|多年前|年前|去年|前年|上次|上个月|"
    r"几年前|已故|听说|据说|新闻|电影|小说|电视|视频|劝阻|阻止|制止了|感谢.{0,6}救|救下|假如|万一|是否会|会不会"
)
_TOLD_AFTER = re.compile(
    r"^.{0,4}(?:讲座|宣传|培训|演练|新闻|电影|小说|案件?的|事件|的人怎么|怎么处罚|如何处罚|怎么定罪|的处罚|被.{0,4}救|获救|救下|被.{0,6}劝|被.{0,4}制止|"
    r"已.{0,3}(?:抓|制止|处理|处置)|隐患|的风险|的可能|的危险|的歌|热线)"
)
_ABOUT_ONESELF = re.compile(r"(?:我|本人|俺|咱|我们|全家|一家)[^。!?\n]{0,6}$")
_DENIED = re.compile(r"(?:没有|并未|并没有|不会|不要|不能|别|从不|不是|未)[^,。;!?\n]{0,1}$")
# A danger that might come of something is no emergency.
_DANGER = re.compile(r"存在|隐患|导致|造成|引发|容易")
_NOT_NOW = re.compile(r"昨天|昨晚|昨日|前天|前晚|前几天|上周|日前|当时|\d月\d+[日号]|[早晚]就")
# The same characters, cut otherwise or said as a figure of speech.
_OTHERWISE: Mapping[str, re.Pattern[str]] = {
    "轻生": re.compile(r"[减年]\Z|\A[产活育意态]"),
    "自焚": re.compile(r"玩火\Z"),
    "想跳楼": re.compile(r"[熏吵热烦急气闷](?:的|得|到)?(?:我|人|都|真|很)?\Z"),
    "割腕": re.compile(r"\A带"),
}
_SENTENCE_END = re.compile(r"[。!?\n;]")
_SKIPPED = re.compile(r"[\s\-_.·•~*|/]")
BEFORE, AFTER = 16, 12

_INDEXES = {category: WordIndex(read_words(f"{category}.txt")) for category in CATEGORIES}


@dataclass(frozen=True)
class Alarm:
    """Something that cannot wait: its category (a key of :data:`CATEGORIES`) and where it stands."""

    category: str
    span: Span

    @property
    def label(self) -> str:
        """What it is about."""
        return CATEGORIES[self.category]

    @property
    def advice(self) -> str:
        """What to do at once."""
        return ADVICE[self.category]

    @property
    def reason(self) -> str:
        """Why the alarm is raised."""
        return f"含有表示“{self.label}”的词语，且不是在谈论过去或一般情况"


def severity_of(categories: Iterable[str]) -> str | None:
    """Return the severity that alarms of these categories give a matter, `urgent`; None when they leave it open."""
    return None if URGENT.isdisjoint(categories) else "urgent"


def alarms(text: str) -> tuple[Alarm, ...]:
    """Return the alarms a text raises, the most urgent category first, then in their order."""
    plain = Plain(text)
    places = [at for at, character in enumerate(plain.text) if character == "\n" or not _SKIPPED.match(character)]
    tight = "".join(plain.text[at] for at in places)
    raised: list[Alarm] = []
    for category, index in _INDEXES.items():
        spans = sorted(
            (at, -len(word))
            for word, starts in index.find(tight).items()
            for at in starts
            if _is_meant(tight, at, word, category)
        )
        covered = 0
        for start, length in spans:
            end = start - length
            if end > covered:
                raised.append(Alarm(category, plain.span(places[start], places[end - 1] + 1)))
                covered = end
    return tuple(raised)


def _is_meant(text: str, start: int, word: str, category: str) -> bool:
    end = start + len(word)
    before, after = text[max(0, start - BEFORE) : start], text[end : end + AFTER]
    otherwise = _OTHERWISE.get(word)
    if otherwise and (otherwise.search(before) or otherwise.search(after)):
        return False
    before, after = _SENTENCE_END.split(before)[-1], _SENTENCE_END.split(after)[0]
    if category == "abuse":
        return True
    if _DENIED.search(before) or _TOLD_AFTER.search(after):
        return False
    if category == "suicide" and _ABOUT_ONESELF.search(before):
        return True
    if category == "emergency" and (_NOT_NOW.search(before) or _DANGER.search(before)):
        return False
    return not (_TOLD_OF.search(before) or _TOLD_OF.search(after))
