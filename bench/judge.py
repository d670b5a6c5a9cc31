"""Bench: milliseconds to judge one message (screen, route, compare) among 10,000, 100,000 and 1,000,000 earlier ones.

Earlier messages are real ones enlarged by recombining their sentences; what comparison keeps of them is put into a text
index on disk (the fields of the search box are left out: comparing does not read them). A message that is judged is
written anew: half of them are real ones, half recombined. Routing is rules and a model trained on `--train`. What the
database adds in the product (two statements on an index) is not in it.

Times are those of the processor, so that what else the machine does is not in them; `wall` is all parts by the clock.
Each measurement runs in a process of its own that has loaded nothing else, as a web process would. `private_mb` is its
own memory, `resident_mb` counts the pages of the index too, which all processes of a machine share. The reference is
the comparison with all fingerprints in memory, up to 100,000 messages.
"""

import argparse
import gc
import multiprocessing
import pickle
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.judging import SHARED, say
from bench.search import MESSAGES, SENTENCE, Message, read, recombined
from rules import segment
from rules.fingerprint import Fingerprint, fingerprint
from rules.matter_index import Index, ranked
from rules.rarity import Frequencies
from rules.routing import Router
from rules.routing_learned import LearnedRouter, Routing
from rules.screening import screen
from rules.text_index import EVERYTHING, TextIndex
from rules.text_index_schema import Document
from rules.text_index_store import TextIndexError, rebuild

SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZE = 5_000
IN_MEMORY = 100_000
JUDGED, QUICK_JUDGED, WARM = 400, 100, 50
RECEIVED = datetime(2026, 3, 2, tzinfo=UTC)
REPORTED = 50_000


def earlier(messages: Sequence[Message], size: int) -> Iterator[Fingerprint]:
    """Yield what is kept of so many messages: the real ones first, then others of their titles and sentences."""
    chance = random.Random(0)  # noqa: S311 - the same messages in every run
    texts = ((title, text) for title, text in chance.sample(messages, min(size, len(messages))))
    for number, (title, text) in enumerate(texts):
        yield recombined(number, title, text)
    sentences = [SENTENCE.findall(text) for _, text in messages]
    every = [sentence for found in sentences for sentence in found]
    for number in range(len(messages), size):
        length = max(1, len(chance.choice(sentences)))
        yield recombined(number, chance.choice(messages)[0], "".join(chance.choices(every, k=length)))


def judged(messages: Sequence[Message], number: int) -> list[Message]:
    """Return the messages that are judged: real ones and recombined ones in turn."""
    chance = random.Random(1)  # noqa: S311 - the same messages in every run
    every = [sentence for _, text in messages for sentence in SENTENCE.findall(text)]
    found = []
    for place, (title, text) in enumerate(chance.sample(messages, number)):
        written = "".join(chance.choices(every, k=max(1, len(SENTENCE.findall(text))))) if place % 2 else text
        found.append((chance.choice(messages)[0] if place % 2 else title, written))
    return found


def build(folder: Path, paths: Sequence[Path], size: int) -> None:
    """Build the index of so many messages, unless there is one of this size."""
    try:
        if TextIndex(folder).size == size:
            return
    except TextIndexError:
        pass
    taken = earlier(read(paths), size)
    documents = (Document(int(one.id), RECEIVED, keys=one.keys, payload=one.to_bytes()) for one in taken)
    rebuild(folder, documents, "1", _progress(size))


def train(path: Path, kept: Path) -> None:
    """Train routing and keep what a process needs to answer."""
    # The process that judges must not have loaded what trains.
    import numpy as np  # noqa: PLC0415

    from bench.judging import table  # noqa: PLC0415
    from bench.routing import BRANCHES, COLUMNS, UNITS, confirmed, router  # noqa: PLC0415
    from rules.routing import Unit  # noqa: PLC0415
    from rules.routing_preset import preset_rules  # noqa: PLC0415
    from rules.routing_training import Learning  # noqa: PLC0415

    rows = table(path, COLUMNS)
    learned = Learning(confirmed(rows, router()), UNITS).learn(np.arange(len(rows)))
    units = [Unit(code, ("交警大队",), generic=("交警",)) if code == "JJ" else Unit(code, ()) for code in UNITS]
    kept.write_bytes(pickle.dumps((preset_rules(BRANCHES), units, UNITS, learned.routing.to_bytes())))


class Judge:
    """Everything one process needs to judge."""

    def __init__(self, folder: Path, routing: Path) -> None:
        rules, units, names, model = pickle.loads(routing.read_bytes())  # noqa: S301 - written by this bench
        segment.load()
        self.router = LearnedRouter(Router(rules, units), Routing.of_bytes(model), names)
        self.index = TextIndex(folder)
        self.weights = Frequencies()

    def judge(self, title: str, body: str) -> dict[str, float]:
        """Judge a message as if it had just come; return the milliseconds of each part, of processor and of wall."""
        segment.cut.cache_clear()
        wall, begun = time.perf_counter(), time.process_time()
        screen(f"{title}\n{body}")
        screened = time.process_time()
        self.router.route(title, body)
        routed = time.process_time()
        new = fingerprint("new", title, body, day=RECEIVED.date())
        rarity = self.weights.asked(self.index.size, self.index.frequency)
        worth = {key: rarity.of_key(key) for key in new.keys}
        candidates = self.index.candidates(new.keys, seen=EVERYTHING, weights=worth)
        ranked(new, [Fingerprint.of_bytes(one.payload) for one in candidates], rarity)
        compared = time.process_time()
        moments = {
            "all": compared - begun,
            "screen": screened - begun,
            "route": routed - screened,
            "compare": compared - routed,
            "wall": time.perf_counter() - wall,
        }
        return {name: taken * 1000 for name, taken in moments.items()}


def ours(folder: Path, routing: Path, messages: Sequence[Message]) -> dict[str, Any]:
    """Return the times and the memory of a process that judges with the index on disk."""
    judge = Judge(folder, routing)
    for title, body in messages[:WARM]:
        judge.judge(title, body)
    times = [judge.judge(title, body) for title, body in messages[WARM:]]
    figures: dict[str, Any] = {"n": len(times)}
    for name in times[0]:
        figures |= _percentiles(f"{name}_", [one[name] for one in times])
    return figures | _memory() | {"trains": "sklearn" in sys.modules}


def in_memory(paths: Sequence[Path], size: int, messages: Sequence[Message]) -> dict[str, Any]:
    """Return the times of comparing, and the memory, of a process that holds all fingerprints."""
    index = Index(earlier(read(paths), size))
    gc.freeze()
    times = []
    for title, body in messages:
        segment.cut.cache_clear()
        begun = time.process_time()
        index.matches(fingerprint("new", title, body, day=RECEIVED.date()))
        times.append((time.process_time() - begun) * 1000)
    return {"n": len(times) - WARM} | _percentiles("compare_", times[WARM:]) | _memory()


def _percentiles(name: str, times: Sequence[float]) -> dict[str, float]:
    return {
        f"{name}p50_ms": round(statistics.median(times), 2),
        f"{name}p95_ms": round(statistics.quantiles(times, n=20)[-1], 2),
    }


def _memory() -> dict[str, int]:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return {
        "private_mb": int(lines["RssAnon"].split()[0]) // 1024,
        "resident_mb": int(lines["VmRSS"].split()[0]) // 1024,
    }


def _progress(size: int) -> Any:
    def report(done: int) -> None:
        if sys.stderr.isatty() or done % REPORTED == 0:
            print(f"\r{done:,} of {size:,} messages", end="", file=sys.stderr, flush=True)

    return report


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=Path, nargs="+", default=[SHARED / "messages" / name for name in MESSAGES])
    parser.add_argument(
        "--train", type=Path, default=SHARED / "branch.csv", help="labelled table to learn routing from"
    )
    parser.add_argument("--size", type=int, nargs="+", help="how many earlier messages; several sizes in turn")
    parser.add_argument("--index", type=Path, metavar="FOLDER", help="keep the index of the last size here, or take it")
    parser.add_argument("--quick", action="store_true", help="one small size, under 50 seconds")
    given = parser.parse_args()
    sizes = given.size or ([QUICK_SIZE] if given.quick else SIZES)
    messages = judged(read(given.messages), (QUICK_JUDGED if given.quick else JUDGED) + WARM)
    alone = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="minyi-judge-") as name:
        routing = Path(name) / "routing"
        with alone.Pool(1) as pool:
            pool.apply(train, (given.train, routing))
        for size in sizes:
            folder = given.index if given.index and size == sizes[-1] else Path(name) / str(size)
            with alone.Pool(1) as pool:
                pool.apply(build, (folder, given.messages, size))
            with alone.Pool(1) as pool:
                figures = pool.apply(ours, (folder, routing, messages))
            say(bench="judge", matters=size, **figures)
            if size > IN_MEMORY:
                continue
            with alone.Pool(1) as pool:
                reference = pool.apply(in_memory, (given.messages, size, messages))
            say(
                bench="judge",
                against="comparison in memory",
                matters=size,
                ours=figures["compare_p95_ms"],
                reference=reference["compare_p95_ms"],
                unit="ms",
                ratio=round(reference["compare_p95_ms"] / figures["compare_p95_ms"], 3),
                **reference,
            )


if __name__ == "__main__":
    main()
