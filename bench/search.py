"""Bench: does the text index find all, and how fast, beside what PostgreSQL has for it.

Messages (CSV tables with a title and a text) are enlarged by recombining their sentences. 200 pieces of one to eight
characters, drawn from the texts, are searched: recall and precision are against a plain scan of every text; times are
those of the number of hits and the first page. `pg_trgm` is LIKE on a trigram index over the folded text, `tsvector` an
index over jieba's `cut_for_search`; both run on the embedded PostgreSQL, query by query in turn with ours. The newest
twenty are asked of all three.

Measured at 100,000 messages (with `--quick` at 5,000) and at 1,000,000. Beyond 100,000 the references are asked a fifth
of the pieces, as many of each length: said in the output. `--keep FOLDER` leaves the index there and takes it again.

Documents have what comparison keeps of a matter too, put together from what is known of each sentence.
"""

import argparse
import csv
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

import jieba
import psycopg

from bench.judging import SHARED, say
from engine.database import embedded
from rules.fingerprint import Fingerprint, fingerprint
from rules.query import Query, Word, parse
from rules.query_suggestions import suggest
from rules.segment import cut
from rules.text_index import EVERYTHING, Sought, TextIndex
from rules.text_index_folding import fold
from rules.text_index_schema import Document
from rules.text_index_store import TextIndexError, TextIndexWriter, rebuild

MESSAGES = ("board-2019.csv", "answered-2018.csv", "hotline-12345.csv")
TITLES, TEXTS = ("留言主题", "标题", "title"), ("留言详情", "投诉件内容", "body", "text")
SENTENCE = re.compile(r"[^。！？；!?;\n]+[。！？；!?;\n]*")
QUICK, REFERENCES, LARGE = 5_000, 100_000, 1_000_000
QUERIES, LONGEST = 200, 8
FEWER = 5  # beyond REFERENCES the references are asked one piece of so many
START, MINUTES = datetime(2016, 1, 1, tzinfo=UTC), 5
PAGE = 20
UPDATES = 20
Message = tuple[str, str]
Answer = TypeVar("Answer")

TABLE = """
create extension pg_trgm;
create table message (id bigint primary key, body text not null, words tsvector not null)
"""
INDEXES = """
set maintenance_work_mem = '1GB';
create index message_body on message using gin (body gin_trgm_ops);
create index message_words on message using gin (words);
analyze message
"""
LIKE = "select id, count(*) over () from message where body like %s order by id desc limit 20"
WORDS = "select id, count(*) over () from message where words @@ %s::tsquery order by id desc limit 20"
ALL_BY_WORDS = "select id from message where words @@ %s::tsquery"


def read(paths: Sequence[Path]) -> list[Message]:
    """Read the messages of CSV tables; ends the program with one line when one cannot be read or lacks a column."""
    csv.field_size_limit(1 << 30)
    messages: list[Message] = []
    for path in paths:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
        except (OSError, UnicodeError, csv.Error) as problem:
            sys.exit(f"cannot read {path}: {problem}")
        columns = set(rows[0]) if rows else set()
        title = next((name for name in TITLES if name in columns), None)
        text = next((name for name in TEXTS if name in columns), None)
        if title is None or text is None:
            sys.exit(f"{path} has no rows, or no column of {', '.join(TITLES)} or none of {', '.join(TEXTS)}")
        messages += [(row[title].strip(), row[text].strip()) for row in rows]
    return messages


class Corpus:
    """So many messages: the real ones first, then others of their titles and sentences."""

    def __init__(self, messages: Sequence[Message], size: int) -> None:
        chance = random.Random(0)  # noqa: S311 - the same messages in every run
        self.messages = chance.sample(messages, min(size, len(messages)))
        sentences = [SENTENCE.findall(text) for _, text in messages]
        every = [sentence for found in sentences for sentence in found]
        while len(self.messages) < size:
            length = max(1, len(chance.choice(sentences)))
            self.messages.append((chance.choice(messages)[0], "".join(chance.choices(every, k=length))))
        # What a plain scan reads: no piece runs from the title into the text.
        self.folded = [f"{fold(title)}\n{fold(text)}" for title, text in self.messages]

    def documents(self) -> Iterator[Document]:
        """Return the messages as the index takes them."""
        for number, (title, text) in enumerate(self.messages):
            received = START + timedelta(minutes=MINUTES * number)
            terms = frozenset({f"unit={number % 12}", "status=open"})
            taken = recombined(number, title, text)
            yield Document(
                number,
                received,
                title,
                text,
                terms=terms,
                keys=taken.keys,
                vocabulary=title_words(title),
                payload=taken.to_bytes(),
            )

    def pieces(self) -> list[Query]:
        """Return what is searched: as many pieces of each length, each read as one word by the search box."""
        chance = random.Random(1)  # noqa: S311 - the same pieces in every run
        found: dict[str, Query] = {}
        while len(found) < QUERIES:
            text = chance.choice(self.folded)
            length = len(found) % LONGEST + 1
            start = chance.randrange(max(1, len(text) - length))
            query = parse(text[start : start + length])
            if len(query.words) == 1 and not query.excluded and len(query.words[0].folded) == length:
                found[query.words[0].folded] = query
        return list(found.values())


@cache
def of_title(title: str) -> Fingerprint:
    """Return what comparison keeps of a title."""
    return fingerprint("", title, "")


@cache
def of_sentence(sentence: str) -> Fingerprint:
    """Return what comparison keeps of a sentence."""
    return fingerprint("", "", sentence)


def recombined(number: int, title: str, text: str) -> Fingerprint:
    """Return what comparison keeps of a message, put together from its sentences: passages across two are missing."""
    first, parts = of_title(title), [of_sentence(one) for one in SENTENCE.findall(text)]
    words, names, numbers = set(first.words), set(first.names), set(first.numbers)
    runs: set[int] = set()
    for part in parts:
        words.update(part.words)
        names.update(part.names)
        numbers.update(part.numbers)
        runs.update(part.runs)
    return Fingerprint(
        str(number), first.pairs, first.title, tuple(sorted(words)), tuple(sorted(names)), first.numbered,
        tuple(sorted(numbers)), tuple(sorted(runs)), "", (START + timedelta(minutes=MINUTES * number)).toordinal(),
    )  # fmt: skip


@cache
def title_words(title: str) -> tuple[str, ...]:
    """Return the words of a title that may be proposed."""
    return tuple(word for word in cut(fold(title)) if len(word) > 1)


@cache
def search_words(sentence: str) -> frozenset[str]:
    """Return the words of a sentence as jieba cuts for searching."""
    return frozenset(word for word in jieba.cut_for_search(sentence) if word.strip())


def timed(ask: Callable[[], Answer], times: list[float]) -> Answer:
    """Return the answer of a call and note its milliseconds."""
    begun = time.perf_counter()
    answer = ask()
    times.append((time.perf_counter() - begun) * 1000)
    return answer


def percentiles(times: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile."""
    return round(statistics.median(times), 2), round(statistics.quantiles(times, n=20)[-1], 2)


class Reference:
    """The same messages in the embedded PostgreSQL."""

    def __init__(self, connection: psycopg.Connection, corpus: Corpus) -> None:
        self.connection = connection
        connection.execute(TABLE)
        with connection.cursor().copy("copy message from stdin") as copy:
            for number, ((title, text), folded) in enumerate(zip(corpus.messages, corpus.folded, strict=True)):
                words = search_words(fold(title)).union(*(search_words(fold(one)) for one in SENTENCE.findall(text)))
                copy.write_row((number, folded.replace("\0", ""), " ".join(map(_quoted, sorted(words)))))
        connection.execute(INDEXES)

    def like(self, piece: str) -> list[tuple[int, int]]:
        """Return the first page by LIKE, each row with the number of all."""
        pattern = re.sub(r"([\\%_])", r"\\\1", piece)
        return self.connection.execute(LIKE, (f"%{pattern}%",)).fetchall()

    def words(self, piece: str) -> list[tuple[int, int]]:
        """Return the first page by words, each row with the number of all."""
        return self.connection.execute(WORDS, (asked(piece),)).fetchall()

    def all_by_words(self, piece: str) -> set[int]:
        """Return all that have the piece's words."""
        return {row[0] for row in self.connection.execute(ALL_BY_WORDS, (asked(piece),))}


def asked(piece: str) -> str:
    """Return a piece as a query on words."""
    return " & ".join(map(_quoted, sorted(search_words(piece))))


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def built(folder: Path, corpus: Corpus) -> TextIndex:
    """Build the index and say how long it took and how large it is; take the one that is there if it has the size."""
    try:
        index = TextIndex(folder)
    except TextIndexError:
        pass
    else:
        if index.size == len(corpus.messages):
            return index
    begun = time.perf_counter()
    rebuild(folder, corpus.documents(), "1", progress(len(corpus.messages)))
    seconds = time.perf_counter() - begun
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    texts = sum(len(text.encode()) for text in corpus.folded)
    say(
        bench="search",
        measured="build",
        n=len(corpus.messages),
        seconds=round(seconds, 1),
        megabytes=round(size / 1e6, 1),
        megabytes_of_text=round(texts / 1e6, 1),
    )
    return TextIndex(folder)


def progress(whole: int) -> Callable[[int], None] | None:
    """Return what shows the progress on a terminal; None when there is none."""
    if not sys.stderr.isatty():
        return None
    return lambda done: print(f"\r{done:>9,} / {whole:,}", end="" if done < whole else "\n", file=sys.stderr)


def measure(corpus: Corpus, index: TextIndex, reference: Reference | None) -> None:
    """Search every piece with each, and print recall and times."""
    n = len(corpus.messages)
    times: dict[str, list[float]] = {"ours": [], "pg_trgm": [], "tsvector": []}
    totals = {"wanted": 0, "ours": 0, "extra": 0, "tsvector": 0}
    recalls: dict[str, list[float]] = {"ours": [], "tsvector": []}
    fewer = FEWER if n > REFERENCES else 1
    for place, query in enumerate(corpus.pieces()):
        piece = query.words[0].folded
        sought = Sought(query, EVERYTHING)
        page = timed(partial(index.search, sought, limit=PAGE), times["ours"])
        wanted = {number for number, text in enumerate(corpus.folded) if piece in text}
        hits = index.ids(sought)
        assert page.count == len(hits), piece
        recalls["ours"].append(len(hits & wanted) / len(wanted))
        totals["extra"] += len(hits - wanted)
        totals["wanted"] += len(wanted)
        if reference and place // LONGEST % fewer == 0:
            rows = timed(partial(reference.like, piece), times["pg_trgm"])
            assert rows[0][1] == len(wanted), piece
            timed(partial(reference.words, piece), times["tsvector"])
            recalls["tsvector"].append(len(reference.all_by_words(piece) & wanted) / len(wanted))
    p50, p95 = percentiles(times["ours"])
    recall = min(recalls["ours"])
    say(
        bench="search",
        against="plain scan",
        n=n,
        queries=QUERIES,
        recall=round(statistics.mean(recalls["ours"]), 4),
        least_recall=round(recall, 4),
        beside=totals["extra"],
        hits=totals["wanted"],
        p50_ms=p50,
        p95_ms=p95,
    )
    for name in ("pg_trgm", "tsvector") if reference else ():
        reference_p50, reference_p95 = percentiles(times[name])
        say(
            bench="search",
            against=name,
            ours=p95,
            reference=reference_p95,
            unit="ms",
            ratio=round(reference_p95 / p95, 2),
            n=n,
            queries=len(times[name]),
            ours_p50=p50,
            reference_p50=reference_p50,
            reference_recall=round(statistics.mean(recalls.get(name, [1.0])), 4),
        )


def around(folder: Path, corpus: Corpus, index: TextIndex) -> None:
    """Print what a change costs until it is found, and what a suggestion costs."""
    updates: list[float] = []
    suggestions: list[float] = []
    with TextIndexWriter(folder) as writer:
        for change, item in zip(range(2, UPDATES + 2), corpus.documents(), strict=False):
            begun = time.perf_counter()
            writer.put(item)
            writer.commit(str(change))
            index.reload()
            index.count(Sought(Query((Word("路"),)), EVERYTHING))
            updates.append((time.perf_counter() - begun) * 1000)
    for query in corpus.pieces():
        piece = query.words[0].folded
        if len(piece) > 1:
            mistyped = Query((Word(piece[:-1] + "龘"),))
            timed(partial(suggest, index, Sought(mistyped, EVERYTHING)), suggestions)
    for measured, values in (("change found", updates), ("suggestions", suggestions)):
        p50, p95 = percentiles(values)
        say(bench="search", measured=measured, n=len(corpus.messages), p50_ms=p50, p95_ms=p95)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    files = [SHARED / "messages" / name for name in MESSAGES]
    parser.add_argument("--messages", type=Path, nargs="+", default=files, metavar="FILE", help="tables of messages")
    parser.add_argument("--size", type=int, help="measure at this number of messages only, references included")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="build the index here and leave it; needs --size")
    parser.add_argument("--quick", action="store_true", help=f"at {QUICK:,} messages only, under 50 seconds")
    given = parser.parse_args()
    messages = read(given.messages)
    if given.size is not None and given.size < 1:
        sys.exit("--size is one at least")
    if given.keep is not None and given.size is None:
        sys.exit("--keep needs --size")
    sizes = [given.size] if given.size else [QUICK] if given.quick else [REFERENCES, LARGE]
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="minyi-search-") as name:
            folder = given.keep or Path(name)
            corpus = Corpus(messages, size)
            index = built(folder, corpus)
            with embedded.temporary() as address, psycopg.connect(_plain(address), autocommit=True) as connection:
                measure(corpus, index, Reference(connection, corpus))
            around(folder, corpus, index)


def _plain(address: str) -> str:
    return address.replace("postgresql+psycopg://", "postgresql://")


if __name__ == "__main__":
    main()
