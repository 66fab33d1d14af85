import pytest
from pydantic import ValidationError

from delivery.settings import ChannelSettings, signing_keys
from tests.delivery.made import OLD_SECRET, SECRET, log_channel, webhook


def test_a_log_channel_needs_a_name_only() -> None:
    assert log_channel("night").timeout_s == 10.0
    assert ChannelSettings(name="night", kind="log", url=None, secret=None) == log_channel("night")


@pytest.mark.parametrize("missing", ["url", "secret"])
def test_a_webhook_without_url_or_secret_is_refused(missing: str) -> None:
    fields = {"url": "https://example.net/hook", "secret": SECRET}
    del fields[missing]
    with pytest.raises(ValidationError, match=rf"{missing}\n  is missing; a webhook needs it"):
        ChannelSettings.model_validate({"name": "guards", "kind": "webhook", **fields})


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
    assert signing_keys("whsec_YWI") == signing_keys("whsec_YWI=") == (b"ab",)
