import base64

import pytest
from pydantic import ValidationError

from delivery.settings import WebhookChannel
from delivery.signing import signing_keys
from tests.delivery.made import OLD_SECRET, SECRET, log_channel, webhook


def test_a_log_channel_needs_a_name_only() -> None:
    assert log_channel("night").name == "night"
    assert log_channel("night").heartbeat_s is None


@pytest.mark.parametrize("missing", ["url", "secret"])
def test_a_webhook_without_url_or_secret_is_refused(missing: str) -> None:
    fields = {"url": "https://example.net/hook", "secret": SECRET}
    del fields[missing]
    with pytest.raises(ValidationError, match=rf"{missing}\n  Field required"):
        WebhookChannel.model_validate({"name": "guards", "kind": "webhook", **fields})


@pytest.mark.parametrize("url", ["ftp://example.net/", "example.net/hook", "https:///hook"])
def test_a_url_must_be_http_and_name_a_host(url: str) -> None:
    with pytest.raises(ValidationError, match="must start with https:// or http://"):
        webhook(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.net:443x/",
        "https://example.net:99999/",
        "https://example.net:0/",
        "https://example.net/a b",
        "https://exa\tmple.net/",
        "https://b\u00fccher.example/",
    ],
)
def test_a_url_must_be_plain(url: str) -> None:
    with pytest.raises(ValidationError, match="url"):
        webhook(url)


def test_plain_http_needs_allow_private() -> None:
    with pytest.raises(ValidationError, match="http:// needs allow_private: true; use https://"):
        webhook("http://example.net/hook", allow_private=False)
    assert webhook("http://10.0.0.9/hook").allow_private


@pytest.mark.parametrize("secret", ["", "hunter2hunter2", "whsec_", "whsec_%%%", "whsec_a"])
def test_an_unusable_secret_is_refused_without_being_quoted(secret: str) -> None:
    with pytest.raises(ValidationError) as caught:
        webhook("https://example.net/hook", secret=secret)
    messages = " ".join(error["msg"] for error in caught.value.errors(include_input=False))
    assert "must " in messages
    assert "hunter2" not in str(caught.value)


def test_two_secrets_give_two_keys_in_their_order() -> None:
    assert signing_keys(f"{SECRET} {OLD_SECRET}") == (
        b"an example of 24+ octets",
        b"what it was a month ago.",
    )


def test_padding_of_a_secret_may_be_left_out() -> None:
    word = "whsec_" + base64.b64encode(b"k" * 25).decode()
    assert word.endswith("==")
    assert signing_keys(word.rstrip("=")) == signing_keys(word) == (b"k" * 25,)


@pytest.mark.parametrize(("size", "good"), [(23, False), (24, True), (64, True), (65, False)])
def test_a_secret_has_24_to_64_bytes(size: int, *, good: bool) -> None:
    word = "whsec_" + base64.b64encode(b"k" * size).decode()
    if good:
        assert signing_keys(word) == (b"k" * size,)
    else:
        with pytest.raises(
            ValueError, match=f"must be the base64 of 24 to 64 bytes, not of {size}"
        ):
            signing_keys(word)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "10.0.0.9", "10.0.0.9."),
        *("localhost", "LOCALHOST.", "hook.localhost", "[::1]", "[::ffff:10.0.0.9]", "[fd00::1]"),
    ],
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_private_address_in_any_spelling_needs_allow_private(scheme: str, host: str) -> None:
    url = f"{scheme}://{host}/hook"
    with pytest.raises(ValidationError, match="set allow_private: true to allow it"):
        webhook(url, allow_private=False)
    assert webhook(url, allow_private=True).url == url


def test_an_address_that_is_never_reached_is_refused_at_once() -> None:
    with pytest.raises(ValidationError, match=r"169\.254\.169\.254 is a link-local address"):
        webhook("http://169.254.169.254/", allow_private=True)


@pytest.mark.parametrize("host", ["93.184.216.34", "example.net", "10.example.net", "0xbad.net"])
def test_public_addresses_and_names_are_left_to_the_look_up(host: str) -> None:
    assert webhook(f"https://{host}/", allow_private=False).url == f"https://{host}/"
