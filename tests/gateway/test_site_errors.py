"""A site file that is wrong: each problem is said once, with file, line and key."""

import pytest

from gateway.site import SiteError, parse_site

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
# Lines 1 to 17; each case changes one of them.
SITE = """\
site: {name: depot, timezone: Europe/Berlin}
floors:
  - {name: ground, size_m: [60, 40]}
zones:
  - {name: hall, floor: ground, polygon: [[0, 0], [40, 0], [40, 40], [0, 40]]}
  - {name: gate, role: exit}
readers:
  - name: dock
    driver: llrp
    address: 10.0.0.21:5084
    antennas:
      1: {zone: hall}
      2: {zone: gate}
portals: [{name: door, inside: [dock/1], outside: [dock/2]}]
rules: [{name: stay in, fence: [hall], notify: [guards]}]
channels:
  - {name: guards, kind: webhook, url: https://example.net/hook, secret: ${SECRET}}
"""


def problems(text: str, env: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SiteError) as caught:
        parse_site(text, "s.yaml", {"SECRET": SECRET} if env is None else env)
    return str(caught.value).split("\n")


def changed(old: str, new: str) -> str:
    assert SITE.count(old) == 1, old
    return SITE.replace(old, new)


def test_the_file_that_the_cases_change_is_right() -> None:
    assert parse_site(SITE, env={"SECRET": SECRET}).warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # Keys and values by themselves.
        ("gate, role", "gate, rolle", "6: zones[gate].rolle: unknown key; did you mean 'role'?"),
        ("site: {name: depot,", "site: {", "1: site.name: is missing"),
        ("name: door, ", "", "14: portals[0].name: is missing"),
        ("    driver: llrp\n", "", "8: readers[dock].driver: is missing"),
        ("    address: 10.0.0.21:5084\n", "", "8: readers[dock].address: is missing"),
        ("name: door", "name: 12", "14: portals[0].name: must be text; put it in quotes: '12'"),
        ("name: door", "name: ''", "14: portals[0].name: must not be empty"),
        (
            "role: exit",
            "role: exitt",
            "6: zones[gate].role: must be storage or receiving or transit or shipping or exit or ",
        ),
        (
            "Europe/Berlin",
            "Europe/Berlim",
            "1: site.timezone: is no IANA time zone; write one such as Europe/Berlin",
        ),
        ("Europe/Berlin", "Europe", "1: site.timezone: is no IANA time zone;"),
        ("[60, 40]", "[60, 0]", "3: floors[ground].size_m[1]: must be greater than 0"),
        ("[60, 40]", "[60]", "3: floors[ground].size_m[1]: is missing"),
        ("[60, 40]", "60", "3: floors[ground].size_m: must be a list"),
        ("[40, 40]", "[40, wide]", "5: zones[hall].polygon[2][1]: must be a number"),
        ("[40, 40]", "[40, .nan]", "5: zones[hall].polygon[2][1]: must be a finite number"),
        ("[40, 40]", "[40, -.inf]", "5: zones[hall].polygon[2][1]: must be a finite number"),
        ("[40, 40]", "[40, 1e999]", "5: zones[hall].polygon[2][1]: must be a finite number"),
        ("[40, 40]", "[40, 'nan']", "5: zones[hall].polygon[2][1]: must be a finite number"),
        ("[40, 40]", "[40, 1e300]", "5: zones[hall].polygon[2][1]: must be at most 100000"),
        ("[hall], notify", "[], notify", "15: rules[stay in].fence: must have at least 1 item"),
        ("1: {zone: hall}", "1: hall", "12: readers[dock].antennas.1: must be a mapping"),
        (
            "notify:",
            "assets: {category: 5}, notify:",
            "15: rules[stay in].assets.category: must be text;",
        ),
        (
            "notify:",
            "assets: {not: {colour: a}}, notify:",
            "15: rules[stay in].assets.not.colour: unknown key",
        ),
        # Readers.
        (
            "driver: llrp",
            "driver: morse",
            "9: readers[dock].driver: there is no driver 'morse'; known: llrp, mqtt, http,",
        ),
        (
            "driver: llrp",
            "driver: lrp",
            "9: readers[dock].driver: there is no driver 'lrp'; did you mean 'llrp'? known:",
        ),
        (
            "driver: llrp",
            "driver: llrp\n    adress: x",
            "10: readers[dock].adress: unknown key; did you mean 'address'?",
        ),
        (
            "1: {zone: hall}",
            "1: {zones: hall}",
            "12: readers[dock].antennas.1.zones: unknown key; did you mean 'zone'?",
        ),
        (
            "1: {zone: hall}",
            "0: {zone: hall}",
            "12: readers[dock].antennas.0: the key must be at least 1",
        ),
        (
            "1: {zone: hall}",
            "one: {zone: hall}",
            "12: readers[dock].antennas.one: the key must be a whole number",
        ),
        ("10.0.0.21:5084", "':5084'", "10: readers[dock].address: must be host or host:port;"),
        (
            "10.0.0.21:5084",
            "host:70000",
            "10: readers[dock].address: port 70000 of host is not in 1-65535",
        ),
        (
            "1: {zone: hall}",
            "1: {zone: hal}",
            "12: readers[dock].antennas.1.zone: there is no zone 'hal'; did you mean 'hall'?",
        ),
        (
            "driver: llrp",
            "driver: llrp\n    zone: attic",
            "10: readers[dock].zone: there is no zone 'attic'; known: gate, hall",
        ),
        (
            "portals:",
            "  - {name: b, driver: llrp, address: 10.0.0.21}\nportals:",
            "14: readers[b].address: reader 'dock' has this address too; a reader takes one client",
        ),
        # Zones.
        (
            "[40, 40], [0, 40]]",
            "]",
            "5: zones[hall].polygon: needs at least 3 corners",
        ),
        ("notify:", "kind: Exit, notify:", "15: rules[stay in].kind: must be exit"),
        (
            "role: exit}",
            "role: exit}\n  - {name: gate}",
            "7: zones[gate].name: 'gate' stands twice; first on line 6",
        ),
        (
            "name: door",
            "name: ' door'",
            "14: portals[ door].name: must not have control characters or blanks around it",
        ),
        (
            "role: exit",
            "role: exit, floor: attic",
            "6: zones[gate].floor: there is no floor 'attic'; known: ground",
        ),
        (
            "role: exit",
            "role: exit, parent: attic",
            "6: zones[gate].parent: there is no zone 'attic'; known: gate, hall",
        ),
        (
            "role: exit",
            "role: exit, parent: gate",
            "6: zones[gate].parent: goes in a circle: gate > gate",
        ),
        (
            "role: exit",
            "role: exit, was: hall",
            "6: zones[gate].was: 'hall' is still the name of another one",
        ),
        (
            "[40, 40], [0, 40]]",
            "[0, 40], [40, 40]]",
            "5: zones[hall].polygon: crosses itself at (20, 20)",
        ),
        (
            "[40, 40], [0, 40]]",
            "[20, 0]]",
            "5: zones[hall].polygon: has no area; all corners lie on one line",
        ),
        (
            "[40, 40], [0, 40]]",
            "[0, 0]]",
            "5: zones[hall].polygon: has no area; it needs three different corners",
        ),
        (
            "[40, 40], [0, 40]]",
            "[40, 40], [20, 0], [0, 40]]",
            "5: zones[hall].polygon: touches itself at (20, 0)",
        ),
        (
            "[40, 40], [0, 40]]",
            "[40, 41], [0, 40]]",
            "5: zones[hall].polygon: (40, 41) lies outside the floor of 60 x 40 m",
        ),
        (
            "role: exit",
            "role: exit, absent_after_s: 0",
            "6: zones[gate].absent_after_s: must be greater than 0",
        ),
        # Portals, rules, channels.
        (
            "[dock/1]",
            "[dok/1]",
            "14: portals[door].inside[0]: there is no reader 'dok'; did you mean 'dock'?",
        ),
        (
            "[dock/1]",
            "[dock/9]",
            "14: portals[door].inside[0]: reader 'dock' has no antenna 9 (listed: 1, 2)",
        ),
        (
            "[dock/1]",
            "[dock]",
            "14: portals[door].inside[0]: 'dock' is no read point; write READER/ANTENNA,",
        ),
        ("[dock/1]", "[dock/x]", "14: portals[door].inside[0]: 'dock/x' is no read point;"),
        (
            "[dock/1]",
            "[dock/2]",
            "14: portals[door].outside[0]: 'dock/2' can not be inside and outside at once",
        ),
        (
            "fence: [hall]",
            "fence: [hall, hal]",
            "15: rules[stay in].fence[1]: there is no zone 'hal'; did you mean 'hall'?",
        ),
        (
            "fence: [hall]",
            "fence: [hall, gate]",
            "15: rules[stay in].fence[1]: 'gate' has role exit: being there is leaving;",
        ),
        (
            "notify: [guards]",
            "notify: [guard]",
            "15: rules[stay in].notify[0]: there is no channel 'guard'; did you mean 'guards'?",
        ),
        (
            " url: https://example.net/hook,",
            "",
            "17: channels[guards].url: is missing",
        ),
        (", secret: ${SECRET}", "", "17: channels[guards].secret: is missing"),
        ("${SECRET}", "whsec_?", "17: channels[guards].secret: must be whsec_ followed by base64"),
        (
            "https:",
            "http:",
            "17: channels[guards].url: http:// needs allow_private: true; use https://",
        ),
        (
            "https:",
            "ftp:",
            "17: channels[guards].url: must start with https:// or http:// and name a host",
        ),
        (
            "example.net",
            "127.1",
            "17: channels[guards].url: 127.0.0.1 is a loopback address; set allow_private: true",
        ),
        (
            "${SECRET}",
            "whsec_QUJD",
            "17: channels[guards].secret: must be the base64 of 24 to 64 bytes, not of 3",
        ),
        (
            "kind: webhook",
            "kind: mail",
            "17: channels[guards].kind: must be log or webhook or mqtt or smtp or siren or apprise",
        ),
        # The environment.
        (
            "${SECRET}",
            "${SECRETS}",
            "17: channels[guards].secret: the environment variable SECRETS is not set",
        ),
        (
            "${SECRET}",
            '"${SECRET:-x}"',
            "17: channels[guards].secret: only ${NAME} is replaced, with a name of letters,",
        ),
        # YAML.
        (
            "  - name: dock",
            "\t- name: dock",
            "8: yaml: a tab or a reserved character stands here; indent with spaces",
        ),
        (
            "driver: llrp",
            "driver: a: b",
            "9: yaml: unexpected ':'; quote the text or check the indent",
        ),
        ("size_m: [60, 40]}", "size_m: [60, 40}", "3: yaml: expected ',' or ']', but got '}'"),
        (
            "40]}\n",
            "40\n",
            "4: yaml: expected ',' or ']', but got ':'; is the '[' of line 3 closed?",
        ),
        ("notify: [guards]}]", "notify: [guards]}", "16: yaml: expected ',' or ']', but got "),
        ("${SECRET}}", "${SECRET}", "17: yaml: a '{' is opened here and not closed"),
        ("name: depot", "name: 'depot", "1: yaml: a quote is opened here and not closed"),
        ("floors:", "floors", "3: yaml: "),
        ("name: gate,", "name: gate, name: g,", "6: zones[gate].name: stands twice;"),
        (
            "1: {zone: hall}",
            "1: {zone: hall}\n      '1': {zone: gate}",
            "13: readers[dock].antennas.1: stands twice; first on line 12",
        ),
        ("name: door,", "name: door, [a]: b,", "14: portals[door]: a key must be text"),
        ("name: door", "name: !env door", "14: portals[door].name: a YAML tag (!) is not allowed"),
        ("name: door", "name: *door", "14: portals[0].name: the anchor 'door' is not defined"),
        ("name: gate,", "name: \ue000,", "6: yaml: the character U+E000 is refused"),
        ("name: gate,", "name: \x07,", "6: yaml: the character U+0007 is refused"),
        (
            "channels:",
            "---\nchannels:",
            "16: yaml: a second document starts here; a site file has one",
        ),
    ],
)
def test_one_mistake_is_one_problem_with_its_line_and_key(old: str, new: str, said: str) -> None:
    (problem,) = problems(changed(old, new))
    assert problem.startswith(f"s.yaml:{said}")


@pytest.mark.parametrize(
    ("zones", "said"),
    [
        ("", "1: zones: is missing"),
        ("zones: []\n", "4: zones: needs at least one zone"),
        ("zones: hall\n", "4: zones: must be a list"),
    ],
)
def test_where_zones_can_not_be_read_no_name_of_a_zone_is_unknown(zones: str, said: str) -> None:
    first, last = SITE.index("zones:"), SITE.index("readers:")
    assert problems(SITE[:first] + zones + SITE[last:]) == [f"s.yaml:{said}"]


def test_entries_without_a_name_are_none_of_those_that_are_known() -> None:
    text = changed("role: exit}", "role: exit, parent: attic}\n  - {name: ''}\n  - {name: }")
    assert problems(text)[0] == (
        "s.yaml:6: zones[gate].parent: there is no zone 'attic'; known: gate, hall"
    )


def test_a_list_is_not_too_short_because_of_what_is_wrong_in_it() -> None:
    entry = "{name: m, driver: mqtt, address: mqtt://x, subscribe: [{topic: a, format: zebraa}]}"
    (problem,) = problems(changed("portals:", f"  - {entry}\nportals:"))
    assert problem.startswith("s.yaml:14: readers[m].subscribe[0].format: there is no format")


def test_a_pointer_that_is_none_is_said_so_wherever_it_stands() -> None:
    mapped = "{topic: a, format: generic, device: FX, tag: epc, measurements: {heat: t}}"
    text = changed("driver: llrp", "driver: mqtt").replace("10.0.0.21:5084", "mqtt://10.0.0.5")
    text = text.replace("    antennas:\n", f"    subscribe: [{mapped}]\n    antennas:\n")
    words = "must be a JSON pointer such as /data/idHex"
    heat = f"{words} or a mapping (key: value)"
    assert problems(text) == [
        f"s.yaml:11: readers[dock].subscribe[0].device: must be a whole number or {words[8:]}",
        f"s.yaml:11: readers[dock].subscribe[0].tag: {words}",
        f"s.yaml:11: readers[dock].subscribe[0].measurements.heat: {heat}",
    ]
