"""Which channels the gateway tells of itself, by what the site file says."""

import pytest

from gateway.blueprints import blueprint_of, stored_blueprint
from gateway.site import parse_site

SITE = """\
site: {{name: depot}}
zones: [{{name: hall}}]
readers: [{{name: r, driver: llrp, address: 10.0.0.1, zone: hall}}]
system: {{{system}}}
channels:
  - {{name: desk, kind: log}}
  - {{name: mail, kind: smtp, host: mail.example.net, from: a@example.net, to: [b@example.net]}}
  - {{name: hook, kind: webhook, url: https://example.net, secret: "${{HOOK_SECRET}}"}}
  - name: horn
    kind: siren
    relay: {{address: "mqtt://10.0.0.2", topic: horn, username: us, password: "${{HORN}}"}}
"""


@pytest.mark.parametrize(
    ("system", "told", "fallback"),
    [
        ("", ("desk",), ("desk", "mail", "hook")),
        ("notify: [hook]", ("hook",), ("desk", "mail", "hook")),
        ("notify: []", (), ()),
    ],
)
def test_where_a_system_channel_is_broken_all_that_speak_are_at_hand(
    system: str, told: tuple[str, ...], fallback: tuple[str, ...]
) -> None:
    text = SITE.format(system=system)
    outfit = stored_blueprint(text).outfit
    assert outfit.system.notify == told
    assert outfit.fallback == fallback
    assert outfit.channels == ("desk", "mail", "hook", "horn")


def test_it_is_the_same_with_the_secrets_filled_in() -> None:
    secret = "whsec_" + "A" * 32
    text = SITE.format(system="notify: [hook]")
    site = parse_site(text, env={"HOOK_SECRET": secret, "HORN": "loud"})
    assert blueprint_of(site).outfit.fallback == stored_blueprint(text).outfit.fallback
