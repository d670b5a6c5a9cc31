"""Fill an empty database with the demonstration bureau: its past half year, played through the product's commands."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zlib import crc32

from sqlalchemy import Engine, text

from engine.casework import commands
from engine.casework.actions import InvalidStep
from engine.casework.actions.initial import initial
from engine.casework.calendar_store import calendar
from engine.casework.demo import answers as words
from engine.casework.demo import filling
from engine.casework.demo.bureau import PASSWORD
from engine.casework.demo.counting import count_messages
from engine.casework.demo.founding import found
from engine.casework.demo.messages import MATTERS, DemoMatter
from engine.casework.demo.playing import Stage, Task, at_work, real_now
from engine.casework.demo.timing import LATE, LONG_LATE, ON_TIME, Timing
from engine.casework.deploying import deploy_from_disk
from engine.casework.facts import MatterFacts
from engine.casework.petitioners import PetitionerFacts
from engine.casework.registration import register
from engine.runtime import NotFound, Runtime
from rules.bureau_calendar import Calendar
from rules.working_time import BUREAU_ZONE

__all__ = ["PASSWORD", "seed"]

Progress = Callable[[int, int], None]

STOPS: Final = {
    "to_accept": "accept",
    "to_hand_on": "hand_on",
    "to_sign": "sign",
    "late_sign": "sign",
    "investigating": "investigate",
    "late_handling": "investigate",
    "escalated_leader": "investigate",
    "disposing": "dispose",
    "feeding_back": "feed_back",
    "to_reply": "reply",
    "to_visit": "visit",
    "rejected_once": "investigate",
    "dissatisfied_rework": "dispose",
}
"""Fate -> the step at which it stops; the others go on to the archive, or stop at either kind of review."""

REVIEWS: Final = frozenset({"review", "approve"})
WEIGHTS: Final = {
    "accept": 0.3,
    "hand_on": 0.4,
    "assign": 0.2,
    "sign": 0.4,
    "investigate": 2.2,
    "dispose": 1.6,
    "feed_back": 0.8,
    "review": 0.6,
    "reply": 0.5,
    "visit": 1.2,
}
"""How the time of a matter is shared among its steps, in their order."""

RATINGS: Final[dict[str, dict[str, Any]]] = {
    "closed_basically": {"result": "basically"},
    "closed_dissatisfied": {"result": "dissatisfied", "decision": "close"},
    "closed_unreachable": {"result": "unreachable", "attempts": 3},
    "closed_refused": {"result": "refused"},
}
ELSEWHERE: Final = "县政务服务管理办公室"
MOST_WAITS: Final = 300
SOON: Final = timedelta(seconds=30)

CODES = text("select code, id from unit union all select code, id from category")
CLOCKS = text("select code, clock, receiving_unit_id, delivery from channel")
UNACKNOWLEDGED = text(
    """
select e.id, (e.told -> 0 ->> 'officer_id')::bigint as officer from escalation e join matter m on m.id = e.matter_id
where m.number = :number and e.level <> 'reminder' and e.acknowledged_at is null and jsonb_array_length(e.told) > 0
order by e.id
"""
)
NUMBER = text("select id from matter where number = :number")


@dataclass(slots=True)
class Life:
    """A matter of the demonstration as it is played."""

    matter: DemoMatter
    received: datetime
    end: datetime
    number: str = ""
    returned: bool = False
    sent_back: bool = False
    waited: int = 0

    @property
    def stop(self) -> str:
        """The step at which it stops; '' when it goes on to the end. One that is returned passes it once before."""
        if self.matter.fate in {"rejected_once", "dissatisfied_rework"} and not self.returned:
            return ""
        return STOPS.get(self.matter.fate, "")


class Play:
    """Plays all lives together, in the order of time."""

    def __init__(self, engine: Engine, runtime: Runtime, matters: Sequence[DemoMatter]) -> None:
        self._engine = engine
        self._matters = matters
        self._runtime = runtime
        self._stage = Stage(engine, runtime)
        with engine.connect() as connection:
            self._now = real_now(connection)
            self._calendar: Calendar = calendar(connection)
            self._codes = {row.code: row.id for row in connection.execute(CODES)}
            self._channels = {row.code: row for row in connection.execute(CLOCKS)}
            deployed = runtime.current(connection)
        table = runtime.definition(deployed.id).decisions["clocks"]
        clocks = {code: row.clock for code, row in self._channels.items()}
        self._timing = Timing(self._now, self._calendar, table, clocks)
        self._lives: dict[str, Life] = {}
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))

    def run(self, progress: Progress) -> None:
        """Play everything, the clock ending at real time."""
        self._cast()
        turns = itertools.count()
        heap = [(life.received, next(turns), life) for life in self._lives.values()]
        heapq.heapify(heap)
        begin = heap[0][0]
        while heap:
            moment, _, life = heapq.heappop(heap)
            self._stage.go_to(moment)
            following = self._act(life, moment)
            if following is not None and following < self._now:
                heapq.heappush(heap, (following, next(turns), life))
            progress(int(100 * (moment - begin) / (self._now - begin)), 100)
        self._stage.end()
        progress(100, 100)

    def _cast(self) -> None:
        for matter in self._matters:
            limits = self._timing.limits(matter)
            received = self._timing.received(matter, limits)
            self._lives[matter.key] = Life(matter, received, self._timing.finished(matter, received, limits))
        for life in self._lives.values():
            primary = self._lives.get(life.matter.primary)
            if primary is not None and life.received <= primary.received:
                life.received = primary.received + timedelta(hours=20)

    def _act(self, life: Life, moment: datetime) -> datetime | None:
        """Do the next thing in a life; return when the one after it is due, None when there is none."""
        if not life.number:
            self._register(life, moment)
            return self._following(life, moment, "sign")
        task = self._stage.waiting(life.number)
        if task is None:
            life.waited += 1
            return self._following(life, moment, None) if life.matter.primary and life.waited < MOST_WAITS else None
        if task.step == life.stop or (task.step in REVIEWS and life.matter.fate in {"in_review", "in_approval"}):
            return None
        if not task.officers:
            return None
        if task.late:
            self._acknowledge(life)
        following = self._finish(life, task, moment)
        if task.step == "reply":
            self._stage.deliver()
        return self._following(life, moment, following)

    def _following(self, life: Life, moment: datetime, waits: str | None) -> datetime | None:
        """Return when the step that waits now is done: what time is left, shared among the steps that are left."""
        if waits is None:
            return moment + timedelta(hours=5)
        step = "review" if waits == "approve" else waits
        steps = list(WEIGHTS)
        ahead = steps[steps.index(step) :] if step in steps else ["visit"]
        if life.stop in ahead:
            ahead = ahead[: ahead.index(life.stop) + 1]
        chance = 0.75 + crc32(f"{life.matter.key}/{step}/{life.returned}".encode()) % 50 / 100
        share = (life.end - moment) * (WEIGHTS.get(step, 1.0) / sum(WEIGHTS[name] for name in ahead) * chance)
        following = at_work(moment + max(share, timedelta(minutes=6)), self._calendar)
        # Whoever is behind works after hours.
        return following if following < self._now else moment + max((self._now - moment) / (len(ahead) + 1), SOON)

    def _register(self, life: Life, moment: datetime) -> None:
        matter = life.matter
        channel = self._channels[matter.channel]
        typed = channel.delivery == "typed"
        clerk = self._stage.holder("receiver", channel.receiving_unit_id, crc32(matter.key.encode())) if typed else None
        local = moment.astimezone(BUREAU_ZONE)
        facts = MatterFacts(
            channel=matter.channel,
            channel_number=None if typed else f"{local:%Y%m%d}{next(self._numbers[matter.channel]):04d}",
            title=matter.title,
            body=matter.body or matter.title,
            place=matter.place or None,
            received_at=moment,
            petitioner=PetitionerFacts(name=matter.name or None, phone=matter.phone or None, anonymous=not matter.name),
            delivered=not typed,
        )
        with self._engine.begin() as connection:
            actor = "system" if clerk is None else str(clerk)
            life.number = register(connection, facts, runtime=self._runtime, actor=actor).number

    def _acknowledge(self, life: Life) -> None:
        """Let those who were told of a late step take note of it, most of the time."""
        with self._engine.connect() as connection:
            rows = connection.execute(UNACKNOWLEDGED, {"number": life.number}).all()
        for row in rows:
            if crc32(f"{life.matter.key}/{row.id % 5}".encode()) % 3:
                player = self._stage.player(row.officer)
                try:
                    commands.acknowledge(self._engine, self._runtime, player, row.id, "已督促承办单位，今日内推进。")
                except NotFound:
                    continue  # told in the inspectorate's stead, without a say in this matter

    def _finish(self, life: Life, task: Task, moment: datetime) -> str:
        """Have somebody finish the task; return the step that waits then, as far as it is known."""
        officer = task.officers[crc32(f"{life.matter.key}/{task.step}".encode()) % len(task.officers)]
        talked = (moment - timedelta(minutes=5)).astimezone(BUREAU_ZONE).isoformat(timespec="minutes")
        given = words.answers(task.step, life.matter, task.unit, talked)
        special = getattr(self, f"_{task.step}", None)
        if special is not None:
            given |= special(life, task)
        try:
            outcome = self._stage.finish(task, officer, given)
        except InvalidStep as invalid:
            if "unit" not in invalid.fields:
                raise
            # The unit meant is accused: the inspectorate takes the matter.
            instead = {"unit": self._codes["inspectorate"], "supervising_unit": None}
            outcome = self._stage.finish(task, officer, given | instead)
        return outcome.next[0].step if outcome.next else "visit"

    def _accept(self, life: Life, _task: Task) -> dict[str, Any]:
        if life.matter.fate == "not_accepted":
            return {
                "decision": "not_accepted",
                "ground": "unclear",
                "reason": "没有具体的事实和诉求，联系后仍无法核实。",
            }
        if not life.matter.unit:
            return {"decision": "out_of_scope", "reason": "所反映事项属于其他部门职责，依法转办。"}
        return {}

    def _hand_on(self, life: Life, _task: Task) -> dict[str, Any]:
        if life.matter.unit:
            return {"decision": "ours", "reason": "经核对属于公安机关职责，应由本局办理。"}
        return {"agency": self._known(life, "hand_on").get("agency") or ELSEWHERE}

    def _assign(self, life: Life, _task: Task) -> dict[str, Any]:
        matter = life.matter
        category = self._codes.get(matter.category)
        return {
            "unit": self._codes[matter.unit or "command"],
            "category": None if category is None else str(category),
            "kind": matter.category.partition(".")[0] or "request",
            "severity": "ordinary",
        }

    def _sign(self, life: Life, task: Task) -> dict[str, Any]:
        intended = self._codes.get(life.matter.unit)
        wrong = intended is not None and task.handling_unit_id not in {None, intended}
        if wrong and not life.sent_back and life.matter.fate not in {*ON_TIME, *LATE, *LONG_LATE}:
            life.sent_back = True
            return {
                "decision": "send_back",
                "evidence": f"经核对职责分工和辖区划分，本件不属于{task.unit}管辖，建议另行交办。",
                "suggested_unit": intended,
            }
        turn = crc32(f"{life.matter.key}/handler".encode())
        handler = self._stage.holder("handler", task.handling_unit_id, turn) if task.handling_unit_id else None
        if handler is None:
            handler = self._stage.holder("inspector", None, turn)
        return {"decision": "sign", "handler": handler, "reported": True}

    def _review(self, life: Life, task: Task) -> dict[str, Any]:
        if life.matter.fate != "rejected_once" or life.returned:
            return {}
        life.returned = True
        return {"decision": "reject", "points": [{"point": words.choose(words.POINTS, life.matter, task.step)}]}

    _approve = _review

    def _reply(self, life: Life, _task: Task) -> dict[str, Any]:
        if life.matter.fate == "not_accepted":
            return {"reply": words.DECLINED}
        known = self._known(life, "reply").get("reply")
        return {"reply": known} if known else {}

    def _visit(self, life: Life, task: Task) -> dict[str, Any]:
        reason = {"reason": words.choose(words.COMPLAINTS, life.matter, task.step)}
        if life.matter.fate == "dissatisfied_rework" and not life.returned:
            life.returned = True
            return {"result": "dissatisfied", "decision": "rework", **reason}
        rating = RATINGS.get(life.matter.fate, {})
        return rating | (reason if rating.get("result") == "dissatisfied" else {})

    def _known(self, life: Life, step: str) -> dict[str, Any]:
        with self._engine.connect() as connection:
            return initial(connection, connection.execute(NUMBER, {"number": life.number}).scalar_one(), step)


def seed(
    engine: Engine,
    runtime: Runtime,
    progress: Progress = lambda _done, _total: None,
    matters: Sequence[DemoMatter] = MATTERS,
) -> int:
    """Create the bureau and play its matters; return how many there are. The database must have no officer yet.

    A row tells that the fill has begun and that it came to its end, see :mod:`engine.casework.demo.filling`.
    Deploys what is on disk where nothing is deployed. The bureau's clock walks from half a year ago to the present,
    timers fire on the way, replies are delivered to nowhere. ``progress`` is told (done, of 100).
    """
    with engine.begin() as connection:
        filling.begin(connection)
        found(connection)
    try:
        with engine.connect() as connection:
            runtime.current(connection)
    except NotFound:
        deploy_from_disk(runtime)
    Play(engine, runtime, matters).run(progress)
    with engine.begin() as connection:
        count_messages(connection)
        filling.finish(connection)
    return len(matters)
