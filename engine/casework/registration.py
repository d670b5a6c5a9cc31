"""Registering a matter: screened, numbered, stored and set going, all in one transaction or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import Connection, text

from engine.casework import attachments, facts, history, numbers, petitioners, secret_words
from engine.casework.alarms import alarms_of, raise_alarms
from engine.casework.attachments import Store, Stored
from engine.casework.errors import AlreadyRegistered, FieldProblem, InvalidFacts, SecretSuspected
from engine.casework.facts import MatterFacts
from engine.casework.history import Entry
from engine.casework.screening import screen_file, secrets_in
from rules.emergency import severity_of

PROCESS = "matter"
DEFAULT_KIND = "request"

# One round trip for all that registering has to ask.
ASK = text(
    """
select c.id, c.code, c.name, c.receiving_unit_id, c.clock, c.online, c.solicited, t.now, o.name as actor_name,
       (select revision::text from secret_word_list) as word_list
from (select clock_now() as now) t
left join channel c on c.code = :code and c.active
left join officer o on o.id::text = :actor
"""
)
INSERT = text(
    """
insert into matter (number, channel_id, channel_number, title, body, place, category_id, kind, severity,
    receiving_unit_id, handling_unit_id, petitioner_id, received_at, imported_at, digest, registered_by)
values (:number, :channel_id, :channel_number, :title, :body, :place, :category_id, :kind, :severity,
    :receiving_unit_id, :handling_unit_id, :petitioner_id, :received_at, :now, :digest, :actor)
on conflict do nothing
returning id
"""
)
ACCUSE = text("insert into matter_accused (matter_id, unit_id, officer_id) values (:matter, :unit, :officer)")
START = text("update matter set instance_id = :instance where id = :id")
RESULT = text(
    """
select m.primary_id, m.judgement ->> 'outcome' as outcome, p.number as primary_number
from matter m left join matter p on p.id = m.primary_id where m.id = :id
"""
)
BY_NUMBER = text("select id, number, digest from matter where channel_id = :channel and channel_number = :number")
BY_DIGEST = text(
    """
select id, number, digest from matter where channel_id = :channel and digest = :digest and channel_number is null
"""
)


class Starting(Protocol):
    """The part of the runtime that starts a process within the caller's transaction."""

    def start(
        self, connection: Connection, process_key: str, business_key: str, data: dict[str, Any], *, actor: str
    ) -> int:
        """Start an instance and return its id."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A matter that was registered: its id, its number, how it was judged, and the earlier matter it repeats.

    ``outcome`` is what the judgement came to: pushed, manual, repeat or out_of_scope.
    """

    matter_id: int
    number: str
    outcome: str
    primary_number: str | None = None


def register(
    connection: Connection,
    given: MatterFacts,
    *,
    runtime: Starting,
    actor: str,
    store: Store | None = None,
) -> Registered:
    """Make a matter of the facts and start its process, within the caller's transaction.

    ``store`` keeps the attachments and may be left out when there are none. Raises InvalidFacts naming every faulty
    field, SecretSuspected before anything is stored, AlreadyRegistered when the channel delivered the record before.
    """
    tidied = facts.tidy(given)
    channel = connection.execute(ASK, {"code": tidied.channel, "actor": actor}).one()
    secret_words.follow(connection, channel.word_list)
    screen(given)
    now = channel.now
    problems = facts.problems_of(tidied, now)
    if channel.id is None:
        problems.insert(0, FieldProblem("channel", "渠道", f"没有代码为“{tidied.channel}”的渠道，或已停用"))
    if problems:
        raise InvalidFacts(problems)
    categories = alarms_of(f"{tidied.title}\n{tidied.body}", tidied.received_at or now, now)
    if categories and tidied.severity is None:
        tidied = replace(tidied, severity=severity_of(categories))
    digest = facts.digest_of(tidied) if tidied.delivered or tidied.channel_number else None
    _refuse_known(connection, channel.id, tidied.channel_number, digest)
    files = _keep(store, tidied)
    number = numbers.next_number(connection)
    matter_id: int | None = connection.execute(
        INSERT,
        {
            "number": number,
            "channel_id": channel.id,
            "channel_number": tidied.channel_number,
            "title": tidied.title,
            "body": tidied.body,
            "place": tidied.place,
            "category_id": tidied.category_id,
            "kind": tidied.kind or DEFAULT_KIND,
            "severity": tidied.severity or "ordinary",
            "receiving_unit_id": channel.receiving_unit_id,
            "handling_unit_id": tidied.handling_unit_id,
            "petitioner_id": petitioners.store(connection, tidied.petitioner),
            "received_at": tidied.received_at or now,
            "now": now,
            "digest": digest,
            "actor": actor,
        },
    ).scalar()
    if matter_id is None:
        # Somebody registered the same record a moment ago; theirs is committed by now, so it can be named.
        _refuse_known(connection, channel.id, tidied.channel_number, digest)
        raise InvalidFacts([FieldProblem("channel_number", facts.LABELS["channel_number"], "正在被别人登记")])
    accused = [{"matter": matter_id, "unit": unit, "officer": None} for unit in tidied.accused_units]
    accused += [{"matter": matter_id, "unit": None, "officer": officer} for officer in tidied.accused_officers]
    if accused:
        connection.execute(ACCUSE, accused)
    if files:
        attachments.attach(connection, matter_id, files, actor=actor)
    details = {
        "channel": channel.name,
        "channel_number": tidied.channel_number,
        "attachments": [{"filename": file.filename, "hash": file.hash} for file in files],
    }
    history.append(
        connection,
        matter_id,
        [Entry("registered", "登记", None, details), *_unread(tidied, files)],
        actor=actor,
        actor_name=channel.actor_name or (history.SYSTEM_NAME if actor == history.SYSTEM else actor),
        at=now,
        head=history.NOTHING_YET,
    )
    instance = runtime.start(
        connection, PROCESS, number, {"matter": process_facts(matter_id, number, channel, tidied)}, actor=actor
    )
    connection.execute(START, {"id": matter_id, "instance": instance})
    raise_alarms(
        connection,
        matter_id,
        number=number,
        categories=categories,
        receiving_unit_id=channel.receiving_unit_id,
    )
    result = connection.execute(RESULT, {"id": matter_id}).one()
    return Registered(matter_id, number, result.outcome or "manual", result.primary_number)


def process_facts(matter_id: int, number: str, channel: Any, tidied: MatterFacts) -> dict[str, Any]:
    """Return the little of a matter that its process decides by."""
    return {
        "id": matter_id,
        "number": number,
        "channel": channel.code,
        "clock": channel.clock,
        "limit": "",
        "kind": tidied.kind or DEFAULT_KIND,
        "severity": tidied.severity or "ordinary",
        "online": channel.online,
        "solicited": channel.solicited,
        "receiving_unit": channel.receiving_unit_id,
        "given": tidied.given,
        "returned": 0,
    }


def screen(given: MatterFacts) -> None:
    """Raise SecretSuspected when a text or file carries a mark of secrecy; called before anything is stored.

    Also screens names of files, and the text inside TXT, DOCX, XLSX and PDF files. Neither the exception nor anything
    else keeps what was found.
    """
    found = {label: secrets_in(words) for label, words in facts.texts_of(given).items()}
    files = [kind for upload in given.attachments for kind in secrets_in(upload.filename)]
    files += [kind for upload in given.attachments for kind in screen_file(upload.content).secret]
    found[attachments.LABEL] = tuple(files)
    places = [label for label, kinds in found.items() if kinds]
    if places:
        raise SecretSuspected(places, tuple(dict.fromkeys(kind for kinds in found.values() for kind in kinds)))


def _keep(store: Store | None, tidied: MatterFacts) -> Sequence[Stored]:
    if not tidied.attachments:
        return ()
    if store is None:
        raise ValueError("attachments need a store")
    return [store.put(upload) for upload in tidied.attachments]


def _unread(tidied: MatterFacts, files: Sequence[Stored]) -> list[Entry]:
    """Return the entry that names the documents that could not be read, for somebody to look at; none when all were."""
    looked = [
        (file.filename, screen_file(upload.content)) for upload, file in zip(tidied.attachments, files, strict=True)
    ]
    unread = [{"filename": name, "reason": one.unread} for name, one in looked if one.document and one.unread]
    return [Entry("files_unread", "附件未能筛查", None, {"files": unread})] if unread else []


def _refuse_known(connection: Connection, channel_id: int, channel_number: str | None, digest: str | None) -> None:
    if digest is None:
        return
    statement = BY_DIGEST if channel_number is None else BY_NUMBER
    row = connection.execute(
        statement, {"channel": channel_id, "number": channel_number, "digest": digest}
    ).one_or_none()
    if row is not None:
        raise AlreadyRegistered(row.number, row.id, same=row.digest == digest)
