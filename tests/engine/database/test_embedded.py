"""The embedded PostgreSQL is shared: who comes later joins in, and the last to leave stops it."""

import subprocess
import sys
from pathlib import Path

import psycopg
import sqlalchemy as sa

from engine.database import embedded

ASKS = """
import sys
from pathlib import Path
import sqlalchemy as sa
from engine.database import embedded
with embedded.server(Path(sys.argv[1]), durable=False) as address:
    engine = sa.create_engine(address)
    with engine.connect() as connection:
        print(connection.exec_driver_sql("select 40 + 2").scalar())
    engine.dispose()
"""
PATIENCE = 120  # seconds until a command that hangs counts as hanging


def asking(data: Path) -> "subprocess.Popen[str]":
    """Start another process that uses the cluster for one question."""
    return subprocess.Popen([sys.executable, "-c", ASKS, str(data)], stdout=subprocess.PIPE, text=True)


def answer(process: "subprocess.Popen[str]") -> str:
    """Return what it printed; fail when it hangs."""
    try:
        printed, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 0
    return printed.strip()


def test_a_command_beside_a_running_platform_is_served_and_leaves_the_server_up(tmp_path: Path) -> None:
    data = tmp_path / "data"
    tmp_path.chmod(0o755)
    with embedded.server(data, durable=False) as address:
        assert answer(asking(data)) == "42"

        plain = sa.make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    assert not embedded.running(data)


def test_processes_that_come_at_once_share_one_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    tmp_path.chmod(0o755)

    assert [answer(process) for process in [asking(data) for _ in range(3)]] == ["42"] * 3

    assert not embedded.running(data)
