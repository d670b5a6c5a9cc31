"""What the platform is told from outside, read once at start-up from the environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

IDLE = timedelta(minutes=30)
"""A session ends after this long without a request (GB/T 22239-2019, 8.1.4.1 b: idle log-out)."""

MEGABYTE = 1024 * 1024
SHORTEST_SECRET = 32
"""Characters: fewer could be tried out by whoever has the hashes."""

_YES = frozenset({"1", "true", "yes", "on"})


class SettingError(ValueError):
    """A setting is missing or makes no sense; the message says which and what to do."""


@dataclass(frozen=True)
class Settings:
    """The settings of one process.

    `var` is the folder for everything that is not in the database; `attachments` and `text_index` lie in it unless set.
    `secure_cookies` is on where the platform is reached by https. `trusted_proxies` says how many reverse proxies
    stand in front, whose X-Forwarded headers are believed. `smtp_url` (`smtp://user:password@host:port`) is the mail
    server, `sender` whom its mail comes from; `gateway_url` is what relative addresses of channels are joined to.
    `screening_secret` is what the bureau's own secret words are hashed with; '' keeps that list from working.
    """

    database_url: str
    secret_key: str
    var: Path
    attachments: Path
    demo: bool = False
    secure_cookies: bool = False
    trusted_proxies: int = 0
    idle: timedelta = IDLE
    upload_limit: int = 64 * MEGABYTE
    testing: bool = False
    smtp_url: str = ""
    gateway_url: str = ""
    sender: str = "minyi@localhost"
    index_folder: Path | None = None
    screening_secret: str = ""

    @property
    def text_index(self) -> Path:
        """The folder of the text index; each machine has its own."""
        return self.index_folder or self.var / "text-index"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from the variables of the process.

        DATABASE_URL, SECRET_KEY, SCREENING_SECRET, VAR_DIR, ATTACHMENTS, TEXT_INDEX, DEMO, HTTPS, TRUSTED_PROXIES,
        SMTP_URL, GATEWAY_URL and MAIL_SENDER. A missing SECRET_KEY or SCREENING_SECRET is made once and kept in
        `var/secret_key` or `var/screening_secret`, so that all processes of one installation share it. Raises
        SettingError when DATABASE_URL is absent, TRUSTED_PROXIES is no number, or SCREENING_SECRET could be guessed.
        """
        given = os.environ if environment is None else environment
        url = given.get("DATABASE_URL", "")
        if not url:
            raise SettingError(
                "DATABASE_URL is not set; use `minyi up`, or name a PostgreSQL: postgresql+psycopg://user@host/db"
            )
        var = Path(given.get("VAR_DIR") or "var").resolve()
        proxies = given.get("TRUSTED_PROXIES") or "0"
        if not proxies.isdecimal():
            raise SettingError(f"TRUSTED_PROXIES must be a number, not {proxies!r}")
        screening = given.get("SCREENING_SECRET") or kept_secret(var / "screening_secret")
        if len(screening) < SHORTEST_SECRET:
            raise SettingError(f"SCREENING_SECRET must have at least {SHORTEST_SECRET} characters")
        return cls(
            database_url=url,
            secret_key=given.get("SECRET_KEY") or kept_secret(var / "secret_key"),
            var=var,
            attachments=Path(given.get("ATTACHMENTS") or var / "attachments").resolve(),
            demo=_yes(given, "DEMO"),
            secure_cookies=_yes(given, "HTTPS"),
            trusted_proxies=int(proxies),
            smtp_url=given.get("SMTP_URL", ""),
            gateway_url=given.get("GATEWAY_URL", ""),
            sender=given.get("MAIL_SENDER") or "minyi@localhost",
            screening_secret=screening,
            index_folder=Path(given["TEXT_INDEX"]).resolve() if given.get("TEXT_INDEX") else None,
        )


def _yes(given: Mapping[str, str], name: str) -> bool:
    return given.get(name, "").strip().lower() in _YES


def kept_secret(path: Path) -> str:
    """Return the secret kept at `path`, made on first use, readable only by its owner.

    Several workers may start at once: the secret is written beside and linked into place, so whoever comes second
    finds a whole file and reads it.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
