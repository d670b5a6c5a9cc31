"""What process owners do to a case, in whatever order, beside the model of it."""

import copy
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from engine.runtime import CannotOperate
from engine.runtime.migrating.instances import CannotMigrate, CannotRevert
from engine.runtime.task_ids import task_id
from tests.engine.runtime.life_of_a_case import LINE, PUT_ON_LINE
from tests.engine.runtime.life_onlooker import WHY, Onlooker

ANY = st.integers(0, 11)


class Owners(Onlooker):
    """The rules of process owners."""

    @rule(suspend=st.sampled_from([True, False, False]))
    def suspend_or_resume(self, suspend: bool) -> None:
        case, runtime = self.case, self.runtime

        def stand(**how: Any) -> Any:
            return (runtime.suspend if suspend else runtime.resume)(self.instance, **how)

        def change() -> None:
            case.status = "suspended" if suspend else "running"
            case.told["suspended" if suspend else "resumed"] += 1

        allowed = case.status == ("running" if suspend else "suspended")
        self.operate(None if allowed else CannotOperate, stand, change)

    @precondition(lambda self: self.case.line in {"send", "receipt", "over"})
    @rule()
    def cancel(self) -> None:
        over = CannotOperate if self.case.over else None
        self.operate(over, lambda **how: self.runtime.cancel(self.instance, **how), self.case.cancel)

    @rule(pick=ANY, onto=st.sampled_from(PUT_ON_LINE))
    def move(self, pick: int, onto: str) -> None:
        """A token is taken elsewhere; nowhere, from nowhere, or one of many, it is not."""
        case, instance = self.case, self.instance
        with self.desk.engine.connect() as connection:
            standing = self.runtime.look(connection, instance).tokens
        tokens = {one.element: one.task_id for one in standing if one.element != "opinion" or one.state == "inside"}
        for one in standing:
            wrong = (one.task_id, "nowhere" if one.places else "judge")
            self.refuse(CannotOperate, lambda wrong=wrong: self.runtime.move_token(instance, *wrong, **WHY))
        gone = task_id(instance, 10**6)
        self.refuse(CannotOperate, lambda: self.runtime.move_token(instance, gone, "judge", **WHY))
        ways = {
            "inquire": ["boss", "gathered"],
            "boss": ["inquire", "gathered"],
            "look": ["conclude"],
            "conclude": ["look"],
            "opinion": ["pooled"],
        } | {element: [onto] for element in LINE}
        movable = sorted(element for element in tokens if element in ways)
        if movable:
            source = movable[pick % len(movable)]
            to = ways[source][pick % len(ways[source])]
            self.operate(
                None,
                lambda **how: self.runtime.move_token(instance, tokens[source], to, **how),
                lambda: case.move(source, to),
            )

    @rule(decision=st.sampled_from(["ok", "back", ""]))
    def set_variables(self, decision: str) -> None:
        changes = {"memo": {"n": self.counted()}} | ({"review": {"decision": decision}} if decision else {})

        def change() -> None:
            self.case.told["variables_changed"] += 1
            self.case.data |= copy.deepcopy(changes)

        over = CannotOperate if self.case.over else None
        self.operate(over, lambda **how: self.runtime.set_variables(self.instance, changes, **how), change)
        self.refuse(CannotOperate, lambda: self.runtime.set_variables(self.instance, {"1 x": 1}, **WHY))

    @precondition(lambda self: self.see("select 1 from incident"))
    @rule(by_hand=st.booleans(), flow=st.sampled_from(["again", "send"]))
    def see_to_incident(self, by_hand: bool, flow: str) -> None:
        """What failed is tried again, or somebody says what would have come of it; what is closed is left alone."""
        case = self.case
        for row in self.see("select id, resolved_at from incident order by id"):
            result = {"flow": flow} if case.line == "decide" else {"n": self.counted()}

            def act(number: int = row.id, result: dict[str, Any] = result, **how: Any) -> Any:
                return (
                    self.runtime.resolve_incident(number, result, **how)
                    if by_hand
                    else self.runtime.retry_incident(number, **how)
                )

            def change(result: dict[str, Any] = result) -> None:
                case.resolve(result) if by_hand else case.retry()

            if row.resolved_at is None and by_hand and case.line == "decide":
                self.refuse(CannotOperate, lambda: self.runtime.resolve_incident(row.id, {"flow": "nowhere"}, **WHY))  # noqa: B023
            self.operate(CannotOperate if row.resolved_at else None, act, change)

    @precondition(lambda self: not self.case.changed)
    @rule()
    def migrate(self) -> None:
        """The case moves to the changed version; it does so once, and not while it is suspended."""
        case = self.case
        migration = self.runtime.migrations.create(self.plan, actor="9")

        def act(**how: Any) -> Any:
            return self.runtime.migrate(
                self.plan, self.instance, actor="9", reason="按新规定办理", migration_id=migration, **how
            )

        if case.over:
            assert self.nothing(act) is None
        elif case.status == "suspended":
            self.refuse(CannotMigrate, act)
        else:
            self.nothing(lambda: act(dry_run=True))
            before, holders = copy.deepcopy(case), dict(self.holders)
            self.accept(act, lambda _: case.migrate(), "9")
            self.migrated = (migration, before, holders)
            assert self.nothing(act) is None

    @precondition(lambda self: self.case.changed)
    @rule()
    def revert(self) -> None:
        """A move is undone as long as nothing has happened since, and once."""
        done = self.value("select max(migration_id) from migration_step")

        def act() -> None:
            self.runtime.revert(self.instance, done, actor="9", reason="改回")

        if self.migrated is None:
            self.refuse(CannotRevert, act)
            return
        _, before, holders = self.migrated
        self.holders = holders
        self.accept(act, lambda _: self.case.again_as(before), "9")
        self.refuse(CannotRevert, act)
