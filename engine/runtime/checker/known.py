"""What the checker is told of the world outside the files: services, functions, roles, forms, start data."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.runtime.protocol import Host, Service


@dataclass(frozen=True)
class Known:
    """The host's side of a deployment.

    Attributes:
        services: what a service task may call, by name.
        functions: the names an expression may call beside the built-in ones.
        roles: what a lane or `camunda:candidateGroups` may name.
        fields: reads a form file: its process variables (dotted below the step) with their types; raises ValueError.
            If the error has `problems` with `message` and `message_en`, each becomes a problem of its own.
        holders: the roles some officer holds; None if that is not to be checked.
        now: the time, with its zone, to tell dates that have passed; None if that is not to be checked.
        reads: the steps whose answers the host itself takes over, so that no field of theirs is unused; None if
            unused fields are not to be checked.
        start: for each process key the data an instance starts with: names to types, records nested. The key `*`
            holds what every process that is started by itself is given. The type `any` allows any member below it.

    """

    services: Mapping[str, Service] = field(default_factory=dict)
    functions: Collection[str] = ()
    roles: Collection[str] = ()
    fields: Callable[[bytes], Mapping[str, str]] = lambda _form: {}
    holders: Collection[str] | None = None
    now: datetime | None = None
    reads: Collection[str] | None = None
    start: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def known_of(host: Host, *, holders: Collection[str] | None = None, now: datetime | None = None) -> Known:
    """Return the host's side; `holders` and `now` come from the database, which not everybody who checks has."""
    return Known(
        services=host.services,
        functions=host.functions,
        roles=host.groups,
        fields=host.fields,
        holders=holders,
        now=now,
        reads=host.reads,
        start=host.start,
    )
