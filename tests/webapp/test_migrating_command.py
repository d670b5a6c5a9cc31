"""`minyi process migrate`: what it prints, what it moves, and how it goes on after it was broken off."""

import re

import pytest
from click.testing import CliRunner, Result

from engine.runtime.migrating.batches import Migrations
from tests.webapp.conftest import STATION, Site, definition_files
from tests.webapp.test_journey import sign
from tests.webapp.test_migrations import HANDLING, MATTER, renamed
from webapp.cli import commands

MAP = ("--map", "handling/investigate=look_into")
REASON = ("--reason", "新的办理规定")


@pytest.fixture
def numbers(site: Site) -> list[str]:
    """Two matters on version 1, the first one under investigation; version 2 names that step otherwise."""
    found = [
        site.register(handling_unit_id=site.bureau.units[STATION], kind="request", title=title).number
        for title in ("麻将馆噪声", "夜市噪声")
    ]
    sign(site, found[0])
    files = definition_files()
    files[HANDLING] = renamed(files[HANDLING].decode()).encode()
    files[MATTER] = files[MATTER].replace(b"sign,investigate,", b"sign,look_into,")
    files["forms/look_into.form"] = files["forms/investigate.form"]
    site.platform.runtime.deploy(files, actor="system", note="调查改名")
    return found


def run(site: Site, *options: str, source: int = 1, target: int = 2) -> Result:
    given = ["process", "migrate", "--process", "matter", "--from", str(source), "--to", str(target), *options]
    settings = site.platform.settings
    environment = {"DATABASE_URL": settings.database_url, "VAR_DIR": str(settings.var)}
    return CliRunner().invoke(commands, given, env=environment)


def versions(site: Site) -> list[int]:
    return [row[0] for row in site.rows("select deployment_id from instance order by id")]


def test_a_dry_run_prints_what_would_become_of_each_and_stores_nothing(site: Site, numbers: list[str]) -> None:
    found = run(site, "--dry-run")
    assert found.exit_code == 1, found.output
    head, first, second, sums = found.stdout.splitlines()
    assert re.split(r"\s{2,}", head) == ["instance", "verdict", "reason, or what changes"]
    assert re.split(r"\s{2,}", first)[:2] == [numbers[0], "needs_mapping"]
    assert "新版流程里没有“调查”" in first
    assert re.split(r"\s{2,}", second) == [numbers[1], "safe", "nothing changes"]
    assert head.index("verdict") == first.index("needs_mapping") == second.index("safe")
    assert sums == "safe 1, needs_mapping 1, blocked 0; timers that move 0"
    assert site.rows("select * from migration") == []
    assert versions(site) == [1, 1]


def test_a_dry_run_with_the_mapping_says_where_they_go(site: Site, numbers: list[str]) -> None:
    found = run(site, "--dry-run", *MAP, "--list", "1")
    assert found.exit_code == 0, found.output
    assert "investigate → look_into" in found.stdout
    assert "… and 1 more; --list 0 prints all." in found.stdout
    assert "investigate → look_into" in run(site, "--dry-run", *MAP, "--list", "0").stdout
    assert versions(site) == [1, 1]


def test_a_moved_deadline_is_printed_from_when_to_when(site: Site, numbers: list[str]) -> None:
    files = definition_files()
    files[HANDLING] = re.sub(rb"(<bpmn:timeDuration[^>]*>)[^<]+", rb"\g<1>P9D", files[HANDLING])
    site.platform.runtime.deploy(files, actor="system", note="期限")
    found = run(site, "--dry-run", target=3)
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d → \d{4}-\d\d-\d\d \d\d:\d\d", found.stdout), found.output
    assert re.search(r"timers that move [1-9]", found.stdout)


def test_it_moves_what_can_be_moved_and_names_the_rest(site: Site, numbers: list[str]) -> None:
    found = run(site, *REASON)
    assert found.exit_code == 1, found.output
    head, row, sums = found.stdout.splitlines()
    assert re.split(r"\s{2,}", head) == ["instance", "reason"]
    assert row.startswith(numbers[0])
    assert "新版流程里没有“调查”" in row
    assert sums == "migrated 1, needs_mapping 1"
    assert versions(site) == [1, 2]
    again = run(site, *REASON, *MAP)
    assert (again.exit_code, again.stdout) == (0, "migrated 1\n"), again.output
    assert versions(site) == [2, 2]
    assert [row.step for row in site.rows("select step from work_item where step like 'look%'")] == ["look_into"]


def test_a_run_that_was_broken_off_goes_on_when_it_is_started_again(
    site: Site, numbers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Migrations.run

    def broken_off(self: Migrations, migration_id: int, progress: object = None) -> None:
        del progress

        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt(f"{done} of {total}")

        whole(self, migration_id, stop)

    with monkeypatch.context() as patch:
        patch.setattr(Migrations, "run", broken_off)
        assert run(site, *REASON, *MAP).exit_code == 1
    assert versions(site) == [2, 1]
    found = run(site, *REASON, *MAP)
    assert (found.exit_code, found.stdout) == (0, "migrated 2\n"), found.output
    assert site.rows("select status from migration") == [("finished",)]
    assert site.rows("select count(*) from history_event where event = 'migrated'") == [(2,)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--reason is needed"),
        (("--dry-run", "--map", "x"), "--map wants OLD=NEW"),
        (("--dry-run", "--map", "nothing=a"), "没有环节 nothing"),
        (("--dry-run", "--to", "7"), "There is no version 7"),
        (("--dry-run", "--to", "1"), "两个版本相同"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    site: Site, numbers: list[str], options: tuple[str, ...], said: str
) -> None:
    found = run(site, *options)
    assert found.exit_code == 1
    assert said in found.stderr
    assert len(found.stderr.splitlines()) == 1
