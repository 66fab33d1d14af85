"""A real mail server that can be told whom and what to refuse."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any, NamedTuple

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Taken(NamedTuple):
    """A mail that the server took, and for whom."""

    recipients: list[str]
    mail: EmailMessage
    over_tls: bool
    raw: bytes


class MailServer:
    """Keeps what it takes. `refuses` holds answers by recipient, `answers` those to a mail."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.refuses: dict[str, str] = {}
        self.answers: list[str] = []
        self.from_answer = ""
        self.logins: list[tuple[bytes, bytes]] = []
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.port = 0

    async def handle_MAIL(  # noqa: N802 -- aiosmtpd looks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self.hangs.wait()
        if self.from_answer:
            return self.from_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 -- as above
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 -- as above
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("2"):
            raw = envelope.content
            assert isinstance(raw, bytes)
            mail = message_from_bytes(raw, policy=SMTP_POLICY)
            assert isinstance(mail, EmailMessage)
            assert server.transport is not None
            over_tls = server.transport.get_extra_info("ssl_object") is not None
            self.taken.append(Taken(list(envelope.rcpt_tos), mail, over_tls, raw))
        return answer

    def check(
        self,
        _server: SMTP,
        _session: Session,
        _envelope: Envelope,
        _mechanism: str,
        data: object,
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


@asynccontextmanager
async def mailing(
    *, tls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None
) -> AsyncGenerator[MailServer]:
    """A server on loopback: with STARTTLS where `tls` is given, TLS at once with `implicit`."""
    box = MailServer()
    connections: list[SMTP] = []

    def connected() -> SMTP:
        options: dict[str, Any] = {"tls_context": tls} if tls else {}
        server = SMTP(
            box,
            hostname="mail.test",
            loop=asyncio.get_running_loop(),
            authenticator=box.check,
            auth_require_tls=False,
            enable_SMTPUTF8=False,
            **options,
        )
        connections.append(server)
        return server

    listening = await asyncio.get_running_loop().create_server(
        connected, "127.0.0.1", 0, ssl=implicit
    )
    box.port = listening.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        box.hangs.set()
        listening.close()
        await _hang_up(connections)


async def _hang_up(connections: list[SMTP]) -> None:
    for each in connections:
        if each.transport is not None:
            each.transport.close()
    handlers = [each._handler_coroutine for each in connections if each._handler_coroutine]
    for handler in handlers:
        handler.cancel()
    await asyncio.gather(*handlers, return_exceptions=True)


class Papers(NamedTuple):
    """Certificates for both ends."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def papers(name: str = "127.0.0.1") -> Papers:
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return Papers(server, client)
