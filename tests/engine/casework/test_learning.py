"""Learning from what staff decided: the next matter follows it, only if it is no worse, and one can go back."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.casework import learning_training
from engine.casework.dictionary import dictionary
from engine.casework.learning import ENOUGH, MANY_NEW, ONE_AT_A_TIME, state
from engine.casework.learning_models import Actor, ModelRefused, events, stop, use, versions
from engine.casework.learning_training import TrainingUnderWay, train, train_if_due
from engine.runtime import NotFound
from rules.learning_comparison import is_held_back
from rules.learning_features import Text
from rules.routing import Router
from rules.routing_learned import LearnedRouter
from rules.routing_training import Round, retrain
from rules.working_time import BUREAU_ZONE
from tests.engine.casework.learning import decide
from tests.journeys.bureau import World

UNHEARD_OF = "步行街占道洗车水流满地"
SOMEBODY = Actor("system", "周督察")


SWAP = sa.text(
    """
update matter set handling_unit_id = (select id from unit where code = case u.code when 'traffic' then 'station'
                                                                      else 'traffic' end)
from unit u where u.id = handling_unit_id and matter.id = any(:spoilt)
"""
)


def is_held(row: Mapping[str, Any]) -> bool:
    """Say whether a matter without attachments is never trained on."""
    return is_held_back(repr(Text(row["title"], row["body"])))


def taught(world: World, count: int = 480, **more: object) -> None:
    with world.engine.begin() as connection:
        decide(connection, count, **more)


def listed(world: World) -> list[tuple[str, int]]:
    with world.engine.connect() as connection:
        return [(one.state, one.id) for one in versions(connection)]


def test_without_a_model_the_rules_decide_alone(world: World) -> None:
    with world.engine.connect() as connection:
        words = dictionary(connection)
    assert isinstance(words.router, Router)
    assert words.router is words.rules
    found = world.register("人民路小学门口违停严重，停车秩序混乱")
    assert found.outcome == "pushed"
    assert world.matter(found.number)["judgement"]["model"] == {"id": None, "version": "", "rules": words.version}


def test_what_staff_decided_by_hand_is_learned_and_the_next_matter_goes_there_by_itself(world: World) -> None:
    first = world.register("文昌阁后门占道洗车的事")
    assert first.outcome == "manual"
    world.do(first.number, "accept", "receiver")
    world.do(first.number, "assign", "receiver", unit=world.unit("traffic"), kind="request", severity="ordinary")
    taught(world)
    done = train_if_due(world.engine)
    assert done is not None
    assert (done.examples, done.why) == (481, "")
    following = world.register(UNHEARD_OF)
    assert following.outcome == "pushed"
    matter = world.matter(following.number)
    assert (matter["handling_unit_id"], matter["automatic"]) == (world.unit("traffic"), True)
    assert matter["judgement"]["model"]["id"] == done.model_id
    learned = [reason for reason in matter["judgement"]["routing"]["reasons"] if reason["effect"] == "learned"]
    shown = [
        UNHEARD_OF[start:end] for reason in learned if reason["field"] == "title" for start, end in reason["spans"]
    ]
    assert "洗车" in "".join(shown)


def test_a_candidate_that_is_worse_is_kept_with_the_reason_and_changes_nothing(world: World) -> None:
    taught(world)
    first = train(world.engine)
    # What is learned from is given to the wrong units; what is held back stays as staff decided it well.
    spoilt = [row["id"] for row in world.rows("select * from matter order by id") if not is_held(row)]
    with world.engine.begin() as connection:
        connection.execute(SWAP, {"spoilt": spoilt})
    second = train(world.engine)
    assert "判错了原来判对的" in second.why
    assert listed(world) == [("refused", second.model_id), ("in_force", first.model_id)]
    with world.engine.connect() as connection:
        assert dictionary(connection).model_id == first.model_id
        assert not versions(connection)[0].kept
        assert [one.event for one in events(connection)] == ["refused", "went_live"]


def test_what_is_held_back_is_never_trained_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    taught(world, 400)
    seen = []

    def watched(matters, *rest):  # type: ignore[no-untyped-def]
        done = retrain(matters, *rest)
        seen.append((len(matters), sum(is_held_back(repr(item.text)) for item in matters), done))
        return done

    monkeypatch.setattr(learning_training, "retrain", watched)
    train(world.engine)
    [(every, held, done)] = seen
    assert held > 30
    assert done.learned == every - held == done.routing.model.facts["examples"]
    assert done.comparison.count == held
    assert done.after.count == held


def test_one_can_go_back_to_an_earlier_version_with_a_reason(world: World) -> None:
    taught(world)
    first = train(world.engine).model_id
    taught(world, 300, seed=2)
    second = train(world.engine).model_id
    assert listed(world) == [("in_force", second), ("retired", first)]
    with pytest.raises(ModelRefused, match="原因"), world.engine.begin() as connection:
        use(connection, first, reason=" 差 ", actor=SOMEBODY)
    with world.engine.begin() as connection:
        use(connection, first, reason="推送错的多了", actor=SOMEBODY)
    assert listed(world) == [("retired", second), ("in_force", first)]
    with world.engine.connect() as connection:
        assert dictionary(connection).model_id == first
        latest = events(connection)[0]
    assert (latest.event, latest.actor_name, latest.reason) == ("rolled_back", "周督察", "推送错的多了")
    with pytest.raises(ModelRefused, match="正在使用"), world.engine.begin() as connection:
        use(connection, first, reason="推送错的多了", actor=SOMEBODY)
    with pytest.raises(NotFound), world.engine.begin() as connection:
        use(connection, 999, reason="推送错的多了", actor=SOMEBODY)


def test_after_somebody_went_back_nothing_is_trained_until_somebody_trains(world: World) -> None:
    taught(world)
    train(world.engine)
    with world.engine.begin() as connection:
        stop(connection, reason="先按规则办一段时间", actor=SOMEBODY)
    assert world.register(UNHEARD_OF).outcome == "manual"
    taught(world, MANY_NEW, seed=2)
    assert train_if_due(world.engine) is None
    with world.engine.connect() as connection:
        assert state(connection).held
    assert train(world.engine).why == ""
    with world.engine.connect() as connection:
        assert not state(connection).held


def test_a_version_that_learned_nothing_new_is_refused(world: World) -> None:
    taught(world)
    first = train(world.engine)
    again = train(world.engine)
    assert again.why == "没有学到新的东西，与使用中的版本完全相同"
    assert listed(world) == [("refused", again.model_id), ("in_force", first.model_id)]


def test_a_comparison_with_a_version_no_longer_in_force_lets_nothing_go_live(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught(world)
    first = train(world.engine)
    taught(world, 300, seed=2)

    def meanwhile(*arguments: Any) -> Round:
        done = retrain(*arguments)
        with world.engine.begin() as connection:
            stop(connection, reason="先按规则办一段时间", actor=SOMEBODY)
        return done

    monkeypatch.setattr(learning_training, "retrain", meanwhile)
    assert train(world.engine).why == "训练期间换过使用中的版本，比较结果已不适用"
    assert [found for found, _ in listed(world)] == ["refused", "retired"]
    assert first.why == ""


def test_a_refused_version_was_never_in_force_and_one_cannot_go_back_to_it(world: World) -> None:
    taught(world, 60)
    done = train(world.engine)
    assert done.why.startswith("留作比较的事项只有")
    with pytest.raises(ModelRefused, match="没有通过比较"), world.engine.begin() as connection:
        use(connection, done.model_id, reason="试一试再说", actor=SOMEBODY)


def test_training_begins_at_night_or_when_much_is_new(world: World) -> None:
    world.at(world.now().replace(hour=4, minute=0))  # noon in the bureau
    with world.engine.connect() as connection:
        assert state(connection).next_at is None
    taught(world, ENOUGH)
    with world.engine.connect() as connection:
        assert state(connection).due
    assert train_if_due(world.engine) is not None
    with world.engine.connect() as connection:
        assert state(connection).next_at is None
    assert train_if_due(world.engine) is None
    world.later(minutes=1)
    taught(world, 3, seed=7)
    with world.engine.connect() as connection:
        found = state(connection)
    assert (found.fresh, found.due) == (3, False)
    assert found.next_at is not None
    # Trained at noon: the coming night is too soon after that, so it is the one after it.
    assert found.next_at - found.now > timedelta(hours=20)
    assert found.next_at.astimezone(BUREAU_ZONE).hour == 1
    world.later(hours=48)
    with world.engine.connect() as connection:
        upcoming = state(connection).next_at
    assert upcoming is not None
    world.at(upcoming + timedelta(minutes=1))
    assert train_if_due(world.engine) is not None


def test_one_training_at_a_time(world: World) -> None:
    taught(world, 60)
    with world.engine.connect() as other:
        other.execute(learning_training.TRY, {"key": learning_training.ONE_AT_A_TIME})
        with world.engine.connect() as connection:
            assert state(connection).running
        with pytest.raises(TrainingUnderWay):
            train(world.engine)
        assert listed(world) == []
        other.execute(learning_training.FREE, {"key": learning_training.ONE_AT_A_TIME})
    assert train(world.engine).examples == 60


DIES = """
import os, signal, sys, sqlalchemy
from engine.casework import learning_training
learning_training.retrain = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
learning_training.train(sqlalchemy.create_engine(sys.argv[1]))
"""


def test_a_training_that_is_killed_half_way_leaves_nothing(world: World) -> None:
    taught(world, 60)
    url = world.engine.url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-c", DIES, url], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert listed(world) == []
    with world.engine.connect() as connection:  # waits until the database has noticed
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    assert train(world.engine).examples == 60


def test_nothing_to_learn_from_is_said(world: World) -> None:
    with pytest.raises(ModelRefused, match="无从学起"):
        train(world.engine)


def test_a_model_is_asked_about_the_owners_it_was_trained_for(world: World) -> None:
    taught(world)
    train(world.engine)
    with world.engine.connect() as connection:
        words = dictionary(connection)
    assert isinstance(words.router, LearnedRouter)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update unit set active = false where code = 'station'")
        words = dictionary(connection)
    assert "station" not in {item.unit for item in words.router.route("楼道堆放杂物，广场舞声音大").alternatives}
    assert words.router.route("楼道堆放杂物，广场舞声音大").unit != "station"


def test_a_change_that_was_begun_early_and_committed_late_is_followed_too(world: World) -> None:
    first, second = world.engine.connect(), world.engine.connect()
    with first, second:
        first.execute(sa.text("update unit set places = array['鹭鸣湾'] where code = 'station'"))
        second.execute(sa.text("update unit set places = array['芦花渡'] where code = 'traffic'"))
        second.commit()
        with world.engine.connect() as connection:
            before = dictionary(connection)
            assert dictionary(connection) is before
        first.commit()
    with world.engine.connect() as connection:
        assert dictionary(connection) is not before
