"""Word lists that ship with the rules: `dictionary/*.txt`, words apart by spaces or lines, `#` begins a remark."""

from functools import cache
from importlib.resources import files


@cache
def read_words(name: str) -> tuple[str, ...]:
    """Return the words of the list `name` in their order; FileNotFoundError when there is none."""
    text = files("rules").joinpath("dictionary", name).read_text(encoding="utf-8")
    return tuple(word for line in text.splitlines() for word in line.split("#")[0].split())
