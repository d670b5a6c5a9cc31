"""A process with something of everything, and a plain model of what must become of a case of it.

The model is a statechart written by hand from the drawing and from BPMN, not from the engine: it knows nothing of
tokens, scopes or rows. It says after every action what waits, until when, and what history has been told.
"""

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.engine.runtime.diagrams import Diagram

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ENOUGH = 2  # opinions
LINE = ("register", "judge", "review", "decide", "send", "receipt")
# One token is on the line, or two are between fork and join; what follows is where a token may be put on the line.
PUT_ON_LINE = ("register", "again", "judge", "review", "receipt", "end")


def drawn(*, changed: bool = False) -> list[Diagram]:
    """Draw the process and what it calls; the changed version has another limit and one reminder more."""
    life = (
        Diagram("life").start().user("register", candidateGroups="receiver")
        .exclusive("again").parallel("fork")
        .call("inquire", "inquiry")
        .timer("remind", "R3/P1D", "inquire", kind="timeCycle", interrupting=False).user("urge").end("urged")
        .timer("overdue", "P12D" if changed else "P10D", "inquire").user("boss")
        .catch("recall", "recall", "inquire").exclusive("gathered")
        .user("opinion").many("opinion", "${register.units}", "unit", until=f"nrOfCompletedInstances >= {ENOUGH}")
        .timer("hurry", "P5D", "opinion").exclusive("pooled")
        .parallel("join").service("judge", "judge", retry="R1/PT1H").user("review", candidateGroups="instructor")
        .event("boundaryEvent", "alarm", "signal", "alarm", "review", interrupting=False).user("answer").end("answered")
        .exclusive("decide").service("send", "send").catch("receipt", "receipt").end()
        .chain("start", "register", "again", "fork", "inquire", "gathered", "join", "judge", "review", "decide")
        .chain("remind", "urge", "urged").chain("overdue", "boss", "gathered").chain("recall", "gathered")
        .chain("fork", "opinion", "pooled", "join").chain("hurry", "pooled").chain("alarm", "answer", "answered")
        .flow("decide", "again", "${review.decision == 'back'}").flow("decide", "send", "${review.decision == 'ok'}")
        .chain("send", "receipt", "end")
    )  # fmt: skip
    if changed:
        life.timer("late", "P2D", "review", interrupting=False).end("told").chain("late", "told")
    inquiry = (
        Diagram("inquiry").start().user("look").timer("nudge", "P3D", "look", interrupting=False).user("conclude").end()
        .end("nudged").chain("start", "look", "conclude", "end").chain("nudge", "nudged")
    )  # fmt: skip
    return [life, inquiry]


@dataclass
class Pause:
    """A time in which the clocks stand still; when is known once the database has said so."""

    since: datetime | None = None
    until: datetime | None = None
    over: bool = False


@dataclass
class Timer:
    """A timer that waits. Since when it counts is known once the database has said so."""

    period: timedelta
    times: int = 1
    occurrence: int = 1
    start: datetime | None = None
    extended: list[tuple[datetime, timedelta]] = field(default_factory=list)
    retries: bool = False

    def due(self, pauses: list[Pause], occurrence: int = 0) -> datetime:
        """Say when an occurrence (by default the one awaited) falls, with all that has put it off."""
        assert self.start is not None
        at = self.start + self.period * (occurrence or self.occurrence)
        moves: list[tuple[datetime, Any]] = list(self.extended)
        if not self.retries:
            moves += [(pause.until, pause.since) for pause in pauses if pause.until and pause.since]
        for when, move in sorted(moves, key=lambda one: one[0]):
            if isinstance(move, timedelta):
                at += move
            elif at > (since := max(move, self.start)) and when > since:
                at += when - since
        return at


@dataclass
class Case:
    """What must be true of a case. ``told`` are the history's entries of the action at hand, by kind."""

    status: str = "running"
    changed: bool = False
    line: str = ""  # where the one token on the line is; ``parallel`` between fork and join, ``over`` behind the end
    trouble: str = ""  # of the token on the line: ``retry``, or the kind of its incident
    inquiry: str = "done"  # look, conclude, boss, done
    open: set[int] = field(default_factory=set)  # opinions still wanted, by their number
    given: dict[int, Any] = field(default_factory=dict)
    pooled: bool = True
    urges: int = 0
    answers: int = 0
    visit: int = 0  # to the review: who waits for the alarm since when
    data: dict[str, Any] = field(default_factory=dict)
    inside: dict[str, Any] = field(default_factory=dict)  # what the called process has written
    timers: dict[str, Timer] = field(default_factory=dict)
    pauses: list[Pause] = field(default_factory=list)
    broken: bool = False  # the service that judges
    told: Counter[str] = field(default_factory=Counter)

    # What is there now

    @property
    def over(self) -> bool:
        return self.status in {"completed", "cancelled"}

    @property
    def paused(self) -> bool:
        return bool(self.pauses) and not self.pauses[-1].over

    def items(self) -> Counter[str]:
        """Return the steps that wait for somebody."""
        found = Counter({"urge": self.urges, "answer": self.answers})
        if self.line in {"register", "review"}:
            found[self.line] += 1
        if self.line == "parallel":
            if self.inquiry != "done":
                found[self.inquiry] += 1
            found["opinion"] += len(self.open)
        return +found

    def awaited(self) -> set[str]:
        """Return the messages and signals that are waited for."""
        found = {"review": {"alarm"}, "receipt": {"receipt"}}.get(self.line, set())
        return found | ({"recall"} if self.line == "parallel" and self.inquiry in {"look", "conclude"} else set())

    def incident(self) -> tuple[str, str] | None:
        """Return the element and kind of the open incident."""
        return (self.line, self.trouble) if self.trouble not in {"", "retry"} else None

    def running(self) -> Iterator[tuple[str, Timer]]:
        """Yield the timers that may fire."""
        return ((name, timer) for name, timer in self.timers.items() if timer.retries or not self.paused)

    # Where tokens come and go

    def start(self) -> None:
        self.told["started"] += 1
        self.enter("register")

    def enter(self, element: str) -> None:
        """Put the token of the line on an element, and let it go on until it waits."""
        self.line, self.trouble = element, ""
        if element == "again":
            self.fork()
        elif element == "judge":
            self.judge()
        elif element == "review":
            self.visit += 1
            if self.changed:
                self.timers["late"] = Timer(2 * DAY)
        elif element == "decide":
            self.decide()
        elif element == "send":
            self.told["effect_requested"] += 1
        elif element == "end":
            self.line = "over"

    def leave(self) -> None:
        """Take the token of the line from where it is, with what is attached to it."""
        self.timers.pop({"review": "late", "judge": "judge"}.get(self.line, ""), None)

    def fork(self) -> None:
        self.line = "parallel"
        self.pooled = False
        self.inquire()
        units = self.data.get("register", {}).get("units", [])
        self.open, self.given = set(range(len(units))), {}
        if self.open:
            self.timers["hurry"] = Timer(5 * DAY)
        else:
            self.data["opinion"] = []
            self.pool()

    def inquire(self) -> None:
        self.inquiry, self.inside = "look", {}
        self.timers["remind"] = Timer(DAY, times=3)
        self.timers["overdue"] = Timer((12 if self.changed else 10) * DAY)
        self.timers["nudge"] = Timer(3 * DAY)

    def stop_inquiry(self) -> None:
        for name in ("remind", "overdue", "nudge"):
            self.timers.pop(name, None)

    def gather(self) -> None:
        """The inquiry's branch arrives at the join."""
        self.stop_inquiry()
        self.inquiry = "done"
        self.join()

    def pool(self) -> None:
        """The opinions' branch arrives at the join."""
        self.timers.pop("hurry", None)
        self.open, self.pooled = set(), True
        self.join()

    def join(self) -> None:
        if self.inquiry == "done" and self.pooled:
            self.enter("judge")

    def judge(self) -> None:
        if not self.broken:
            self.told["service_called"] += 1
            self.data["judge"] = {"score": 1}
            self.enter("review")
        else:
            self.told["service_failed"] += 1
            self.trouble = "retry"
            self.timers["judge"] = Timer(HOUR, retries=True)

    def judge_again(self) -> None:
        """The last attempt: it succeeds, or a process owner has to see to it."""
        self.trouble = ""
        if self.broken:
            self.trouble = "service"
            self.told["incident_opened"] += 1
        else:
            self.judge()

    def decide(self) -> None:
        decision = self.data.get("review", {}).get("decision")
        if decision in {"back", "ok"}:
            self.enter("again" if decision == "back" else "send")
        else:
            self.trouble = "element"
            self.told["incident_opened"] += 1

    def settled(self) -> None:
        """Say whether the case has ended by what has just happened."""
        if self.line == "over" and not self.urges and not self.answers and not self.over:
            self.status = "completed"
            self.told["ended"] += 1

    # What people, other systems and time do

    def complete(self, step: str, answers: dict[str, Any], number: int) -> None:
        self.told["completed"] += 1
        if step in {"look", "conclude"}:
            self.inside[step] = answers
        elif step != "opinion":
            self.data[step] = answers
        if step in {"urge", "answer"}:
            self.urges, self.answers = self.urges - (step == "urge"), self.answers - (step == "answer")
        elif step in {"register", "review"}:
            self.leave()
            self.enter("again" if step == "register" else "decide")
        elif step == "look":
            self.timers.pop("nudge", None)
            self.inquiry = "conclude"
        elif step == "conclude":
            self.data |= self.inside
            self.gather()
        elif step == "boss":
            self.gather()
        else:
            self.open.remove(number)
            self.given[number] = answers
            if not self.open or len(self.given) >= ENOUGH:
                self.data["opinion"] = [self.given[one] for one in sorted(self.given)]
                self.pool()
        self.settled()

    def catch(self, name: str, payload: dict[str, Any]) -> None:
        """A message or signal that is waited for arrives."""
        self.told["signal_received" if name == "alarm" else "message_received"] += 1
        self.data[name] = payload
        if name == "alarm":
            self.answers += 1
        elif name == "recall":
            self.gather()
        else:
            self.enter("end")
        self.settled()

    def fire(self, name: str, at: datetime) -> int:
        """A timer fires; return how many periods it missed."""
        timer, missed = self.timers[name], 0
        self.told["timer_fired"] += 1
        if name == "remind":
            following = timer.occurrence + 1
            while following <= timer.times and timer.due(self.pauses, following) <= at:
                following += 1
            missed = following - timer.occurrence - 1
            timer.occurrence = following
            self.urges += 1
            if following > timer.times:
                del self.timers[name]
        else:
            del self.timers[name]
        if name == "overdue":
            self.stop_inquiry()
            self.inquiry = "boss"
        elif name == "hurry":
            self.pool()
        elif name == "judge":
            self.judge_again()
        self.settled()
        return missed

    # What process owners do

    def move(self, source: str, target: str) -> None:
        self.told["token_moved"] += 1
        if source in LINE:
            self.leave()
            self.enter(target)
        elif target in {"look", "conclude"}:
            self.timers.pop("nudge", None)
            self.inquiry = target
            if target == "look":
                self.timers["nudge"] = Timer(3 * DAY)
        elif target == "pooled":
            self.pool()
        elif target == "gathered":
            self.gather()
        else:
            self.stop_inquiry()
            self.inquiry = "boss"
            if target == "inquire":
                self.inquire()
        self.settled()

    def retry(self) -> None:
        self.told["incident_retried"] += 1
        line, self.trouble = self.line, ""
        if line == "judge":
            self.judge_again()
        elif line == "decide":
            self.decide()

    def resolve(self, result: dict[str, Any]) -> None:
        self.told["incident_resolved"] += 1
        if self.line == "decide":
            self.enter(result["flow"])
        else:
            self.data[self.line] = result
            self.enter("review" if self.line == "judge" else "receipt")

    def cancel(self) -> None:
        self.told["cancelled"] += 1
        self.status, self.line, self.trouble = "cancelled", "over", ""
        self.urges = self.answers = 0
        self.timers.clear()

    def extend(self, at: datetime, by: timedelta) -> None:
        self.told["due_extended"] += 1
        for timer in self.clocks_after(self.pauses[-1].since if self.paused else at):
            timer.extended.append((at, by))

    def clocks_after(self, at: datetime | None) -> list[Timer]:
        """Return the diagram's timers that have not fallen by then."""
        assert at is not None
        return [timer for timer in self.timers.values() if not timer.retries and timer.due(self.pauses) > at]

    def migrate(self) -> None:
        self.told["migrated"] += 1
        self.changed = True
        if "overdue" in self.timers:
            self.timers["overdue"].period = 12 * DAY
        if self.line == "review":
            self.timers["late"] = Timer(2 * DAY)

    def again_as(self, before: "Case") -> None:
        """Become again what the case was before it was moved to another version."""
        kept, self.broken = self.broken, before.broken
        vars(self).update(copy.deepcopy(vars(before)))
        self.broken = kept
        self.told = Counter({"migration_reverted": 1})
