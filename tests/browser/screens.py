"""Photograph the main pages into var/screens: ``python -m tests.browser.screens [NAME…]``.

The demo bureau with its matters is started, photographed and thrown away.
"""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import sync_playwright

from engine.casework.demo.bureau import PASSWORD
from engine.database import embedded
from tests.browser.chromium import find
from tests.browser.conftest import DESK, PHONE, Desk
from tests.browser.pages import PAGES
from tests.stack import Stack
from webapp.preparation import prepare
from webapp.up import upgraded

FOLDER = Path("var/screens")
LATE_AT_A_HANDLER = """
select m.number, replace(w.task_id::text, '-', '') as task, o.login as handler, m.instance_id as instance,
    i.login as instructor
from work_item w join matter m on m.instance_id = w.instance_id join officer o on o.id::text = w.assignee
join holding h on h.role = 'instructor' and h.unit_id = m.handling_unit_id join officer i on i.id = h.officer_id
where w.step in ('investigate', 'dispose', 'feed_back') order by w.due_at limit 1
"""


def photograph(stack: Stack, only: set[str]) -> None:
    engine = sa.create_engine(stack.settings.database_url)
    with engine.connect() as connection:
        places = dict(connection.execute(sa.text(LATE_AT_A_HANDLER)).mappings().one())
    engine.dispose()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
        for width, viewport in (("desk", DESK), ("phone", PHONE)):
            for scheme in ("light", "dark"):
                desks: dict[str | None, Desk] = {}
                for shown in PAGES:
                    if only and shown.name not in only:
                        continue
                    login = shown.login.format(**places) if shown.login else None
                    if login not in desks:
                        context = browser.new_context(viewport=viewport, color_scheme=scheme, locale="zh-CN")
                        desks[login] = Desk(context, stack)
                        if login:
                            desks[login].log_in(login)
                    page = desks[login].open(shown.path.format(**places))
                    page.wait_for_load_state("networkidle")
                    page.screenshot(path=FOLDER / f"{shown.name}-{width}-{scheme}.png")
                for desk in desks.values():
                    desk.context.close()
                    for fault in desk.faults:
                        print(fault, file=sys.stderr)
        browser.close()


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minyi-screens-")))
        address = stack.enter_context(embedded.temporary())
        upgraded(address)
        running = Stack(address, folder)
        stack.callback(running.stop)
        prepare(running.settings)
        running.start_web()
        running.start_worker()
        print(f"{running.url}, password {PASSWORD}", file=sys.stderr)
        photograph(running, set(sys.argv[1:]))


if __name__ == "__main__":
    main()
