"""Where the demo's outgoing mail and calls arrive: a real SMTP server and a real HTTP endpoint on this machine.

A bureau sets ``SMTP_URL`` and ``GATEWAY_URL`` to its own; without them ``minyi up`` starts this one, so that
what the platform sends can be looked at in ``var/delivered``. The same key twice is kept once, as a careful
receiver does.
"""

import hashlib
import json
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_BODY = 4 * 1024 * 1024  # bytes of one call or one mail


def _keep(folder: Path, key: str, suffix: str, content: bytes) -> bool:
    """Write the content under its key unless it is there already; return whether it was new."""
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(key.encode()).hexdigest()[:24]
    try:
        with (folder / f"{name}{suffix}").open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class _Mailbox:
    """Keeps each mail as one .eml file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002 - aiosmtpd's name and signature
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        key = next(
            (line for line in raw.decode("utf-8", "replace").splitlines() if line.lower().startswith("message-id:")),
            hashlib.sha256(raw).hexdigest(),
        )
        _keep(self.folder, key, ".eml", raw)
        return "250 Message accepted for delivery"


class _Gateway(BaseHTTPRequestHandler):
    """Takes POSTed JSON and answers with a receipt number."""

    folder: Path

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= MAX_BODY:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(length)
        key = self.headers.get("Idempotency-Key") or hashlib.sha256(body).hexdigest()
        _keep(self.folder, key, ".json", body)
        answer = json.dumps({"receipt": hashlib.sha256(key.encode()).hexdigest()[:12].upper()}).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep the terminal quiet: what arrived is in the folder."""


class Sink:
    """An SMTP server and an HTTP endpoint on free ports of 127.0.0.1, stopped by :meth:`stop`.

    ``smtp_url`` and ``gateway_url`` are what the worker is given; ``folder`` receives one file for each message.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        handler = type("Gateway", (_Gateway,), {"folder": folder})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._smtp = Controller(_Mailbox(folder), hostname="127.0.0.1", port=free_port(), data_size_limit=MAX_BODY)

    def start(self) -> None:
        """Listen; returns when both accept connections."""
        threading.Thread(target=self._http.serve_forever, name="gateway", daemon=True).start()
        self._smtp.start()

    def stop(self) -> None:
        """Close both; what arrived stays in the folder."""
        self._http.shutdown()
        self._http.server_close()
        self._smtp.stop()

    @property
    def smtp_url(self) -> str:
        """The address of the mail server."""
        return f"smtp://127.0.0.1:{self._smtp.port}"

    @property
    def gateway_url(self) -> str:
        """The address that relative channel addresses are joined to."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"
