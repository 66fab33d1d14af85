"""What is said of a site file as a whole: several problems at once, and what is no site file."""

from pathlib import Path

import pytest

from gateway.site import SiteError, load_site, parse_site

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: file: is empty"),
        ("# nothing\n", "1: file: is empty"),
        ("~", "1: file: is empty"),
        ("- site\n", "1: file: must be a mapping with keys such as site: and zones:"),
        ("%YAML 1.1\n---\nsite: {}\n", "2: yaml: only YAML 1.2 is read; remove the %YAML line"),
        ("a: [[[" + 40 * "[", "1: a[0][0][0]: is nested too deeply"),
        ('a: "\\UFFFFFFFF"', "1: yaml: cannot be read: Python int too large"),
        ("x: " + "a" * (1 << 20), "1: file: is longer than 1 MiB"),
    ],
)
def test_what_is_no_site_file_at_all_is_said_to_be_so(text: str, said: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"s.yaml:{said}")


def test_aliases_of_aliases_are_refused_before_they_are_written_out() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
    )
    (problem,) = problems(bomb)
    assert problem == "s.yaml:7: a6: holds more than 200000 values, aliases written out"


def test_an_anchor_can_not_hold_itself() -> None:
    assert "s.yaml:1: a[0]: the anchor 'a' is not defined before" in problems("a: &a [*a]\n")


def test_both_required_parts_are_missed_at_once() -> None:
    assert problems("{}") == ["s.yaml:1: site: is missing", "s.yaml:1: zones: is missing"]


def test_all_problems_of_a_file_are_said_at_once_and_in_order() -> None:
    text = SITE.replace("depot", "''").replace("role: exit", "role: way")
    text = text.replace("driver: llrp", "driver: morse").replace("[hall]", "[gate, hell]")
    assert [
        problem.split(": ")[0] + " " + problem.split(": ")[1] for problem in problems(text, {})
    ] == [
        "s.yaml:1 site.name",
        "s.yaml:6 zones[gate].role",
        "s.yaml:9 readers[dock].driver",
        "s.yaml:15 rules[stay in].fence[1]",
        "s.yaml:17 channels[guards].secret",
    ]


@pytest.mark.parametrize(
    "part", ["floors", "zones", "readers", "portals", "rules", "channels", "publish"]
)
def test_a_name_stands_once_in_each_list(part: str) -> None:
    entries = f"{part}:\n  - {{name: twin}}\n  - {{name: twin}}\n"
    text = "site: {name: d}\n" + ("" if part == "zones" else "zones: []\n") + entries
    line = text.split("\n").index("  - {name: twin}") + 1
    assert (
        f"s.yaml:{line + 1}: {part}[twin].name: 'twin' stands twice; first on line {line}"
        in problems(text)
    )


def test_two_entries_can_not_have_been_the_same_one() -> None:
    text = "site: {name: d}\nzones:\n  - {name: a, was: o}\n  - {name: b, was: o}\n"
    assert problems(text) == ["s.yaml:4: zones[b].was: 'o' stands twice; first on line 3"]


def test_two_zones_may_swap_their_names() -> None:
    text = "site: {name: d}\nzones: [{name: a, was: b}, {name: b, was: a}]\n"
    assert [zone.was for zone in parse_site(text).settings.zones] == ["b", "a"]


def test_every_zone_of_a_circle_is_named() -> None:
    text = "site: {name: d}\nzones:\n- {name: a, parent: b}\n- {name: b, parent: a}\n- {name: c}\n"
    assert problems(text) == [
        "s.yaml:3: zones[a].parent: goes in a circle: a > b > a",
        "s.yaml:4: zones[b].parent: goes in a circle: b > a > b",
    ]


def test_zones_in_zones_end_somewhere() -> None:
    chain = "".join(f"  - {{name: z{n}, parent: z{n + 1}}}\n" for n in range(3_000))
    said = problems(f"site: {{name: d}}\nzones:\n{chain}  - {{name: z3000}}\n")
    assert said[0] == "s.yaml:3: zones[z0].parent: lies in more than 31 other zones"
    assert len(said) == 500


def test_a_part_of_the_wrong_kind_is_one_problem() -> None:
    assert problems("site: depot\nzones: hall\nrules: {}\n") == [
        "s.yaml:1: site: must be a mapping (key: value)",
        "s.yaml:2: zones: must be a list",
        "s.yaml:3: rules: must be a list",
    ]


def test_a_secret_in_the_file_or_the_environment_is_never_repeated() -> None:
    said = str(
        problems(SITE.replace("${SECRET}", "hunter2")) + problems(SITE, {"SECRET": "hunter2"})
    )
    assert "hunter2" not in said


def test_a_name_that_would_break_the_message_is_given_by_its_place() -> None:
    text = 'site: {name: d}\nzones: [{name: "a\\nb", "k\\ney": 1}]\n'
    assert "s.yaml:2: zones[0].'k\\ney': unknown key" in problems(text)[0]


def test_a_reader_has_a_name_that_read_points_can_hold() -> None:
    text = SITE.replace("name: dock\n", "name: a/b\n").replace("dock/", "a/b/")
    said = "s.yaml:8: readers[a/b].name: must not have a '/'; read points are READER/ANTENNA"
    assert said in problems(text)


def test_a_problem_says_the_same_for_machines() -> None:
    with pytest.raises(SiteError) as caught:
        parse_site(SITE.replace("[dock/1]", "[dok/1]"), "s.yaml", {"SECRET": SECRET})
    (problem,) = caught.value.problems
    assert problem.path == ("portals", 0, "inside", 0)
    assert (problem.file, problem.line, problem.severity) == ("s.yaml", 14, "error")


def test_what_is_allowed_and_hardly_meant_is_a_warning() -> None:
    text = (
        "site: {name: d}\n"
        "zones:\n  - {name: house}\n  - {name: hall, parent: house}\n  - {name: attic}\n"
        "  - {name: gate, role: exit, parent: house}\n"
        "readers: [{name: r, driver: llrp, address: h, zone: hall, antennas: {2: {zone: gate}}}]\n"
        "rules:\n  - {name: stay, fence: [house]}\n"
    )
    unheard, unnotified, unfenced = map(str, parse_site(text, "s.yaml").warnings)
    assert unheard.startswith("s.yaml:5: zones[attic]: warning: no antenna hears this zone")
    assert unnotified.startswith("s.yaml:9: rules[stay]: warning: nobody is notified")
    assert unfenced.startswith("s.yaml:9: rules[stay].fence[0]: warning: exit zone 'gate' lies in")


def test_a_reader_whose_reads_would_be_in_no_zone_is_warned_of() -> None:
    text = (
        "site: {name: d}\nzones: [{name: hall}]\n"
        "readers:\n"
        "  - {name: lost, driver: llrp, address: h, antennas: {1: {rssi_dbm_min: -60}}}\n"
        "  - {name: by-antenna, driver: llrp, address: i, antennas: {1: {zone: hall}}}\n"
        "  - {name: told, driver: http, format: tagwarden}\n"
    )
    (warning,) = map(str, parse_site(text, "s.yaml").warnings)
    assert warning.startswith("s.yaml:4: readers[lost]: warning: has no zone, so what it reads")


def test_a_portal_may_use_any_antenna_of_a_reader_with_a_zone() -> None:
    text = (
        "site: {name: d}\nzones: [{name: hall}]\n"
        "readers: [{name: r, driver: llrp, address: h, zone: hall}]\n"
        "portals: [{name: p, inside: [r/1], outside: [r/7]}]\n"
    )
    assert parse_site(text).settings.portals[0].outside == ("r/7",)


def test_a_broken_reader_is_not_called_unknown_by_its_portals() -> None:
    (problem,) = problems(SITE.replace("driver: llrp", "driver: morse"))
    assert "readers[dock].driver" in problem


def test_a_file_that_can_not_be_read_is_an_error_of_that_file(tmp_path: Path) -> None:
    path = tmp_path / "gone.yaml"
    with pytest.raises(SiteError, match=r"gone\.yaml:1: file: can not be read: No such file"):
        load_site(path)


def test_bytes_that_are_no_utf_8_are_named_by_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"site:\n  name: M\xfcller\n")
    with pytest.raises(SiteError, match=r"latin\.yaml:2: file: is not UTF-8 text"):
        load_site(path)


@pytest.mark.parametrize("filling", [b"x", "ü".encode()])
def test_a_file_that_is_too_long_is_not_read_to_its_end(tmp_path: Path, filling: bytes) -> None:
    path = tmp_path / "long.yaml"
    path.write_bytes(b"#" + filling * (1 << 20))
    with pytest.raises(SiteError, match=r"long\.yaml:1: file: is longer than 1 MiB"):
        load_site(path)


def test_a_broker_is_told_by_one_publisher_below_one_prefix() -> None:
    text = (
        "site: {name: d}\nzones: [{name: hall}]\npublish:\n"
        "  - {name: home, address: mqtt://broker}\n"
        "  - {name: again, address: mqtt://broker:1883}\n"
        "  - {name: beside, address: mqtt://broker, prefix: other}\n"
    )
    (problem,) = [each for each in problems(text) if "warning" not in each]
    assert problem.startswith("s.yaml:5: publish[again].prefix: 'home' tells the same broker")


def test_a_broker_whose_password_is_not_filled_in_is_no_problem_for_a_replay() -> None:
    text = (
        "site: {name: d}\nzones: [{name: hall}]\npublish:\n"
        "  - {name: home, address: '${BROKER}', username: gateway, password: '${PASSWORD}'}\n"
    )
    assert "BROKER is not set" in problems(text, {})[0]
    env = {"BROKER": "mqtt://broker", "PASSWORD": "hunter2"}
    (broker,) = parse_site(text, "s.yaml", env).settings.publish
    assert (broker.endpoint, "hunter2" in repr(broker)) == (("broker", 1883), False)
    twice = text + text.splitlines(keepends=True)[-1].replace("home", "office")
    unfilled = parse_site(twice, "s.yaml", None).settings.publish
    assert [broker.name for broker in unfilled] == ["home", "office"]
