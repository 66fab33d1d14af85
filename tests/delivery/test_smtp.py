"""Alerts by mail, through a real server that does what it likes."""

import asyncio
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from delivery.attempt import Attempt, Part, Surroundings
from delivery.channel_kinds import SmtpChannel
from delivery.message import told_in
from delivery.outbox import message_id
from delivery.parts import MESSAGES_MAX, PartsKnown
from delivery.smtp import SmtpSender, letter
from tags.times import SECOND_NS
from tests.delivery.letters import HOSTILE, changed, letter_of, notice_letter
from tests.delivery.made import T0_NS, alert
from tests.delivery.mail_server import MailServer, Papers, mailing, papers

NEAR = Surroundings(site="Depot 1", timezone=ZoneInfo("Europe/Berlin"))
ANN, BOB, CAY = "ann@example.net", "bob@example.net", "cay@example.net"


@pytest.fixture(scope="module")
def identity() -> Papers:
    return papers()


def channel(port: int, **more: object) -> SmtpChannel:
    fields = {"name": "guards", "host": "127.0.0.1", "port": port, "from": "rfid@example.net"}
    return SmtpChannel.model_validate({**fields, "to": [ANN], "timeout_s": 5, **more})


def to(server: MailServer, identity: Papers, **more: object) -> SmtpSender:
    return SmtpSender(channel(server.port, **more), NEAR, identity.client)


async def test_a_mail_goes_encrypted_after_starttls_and_login(identity: Papers) -> None:
    async with mailing(tls=identity.server) as server:
        sender = to(server, identity, username="gateway", password="right")
        assert (await sender.send(letter_of(), T0_NS)).outcome == "done"
    (taken,) = server.taken
    assert taken.over_tls
    assert taken.recipients == [ANN]
    assert server.logins == [(b"gateway", b"right")]


async def test_tls_from_the_first_byte(identity: Papers) -> None:
    async with mailing(implicit=identity.server) as server:
        sender = to(server, identity, tls="implicit")
        assert (await sender.send(letter_of(), T0_NS)).outcome == "done"
    assert server.taken[0].over_tls


async def test_a_server_without_starttls_gets_nothing(identity: Papers) -> None:
    async with mailing() as server:
        attempt = await to(server, identity).send(letter_of(), T0_NS)
    assert attempt.outcome == "retry"
    assert "offers no STARTTLS" in attempt.reason
    assert server.taken == []


async def test_plain_mail_needs_to_be_allowed_and_never_carries_a_password(
    identity: Papers,
) -> None:
    async with mailing() as server:
        allowed = to(server, identity, allow_plain=True)
        assert (await allowed.send(letter_of(), T0_NS)).outcome == "done"
        login = to(server, identity, allow_plain=True, username="gateway", password="right")
        attempt = await login.send(letter_of(), T0_NS)
    assert "no password is sent without" in attempt.reason
    assert server.logins == []
    assert len(server.taken) == 1


async def test_a_certificate_that_is_not_trusted_gets_nothing(identity: Papers) -> None:
    async with mailing(tls=identity.server) as server:
        other = SmtpSender(channel(server.port), NEAR, papers().client)
        attempt = await other.send(letter_of(), T0_NS)
    assert attempt.outcome == "retry"
    assert "certificate" in attempt.reason.lower()
    assert server.taken == []


async def test_a_wrong_password_is_refused_without_being_quoted(identity: Papers) -> None:
    async with mailing(tls=identity.server) as server:
        sender = to(server, identity, username="gateway", password="hunter2")
        attempt = await sender.send(letter_of(), T0_NS)
    assert attempt.outcome == "refused"
    assert attempt.reason.startswith("answered 535")
    assert "hunter2" not in attempt.reason


async def test_the_steps_of_an_alert_are_one_thread(identity: Papers) -> None:
    async with mailing(tls=identity.server) as server:
        sender = to(server, identity)
        for at, step in enumerate(("raised", "acknowledged", "cleared"), start=1):
            await sender.send(letter_of(step, transitions=at), T0_NS)
        await sender.send(letter_of(one=alert("a2")), T0_NS)
    first, *later, other = [taken.mail for taken in server.taken]
    assert first["Message-ID"] == f"<{message_id('a1', 1, 'guards')}@example.net>"
    assert first["References"] is None
    assert {mail["References"] for mail in later} == {first["Message-ID"]}
    assert {mail["In-Reply-To"] for mail in later} == {first["Message-ID"]}
    assert other["References"] is None
    assert len({mail["Message-ID"] for mail in [first, *later, other]}) == 4


async def test_the_same_message_keeps_its_id_over_all_tries(identity: Papers) -> None:
    async with mailing(tls=identity.server) as server:
        sender = to(server, identity)
        server.answers = ["451 4.3.0 try later"]
        attempt = await sender.send(letter_of(), T0_NS)
        assert (attempt.outcome, attempt.reason) == ("retry", "answered 451 4.3.0 try later")
        await sender.send(letter_of(), T0_NS + SECOND_NS)
        await sender.send(letter_of(), T0_NS + 2 * SECOND_NS)
    assert len({taken.mail["Message-ID"] for taken in server.taken}) == 1
    assert len(server.taken) == 2


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("421 closing", "retry"),
        ("452 full", "retry"),
        ("550 no", "refused"),
        ("554 spam", "refused"),
    ],
)
async def test_the_answer_to_the_mail_decides(answer: str, outcome: str, identity: Papers) -> None:
    async with mailing(tls=identity.server) as server:
        server.answers = [answer]
        attempt = await to(server, identity).send(letter_of(), T0_NS)
    assert attempt.outcome == outcome
    assert attempt.reason == f"answered {answer}"


@pytest.mark.parametrize(("answer", "outcome"), [("450 wait", "retry"), ("550 never", "refused")])
async def test_a_sender_that_is_refused_is_no_reason_to_write_again_if_for_good(
    answer: str, outcome: str, identity: Papers
) -> None:
    async with mailing(tls=identity.server) as server:
        server.from_answer = answer
        assert (await to(server, identity).send(letter_of(), T0_NS)).outcome == outcome


class TestHalf:
    async def test_only_those_refused_for_now_are_tried_again(self, identity: Papers) -> None:
        async with mailing(tls=identity.server) as server:
            sender = to(server, identity, to=[ANN, BOB, CAY])
            server.refuses = {BOB: "451 greylisted", CAY: "550 no such user"}
            first = await sender.send(letter_of(), T0_NS)
            assert first.outcome == "retry"
            assert first.reason == f"{BOB}: 451 greylisted; {CAY}: 550 no such user"
            assert first.parts == (Part(ANN), Part(CAY, "550 no such user"))
            server.refuses = {CAY: "550 no such user"}
            second = await sender.send(letter_of(), T0_NS)
        assert second.outcome == "done"
        assert second.reason == f"but not to all: {CAY}: 550 no such user"
        assert [taken.recipients for taken in server.taken] == [[ANN], [BOB]]

    async def test_after_a_restart_the_outbox_says_who_has_it(self, identity: Papers) -> None:
        async with mailing(tls=identity.server) as server:
            server.refuses = {BOB: "451 greylisted"}
            first = await to(server, identity, to=[ANN, BOB]).send(letter_of(), T0_NS)
            server.refuses = {}
            again = letter_of(parts=first.parts)
            assert (await to(server, identity, to=[ANN, BOB]).send(again, T0_NS)).outcome == "done"
        assert [taken.recipients for taken in server.taken] == [[ANN], [BOB]]

    async def test_a_mail_that_all_refuse_for_good_is_refused(self, identity: Papers) -> None:
        async with mailing(tls=identity.server) as server:
            server.refuses = {ANN: "550 gone", BOB: "553 never"}
            attempt = await to(server, identity, to=[ANN, BOB]).send(letter_of(), T0_NS)
        assert attempt.outcome == "refused"
        assert attempt.reason == f"{ANN}: 550 gone; {BOB}: 553 never"

    async def test_a_mail_that_all_refuse_for_now_is_tried_again(self, identity: Papers) -> None:
        async with mailing(tls=identity.server) as server:
            server.refuses = {ANN: "450 busy", BOB: "452 full"}
            attempt = await to(server, identity, to=[ANN, BOB]).send(letter_of(), T0_NS)
        assert (attempt.outcome, attempt.parts) == ("retry", ())


class TestFaults:
    async def test_a_server_that_hangs_is_given_up_in_time(self, identity: Papers) -> None:
        async with mailing(tls=identity.server) as server:
            server.hangs.clear()
            attempt = await to(server, identity, timeout_s=0.3).send(letter_of(), T0_NS)
        assert attempt.outcome == "retry"

    async def test_nobody_listening_is_tried_again(self, identity: Papers) -> None:
        attempt = await SmtpSender(channel(1), NEAR, identity.client).send(letter_of(), T0_NS)
        assert attempt.outcome == "retry"

    @pytest.mark.parametrize(
        "greeting",
        [b"HTTP/1.1 400 Bad\r\n\r\n", b"\xff" * 20_000, b"554 go away\r\n", b"220", b""],
    )
    async def test_what_is_no_mail_server_is_an_answer_and_no_exception(
        self, greeting: bytes, identity: Papers
    ) -> None:
        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(greeting)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            sender = SmtpSender(channel(port, timeout_s=2), NEAR, identity.client)
            attempt = await sender.send(letter_of(), T0_NS)
        assert attempt.outcome in {"retry", "refused"}
        assert len(attempt.reason) < 400

    async def test_a_server_that_never_ends_its_answer_is_given_up(self, identity: Papers) -> None:
        async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    writer.write(b"220-and more\r\n" * 1000)
                    await writer.drain()
            except ConnectionError:
                writer.close()

        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            sender = SmtpSender(channel(port, timeout_s=0.5), NEAR, identity.client)
            assert (await sender.send(letter_of(), T0_NS)).outcome == "retry"

    async def test_a_missing_file_of_certificates_is_told(self) -> None:
        sender = SmtpSender(channel(1, ca="/nowhere/ca.pem"), NEAR)
        attempt = await sender.send(letter_of(), T0_NS)
        assert attempt.outcome == "retry"
        assert "No such file" in attempt.reason

    async def test_a_body_that_is_no_message_is_refused(self, identity: Papers) -> None:
        bad = msgspec.structs.replace(letter_of(), body="[]")
        attempt = await SmtpSender(channel(1), NEAR, identity.client).send(bad, T0_NS)
        assert attempt == Attempt("refused", "not sent: the message is no JSON object")

    async def test_only_the_usual_authorities_are_trusted_by_default(
        self, identity: Papers
    ) -> None:
        async with mailing(tls=identity.server) as server:
            attempt = await SmtpSender(channel(server.port), NEAR).send(letter_of(), T0_NS)
        assert "certificate" in attempt.reason.lower()

    async def test_who_has_the_mail_is_not_written_to_again(self) -> None:
        letter = letter_of(parts=(Part(ANN),))
        assert (await SmtpSender(channel(1), NEAR).send(letter, T0_NS)).outcome == "done"


class TestLetter:
    async def test_no_name_reaches_the_headers_as_a_header(self, identity: Papers) -> None:
        one = changed(
            alert(asset=HOSTILE),
            **dict.fromkeys(("rule", "from_zone", "to_zone", "portal", "detail"), HOSTILE),
        )
        near = NEAR._replace(site=HOSTILE)
        async with mailing(tls=identity.server) as server:
            sender = SmtpSender(channel(server.port), near, identity.client)
            assert (await sender.send(letter_of(one=one), T0_NS)).outcome == "done"
        (taken,) = server.taken
        assert taken.recipients == [ANN]
        assert taken.mail["Bcc"] is None
        assert "\n" not in taken.mail["Subject"]
        assert taken.mail.get_content_type() == "text/plain"
        assert "<b>" in taken.mail.get_content()
        head, _, _ = taken.raw.partition(b"\r\n\r\n")
        assert head.isascii()
        assert len(head.split(b"\r\n")) < 25
        assert all(len(line) < 999 for line in taken.raw.split(b"\r\n"))

    def test_a_drill_says_so_first_and_a_critical_call_is_important(self) -> None:
        mail = letter(told_in(letter_of(test=True)), channel(25), NEAR, T0_NS)
        assert mail["Subject"].startswith("[TEST] CRITICAL raised: laptop-7 hall → gate")
        assert mail.get_content().startswith("THIS IS A DRILL.")
        assert mail["Importance"] == "high"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert parsedate_to_datetime(mail["Date"]).timestamp() == T0_NS // SECOND_NS

    async def test_what_is_too_unimportant_is_not_sent(self, identity: Papers) -> None:
        async with mailing(tls=identity.server) as server:
            sender = to(server, identity, severity_min="critical")
            attempt = await sender.send(letter_of(severity="warning"), T0_NS)
            assert attempt.outcome == "done"
            assert server.taken == []
            await sender.send(notice_letter(), T0_NS)
        (taken,) = server.taken
        assert taken.mail["Subject"] == "CRITICAL storm: 480 alerts (laptops stay in)"


def test_what_is_known_of_parts_is_bounded() -> None:
    known = PartsKnown()
    for at in range(MESSAGES_MAX + 5):
        one = letter_of(one=alert(f"a{at}"))
        known.note(one, Attempt("retry", "", parts=(Part(ANN),)))
    assert len(known._parts) == MESSAGES_MAX
    assert known.of(letter_of(one=alert("a0"))) == ()
    assert known.of(letter_of(one=alert("a9"))) == (Part(ANN),)
