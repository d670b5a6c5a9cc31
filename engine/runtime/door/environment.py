"""What all commands of the runtime stand on."""

from datetime import tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.runtime.deployments import Deployments
from engine.runtime.protocol import Host
from engine.runtime.script_engine import InterpretingEngine
from engine.runtime.session import Environment

ZONE: Final = ZoneInfo("Asia/Shanghai")


def _leave_preparing_to_us(driver: Any, _record: object) -> None:
    """Keep psycopg from preparing statements: once it has, it deallocates ours too after a rollback."""
    driver.prepare_threshold = None


class Door:
    """A runtime without commands; those of one subject are added by each class below it."""

    def __init__(self, engine: sa.Engine, host: Host, zone: tzinfo = ZONE) -> None:
        sa.event.listen(engine, "connect", _leave_preparing_to_us)
        self._environment = Environment(engine, host, Deployments(), InterpretingEngine(host.functions), zone)

    @property
    def host(self) -> Host:
        """The product it works for."""
        return self._environment.host
