"""Two site files on the same entries: who is where at the end."""

from gateway.entries import Entry, Observed, ReadGroup, Tick
from gateway.site import parse_site
from gateway.two_sites import Beginning, TwoSites
from inventory.assets import Asset
from readers.health import ReaderHealth
from tags.reads import Fix, Read
from tags.times import SECOND_NS

NOON_NS = 1_750_000_000 * SECOND_NS
TAG, BADGE = "3034257bf400b7800004cb2f", "ble:badge-7"
SITE = parse_site("""\
site: {name: depot}
zones:
  - {name: hall, polygon: [[0, 0], [10, 0], [10, 10], [0, 10]]}
  - {name: yard, polygon: [[20, 0], [30, 0], [30, 10], [20, 10]]}
readers:
  - {name: dock, driver: llrp, address: 10.0.0.21, antennas: {1: {zone: hall}}}
""")


def test_an_asset_is_where_its_newest_tag_is_be_it_by_a_position() -> None:
    person = Asset(id="P7", tags=(TAG, BADGE))
    entries: list[Entry] = [ReaderHealth(reader="dock", state="online", since_ns=NOON_NS)]
    for second in range(20):
        at_ns = NOON_NS + second * SECOND_NS
        if second < 8:
            heard = Read(TAG, "dock", 1, at_ns, at_ns, -50.0)
            entries.append(ReadGroup("dock", second, [heard]))
        else:
            fix = Fix(BADGE, "badges", at_ns, at_ns, 25.0, 5.0, accuracy_m=1)
            entries.append(Observed(at_ns, [fix]))
    sites = TwoSites(SITE, SITE, NOON_NS, Beginning((person,)))
    sites.take([*entries, Tick(NOON_NS + 30 * SECOND_NS)])
    zones = sites.told()["zones"]
    assert [zones[name]["assets_inside_now"] for name in ("hall", "yard")] == [0, 1]
