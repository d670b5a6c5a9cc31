"""Officers who do not give up: when the answer does not come they send the very same form again."""

import threading
from dataclasses import dataclass
from time import monotonic
from typing import Any

import requests
import sqlalchemy as sa
from requests.adapters import HTTPAdapter

from tests.faults.waiting import eventually, pause
from webapp.demonstration.visits import Visit
from webapp.demonstration.walk import Walk

PATIENCE = 90  # seconds an officer goes on trying


class Persistent(HTTPAdapter):
    """Sends a request until it is answered by something else than a failure of the server.

    ``broken`` lists the methods of requests whose connection broke, ``refused`` the statuses from 500 on. ``posting``
    is set whenever a form sets out.
    """

    def __init__(self, posting: threading.Event | None = None, patience: float = PATIENCE) -> None:
        super().__init__()
        self.posting = posting or threading.Event()
        self.patience = patience
        self.broken: list[str] = []
        self.refused: list[int] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        deadline = monotonic() + self.patience
        while True:
            if request.method == "POST":
                self.posting.set()
            try:
                answer = super().send(request, *args, **kwargs)
                whole = answer.content is not None
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                self.broken.append(request.method or "")
            else:
                if whole and answer.status_code < 500:
                    return answer
                self.refused.append(answer.status_code)
            assert monotonic() < deadline, f"{request.method} {request.url} was never answered"
            pause(0.2)


class PersistentVisit(Visit):
    """A session that begins and goes on through a persistent adapter."""

    def __init__(self, base: str, login: str, password: str, adapter: Persistent) -> None:
        self.base = base
        self.login = login
        self._http = requests.Session()
        self._http.mount("http://", adapter)
        self.submit(self.form(self.open("/login"), "/login"), {"login": login, "password": password})

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self._http.cookies)


@dataclass(frozen=True)
class Acknowledged:
    """A step that an officer was told is done."""

    number: str
    task: str
    step: str
    login: str


class PersistentWalk(Walk):
    """Works matters off and remembers what was acknowledged; also asks the database again when it is away."""

    def __init__(self, base: str, engine: sa.Engine, password: str, posting: threading.Event | None = None) -> None:
        super().__init__(base, engine, password)
        self.adapter = Persistent(posting)
        self.done: list[Acknowledged] = []

    def visit(self, login: str) -> PersistentVisit:
        if login not in self._visits:
            self._visits[login] = PersistentVisit(self.base, login, self.password, self.adapter)
        visit = self._visits[login]
        assert isinstance(visit, PersistentVisit)
        return visit

    def waiting(self, number: str) -> sa.Row[Any] | None:
        def look() -> list[sa.Row[Any] | None]:
            try:
                return [super(PersistentWalk, self).waiting(number)]
            except sa.exc.OperationalError:
                return []

        self.last = eventually("the database", look, within=PATIENCE)[0]
        return self.last

    def closed(self, number: str) -> bool:
        try:
            with self.engine.connect() as connection:
                status = connection.scalar(sa.text("select status from matter where number = :it"), {"it": number})
        except sa.exc.OperationalError:
            return False
        return bool(status == "closed")

    def to_the_end(self, number: str) -> None:
        """Do what comes next at a matter until it is closed."""
        while True:
            eventually(
                f"what comes next at {number}", lambda: self.waiting(number) or self.closed(number), within=PATIENCE
            )
            done = self.step(number)
            if done is None:
                if self.closed(number):
                    return
                continue
            assert self.last is not None
            self.done.append(Acknowledged(number, self.last.task, done.step, self.last.login))
