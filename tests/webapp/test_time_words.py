"""Deadlines and moments in words, on the server and in the browser."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel

from webapp.front_end import node_and_npm
from webapp.time_words import deadline_full, duration_words, moment, moment_full, standing

NOW = datetime(2026, 11, 23, 6, 20, tzinfo=UTC)  # 14:20 of a Monday in the bureau
SPANS = (
    (timedelta(seconds=20), "不到 1 分"),
    (timedelta(minutes=26, seconds=59), "26 分"),
    (timedelta(hours=2), "2 小时"),
    (timedelta(hours=2, minutes=14), "2 小时 14 分"),
    (timedelta(days=2), "2 天"),
    (timedelta(days=2, minutes=40), "2 天"),
    (timedelta(days=2, hours=3, minutes=59), "2 天 3 小时"),
    (timedelta(days=-1, hours=-1), "1 天 1 小时"),
)


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    app = Flask("words")
    Babel(app, default_locale="zh_Hans_CN")
    with app.test_request_context():
        yield


@pytest.mark.parametrize(("span", "words"), SPANS)
def test_spans_have_two_units_at_most(span: timedelta, words: str) -> None:
    assert duration_words(span) == words


@pytest.mark.parametrize(
    ("left", "tone", "words"),
    [
        (timedelta(hours=-2, minutes=-14), "late", "超时 2 小时 14 分"),
        (timedelta(hours=5), "soon", "剩余 5 小时"),
        (timedelta(hours=24), "ok", "剩余 1 天"),
    ],
)
def test_standing_of_what_is_still_open(left: timedelta, tone: str, words: str) -> None:
    found = standing(NOW + left, NOW)

    assert (found.tone, found.words, found.counting) == (tone, words, True)


def test_what_counts_as_soon_can_be_said() -> None:
    assert standing(NOW + timedelta(hours=5), NOW, soon_hours=4).tone == "ok"


def test_a_paused_clock_is_never_late() -> None:
    found = standing(NOW - timedelta(days=1), NOW, paused=True)

    assert (found.tone, found.counting) == ("held", False)


def test_done_things_stand_still() -> None:
    in_time = standing(NOW, NOW + timedelta(days=9), done_at=NOW)
    too_late = standing(NOW, NOW + timedelta(days=9), done_at=NOW + timedelta(hours=3))

    assert (in_time.tone, in_time.words, in_time.counting) == ("done", "按时完成", False)
    assert (too_late.tone, too_late.words, too_late.counting) == ("late", "超时 3 小时完成", False)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW, "今天 14:20"),
        (NOW - timedelta(hours=14, minutes=21), "昨天 23:59"),
        (NOW + timedelta(hours=9, minutes=40), "明天 00:00"),
        (NOW - timedelta(days=3), "11-20 14:20"),
        (NOW - timedelta(days=400), "2025-10-19 14:20"),
        (None, ""),
    ],
)
def test_moments_are_told_from_the_bureaus_today(at: datetime | None, words: str) -> None:
    assert moment(at, NOW) == words


def test_a_moment_without_a_today_is_a_full_date() -> None:
    assert moment(NOW) == "2026-11-23 14:20"
    assert moment_full(NOW) == "2026-11-23 14:20 周一"


def test_the_end_of_a_day_is_24_o_clock_of_that_day() -> None:
    assert deadline_full(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == "2026-11-23 24:00 周一"
    assert deadline_full(NOW) == "2026-11-23 14:20 周一"


def test_the_browser_says_the_same() -> None:
    script = Path(__file__).parents[2] / "webapp" / "assets" / "js" / "deadlines.js"
    texts = {"day": ["1 天", "2 天"], "hour": ["1 小时", "2 小时"], "minute": ["1 分", "2 分"], "moment": "不到 1 分"}
    spans = [span.total_seconds() * 1000 for span, _ in SPANS]
    program = f"""
      globalThis.document = {{
        getElementById: () => ({{ textContent: {json.dumps(json.dumps(texts))} }}),
        documentElement: {{ dataset: {{}} }}, addEventListener() {{}}, querySelectorAll: () => [],
      }};
      const {{ words }} = await import({json.dumps(script.as_uri())});
      console.log(JSON.stringify({json.dumps(spans)}.map(words)));
      process.exit(0);
    """
    node, _ = node_and_npm()
    command = [node, "--input-type=module", "--eval", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True)

    assert json.loads(done.stdout) == [words for _, words in SPANS]
