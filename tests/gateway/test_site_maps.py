"""The map under a floor: what an address of tiles may be, and what is said about any other."""

import pytest

from gateway.site import SiteError, parse_site

ORIGIN = ", origin: {lat: 52.5, lon: 13.4}"
GOOD = "https://tiles.example.org/{z}/{x}/{y}.png"


def site(tiles: str, about: str = ORIGIN) -> str:
    """A site file with this map on line 3."""
    return f"""site: {{name: d{about}}}
floors:
  - {{name: yard, tiles: {tiles}}}
zones: [{{name: z, floor: yard, polygon: [[0, 0], [9, 0], [9, 9]]}}]
readers: [{{name: trackers, driver: http, format: tagwarden}}]
"""


def problems(text: str) -> str:
    with pytest.raises(SiteError) as caught:
        parse_site(text, "s.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (GOOD, "https://tiles.example.org"),
        ("http://10.0.0.4:8080/osm/{z}/{x}/{y}.webp", "http://10.0.0.4:8080"),
        ("http://[2001:db8::1]:80/{z}/{x}/{y}", "http://[2001:db8::1]:80"),
        ("https://m.example.org/t?z={z}&x={x}&y={y}&key=a;b", "https://m.example.org"),
    ],
)
def test_an_address_of_tiles_names_one_host(url: str, host: str) -> None:
    (floor,) = parse_site(site(f'{{url: "{url}"}}')).settings.floors
    assert floor.tiles is not None
    assert floor.tiles.host == host


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("tiles/{z}/{x}/{y}.png", "must begin with https:// or http://"),
        ("ftp://h/{z}/{x}/{y}.png", "must begin with https:// or http://"),
        ("https://h/{z}/{x}.png", "must have each of {z}, {x} and {y} once"),
        ("https://h/{z}/{x}/{y}/{y}.png", "must have each of {z}, {x} and {y} once"),
        ("https://h/{z}/{x}/{-y}.png", "must have each of {z}, {x} and {y} once"),
        ("https://{s}.h.org/{z}/{x}/{y}.png", "must name one host"),
        ("https://{x}.h.org/{z}/{y}.png", "must name a host, then a path"),
        ("https://a:b@h/{z}/{x}/{y}.png", "must not name a user or password"),
        ("https:///{z}/{x}/{y}.png", "must name a host, then a path"),
        ("https://h:port/{z}/{x}/{y}.png", "must name a host, then a path"),
        ("https://h; script-src x/{z}/{x}/{y}.png", "has characters that no address has"),
        ("https://h;script-src/{z}/{x}/{y}.png", "must name a host, then a path"),
        ("https://h/{z}/{x}/{y}.png' x", "has characters that no address has"),
    ],
)
def test_what_is_no_address_of_tiles_is_said_where_it_stands(url: str, said: str) -> None:
    told = problems(site(f'{{url: "{url}"}}'))
    assert told.startswith("s.yaml:3: floors[yard].tiles.url: ")
    assert said in told


def test_a_map_needs_to_know_where_the_site_is() -> None:
    told = problems(site(f'{{url: "{GOOD}"}}', about=""))
    assert told == (
        "s.yaml:3: floors[yard].tiles: a map needs the site's origin; "
        "write site: {origin: {lat: 52.5, lon: 13.4}}"
    )


def test_an_address_may_come_from_the_environment() -> None:
    text = site('{url: "${TILES}"}')
    settings = parse_site(text, env={"TILES": GOOD}).settings
    assert settings.floors[0].tiles is not None
    assert settings.floors[0].tiles.url == GOOD
    as_written = parse_site(text, env=None).settings.floors[0].tiles
    assert as_written is not None
    assert as_written.host is None
