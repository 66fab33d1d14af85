"""The smtp channel: one mail for each change of an alert, in one thread for each alert."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime

import aiosmtplib
from aiosmtplib import errors

from delivery.attempt import Attempt, Delivery, Part, Surroundings, spared
from delivery.channel_kinds import SmtpChannel
from delivery.message import Told, plain, told_in
from delivery.outbox import message_id
from delivery.parts import PartsKnown, outcome_of
from delivery.wording import long_text, subject_line
from tags.times import SECOND_NS

ANSWER_MAX = 200
GOODBYE_S = 1.0
_PERMANENT = 500
_logger = logging.getLogger("tagwarden.delivery")

Refusals = dict[str, tuple[int, str]]
"""Code and words of the server, by the recipient that it refused."""


class _PlainError(Exception):
    """The server offers no encryption, and this must not go without."""


class SmtpSender:
    """Sends to all recipients that do not have the mail yet, over one connection for each try.

    A recipient that the server refuses for now (4xx) is tried again, alone; one that it refuses
    for good (5xx) is not, and the reason says so. `tls` defaults to the usual authorities, or
    those in the file `ca`.
    """

    def __init__(
        self,
        settings: SmtpChannel,
        surroundings: Surroundings,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._tls = tls
        self._known = PartsKnown()

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        """Send one mail."""
        try:
            told = told_in(delivery)
            if told.is_below(self._settings.severity_min):
                return spared(f"below {self._settings.severity_min}, not sent")
            mail = letter(told, self._settings, self._surroundings, now_ns)
        except ValueError as error:
            return Attempt("refused", f"not sent: {_words(error)}")
        return await self._try(delivery, mail.as_bytes(policy=SMTP_POLICY))

    async def _try(self, delivery: Delivery, mail: bytes) -> Attempt:
        timeout_s = self._settings.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                return await self._deliver(delivery, mail)
        except _PlainError as error:
            return Attempt("retry", str(error), 60.0)
        except errors.SMTPResponseException as error:
            return self._judged(delivery, error)
        except TimeoutError:
            return Attempt("retry", f"no answer within {timeout_s:g} s")
        except (errors.SMTPException, OSError, ValueError) as error:
            return Attempt("retry", f"not sent: {_words(error)}")

    def _judged(self, delivery: Delivery, error: errors.SMTPResponseException) -> Attempt:
        """What a refusal of the login, of the sender or of the mail means for all recipients."""
        parts = self._known.of(delivery)
        reason = f"answered {error.code} {_words(error.message)}"
        final = error.code >= _PERMANENT
        return self._known.note(
            delivery, Attempt("refused" if final else "retry", reason, parts=parts)
        )

    async def _deliver(self, delivery: Delivery, mail: bytes) -> Attempt:
        settled = self._known.of(delivery)
        having = {part.to for part in settled}
        wanted = [address for address in self._settings.to if address not in having]
        if not wanted:
            return outcome_of(settled, [])
        refusals = await self._post(wanted, mail)
        now = [
            Part(address, _refusal(refusals[address]) if address in refusals else "")
            for address in wanted
            if address not in refusals or refusals[address][0] >= _PERMANENT
        ]
        later = [
            f"{address}: {_refusal(refusals[address])}"
            for address in wanted
            if address in refusals and refusals[address][0] < _PERMANENT
        ]
        attempt = outcome_of([*settled, *now], later)
        if attempt.outcome == "done" and attempt.reason:
            _logger.warning("channel %r: %s: %s", delivery.channel, delivery.id, attempt.reason)
        return self._known.note(delivery, attempt)

    async def _post(self, recipients: Sequence[str], mail: bytes) -> Refusals:
        """Hand the mail to the server; which of the recipients it refused."""
        client = await self._client()
        try:
            await client.connect()
            await self._protect(client)
            return await _sent(client, self._settings.sender, recipients, mail)
        finally:
            with suppress(Exception):  # the mail is taken or refused by now
                if client.is_connected:
                    async with asyncio.timeout(GOODBYE_S):
                        await client.quit()
            client.close()

    async def _client(self) -> aiosmtplib.SMTP:
        host, port = self._settings.endpoint
        if self._tls is None:
            # In a thread because it reads certificates.
            self._tls = await asyncio.to_thread(_context, self._settings.ca)
        return aiosmtplib.SMTP(
            hostname=host,
            port=port,
            use_tls=self._settings.tls == "implicit",
            start_tls=False,  # decided below, where the server has said what it can
            tls_context=self._tls,
            local_hostname=socket.gethostname(),
            timeout=self._settings.timeout_s,
        )

    async def _protect(self, client: aiosmtplib.SMTP) -> None:
        """Encrypt, then log in."""
        settings = self._settings
        await client.ehlo()
        if settings.tls == "starttls":
            if client.supports_extension("starttls"):
                await client.starttls(tls_context=self._tls)
                await client.ehlo()
            elif not settings.allow_plain:
                raise _PlainError("the server offers no STARTTLS; see `tls` and `allow_plain`")
            elif settings.password is not None:
                raise _PlainError("the server offers no STARTTLS; no password is sent without")
        if settings.username is not None and settings.password is not None:
            await client.login(settings.username, settings.password.get_secret_value())


def letter(
    told: Told, settings: SmtpChannel, surroundings: Surroundings, now_ns: int
) -> EmailMessage:
    """The mail. All of one alert refer to the message of its first transition.

    Its Message-ID is the delivery's id, so that a mail that comes twice can be told as one.
    """
    domain = settings.sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = Address(f"Tagwarden {plain(surroundings.site, 60)}", addr_spec=settings.sender)
    mail["To"] = ", ".join(settings.to)
    mail["Subject"] = subject_line(told, surroundings.site)
    mail["Date"] = format_datetime(datetime.fromtimestamp(now_ns // SECOND_NS, UTC))
    mail["Message-ID"] = f"<{told.id}@{domain}>"
    root = message_id(told.alert, 1, settings.name)
    if told.of_alert and root != told.id:
        mail["In-Reply-To"] = mail["References"] = f"<{root}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes, please
    if told.calls and told.severity == "critical":
        mail["Importance"] = "high"
    mail.set_content(
        long_text(told, surroundings.site, surroundings.timezone),
        charset="utf-8",
        cte="quoted-printable",
    )
    return mail


async def _sent(
    client: aiosmtplib.SMTP, sender: str, recipients: Sequence[str], mail: bytes
) -> Refusals:
    try:
        refused, _ = await client.sendmail(sender, list(recipients), mail)
    except errors.SMTPRecipientsRefused as error:
        return {one.recipient: (one.code, one.message) for one in error.recipients}
    return {address: (answer.code, answer.message) for address, answer in refused.items()}


def _refusal(answer: tuple[int, str]) -> str:
    code, text = answer
    return f"{code} {plain(text, ANSWER_MAX)}"


def _words(error: object) -> str:
    return plain(error, ANSWER_MAX) or type(error).__name__


def _context(ca: str | None) -> ssl.SSLContext:
    """Certificates to trust; reads files. Raises OSError for a file that is none."""
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
