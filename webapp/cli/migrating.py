"""``minyi process migrate``: move the running instances of a process to another version."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import click

if TYPE_CHECKING:
    from engine.runtime.migrating.changes import Assessment
    from engine.runtime.migrating.plan import Plan
    from webapp.platform import Platform

ACTOR = "system"
DROPPED = "-"
VERDICTS = ("blocked", "needs_mapping", "safe")
"""In the order in which they are printed: what has to be looked at comes first."""


@click.command()
@click.option("--from", "source", type=int, required=True, metavar="VERSION", help="The version they are on.")
@click.option("--to", "target", type=int, required=True, metavar="VERSION", help="The version they are to move to.")
@click.option("--process", "process_key", required=True, metavar="KEY", help="The process, for instance matter.")
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="OLD=NEW",
    help="What an element becomes; OLD may be PROCESS/ELEMENT, NEW may be - for a boundary event that goes.",
)
@click.option("--dry-run", is_flag=True, help="Only print what would happen to each; nothing is stored.")
@click.option("--reason", default="", help="Why; goes into the history of every instance.")
@click.option(
    "--list", "listed", type=click.IntRange(0), default=20, show_default=True, help="How many rows to print; 0 for all."
)
def migrate(
    source: int, target: int, process_key: str, pairs: tuple[str, ...], *, dry_run: bool, reason: str, listed: int
) -> None:
    """Move the running instances of a process to another version.

    Each is assessed first: safe, needs_mapping (an element it waits at has no counterpart) or blocked, with the reason.
    The safe ones move, one transaction each; the others stay. A run that was broken off goes on when it is started
    again with the same arguments. Exit 1 when one could not be moved.
    """
    from engine.runtime import RuntimeFailure
    from webapp.cli.opened import platform

    if not dry_run and not reason.strip():
        raise click.ClickException("--reason is needed: it goes into the history of every instance.")
    mapping: dict[str, str | None] = {}
    for pair in pairs:
        old, sign, new = pair.partition("=")
        if not sign or not old or not new:
            raise click.ClickException(f"--map wants OLD=NEW, not {pair!r}")
        mapping[old] = None if new == DROPPED else new
    with platform() as opened:
        try:
            plan = _plan(opened, source, target, process_key, mapping)
            left = _try(opened, plan, listed) if dry_run else _move(opened, plan, reason, listed)
        except RuntimeFailure as failure:
            raise click.ClickException(failure.message) from failure
    sys.exit(1 if left else 0)


def _plan(opened: "Platform", source: int, target: int, process_key: str, mapping: dict[str, str | None]) -> "Plan":
    with opened.engine.connect() as connection:
        versions = {one.version: one.id for one in opened.runtime.deployments(connection)}
    for version in (source, target):
        if version not in versions:
            raise click.ClickException(f"There is no version {version}; minyi process list prints those there are.")
    return opened.runtime.migration_plan(versions[source], versions[target], process_key, mapping)


def _try(opened: "Platform", plan: "Plan", listed: int) -> int:
    """Assess every instance and print what would happen; return how many could not be moved."""
    found: list[Assessment] = []
    after, total = 0, opened.runtime.migrations.waiting(plan)
    with click.progressbar(length=max(total, 1), label="Assessing", file=sys.stderr, hidden=not _terminal()) as bar:
        while batch := opened.runtime.assess(plan, after=after):
            found += batch
            after = batch[-1].instance_id
            bar.update(len(batch))
    found.sort(key=lambda one: (VERDICTS.index(one.verdict), one.instance_id))
    rows = [(one.business_key, one.verdict, "; ".join(_lines(one)) or "nothing changes") for one in found]
    _print_table(("instance", "verdict", "reason, or what changes"), rows, listed)
    counts = [f"{verdict} {sum(one.verdict == verdict for one in found)}" for verdict in reversed(VERDICTS)]
    moved = sum(timer.what == "moved" for one in found for timer in one.timers)
    click.echo(f"{', '.join(counts)}; timers that move {moved}")
    return sum(bool(one.reasons) for one in found)


def _lines(one: "Assessment") -> Iterator[str]:
    """Yield why an instance cannot be moved, or what a move changes."""
    yield from (reason.text for reason in one.reasons)
    for timer in one.timers:
        yield f"{timer.name} {_moment(timer.old)} → {_moment(timer.new)}"
    for item in one.items:
        if item.step != item.old_step:
            yield f"{item.old_step} → {item.step}"
        if item.due is not None:
            yield f"{item.name} {_moment(item.due[0])} → {_moment(item.due[1])}"
        if item.form is not None:
            yield f"{item.name}: another form"
        if item.role is not None:
            yield f"{item.name}: offered anew"


def _moment(at: datetime | None) -> str:
    from engine.runtime.door.environment import ZONE

    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}" if at is not None else "—"


def _print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], most: int) -> None:
    """Print rows below their heads, in columns; Chinese characters are two wide."""
    shown = rows[:most] if most else rows
    widths = [max(map(_width, column)) for column in zip(heads, *shown, strict=True)]
    for row in (heads, *shown):
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
    if len(rows) > len(shown):
        click.echo(f"… and {len(rows) - len(shown)} more; --list 0 prints all.")


def _width(text: str) -> int:
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def _move(opened: "Platform", plan: "Plan", reason: str, listed: int) -> int:
    """Move every instance that can be moved, print those that were not; return how many those are."""
    migrations = opened.runtime.migrations
    migration_id = migrations.unfinished(plan, actor=ACTOR)
    if migration_id is None:
        migration_id = migrations.create(plan, actor=ACTOR)
    for label, stage in (("Assessing", migrations.assess), ("Migrating", migrations.run)):
        if label == "Migrating" and migrations.one(migration_id).status == "assessed":
            with opened.engine.begin() as connection:
                migrations.begin(connection, migration_id, actor=ACTOR, reason=reason)
        with click.progressbar(length=1, label=label, file=sys.stderr, hidden=not _terminal()) as bar:

            def progress(done: int, total: int, bar: "click._termui_impl.ProgressBar[int]" = bar) -> None:
                bar.length = max(total, 1)
                bar.update(done - bar.pos)

            stage(migration_id, progress)
    counts = migrations.counts(migration_id)
    left = sum(count for name, count in counts.items() if name not in {"migrated", "skipped"})
    if left:
        _print_table(("instance", "reason"), migrations.left(migration_id, listed or left), left)
        if listed and left > listed:
            click.echo(f"… and {left - listed} more; --list 0 prints all.")
    click.echo(_counted(counts.items()))
    return left


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts)) or "There is nothing to move."


def _terminal() -> bool:
    return sys.stderr.isatty()
