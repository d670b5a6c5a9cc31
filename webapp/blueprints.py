"""All blueprints, in the order of the menu."""

from webapp import (
    account,
    board,
    bureau,
    calendar,
    health,
    home,
    imports,
    intake,
    matters,
    notices,
    oversight,
    processes,
    session,
    tasks,
)

BLUEPRINTS = (
    session.blueprint,
    home.blueprint,
    health.blueprint,
    account.blueprint,
    notices.blueprint,
    tasks.blueprint,
    matters.blueprint,
    intake.blueprint,
    imports.blueprint,
    board.blueprint,
    oversight.blueprint,
    processes.blueprint,
    bureau.blueprint,
    calendar.blueprint,
)
