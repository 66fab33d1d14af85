"""What may be said of each kind of channel, and where it is told that something is wrong."""

import os
import re
from pathlib import Path

import pytest

from delivery.attempt import Surroundings
from delivery.channel_kinds import CHANNELS, SirenChannel, SmtpChannel
from delivery.channels import open_channel
from delivery.settings import ChannelSettings
from gateway.site import SiteError, parse_site

SITE = """\
site: {name: depot}
zones: [{name: hall}]
readers:
  - {name: gate-1, driver: llrp, address: 10.0.0.9, zone: hall, outputs: {2: {name: siren}}}
channels:
"""
GOOD = {
    "log": "",
    "webhook": "url: 'https://example.net/', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "mqtt": "address: 'mqtt://broker'",
    "smtp": "host: mail.example.net, from: a@example.net, to: [b@example.net]",
    "siren": "output: 'gate-1:2'",
    "apprise": "urls: ['json://h/']",
}


def site_with(kind: str, rest: str) -> str:
    return f"{SITE}  - {{name: c, kind: {kind}, {rest}}}\n"


async def _nothing(_reader: str, _port: int, _on_for_s: float | None) -> None:
    return


@pytest.mark.parametrize("kind", CHANNELS)
def test_each_kind_is_read_and_opened(kind: str) -> None:
    (channel,) = parse_site(site_with(kind, GOOD[kind])).settings.channels
    assert type(channel) is CHANNELS[kind]
    assert open_channel(channel, Surroundings(switch=_nothing))


@pytest.mark.parametrize("kind", CHANNELS)
def test_each_kind_has_a_rate_and_a_heartbeat(kind: str) -> None:
    text = site_with(kind, f"per_minute_max: 7, heartbeat_s: 60, {GOOD[kind]}")
    (channel,) = parse_site(text).settings.channels
    assert (channel.per_minute_max, channel.heartbeat_s) == (7, 60.0)


SMTP = GOOD["smtp"]
RELAY = "relay: {address: 'mqtt://h', topic: t}"


@pytest.mark.parametrize(
    ("kind", "rest", "said"),
    [
        ("mqtt", "", "channels[c].address: is missing"),
        ("mqtt", "address: 'http://h'", "must be mqtt://host:port or mqtts://host:port"),
        ("mqtt", "address: 'mqtt://u:hunter2@h'", "write `username` and `password` beside"),
        ("mqtt", "address: 'mqtt://h', prefix: 'a/#'", "channels[c].prefix: must be Topics are"),
        ("mqtt", "address: 'mqtt://h', url: x", "channels[c].url: is for channels of kind webhook"),
        ("smtp", "host: h, to: [b@example.net]", "channels[c].from: is missing"),
        ("smtp", f"{SMTP}, password: x", "channels[c].password: needs `username` beside it"),
        ("smtp", f"{SMTP}, username: x", "channels[c].username: needs `password` beside it"),
        ("smtp", f"{SMTP}, tls: none", "channels[c].tls: must be starttls or implicit"),
        (
            "smtp",
            f"{SMTP}, tls: implicit, allow_plain: true",
            "channels[c].allow_plain: contradicts tls: implicit",
        ),
        ("smtp", SMTP.replace("b@example.net", "Bob <b@x>"), "must be a plain mail address"),
        (
            "smtp",
            SMTP.replace("b@example.net", '"b@x\\r\\nBcc: c@x"'),
            "must be a plain mail addre",
        ),
        ("smtp", SMTP.replace("b@example.net", "b@bücher.net"), "must be a plain mail address"),
        (
            "smtp",
            SMTP.replace("b@example.net", "b@x, b@x"),
            "channels[c].to: b@x stands there twice",
        ),
        ("smtp", SMTP.replace("mail.example", "a..b"), "can be no name of a host"),
        ("siren", "on_for_s: 3", "channels[c].output: a siren needs either `output` or `relay`"),
        ("siren", f"{GOOD['siren']}, {RELAY}", "a siren needs either `output` or `relay`"),
        ("siren", "output: gate-1", "channels[c].output: must be READER:PORT, such as gate-1:2"),
        ("siren", "output: 'gate-2:2'", "channels[c].output: there is no reader 'gate-2'; did you"),
        ("siren", "output: 'gate-1:3'", "channels[c].output: reader 'gate-1' has no output 3"),
        ("siren", "relay: {address: 'mqtt://h', topic: 'a/#'}", "channels[c].relay.topic: must be"),
        ("siren", f"{GOOD['siren']}, on_for_s: 0", "channels[c].on_for_s: must be at least 0.1"),
        ("siren", f"{GOOD['siren']}, on_for_s: .inf", "channels[c].on_for_s"),
        ("apprise", "urls: []", "channels[c].urls: must have at least 1 item"),
        ("apprise", "urls: [hunter2]", "channels[c].urls: must be Apprise URLs"),
        ("log", "per_minute_max: 0", "channels[c].per_minute_max: must be at least 1"),
        ("log", "heartbeat_s: 1", "channels[c].heartbeat_s: must be at least 10"),
        ("log", "colour: red", "channels[c].colour: unknown key"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(kind: str, rest: str, said: str) -> None:
    with pytest.raises(SiteError) as caught:
        parse_site(site_with(kind, rest))
    problems = [str(problem) for problem in caught.value.problems]
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("site.yaml:6: ") for problem in problems)
    assert "hunter2" not in " ".join(problems)


def test_two_sirens_can_not_share_an_output() -> None:
    text = site_with("siren", GOOD["siren"]) + "  - {name: d, kind: siren, output: 'gate-1:2'}\n"
    with pytest.raises(SiteError, match=r"7: channels\[d\]\.output: 'c' has this output too"):
        parse_site(text)


def test_secrets_are_not_shown() -> None:
    smtp = SmtpChannel.model_validate(
        {
            "name": "c",
            "host": "h",
            "from": "a@x",
            "to": ["b@x"],
            "username": "u",
            "password": "hunter2",
        }
    )
    assert "hunter2" not in repr(smtp) + smtp.model_dump_json()


def test_ports_follow_from_the_encryption() -> None:
    fields = {"name": "c", "host": "h", "from": "a@x", "to": ["b@x"]}
    assert SmtpChannel.model_validate(fields).endpoint == ("h", 587)
    assert SmtpChannel.model_validate({**fields, "tls": "implicit"}).endpoint == ("h", 465)
    assert SmtpChannel.model_validate({**fields, "port": 25}).endpoint == ("h", 25)


def test_an_output_may_belong_to_a_reader_with_any_name() -> None:
    siren = SirenChannel.model_validate({"name": "c", "output": "dock: north:12"})
    assert siren.reader_port == ("dock: north", 12)


def test_a_channel_of_no_kind_of_its_own_is_refused() -> None:
    bare = ChannelSettings(name="c", kind="smtp")
    with pytest.raises(ValueError, match="c: a channel of kind smtp needs more"):
        open_channel(bare)


def test_what_the_page_about_channels_shows_is_right(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (root / "docs" / "how-to" / "channels.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for name in ("MAIL_PASSWORD", "BROKER_PASSWORD", "TELEGRAM_URL", "SMS_URL"):
        monkeypatch.setenv(name, "json://h/")
    kinds: set[str] = set()
    for block in shown:
        text = "site: {name: depot}\nzones: [{name: hall}]\n" + block
        site = parse_site(text, env=os.environ)
        kinds |= {channel.kind for channel in site.settings.channels}
        assert not [each for each in site.warnings if each.key.startswith("channels")]
    assert kinds == set(CHANNELS) - {"log", "webhook"}
