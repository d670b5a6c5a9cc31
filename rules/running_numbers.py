"""Numbers that channels give their messages: which follow each other, which are missing, which stand twice.

A number is words around a date and a serial: ``20261103-0012``, ``信访〔2026〕118号``, ``SZXX261103007``. Two numbers
with the same words belong to one skeleton; the digits before the serial are its period. Nothing is configured: what a
date is follows from the day the message was received, and whether serials begin again from whether they ever did.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

FAR = 1000
"""A jump further than this is taken for a new beginning of the numbering, not for a hole."""

LONGEST_RUN = 20_000
"""More numbers than this nobody receives in a day: a slip of the finger."""

_LAST_DIGITS = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)
_NEAR = 31  # days between the date in a number and the day it was received
_DATE, _SHORT_DATE, _MONTH, _YEAR = 8, 6, 6, 4  # digits of 20261103, 261103, 202611, 2026
_SERIAL_BEHIND_MONTH, _SERIAL_BEHIND_YEAR = 2, 3  # digits a serial has at least where the date is not certain

Series = tuple[str, tuple[int, ...]]
Place = tuple[str, tuple[int, ...], int]


@dataclass(frozen=True, slots=True)
class Number:
    """A number taken apart.

    Attributes:
        written: as it was written.
        skeleton: its words, with ``#`` for the digits before the serial.
        period: those digits, the date among them.
        serial: the number that counts.
        head, tail: what stands before and behind the serial.
        width: to how many digits the serial is filled up with zeros; 0 when it is not.

    """

    written: str
    skeleton: str
    period: tuple[int, ...]
    serial: int
    head: str
    tail: str
    width: int

    @property
    def series(self) -> Series:
        """What it runs on in."""
        return self.skeleton, self.period

    @property
    def place(self) -> Place:
        """What makes it this number, however it is written."""
        return self.skeleton, self.period, self.serial

    def like(self, serial: int, width: int | None = None) -> str:
        """Return another number of the series as it would be written."""
        return f"{self.head}{str(serial).zfill(self.width if width is None else width)}{self.tail}"


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers that are missing one after the other, first and last as they would be written."""

    first: str
    last: str
    count: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What is wrong by day: numbers missing, and numbers that stand more than once (each as first written)."""

    holes: Mapping[date, tuple[Hole, ...]]
    twice: Mapping[date, tuple[str, ...]]


@dataclass(slots=True)
class _Line:
    """One series: serial -> (day, number, whether it is there)."""

    known: dict[int, tuple[date, Number, bool]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        return max((number.width for _, number, _ in self.known.values()), default=0)

    @property
    def days(self) -> tuple[date, date]:
        days = [day for day, _, _ in self.known.values()]
        return min(days), max(days)


def parse_number(written: str, day: date) -> Number | None:
    """Take a channel's number apart, as of a message received on ``day``; None when there is no digit in it."""
    text = "".join(unicodedata.normalize("NFKC", written).upper().split())
    found = _LAST_DIGITS.fullmatch(text)
    if found is None:
        return None
    head, digits, tail = found.groups()
    dated = _date_digits(digits, day)
    head, digits = head + digits[:dated], digits[dated:]
    period = tuple(int(one) for one in re.findall(r"\d+", head))
    width = len(digits) if digits.startswith("0") else 0
    return Number(written, f"{re.sub(r'[0-9]+', '#', head)}|{tail}", period, int(digits), head, tail, width)


def run_of(first: str, last: str, day: date) -> tuple[Number, Number]:
    """Return the first and last number of a run that was entered; ValueError in Chinese when they are none."""
    begin, end = parse_number(first, day), parse_number(last, day)
    if begin is None or end is None:
        raise ValueError("起止编号里要有数字")
    if begin.series != end.series:
        raise ValueError("起止编号的格式不一致，除末尾的流水号以外要相同；当天有多套编号的，只填件数")
    if end.serial < begin.serial:
        raise ValueError("止号小于起号")
    if end.serial - begin.serial >= LONGEST_RUN:
        raise ValueError(f"起止编号之间超过{LONGEST_RUN}个号，请核对")
    return begin, end


def length_of(run: tuple[Number, Number]) -> int:
    """Return how many numbers a run has."""
    return run[1].serial - run[0].serial + 1


def survey(
    known: Iterable[tuple[str, date]],
    runs: Mapping[date, tuple[Number, Number]],
    explained: Iterable[tuple[Number, Number]] = (),
) -> Survey:
    """Find the holes and the repetitions among numbers with the days they were received.

    ``runs`` are the runs entered for a day: what is missing of one belongs to that day. What is missing elsewhere
    belongs to the day of the next number that is there. ``explained`` numbers are neither missing nor twice.
    """
    settled = {(*first.series, serial) for first, last in explained for serial in range(first.serial, last.serial + 1)}
    lines: dict[Series, _Line] = defaultdict(_Line)
    twice: dict[date, list[str]] = defaultdict(list)
    for number, day in sorted(_parsed(known), key=lambda one: one[1]):
        line = lines[number.series]
        if number.serial not in line.known:
            line.known[number.serial] = (day, number, True)
        elif number.place not in settled:
            twice[day].append(number.written)
    for day, (first, last) in runs.items():
        line = lines[first.series]
        for serial in range(first.serial, last.serial + 1):
            line.known.setdefault(serial, (day, first, False))
    missing: dict[date, list[tuple[Number, int, int]]] = defaultdict(list)
    for line in lines.values():
        _inside(line, missing)
    _between(lines, missing)
    holes = {day: _holes(found, settled) for day, found in missing.items()}
    return Survey(
        {day: found for day, found in holes.items() if found},
        {day: tuple(dict.fromkeys(found)) for day, found in twice.items()},
    )


def _parsed(known: Iterable[tuple[str, date]]) -> Iterable[tuple[Number, date]]:
    for written, day in known:
        number = parse_number(written, day)
        if number is not None:
            yield number, day


def _inside(line: _Line, missing: dict[date, list[tuple[Number, int, int]]]) -> None:
    """Note what is missing within one series: of the runs that were entered, and between what is known."""
    width = line.width
    for serial in sorted(line.known):
        day, number, there = line.known[serial]
        if not there:
            missing[day].append((number, serial, width))
    for before, after in pairwise(sorted(line.known)):
        if after - before <= FAR:
            day, number, _ = line.known[after]
            missing[day] += [(number, serial, width) for serial in range(before + 1, after)]


def _between(lines: Mapping[Series, _Line], missing: dict[date, list[tuple[Number, int, int]]]) -> None:
    """Note what is missing at the beginning of a series that follows another with the same words, as a new day's."""
    skeletons: dict[str, list[tuple[tuple[int, ...], _Line]]] = defaultdict(list)
    for (skeleton, period), line in lines.items():
        skeletons[skeleton].append((period, line))
    for found in skeletons.values():
        ordered = [line for _, line in sorted(found, key=lambda one: one[0])]
        follows = [(a, b) for a, b in pairwise(ordered) if a.days[1] <= b.days[0]]
        if len(follows) * 2 < len(ordered) - 1:
            continue  # they run beside each other: places or desks, no dates
        restarts = any(min(b.known) <= max(a.known) for a, b in follows)
        for before, after in follows:
            start = 1 if restarts else max(before.known) + 1
            first = min(after.known)
            if 0 < first - start <= FAR:
                day, number, _ = after.known[first]
                missing[day] += [(number, serial, after.width) for serial in range(start, first)]


def _holes(found: Collection[tuple[Number, int, int]], settled: Collection[Place]) -> tuple[Hole, ...]:
    """Put missing numbers of one day together where they follow each other."""
    groups: list[list[tuple[Number, int, int]]] = []
    wanted = [one for one in found if (*one[0].series, one[1]) not in settled]
    for one in sorted(wanted, key=lambda item: (item[0].skeleton, item[0].period, item[1])):
        last = groups[-1][-1] if groups else None
        if last is not None and last[0].series == one[0].series and last[1] + 1 == one[1]:
            groups[-1].append(one)
        else:
            groups.append([one])
    return tuple(
        Hole(group[0][0].like(*group[0][1:]), group[-1][0].like(*group[-1][1:]), len(group)) for group in groups
    )


def _date_digits(digits: str, day: date) -> int:
    """Return how many digits at the beginning are a date near ``day``, a serial being left behind them."""
    if len(digits) > _DATE and _is_near(digits[:_DATE], day):
        return _DATE
    if len(digits) > _SHORT_DATE and _is_near(f"20{digits[:_SHORT_DATE]}", day):
        return _SHORT_DATE
    if len(digits) >= _MONTH + _SERIAL_BEHIND_MONTH and _is_near(f"{digits[:_MONTH]}15", day):
        return _MONTH
    if len(digits) >= _YEAR + _SERIAL_BEHIND_YEAR and abs(int(digits[:_YEAR]) - day.year) <= 1:
        return _YEAR
    return 0


def _is_near(digits: str, day: date) -> bool:
    try:
        found = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return abs((found - day).days) <= _NEAR
