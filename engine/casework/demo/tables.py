"""The demonstration bureau's tables: CSV files beside this module, UTF-8, the first row names the columns."""

import csv
from importlib.resources import files


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of the table `name`; FileNotFoundError when there is none."""
    text = files("engine.casework.demo").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
