"""The demonstration's past is played through the product's own commands."""

import sqlalchemy as sa

from engine.casework import history
from engine.casework.demo.messages import MATTERS
from engine.casework.demo.seed import seed
from engine.casework.host import Host
from engine.database import clock
from engine.runtime import Runtime
from forms import compile_form

FEW = ("closed", "late_sign", "to_visit", "handed_on", "rejected_once", "in_review", "escalated_leader")


def few() -> list:
    """One matter of each of a few fates."""
    return [next(matter for matter in MATTERS if matter.fate == fate) for fate in FEW]


def test_each_matter_comes_as_far_as_its_fate_says(engine: sa.Engine) -> None:
    runtime = Runtime(engine, Host(fields=lambda form: compile_form(form, name="form").variables()))
    told: list[int] = []
    assert seed(engine, runtime, lambda done, _total: told.append(done), few()) == len(FEW)
    assert told[-1] == 100
    assert told == sorted(told)
    with engine.connect() as connection:
        assert clock.current_shift(connection).total_seconds() == 0
        rows = connection.execute(sa.text("select title, stage, status, closed_at, received_at from matter")).all()
        stages = {row.title: (row.stage, row.status) for row in rows}
        by_fate = {matter.fate: stages[matter.title] for matter in few()}
        assert by_fate["closed"] == by_fate["handed_on"] == ("closed", "closed")
        assert by_fate["late_sign"][0] == "sign"
        assert by_fate["to_visit"][0] == "visit"
        assert by_fate["rejected_once"][0] == "investigate"
        assert by_fate["escalated_leader"][0] == "investigate"
        assert by_fate["in_review"][0] in {"review", "approve"}
        levels = connection.execute(
            sa.text("select distinct level from escalation where acknowledged_at is null")
        ).scalars()
        assert {"instructor", "bureau_leader"} <= set(levels)
        assert connection.execute(sa.text("select count(*) from dispatch where status <> 'sent'")).scalar_one() == 0
        assert all(row.closed_at > row.received_at for row in rows if row.closed_at is not None)
        assert history.verify(connection) == []
