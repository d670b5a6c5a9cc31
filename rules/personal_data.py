"""Find personal data in a text, to be masked: numbers as far as they check themselves, plates, papers and addresses.

Identity numbers by GB 11643, bank cards by Luhn and the lengths their issuers use (ISO/IEC 7812-1), plates by GA 36.
Numbers are found however they are typed: full width, with invisible characters, split by blanks or hyphens.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rules.disguise import Plain
from rules.matching import Span, fold

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_REGIONS = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 91))
PROVINCE_CODES = frozenset(str(code) for first, last in _REGIONS for code in range(first, last + 1))
"""The first two digits an identity number may have (GB/T 2260)."""

REASONS: Mapping[str, str] = {
    "identity": "公民身份号码：日期有效，校验码相符（GB 11643）或为15位旧号",
    "card": "银行卡号：长度与发卡行相符，Luhn 校验相符",
    "phone": "电话号码：号段与长度相符",
    "plate": "机动车号牌：格式相符",
    "passport": "出入境证件号码：格式相符",
    "address": "住址：写到门牌或室号",
}
"""Why a finding is one, by its kind."""

_IDENTITY = re.compile(r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx]", re.ASCII)
_OLD_IDENTITY = re.compile(r"[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}", re.ASCII)
_MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"(?:(?:00)?86)?0(?:10|2\d|[3-9]\d{2})[2-9]\d{6,7}", re.ASCII)
_LOCAL = re.compile(r"[2-9]\d{6,7}", re.ASCII)
_CALLED = re.compile(r"(?:电话|座机|固话|手机|联系方式|来电|致电|tel)\D{0,6}$")
_CHECKS = "10x98765432"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# What people take for the last character when they type or copy it.
_CROSSES = str.maketrans("хχ×✕✖╳乂", "xxxxxxx")

_ISSUERS = (
    (re.compile(r"3[47]"), range(15, 16)),
    (re.compile(r"3(?:0[0-59]|[689])"), range(14, 20)),
    (re.compile(r"35(?:2[89]|[3-8])"), range(16, 20)),
    (re.compile(r"2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), range(16, 17)),
    (re.compile(r"[456]|81|9[0-9]"), range(16, 20)),
    (re.compile(r"103"), range(19, 20)),
)
"""First digits and lengths of cards: American Express, Diners, JCB, Mastercard, UnionPay with Visa, 农行 of old."""

_PLATE = re.compile(
    rf"(?:[{PROVINCES}][a-hj-np-z][·•. \-]?(?P<number>[0-9a-hj-np-z]{{5,6}}|[0-9a-hj-np-z]{{4}}[学警挂港澳领试超])"
    rf"|wj[{PROVINCES}]?[·•. \-]?(?P<armed>\d{{4}}[0-9xbtshj]))(?![0-9a-z])"
)
_PLATE_DIGITS = 3
_PASSPORT = re.compile(r"(?<![0-9a-z])(?:[eg][ ]?\d{8}|e[a-hj-np-z][ ]?\d{7})(?![0-9a-z])", re.ASCII)
_PAPER = re.compile(r"(?<![0-9a-z])[a-z]{1,2}[ ]?\d{7,10}(?![0-9a-z])", re.ASCII)
_PAPER_NAMED = re.compile(r"(?:护照|通行证|台胞证|回乡证|旅行证|passport)[^。;\n]{0,12}$")

_HAN = r"[\u4e00-\u9fff]"
_COUNT = r"(?:\d{1,5}|[零一二三四五六七八九十百]{1,5}|[a-z]\d{0,3})"
_UNIT = rf"(?:\s?{_COUNT}\s?(?:-\d{{1,4}})?\s?(?:号楼|号院|栋|幢|座|单元|层|楼|室|房|户|组|弄|号|#))"
_ADDRESS = re.compile(
    rf"(?:{_HAN}{{1,8}}?(?:路|街|大道|道|巷|胡同|弄|里)\s?{_UNIT}{{1,6}}(?:\s?-?\d{{1,4}})?"
    rf"|{_HAN}{{1,10}}?(?:小区|花园|花苑|新村|公寓|大厦|家园|苑|城|庄|湾|府|村|社区|屯|寨|宿舍)\s?{_UNIT}{{2,6}}(?:\s?-?\d{{1,4}})?"
    rf"|{_HAN}{{1,8}}?(?:村|社区|屯|寨)\s?{_COUNT}\s?(?:组|队|社)\s?{_COUNT}\s?号)"
)
_LIVES = re.compile(r"(?:住址|家庭地址|家住|住在|现住|户籍地址|联系地址|收件地址|居住地|地址)[是为在:\s]{0,3}")
_WHERE = re.compile(rf"[^,。;、!?\n]{{2,40}}?(?:{_UNIT}{{1,6}}(?:\s?-?\d{{1,4}})?)(?!{_HAN}{{0,2}}(?:路|街))")
_LED_IN = re.compile(r"^.*(?:住在|位于|家住|在|到|从|于|是|的|和|与|及|至|往|来|为|我|他|她)(?=.{3})", re.DOTALL)

_RUN = re.compile(r"\d++x?|(?<=[\d \-.\n])x(?!\d)", re.ASCII)
_JOINT = re.compile(r"[ \-.·•_/,\n()]{1,4}")
_SOFT = re.compile(r"[ \-]{1,2}|\)[ \-]?|[ ]?\(")
SHORTEST_NUMBER, LONGEST_NUMBER = 7, 19
SHORTEST_CARD, LONGEST_CARD = 14, 19
IDENTITY, OLD_IDENTITY, FIRST_GROUP, GROUP = 18, 15, 3, 2


@dataclass(frozen=True)
class _Number:
    """Digits that may be one number: where they stand, in which groups, whether only blanks and hyphens part them."""

    digits: str
    span: Span
    groups: tuple[int, ...]
    soft: bool

    @property
    def in_groups(self) -> bool:
        """Tell whether the digits are grouped as people group them, or each stands alone."""
        if len(self.groups) == 1 or set(self.groups) == {1}:
            return True
        return self.soft and min(self.groups) >= GROUP

    @property
    def by_threes(self) -> bool:
        """Tell whether no group but the last is short."""
        return self.in_groups and (set(self.groups) == {1} or min(self.groups[:-1], default=9) >= FIRST_GROUP)


def personal_data(text: str) -> dict[str, tuple[Span, ...]]:
    """Return the spans of personal data by kind; a stretch counts for the first kind that claims it."""
    plain = Plain(text)
    read = plain.text
    numbers = list(_read_numbers(read))
    taken = bytearray(len(read))
    found: dict[str, list[Span]] = {}
    for kind, search in _KINDS:
        for start, end in search(read, numbers):
            if start < end and taken.find(1, start, end) < 0:
                taken[start:end] = b"\1" * (end - start)
                found.setdefault(kind, []).append(plain.span(start, end))
    return {kind: tuple(sorted(spans)) for kind, spans in found.items()}


def mask(text: str, kinds: Iterable[str] | None = None) -> str:
    """Return `text` with personal data covered by `*`; the ends that let an officer recognise it stay."""
    wanted = None if kinds is None else set(kinds)
    characters = list(text)
    for kind, spans in personal_data(text).items():
        if wanted is None or kind in wanted:
            keep_start, keep_end = _KEPT[kind]
            for start, end in spans:
                # Of a stretch that is hardly longer than what would be left of it, nothing is left.
                short = end - start <= keep_start + keep_end
                first, last = (start, end) if short else (start + keep_start, end - keep_end)
                for at in range(first, last):
                    if not characters[at].isspace() or kind == "address":
                        characters[at] = "*"
    return "".join(characters)


def is_identity_number(text: str) -> bool:
    """Tell whether `text` is an 18-digit identity number with a real date and the right check digit (GB 11643)."""
    number = fold(text).strip().translate(_CROSSES)
    if not _IDENTITY.fullmatch(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == number[17]


def is_card_number(text: str) -> bool:
    """Tell whether the digits of `text` are an issuer's, in number too, and pass Luhn's check (ISO/IEC 7812-1)."""
    number = "".join(character for character in fold(text) if character.isdecimal())
    if len(set(number)) <= 1 or not any(form.match(number) and len(number) in lengths for form, lengths in _ISSUERS):
        return False
    digits = [int(character) for character in number]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 Luhn: two digits are summed
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_old_identity_number(text: str) -> bool:
    """Tell whether `text` is a 15-digit identity number, as given until 1999: no check digit, so date and province."""
    number = fold(text).strip()
    if not _OLD_IDENTITY.fullmatch(number) or number[:2] not in PROVINCE_CODES:
        return False
    try:
        date(1900 + int(number[6:8]), int(number[8:10]), int(number[10:12]))
    except ValueError:
        return False
    return not is_card_number(number)


def _read_numbers(read: str) -> Iterator[_Number]:
    """Yield every number that whole runs of digits, alone or one after another, may be meant as."""
    runs = list(_RUN.finditer(read.translate(_CROSSES)))
    for first, run in enumerate(runs):
        if run[0] == "x" or _goes_on(runs, first, read):
            continue
        digits, groups, soft = "", [], True
        for at in range(first, len(runs)):
            if at > first:
                between = read[runs[at - 1].end() : runs[at].start()]
                if not _JOINT.fullmatch(between) or digits[-1] == "x":
                    break
                soft = soft and _SOFT.fullmatch(between) is not None
            digits += runs[at][0]
            groups.append(len(runs[at][0]))
            if len(digits) > LONGEST_NUMBER:
                break
            if len(digits) < SHORTEST_NUMBER:
                continue
            yield _Number(digits, (run.start(), runs[at].end()), tuple(groups), soft)
            if digits[-1] == "x" and groups[-1] > 1:
                # Perhaps the x belongs to what follows.
                shorter = (*groups[:-1], groups[-1] - 1)
                yield _Number(digits[:-1], (run.start(), runs[at].end() - 1), shorter, soft)


def _goes_on(runs: list[re.Match[str]], at: int, read: str) -> bool:
    """Tell whether a run is a single digit in a row of single digits: such a row is one number or none."""
    if at == 0 or len(runs[at][0]) > 1 or len(runs[at - 1][0]) > 1:
        return False
    return _SOFT.fullmatch(read[runs[at - 1].end() : runs[at].start()]) is not None


def _identities(_: str, numbers: Sequence[_Number]) -> Iterator[Span]:
    for number in numbers:
        if len(number.digits) == IDENTITY and is_identity_number(number.digits):
            yield number.span


def _old_identities(_: str, numbers: Sequence[_Number]) -> Iterator[Span]:
    for number in numbers:
        if len(number.digits) == OLD_IDENTITY and number.by_threes and is_old_identity_number(number.digits):
            yield number.span


def _cards(_: str, numbers: Sequence[_Number]) -> Iterator[Span]:
    found = [
        number.span
        for number in numbers
        if SHORTEST_CARD <= len(number.digits) <= LONGEST_CARD
        and number.digits.isdecimal()
        and number.by_threes
        and is_card_number(number.digits)
    ]
    yield from sorted(found, key=lambda span: span[0] - span[1])


def _phones(read: str, numbers: Sequence[_Number]) -> Iterator[Span]:
    for number in numbers:
        foreign = number.in_groups and number.digits.startswith(("86", "0086"))
        if number.by_threes or foreign:
            if _MOBILE.fullmatch(number.digits):
                start, end = number.span
                yield start - read.endswith("+", 0, start), end
            elif _LANDLINE.fullmatch(number.digits):
                # The bracket before an area code is part of it.
                start, end = number.span
                yield (start - (start > 0 and read[start - 1] == "(" and ")" in read[start:end]), end)
    for number in numbers:
        if number.by_threes and _LOCAL.fullmatch(number.digits) and _CALLED.search(read[: number.span[0]][-16:]):
            yield number.span


def _plates(read: str, _: Sequence[_Number]) -> Iterator[Span]:
    for match in _PLATE.finditer(read):
        if sum(map(str.isdecimal, match["number"] or match["armed"])) >= _PLATE_DIGITS:
            yield match.span()


def _papers(read: str, _: Sequence[_Number]) -> Iterator[Span]:
    for match in _PASSPORT.finditer(read):
        yield match.span()
    for match in _PAPER.finditer(read):
        if _PAPER_NAMED.search(read[max(0, match.start() - 24) : match.start()]):
            yield match.span()


def _addresses(read: str, _: Sequence[_Number]) -> Iterator[Span]:
    for lives in _LIVES.finditer(read):
        where = _WHERE.match(read, lives.end())
        if where is not None:
            yield where.span()
    for match in _ADDRESS.finditer(read):
        start, end = match.span()
        led = _LED_IN.match(match[0])
        yield start + (led.end() if led else 0), end


_KINDS: tuple[tuple[str, Callable[[str, Sequence[_Number]], Iterator[Span]]], ...] = (
    ("identity", _identities),
    ("card", _cards),
    ("identity", _old_identities),
    ("phone", _phones),
    ("plate", _plates),
    ("passport", _papers),
    ("address", _addresses),
)
_KEPT = {"identity": (6, 2), "card": (4, 4), "phone": (3, 4), "plate": (2, 2), "passport": (1, 2), "address": (2, 0)}
