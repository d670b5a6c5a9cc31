"""The bureau's day and week around a moment. A deadline at the end of a day falls on the next day's midnight."""

from datetime import UTC, datetime, time, timedelta

from rules.bureau_calendar import BUREAU_ZONE, in_bureau

DAYS_A_WEEK = 7


def day_end(now: datetime) -> datetime:
    """Return the midnight that ends the bureau's day, UTC; deadlines up to and including it are today's."""
    return _midnight(now, 1)


def week_start(now: datetime) -> datetime:
    """Return the midnight with which the bureau's week began on Monday, UTC."""
    return _midnight(now, -in_bureau(now).weekday())


def week_end(now: datetime) -> datetime:
    """Return the midnight after Sunday, UTC; deadlines up to and including it are this week's."""
    return week_start(now) + timedelta(days=DAYS_A_WEEK)


def days_ago(now: datetime, days: int) -> datetime:
    """Return the midnight with which the bureau's day so many days ago began, UTC."""
    return _midnight(now, -days)


def _midnight(now: datetime, offset: int) -> datetime:
    day = in_bureau(now).date() + timedelta(days=offset)
    return datetime.combine(day, time(), BUREAU_ZONE).astimezone(UTC)
