"""What service tasks may call, one module a service. Whoever adds one adds it here, and diagrams may name it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from engine.casework.proceedings import services as proceedings
from engine.casework.services import close, deliver_reply, escalate, judge, remind, tell_repeats
from engine.runtime import Service


def registry(services: Iterable[Service]) -> Mapping[str, Service]:
    """Return the services by name; ValueError at start-up when a name is not one or is taken twice."""
    found: dict[str, Service] = {}
    for service in services:
        if not service.name.isidentifier():
            raise ValueError(f"{service.name!r} cannot be written in a diagram")
        if service.name in found:
            raise ValueError(f"two services are called {service.name}")
        if set(service.parameters) & set(service.optional):
            raise ValueError(f"{service.name}: a parameter is either needed or optional")
        found[service.name] = service
    return MappingProxyType(found)


SERVICES: Final = registry(
    (
        *(module.SERVICE for module in (close, deliver_reply, escalate, judge, remind, tell_repeats)),
        *proceedings.SERVICES,
    )
)
