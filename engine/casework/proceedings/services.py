"""What the diagrams of proceedings call; each works on the proceeding of its command, but for opening a supervision."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text

from engine.casework.calendar_store import calendar
from engine.casework.case import case_of
from engine.casework.notices import notify
from engine.casework.permissions import holders
from engine.casework.proceedings.opening import Opening, open_proceeding
from engine.casework.proceedings.record import Proceeding, subject_of
from engine.casework.services.waiting import waiting_at
from engine.casework.vocabulary import SANCTIONS, SUPERVISION_LEVELS
from engine.runtime import Call, Service
from rules.working_time import BUREAU_ZONE, deadline

OPEN_ONE = text(
    """
select number from proceeding
where kind = 'supervision' and status = 'open' and matter_id = :matter and step = :step and level = :level
"""
)
GIVE = text(
    """
insert into point_entry (officer_id, proceeding_id, points, sanction, decided_at, expires_on)
values (:officer, :proceeding, :points, :sanction, :now,
    (:now at time zone 'Asia/Shanghai')::date + interval '12 months')
on conflict (proceeding_id, officer_id) do nothing
returning expires_on
"""
)
WITHDRAW = text("update point_entry set withdrawn_at = :now where proceeding_id = :proceeding and withdrawn_at is null")
RECURRED = text(
    """
select count(*) filter (where received_at >= :since) as after,
       count(*) filter (where received_at < :since and received_at >= :before) as before
from matter where handling_unit_id = :unit and received_at >= :before
  and (cast(:category as bigint) is null or category_id = :category)
"""
)
SETTLED: Final = text(
    "select max(finished_at) from finished_item where instance_id = :instance and step = 'inspect' and not withdrawn"
)
OUTCOMES: Final = ("lifted", "effective", "received", "refused")
"""What a diagram may end a proceeding with; accountability cases end by services of their own."""

TOLD_TO_MATTER: Final = {"supervision": "supervision_ended", "transfer": "transfer_ended"}
"""Kind -> what its matter's history says at the end; what an officer was held to account for is not told there."""
APPEAL: Final = "30日"
"""公务员法, article 95: thirty days to ask for a review, from the day the decision is known; the table may say more."""


def open_supervision(call: Call) -> dict[str, Any]:
    """Open a supervision of the matter at hand, numbered and stored; none when the same is open already.

    It is for the unit that the step was offered to, else the one handling the matter.
    """
    case = case_of(call.transaction)
    connection = call.transaction.connection
    step, level = str(call.parameters["step"]), str(call.parameters["level"])
    if level not in SUPERVISION_LEVELS:
        raise ValueError(f"没有“{level}”这种督查，只有 {'、'.join(SUPERVISION_LEVELS)}")
    known = connection.execute(OPEN_ONE, {"matter": case.id, "step": step, "level": level}).scalar()
    waiting = waiting_at(connection, call.transaction.instance_id, step)
    if known is not None or waiting is None:
        return {"opened": False, "number": known or ""}
    unit = next(iter(waiting.units), None) or case["handling_unit_id"] or case["receiving_unit_id"]
    number = open_proceeding(
        connection,
        Opening(
            "supervision",
            unit,
            f"{case.number}《{case['title']}》的“{waiting.name}”",
            str(call.parameters["ground"]),
            level=level,
            matter_id=case.id,
            step=step,
        ),
        actor="system",
    )
    case.note("supervised", SUPERVISION_LEVELS[level], element=call.element, proceeding=number, step=step)
    return {"opened": True, "number": number}


def open_transfer(call: Call) -> dict[str, Any]:
    """Open the following-up of a matter that was handed on, numbered and stored: did the agency take it."""
    case = case_of(call.transaction)
    handed = call.data.get("hand_on") or {}
    agency = str(handed.get("agency") or "")
    number = open_proceeding(
        call.transaction.connection,
        Opening(
            "transfer",
            case["receiving_unit_id"],
            f"{case.number}《{case['title']}》转{agency}",
            f"不属于公安机关职责，转{agency}处理。",
            matter_id=case.id,
        ),
        actor=call.transaction.actor,
    )
    return {"number": number}


def take_up(call: Call) -> dict[str, Any]:
    """Tie the proceeding to its process, and tell the process what it decides by."""
    proceeding = subject_of(call.transaction)
    if proceeding["instance_id"] not in {None, call.transaction.instance_id}:
        raise ValueError(f"{proceeding.number}已有流程在办，不能再启动一个")
    proceeding.set(instance_id=call.transaction.instance_id)
    return {
        "level": proceeding["level"] or "",
        "unit": proceeding["unit_id"],
        "kind": proceeding["matter_kind"] or "",
        "severity": proceeding["matter_severity"] or "ordinary",
    }


def open_accountability(call: Call) -> dict[str, Any]:
    """Close a supervision by an accountability case, which is numbered and stored.

    Whom it will concern reads its title in the end: of a matter that accuses anybody the title is not taken over.
    """
    proceeding = subject_of(call.transaction)
    reason = _reason(proceeding)
    accuses = proceeding.row["accused_units"] or proceeding.row["accused_officers"]
    number = open_proceeding(
        call.transaction.connection,
        Opening(
            "accountability",
            proceeding["unit_id"],
            f"{proceeding.number}移送问责" if accuses else proceeding["title"],
            reason or proceeding["ground"],
            matter_id=proceeding["matter_id"],
            parent_id=proceeding.id,
            step=proceeding["step"],
        ),
        actor=call.transaction.actor,
    )
    _close(call, proceeding, "accountability", reason)
    return {"number": number}


def conclude(call: Call) -> dict[str, Any]:
    """Close the proceeding with the outcome that the diagram names and the last reason that was given."""
    proceeding = subject_of(call.transaction)
    outcome = str(call.parameters["outcome"])
    if outcome not in OUTCOMES:
        raise ValueError(f"没有“{outcome}”这种结果，只有 {'、'.join(OUTCOMES)}")
    _close(call, proceeding, outcome, _reason(proceeding))
    if outcome == "refused":
        connection = call.transaction.connection
        notify(
            connection,
            [*holders(connection, "inspector"), *holders(connection, "receiver", proceeding["unit_id"])],
            kind="transfer_refused",
            words=f"{proceeding.number}《{proceeding['title']}》主管部门拒收，请受理部门另行处理。",
            matter_id=proceeding["matter_id"],
            key=f"{call.task_id}:refused",
        )
    return {"outcome": outcome}


def clear_name(call: Call) -> dict[str, Any]:
    """澄清正名: nothing was found, or an appeal succeeded; points are withdrawn, the officer and the unit are told."""
    proceeding = subject_of(call.transaction)
    connection, now = call.transaction.connection, call.transaction.now
    connection.execute(WITHDRAW, {"proceeding": proceeding.id, "now": now})
    told = [proceeding["officer_id"]] if proceeding["officer_id"] is not None else []
    told += holders(connection, "instructor", proceeding["unit_id"])
    notify(
        connection,
        told,
        kind="cleared",
        words=f"{proceeding.number}：经查，所反映的问题不成立，已澄清正名，由此产生的记分和统计一并撤销。",
        key=f"{call.task_id}:cleared",
        email=True,
    )
    _close(call, proceeding, "cleared", _reason(proceeding))
    return {"told": len(told)}


def tell_concerned(call: Call) -> dict[str, Any]:
    """Tell the officer concerned what was decided, and until when they may appeal."""
    proceeding = subject_of(call.transaction)
    decided = proceeding["answers"].get("sanction") or {}
    limit = (call.data.get("accountability_limits") or {}).get("appeal") or APPEAL
    until = deadline(call.transaction.now, limit, calendar(call.transaction.connection)).at.astimezone(BUREAU_ZONE)
    last = (until - timedelta(microseconds=1)).date()
    named = SANCTIONS.get(str(decided.get("sanction")), "")
    given = notify(
        call.transaction.connection,
        [proceeding["officer_id"]],
        kind="sanction",
        words=f"{proceeding.number}：对您作出“{named}”的处理决定。不服的，{last:%Y年%m月%d日}前可以在“我的待办”里申诉。",
        key=f"{call.task_id}:sanction",
        email=True,
    )
    return {"told": len(given)}


def record_points(call: Call) -> dict[str, Any]:
    """Enter the points into the officer's ledger, as decided or as changed by the appeal, and close the case."""
    proceeding = subject_of(call.transaction)
    points = proceeding.answer("sanction", "points")
    if proceeding.answer("hear_appeal", "decision") == "changed":
        points = proceeding.answer("hear_appeal", "points")
    call.transaction.connection.execute(
        GIVE,
        {
            "officer": proceeding["officer_id"],
            "proceeding": proceeding.id,
            "points": int(points or 0),
            "sanction": str(proceeding.answer("sanction", "sanction") or ""),
            "now": call.transaction.now,
        },
    )
    _close(call, proceeding, "sanctioned", _reason(proceeding))
    return {"points": int(points or 0)}


def check_recurrence(call: Call) -> dict[str, Any]:
    """Count matters of the unit, and of the category if there is one, since the work was passed and as long before."""
    proceeding = subject_of(call.transaction)
    connection, now = call.transaction.connection, call.transaction.now
    since = connection.execute(SETTLED, {"instance": call.transaction.instance_id}).scalar() or proceeding["opened_at"]
    found = connection.execute(
        RECURRED,
        {
            "unit": proceeding["unit_id"],
            "category": proceeding["category_id"],
            "since": since,
            "before": since - (now - since),
        },
    ).one()
    proceeding.set(
        answers={**proceeding["answers"], "check_recurrence": {"after": found.after, "before": found.before}}
    )
    return {"after": found.after, "before": found.before}


def _reason(proceeding: Proceeding) -> str:
    """Return the last reason that somebody gave for how it ends."""
    for step in ("hear_appeal", "conclude", "confirm", "instruct", "adjudge", "sanction", "find"):
        found = str(proceeding.answer(step, "reason") or proceeding.answer(step, "receipt") or "").strip()
        if found:
            return found
    return ""


def _close(call: Call, proceeding: Proceeding, outcome: str, reason: str) -> None:
    proceeding.set(status="closed", stage="closed", outcome=outcome, reason=reason, closed_at=call.transaction.now)
    proceeding.note("closed", call.name, element=call.element, outcome=outcome, reason=reason)
    if proceeding["kind"] in TOLD_TO_MATTER:
        # Why somebody is to be held to account may say who, and the matter is read by those it would be.
        told = "" if outcome == "accountability" else reason
        proceeding.tell(TOLD_TO_MATTER[proceeding["kind"]], call.name, outcome=outcome, reason=told)


SERVICES: Final = (
    Service(
        "open_supervision",
        open_supervision,
        parameters=("step", "level", "ground"),
        outputs={"opened": "boolean", "number": "text"},
    ),
    Service("take_up", take_up, outputs={"level": "text", "unit": "number", "kind": "text", "severity": "text"}),
    Service("open_transfer", open_transfer, outputs={"number": "text"}),
    Service("open_accountability", open_accountability, outputs={"number": "text"}),
    Service("conclude", conclude, parameters=("outcome",), outputs={"outcome": "text"}),
    Service("clear_name", clear_name, outputs={"told": "number"}),
    Service("tell_concerned", tell_concerned, outputs={"told": "number"}),
    Service("record_points", record_points, outputs={"points": "number"}),
    Service("check_recurrence", check_recurrence, outputs={"after": "number", "before": "number"}),
)
