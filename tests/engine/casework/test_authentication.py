from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.casework.authentication import (
    LOCKED_FOR,
    WeakPassword,
    authenticate,
    check_strength,
    locked_until,
    set_password,
    verify_password,
)
from engine.casework.errors import LoginRefused
from tests.conftest import Clock

PASSWORD = "Correct-horse-7"


@pytest.fixture
def officer(engine: sa.Engine) -> int:
    with engine.begin() as connection:
        identifier: int = connection.execute(
            sa.text("insert into officer (login, name) values ('Zhang', '张三丰') returning id")
        ).scalar_one()
        set_password(connection, identifier, PASSWORD)
    return identifier


def attempt(engine: sa.Engine, password: str, login: str = "zhang") -> bool:
    with engine.begin() as connection:
        return authenticate(connection, login, password) is not None


def test_right_password_opens(engine: sa.Engine, officer: int) -> None:
    with engine.begin() as connection:
        found = authenticate(connection, "ZHANG", PASSWORD)
        stored = connection.exec_driver_sql("select password_hash from officer").scalar_one()
    assert found is not None
    assert (found.id, found.login, found.name) == (officer, "Zhang", "张三丰")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "the costs of RFC 9106, section 4"
    assert PASSWORD not in stored


@pytest.mark.usefixtures("officer")
def test_wrong_unknown_inactive_and_without_password_answer_alike(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("insert into officer (login, name) values ('nobody', '无名')")
    assert not attempt(engine, "wrong")
    assert not attempt(engine, PASSWORD, "unknown")
    assert not attempt(engine, "", "nobody")
    assert not attempt(engine, "nobody has this password", "nobody")
    assert not attempt(engine, "x\x00y")
    with engine.begin() as connection:
        connection.exec_driver_sql("update officer set active = false")
    assert not attempt(engine, PASSWORD)


@pytest.mark.usefixtures("officer")
def test_five_failures_lock_for_fifteen_minutes(engine: sa.Engine, clock: Clock) -> None:
    for _ in range(5):
        assert not attempt(engine, "wrong")
    assert not attempt(engine, PASSWORD)
    with engine.connect() as connection:
        until = locked_until(connection, "zhang")
        assert until is not None
        assert timedelta() < until - clock.now() <= LOCKED_FOR
    clock.move(LOCKED_FOR - timedelta(minutes=1))
    assert not attempt(engine, PASSWORD)
    clock.move(timedelta(minutes=2))
    assert not attempt(engine, "wrong")  # one failure after the lock does not lock again
    assert attempt(engine, PASSWORD)
    with engine.connect() as connection:
        assert locked_until(connection, "zhang") is None


@pytest.mark.usefixtures("officer")
def test_success_forgets_failures(engine: sa.Engine) -> None:
    for _ in range(3):
        for _ in range(4):
            assert not attempt(engine, "wrong")
        assert attempt(engine, PASSWORD)


def test_a_new_password_unlocks(engine: sa.Engine, officer: int) -> None:
    for _ in range(5):
        attempt(engine, "wrong")
    with engine.begin() as connection:
        set_password(connection, officer, "Another-horse-8")
    assert attempt(engine, "Another-horse-8")
    assert not attempt(engine, PASSWORD)


@pytest.mark.parametrize(
    "password",
    ["Short-1a", "alllowercase1", "1234567890-", "Zhang-horse-7", "张三丰-Horse-77", "Hoooorse-77x", "Aa1-" * 40],
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_strength(password, names=("zhang", "张三丰"))


def test_the_old_password_is_not_a_new_one(engine: sa.Engine, officer: int) -> None:
    with engine.begin() as connection, pytest.raises(WeakPassword, match="原密码"):
        set_password(connection, officer, PASSWORD)


def test_full_width_typing_is_the_same_password(engine: sa.Engine, officer: int) -> None:
    assert officer
    assert attempt(engine, "Ｃorrect-horse-７")


def test_demonstration_passwords_need_no_strength(engine: sa.Engine, officer: int) -> None:
    with engine.begin() as connection:
        set_password(connection, officer, "demo", check=False)
    assert attempt(engine, "demo")


def test_no_such_officer(engine: sa.Engine) -> None:
    with engine.begin() as connection, pytest.raises(LoginRefused):
        set_password(connection, 404, PASSWORD)


def test_a_damaged_hash_fits_nothing() -> None:
    assert not verify_password("not a hash", PASSWORD)
