"""Send what the outbox asks for, by the medium that its channel names.

Delivery is at least once: after a crash the same dispatch may be sent again, always under the same key
(``Message-ID`` of a mail, ``Idempotency-Key`` of a call), by which the receiver can drop the second.
"""

import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import urljoin, urlsplit

import requests

from engine.casework.outbox import Message

TIMEOUT = 15  # seconds to wait for the other side
BY_HAND = {"phone", "letter"}  # a person does these; the record says so


class DeliveryError(RuntimeError):
    """The message was not taken; the text is the other side's reason, fit for a supervisor."""


@dataclass(frozen=True)
class Routes:
    """Where the bureau's mail server and its gateway for calls and short messages are."""

    smtp_url: str
    gateway_url: str
    sender: str = "minyi@localhost"


def message_id(key: str) -> str:
    """Return the Message-ID of a key; a colon would end it early in the header, so dots stand for colons."""
    return f"<{key.replace(':', '.')}@minyi>"


def _mail(message: Message, routes: Routes) -> str:
    server = urlsplit(routes.smtp_url)
    if not server.hostname:
        raise DeliveryError("没有设置邮件服务器（SMTP_URL）。")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = routes.sender
    mail["To"] = message.address or ""
    mail["Subject"] = message.subject.replace("\n", " ")
    mail["Message-ID"] = message_id(message.key)
    mail.set_content(message.body)
    try:
        if server.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.hostname, server.port or 465, timeout=TIMEOUT)
        else:
            connection = smtplib.SMTP(server.hostname, server.port or 25, timeout=TIMEOUT)
        with connection:
            if server.username:
                connection.login(server.username, server.password or "")
            connection.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"邮件没有送出：{error}") from error
    return message_id(message.key)


def _call(message: Message, routes: Routes) -> str:
    url = urljoin(routes.gateway_url, message.address or "")
    if urlsplit(url).scheme not in {"http", "https"}:
        raise DeliveryError(f"接口地址不对：{message.address or '（空）'}。请在渠道设置里更正，或设置 GATEWAY_URL。")
    try:
        answer = requests.post(
            url,
            json={"key": message.key, "medium": message.medium, "subject": message.subject, "body": message.body},
            headers={"Idempotency-Key": message.key},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        answer.raise_for_status()
    except requests.RequestException as error:
        raise DeliveryError(f"接口没有接收：{error}") from error
    try:
        receipt = answer.json().get("receipt")
    except (ValueError, AttributeError):
        receipt = None
    return str(receipt or f"HTTP {answer.status_code}")


def send(message: Message, routes: Routes) -> str:
    """Send a message of the outbox and return the receipt the other side gave.

    Raises DeliveryError when it was not taken, so that it is tried again.
    """
    if message.medium == "email":
        return _mail(message, routes)
    if message.medium in BY_HAND:
        return "线下送达"
    return _call(message, routes)
