"""The folder of the index: commits, crashes, other processes, rebuilding."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rules.text_index import TextIndex
from rules.text_index_store import (
    AlreadyWritingError,
    OutdatedIndexError,
    TextIndexError,
    TextIndexWriter,
    current,
    rebuild,
    rebuilding,
    wanted,
)
from tests.rules.indexed import everything, filled, found, matter

REPOSITORY = Path(__file__).parent.parent.parent

# Change n puts matter n, and every third change replaces the one before as well. Says what it has committed. With
# a share it is killed when that much of the time of a commit has passed since a commit.
WRITER = """
import signal
import sys
import time
from pathlib import Path
from rules.text_index_store import TextIndexWriter
from tests.rules.indexed import matter

took = began = 0.0
with TextIndexWriter(Path(sys.argv[1])) as writer:
    went_to = int(writer.watermark or 0)
    for change in range(int(writer.watermark or 0) + 1, 100_000):
        writer.put(matter(change, "路", "望月路施工" * 50))
        if change % 3 == 0:
            writer.put(matter(change - 1, "换", "城东"))
        if change % 4 == 0:
            writer.commit(str(change))
            print(change, flush=True)
            took, began = time.perf_counter() - began, time.perf_counter()
            if len(sys.argv) > 2 and change > went_to + 20:
                # The system ends the process wherever it is; nothing of ours runs any more.
                signal.setitimer(signal.ITIMER_REAL, took * float(sys.argv[2]))
"""


REBUILDER = """
import sys
from pathlib import Path
from rules.text_index_store import rebuild
from tests.rules.indexed import matter

for turn in range(1, 100_000):
    rebuild(Path(sys.argv[1]), (matter(number, "路") for number in range(turn, turn + 5)), str(turn))
    print(turn, flush=True)
"""


def start(folder: Path, *arguments: str, script: str = WRITER) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(folder), *arguments], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )


def test_nothing_is_seen_before_the_commit_and_before_the_reader_looks(tmp_path):
    index = filled(tmp_path, [matter(1, "望月路")], "7")
    with TextIndexWriter(tmp_path) as writer:
        assert writer.watermark == "7"
        writer.put(matter(2, "望月路"))
        assert not index.reload()
        writer.commit("8")
        assert found(index, "望月路") == [1]
        assert index.reload()
        assert set(found(index, "望月路")) == {1, 2}
        assert index.watermark == "8"
        writer.delete(1)
        writer.rollback()
        writer.commit("9")
    index.reload()
    assert set(found(index, "望月路")) == {1, 2}
    assert index.watermark == "9"
    assert not index.reload()


def test_what_was_not_committed_is_forgotten_when_the_writer_closes(tmp_path):
    index = filled(tmp_path, [matter(1, "望月路")], "3")
    with TextIndexWriter(tmp_path) as writer:
        writer.put(matter(2, "望月路"))
    with TextIndexWriter(tmp_path) as writer:
        assert writer.watermark == "3"
        writer.commit("3")
    index.reload()
    assert found(index, "望月路") == [1]


def test_one_writes_at_a_time(tmp_path):
    with TextIndexWriter(tmp_path):
        with pytest.raises(AlreadyWritingError):
            TextIndexWriter(tmp_path)
        with pytest.raises(AlreadyWritingError):
            rebuild(tmp_path, [], "0")
    with TextIndexWriter(tmp_path) as writer:
        writer.commit("1")


def test_no_index_and_an_index_of_another_format_are_refused(tmp_path):
    with pytest.raises(TextIndexError, match="build it"):
        TextIndex(tmp_path)
    filled(tmp_path, [matter(1, "望月路")])
    said = json.loads((tmp_path / "current.json").read_text())
    (tmp_path / "current.json").write_text(json.dumps(said | {"format": -1}))
    with pytest.raises(OutdatedIndexError, match="rebuild"):
        TextIndex(tmp_path)
    with pytest.raises(OutdatedIndexError):
        TextIndexWriter(tmp_path)
    rebuild(tmp_path, [matter(2, "望月路")], "5")
    assert found(TextIndex(tmp_path), "望月路") == [2]


def test_a_rebuild_takes_the_place_of_what_was_and_readers_follow(tmp_path):
    index = filled(tmp_path, [matter(1, "望月路")], "3")
    done = []
    assert rebuild(tmp_path, (matter(number, "望月路") for number in range(2, 1203)), "40", done.append) == 1201
    assert done == [500, 1000, 1201]
    assert found(index, "望月路") == [1]
    assert index.reload()
    assert index.count(everything("望月路")) == 1201
    assert index.watermark == "40"
    with TextIndexWriter(tmp_path) as writer:
        writer.delete(2)
        writer.commit("41")
    index.reload()
    assert index.count(everything("望月路")) == 1200
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


def test_a_rebuild_that_fails_leaves_what_was(tmp_path):
    def failing():
        yield matter(2, "望月路")
        raise RuntimeError("the database went away")

    index = filled(tmp_path, [matter(1, "望月路")], "3")
    with pytest.raises(RuntimeError, match="went away"):
        rebuild(tmp_path, failing(), "9")
    assert not index.reload()
    assert found(TextIndex(tmp_path), "望月路") == [1]
    with TextIndexWriter(tmp_path) as writer:
        assert writer.watermark == "3"
    rebuild(tmp_path, [matter(3, "望月路")], "9")
    assert found(TextIndex(tmp_path), "望月路") == [3]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.2])
def test_after_a_kill_the_index_is_that_of_its_watermark(tmp_path, share):
    """Killed twice, each time when so much of the time that a commit takes has passed since the one before."""
    for _ in range(2):
        process = start(tmp_path, str(share))
        acknowledged = int(process.communicate()[0].split()[-1])
        assert process.returncode == -signal.SIGALRM
        index = TextIndex(tmp_path)
        went_to = int(index.watermark)
        assert went_to in {acknowledged, acknowledged + 4}
        assert index.ids(everything("")) == set(range(1, went_to + 1))
        assert index.ids(everything("换")) == {change - 1 for change in range(3, went_to + 1, 3)}
    with TextIndexWriter(tmp_path) as writer:
        writer.put(matter(went_to + 1, "之后"))
        writer.commit(str(went_to + 1))
    index.reload()
    assert found(index, "之后") == [went_to + 1]


def test_another_process_sees_each_commit_whole(tmp_path):
    """A reader looks while another process writes; whatever it sees is the state of the watermark it sees."""
    process = start(tmp_path)
    try:
        process.stdout.readline()
        index = TextIndex(tmp_path)
        seen = set()
        while len(seen) < 8:
            assert process.poll() is None
            index.reload()
            went_to = int(index.watermark)
            assert index.ids(everything("")) == set(range(1, went_to + 1))
            seen.add(went_to)
        assert all(change % 4 == 0 for change in seen)
        with pytest.raises(AlreadyWritingError):
            TextIndexWriter(tmp_path)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    with TextIndexWriter(tmp_path) as writer:
        assert int(writer.watermark) >= max(seen)


def test_readers_follow_one_rebuild_after_the_other(tmp_path):
    process = start(tmp_path, script=REBUILDER)
    try:
        process.stdout.readline()
        index = TextIndex(tmp_path)
        seen = set()
        while len(seen) < 12:
            assert process.poll() is None
            index.reload()
            turn = int(index.watermark)
            assert index.ids(everything("路")) == set(range(turn, turn + 5))
            seen.add(turn)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_folder_is_for_its_owner_alone(tmp_path):
    filled(tmp_path / "index", [matter(1, "望月路")])
    generation = current(tmp_path / "index")
    assert generation is not None
    assert (tmp_path / "index").stat().st_mode & 0o077 == 0
    assert generation.path.stat().st_mode & 0o077 == 0


def test_a_rebuild_waits_until_the_writer_lets_go(tmp_path):
    """The writer is told that it is wanted, and lets go; what it was made of is kept with the new index."""
    filled(tmp_path, [matter(1, "望月路")])
    writer = TextIndexWriter(tmp_path)
    assert not wanted(tmp_path)
    assert not rebuilding(tmp_path)
    said = []

    def documents():
        said.append((rebuilding(tmp_path), wanted(tmp_path)))
        yield matter(2, "清风桥")

    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(rebuild, tmp_path, documents(), "9", origin="another", patience=60)
        while not wanted(tmp_path):
            assert not building.done()
        assert found(TextIndex(tmp_path), "望月路") == [1], "the one in use stays until the writer has let go"
        writer.close()
        assert building.result() == 1
    assert said == [(True, False)]
    assert not wanted(tmp_path)
    index = TextIndex(tmp_path)
    assert (found(index, "清风桥"), index.watermark, index.origin) == ([2], "9", "another")
    with TextIndexWriter(tmp_path) as writer:
        assert writer.generation.origin == "another"


def test_what_a_killed_rebuild_has_left_is_no_index(tmp_path):
    index = filled(tmp_path, [matter(1, "望月路")])
    (tmp_path / "building").mkdir()
    (tmp_path / "building" / "meta.json").write_text("half of it")
    assert not index.reload()
    with TextIndexWriter(tmp_path):
        pass
    assert rebuild(tmp_path, [matter(2, "望月路")], "9") == 1
    assert found(TextIndex(tmp_path), "望月路") == [2]
    assert not (tmp_path / "building").exists()
