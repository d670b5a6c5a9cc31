from engine.casework import notices
from engine.casework.permissions import holders
from engine.casework.queries.notices import notices as notices_of
from tests.journeys.bureau import World


def tell(world: World, logins: list[str], matter: int | None = None, **given: object) -> list[int]:
    with world.engine.begin() as connection:
        return notices.notify(
            connection,
            [world.officer(login) for login in logins],
            kind="late",
            words="超期了",
            matter_id=matter,
            **given,  # type: ignore[arg-type]
        )


def test_a_notice_reaches_each_once(world: World) -> None:
    both = [world.officer("liaison"), world.officer("handler")]
    assert tell(world, ["liaison", "handler"], key="late:1") == both
    assert tell(world, ["liaison", "handler", "instructor"], key="late:1") == [world.officer("instructor")]
    assert tell(world, ["liaison"]) == both[:1]
    assert tell(world, []) == []


def test_whoever_is_accused_is_not_told(world: World) -> None:
    made = world.register("投诉交警大队张承办态度恶劣", accused_units=(world.unit("traffic"),))
    told = tell(world, ["handler", "instructor", "station_liaison", "inspector", "leader"], made.matter_id)
    assert told == [world.officer("station_liaison"), world.officer("leader"), world.officer("inspector")]


def test_notices_by_e_mail_go_through_the_outbox(world: World) -> None:
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update officer set email = null where login = 'handler'")
    before = world.value("select count(*) from dispatch")
    assert len(tell(world, ["liaison", "handler"], key="late:2", email=True)) == 2
    assert tell(world, ["liaison"], key="late:2", email=True) == []
    rows = world.rows("select * from dispatch order by id offset :n", n=before)
    assert [(row["address"], row["kind"], row["medium"], row["body"]) for row in rows] == [
        ("liaison@bureau.test", "notice", "email", "超期了")
    ]


def test_reading(world: World) -> None:
    tell(world, ["liaison", "handler"])
    tell(world, ["liaison"])
    liaison = world.person("liaison")
    with world.engine.begin() as connection:
        seen = notices_of(connection, liaison)
        assert (len(seen.rows), seen.unread) == (2, 2)
        others = [row.id for row in notices_of(connection, world.person("handler")).rows]
        assert notices.mark_read(connection, liaison.id, others) == 0
        assert notices.mark_read(connection, liaison.id, [seen.rows[0].id]) == 1
        assert [row.id for row in notices_of(connection, liaison, unread_only=True).rows] == [seen.rows[1].id]
        assert notices.mark_read(connection, liaison.id) == 1
        assert notices.mark_read(connection, liaison.id) == 0
        assert notices_of(connection, liaison).unread == 0


def test_a_notice_disappears_when_its_matter_comes_to_accuse(world: World) -> None:
    made = world.register("幸福路乱停车")
    tell(world, ["liaison"], made.matter_id)
    liaison = world.person("liaison")
    with world.engine.begin() as connection:
        assert notices_of(connection, liaison).rows[0].number == made.number
        connection.exec_driver_sql(
            "insert into matter_accused (matter_id, unit_id) values (%s, %s)", (made.matter_id, world.unit("traffic"))
        )
        assert notices_of(connection, liaison).rows == ()
        assert notices_of(connection, liaison).unread == 0
        assert holders(connection, "liaison", world.unit("traffic")) == [liaison.id]
