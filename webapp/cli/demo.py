"""``minyi demo``: the main job without a browser, against the real processes."""

import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from webapp.demonstration.story import Line, Story

CHANNEL = "hotline"


def _timeline(title: str, lines: "Sequence[Line]", caption: str = "") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False, caption=caption or None)
    for heading in ("时间", "发生了什么", "谁"):
        table.add_column(heading)
    for line in lines:
        table.add_row(line.at, line.what, line.who)
    Console().print(table)
    click.echo()


def _import(story: "Story") -> None:
    from engine.casework.demo import HOTLINE_FILE
    from engine.casework.vocabulary import IMPORT_OUTCOMES

    counts = story.import_file(story.receiver(CHANNEL), CHANNEL, HOTLINE_FILE)
    click.echo(f"1. 导入 {HOTLINE_FILE.name}：共 {sum(counts.values())} 行")
    for outcome, count in counts.items():
        click.echo(f"   {IMPORT_OUTCOMES[outcome]}：{count}")
    click.echo(f"   其中自动推送到承办单位、等待签收：{len(story.pushed())} 件\n")


def _work(story: "Story", number: str, title: str) -> None:
    done = story.work_to_the_end(number)
    officers = list(dict.fromkeys(step.officer for step in done))
    _timeline(
        f"2. {number} {title}：从导入到办结",
        story.timeline(number),
        f"{len(officers)} 位民警经手：{'、'.join(officers)}",
    )


def _leave(story: "Story", number: str, title: str) -> None:
    days = story.let_time_pass(number, "bureau_leader")
    _timeline(f"3. {number} {title}：无人办理，平台时钟拨快 {days} 天", story.timeline(number))
    _timeline("升级督办：到哪一级、告诉了谁", story.escalations(number))
    seen = [f"{name}（{login}）" for login, name in story.supervisors(number) if story.on_board(login, number)]
    click.echo(f"   登录后在“超时督办”里看到它的：{'、'.join(seen)}")


@click.command()
def demo() -> None:
    """Import a file, take one matter through every stage and another past its deadline, over HTTP; then end.

    Everything happens in a database of its own that is deleted afterwards; your data is not touched.
    """
    from engine.casework.demo.bureau import PASSWORD
    from engine.casework.demo.founding import found
    from webapp.demonstration.stage import stage
    from webapp.demonstration.story import Story
    from webapp.demonstration.walk import Walk

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with stage(found) as running:
        click.echo(f"平台已启动：{running.base}（演示用，结束后自动删除）\n")
        story = Story(Walk(running.base, running.platform.engine, PASSWORD))
        _import(story)
        worked, left = story.pushed()[:2]
        _work(story, worked["number"], worked["title"])
        _leave(story, left["number"], left["title"])
        click.echo(f"   邮件和接口实际收到 {sum(1 for _ in running.delivered.glob('*'))} 条。\n\n演示结束。")


COMMANDS = [demo]
