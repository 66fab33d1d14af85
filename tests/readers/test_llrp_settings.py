import pytest
from pydantic import ValidationError

from readers.llrp.settings import LlrpSettings


def settings_of(**changes: object) -> LlrpSettings:
    return LlrpSettings.model_validate({"name": "r1", "address": "h"} | changes)


@pytest.mark.parametrize(
    ("address", "tls", "endpoint"),
    [
        ("10.0.0.21", False, ("10.0.0.21", 5084)),
        ("10.0.0.21", True, ("10.0.0.21", 5085)),
        ("gate.local:5099", True, ("gate.local", 5099)),
        ("[::1]", True, ("::1", 5085)),
    ],
)
def test_the_port_depends_on_tls(address: str, endpoint: tuple[str, int], *, tls: bool) -> None:
    assert settings_of(address=address, tls=tls).endpoint == endpoint


def test_knobs_by_hand_beat_the_profile() -> None:
    plain = settings_of(profile="portal").air
    by_hand = settings_of(profile="portal", session=3, tag_population=7).air
    assert by_hand == plain._replace(session=3, tag_population=7)
    other = settings_of(profile="portal", report_every_n_tags=1, report_timeout_ms=9).air
    assert other == plain._replace(report_every_n_tags=1, report_timeout_ms=9)


def test_tag_focus_brings_its_session_along() -> None:
    assert settings_of(search_mode="tag_focus", profile="fast").air.session == 1


def test_one_power_or_one_for_each_antenna() -> None:
    assert settings_of(tx_power_dbm=27).tx_power_dbm == 27.0
    assert settings_of(tx_power_dbm={1: 30, 2: 27.5}).tx_power_dbm == {1: 30.0, 2: 27.5}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"tls_ca": "ca.pem"}, "tls_ca says nothing without TLS: set tls: true"),
        ({"tls_verify": False}, "tls_verify says nothing without TLS: set tls: true"),
        (
            {"tls": True, "tls_ca": "ca.pem", "tls_verify": False},
            "tls_ca is not used with tls_verify: false",
        ),
        (
            {"antennas": {1: {}}, "tx_power_dbm": {1: 30, 2: 30}},
            "tx_power_dbm names antenna 2, antennas does not",
        ),
        ({"impinj": False, "search_mode": "dual"}, "search_mode is Impinj's own"),
        ({"search_mode": "tag_focus", "session": 2}, "needs session 1, not 2"),
        ({"search_mode": "triple"}, "'dual', 'single' or 'tag_focus'"),
        ({"profile": "quick"}, "'fast', 'normal', 'dense' or 'portal'"),
        ({"tx_power_dbm": {0: 30}}, "greater than or equal to 1"),
        ({"tx_power_dbm": 99}, "less than or equal to 40"),
        ({"outputs": {1: {"on_s_max": 5}}}, "name"),
        ({"outputs": {1: {"name": "siren", "on_s_max": 0}}}, "greater than 0"),
    ],
)
def test_what_does_not_go_together_is_told(entry: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings_of(**entry)
    assert words in str(caught.value)


def test_every_profile_is_described_with_its_figures() -> None:
    words = LlrpSettings.model_fields["profile"].description or ""
    for name in ("fast", "normal", "dense", "portal"):
        assert f"`{name}`: " in words
        air = settings_of(profile=name).air
        assert f"session {air.session}" in words
        assert f"{air.report_every_n_tags} tags or {air.report_timeout_ms} ms" in words
