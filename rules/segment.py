"""Chinese word segmentation: jieba, once per process, with the bureau's words in its dictionary."""

import logging
import math
import os
import stat
import tempfile
import threading
import warnings
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from rules.word_lists import read_words

with warnings.catch_warnings():
    # jieba 0.42.1 has invalid escape sequences in its source, which Python 3.12 reports while compiling it.
    warnings.simplefilter("ignore")
    import jieba

DICTIONARY = "police.txt"
# Frequency that makes a word of the bureau win over any division of it.
FREQUENCY = 20_000
# Length of an ordinary message, in words.
WORDS_OF_A_TEXT = 150

_lock = threading.Lock()
_state: dict[str, Any] = {}


def load(words: Iterable[str] = (), *, names: Iterable[str] = ()) -> None:
    """Load the segmenter and teach it `words` (keywords: what people often write) and `names` (of units and places).

    Costs about a second the first time: call it before the web server forks. Later calls only add words.
    """
    with _lock:
        if "tokenizer" not in _state:
            jieba.setLogLevel(logging.WARNING)
            tokenizer = jieba.Tokenizer()
            tokenizer.tmp_dir = str(_private_folder())
            tokenizer.initialize()
            _state["tokenizer"] = tokenizer
            _state["known"] = set()
            _state["total"] = tokenizer.total
            _state["counts"] = {}
            words = [*read_words(DICTIONARY), *words]
        often = set(words)
        fresh = {word for word in (*often, *names) if len(word) > 1} - _state["known"]
        for word in fresh:
            # Teaching a name decides where it ends, not how often people write it: it stays rare.
            count = _state["tokenizer"].FREQ.get(word, 0)
            _state["counts"][word] = max(count, FREQUENCY) if word in often else count
            _state["tokenizer"].add_word(word, FREQUENCY)
        if fresh:
            _state["known"] |= fresh
            cut.cache_clear()


@lru_cache(maxsize=512)
def cut(text: str) -> tuple[str, ...]:
    """Divide `text` into words, without spaces; punctuation stands as words of its own."""
    if "tokenizer" not in _state:
        load()
    return tuple(word for word in _state["tokenizer"].lcut(text) if not word.isspace())


def _private_folder() -> Path:
    """Return a folder that only this user can write: jieba unmarshals its cache, so nobody else may leave one there."""
    folder = Path(tempfile.gettempdir()) / f"minyi-segmenter-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
        return folder
    return Path(tempfile.mkdtemp(prefix="minyi-segmenter-"))


def share_of_texts(word: str) -> float:
    """Estimate in what share of ordinary texts of this length `word` stands, from the dictionary's own counts.

    0 for words the dictionary does not know: they are names, and rare. Lets rarity be judged before many matters
    are in.
    """
    if "tokenizer" not in _state:
        load()
    taught: int | None = _state["counts"].get(word)
    count = _state["tokenizer"].FREQ.get(word, 0) if taught is None else taught
    return float(1 - math.exp(-count / _state["total"] * WORDS_OF_A_TEXT))
