"""A zone must not call things gone before it is known that its reader lost its power."""

import pytest

from gateway.site import parse_site

LLRP = "{name: dock, driver: llrp, address: host, zone: hall}"
SERIAL = "name: dock, driver: serial, protocol: m100, port: COM3"
HTTP = "name: dock, driver: http, format: tagwarden"
MQTT = "name: dock, driver: mqtt, address: 'mqtt://x', subscribe: [{topic: a, format: tagwarden}]"


def warned(absent_after_s: float, *readers: str) -> list[str]:
    """What `check` warns of, with these readers and a zone with this absence time on line 3."""
    text = (
        f"site: {{name: depot}}\nzones:\n  - {{name: hall, absent_after_s: {absent_after_s}}}\n"
        f"  - {{name: gate}}\nreaders: [{', '.join(readers)}]\n"
    )
    said = [str(each).removeprefix("s.yaml:") for each in parse_site(text, "s.yaml").warnings]
    return [each for each in said if "absent_after_s" in each]


def test_the_warning_names_the_zone_the_reader_and_the_time() -> None:
    (said,) = warned(9, LLRP)
    assert said == (
        "3: zones[hall].absent_after_s: warning: reader 'dock' is known to be down only after 10 s "
        "of silence; where it loses its power, things would be said to have departed"
    )


@pytest.mark.parametrize(
    ("reader", "silent_after_s"),
    [
        (LLRP, 10),
        ("{name: dock, driver: llrp, address: host, keepalive_s: 3, zone: hall}", 6),
        ("{name: dock, driver: llrp, address: host, antennas: {1: {zone: hall}}}", 10),
        (f"{{{SERIAL}, zone: hall}}", 15),
        (f"{{{SERIAL}, silent_after_s: 4, antennas: {{1: {{zone: hall}}}}, zone: gate}}", 4),
        (f"{{{HTTP}, devices: {{a: {{zone: hall}}}}}}", 15),
        (f"{{{HTTP}, devices: {{a: {{zone: hall, silent_after_s: 30}}, b: {{zone: gate}}}}}}", 30),
        (f"{{{MQTT}, keepalive_s: 20, zone: hall}}", 40),
        (f"{{{MQTT}, keepalive_s: 20, devices: {{a: {{zone: hall}}}}}}", 15),
    ],
)
def test_the_time_is_that_after_which_the_reader_counts_as_silent(
    reader: str, silent_after_s: float
) -> None:
    assert len(warned(silent_after_s - 0.1, reader)) == 1
    assert warned(silent_after_s, reader) == []


def test_of_several_readers_the_slowest_counts() -> None:
    serial = "{name: bench, driver: serial, protocol: m100, port: COM3, zone: hall}"
    assert ["'bench'" in each for each in warned(9, LLRP, serial)] == [True]
    assert ["'bench'" in each for each in warned(12, serial, LLRP)] == [True]


@pytest.mark.parametrize(
    "reader",
    [
        "{name: dock, driver: llrp, address: host, zone: gate}",
        "{name: gun, driver: scanner, port: COM3, zone: hall}",
    ],
)
def test_who_does_not_cover_the_zone_does_not_matter(reader: str) -> None:
    assert warned(1, reader) == []
