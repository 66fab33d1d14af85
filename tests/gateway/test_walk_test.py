from gateway.walk_test import TAGS_MAX, TAGS_SHOWN, WalkTest
from tags.reads import Fix, Measurement, Read
from tests.gateway.made import NOON_NS


def read(tag: str, antenna: int = 1, rssi_dbm: float | None = -50.0) -> Read:
    return Read(tag, "gate", antenna, NOON_NS, NOON_NS, rssi_dbm)


def lines(test: WalkTest, now_s: float = 1.0) -> list[str]:
    return list(test.lines(now_s, 0.5))


def test_each_antenna_shows_its_rate_and_loudness() -> None:
    test = WalkTest()
    test.take([read("aa"), read("aa", rssi_dbm=-60.0), read("bb", antenna=2)], 1.0)
    shown = lines(test)
    assert shown[1].split()[:4] == ["gate/1", "4", "2", "-60.0"]
    assert shown[2].split()[:4] == ["gate/2", "2", "1", "-50.0"]


def test_the_rate_is_that_since_the_lines_before() -> None:
    test = WalkTest()
    test.take([read("aa")], 1.0)
    lines(test)
    assert lines(test)[1].split()[1] == "0"


def test_an_antenna_that_fell_silent_says_for_how_long() -> None:
    test = WalkTest()
    test.take([read("aa")], 1.0)
    assert "silent for 9 s" in lines(test, 10.0)[1]


def test_the_loudest_tags_come_first_and_the_rest_is_counted() -> None:
    test = WalkTest()
    test.take([read(f"{n:04x}", rssi_dbm=-50.0 - n) for n in range(TAGS_SHOWN + 3)], 1.0)
    shown = lines(test)
    assert shown[4].startswith("0000 ")
    assert shown[-1] == "… and 3 more tags"


def test_tags_beyond_the_limit_are_counted_but_not_remembered() -> None:
    test = WalkTest()
    test.take([read(f"{n:06x}") for n in range(TAGS_MAX + 5)], 1.0)
    assert (test.reads, len(test.tags)) == (TAGS_MAX + 5, TAGS_MAX)


def test_a_read_without_rssi_has_no_level() -> None:
    test = WalkTest()
    test.take([read("code:A", rssi_dbm=None)], 1.0)
    assert lines(test)[1].split() == ["gate/1", "2", "1", "-"]
    assert list(test.summary()) == ["1 reads of 1 tags", "  gate/1: 1 reads"]


def test_positions_and_values_are_shown_in_words() -> None:
    test = WalkTest()
    fixes = [
        Fix("gps:van", "t", NOON_NS, NOON_NS, lat=52.5, lon=13.4),
        Fix("ble:cart", "t", NOON_NS, NOON_NS, x_m=3.0, y_m=4.0),
    ]
    test.observe(fixes, [Measurement("cold", "temperature", 4.5, "°C", NOON_NS, NOON_NS)])
    assert [line.split(maxsplit=1)[1] for line in lines(test)[1:]] == [
        "at 3.0, 4.0",
        "temperature                   4.5 °C",
        "at 52.5, 13.4",
    ]


def test_the_summary_has_the_range_of_each_antenna() -> None:
    test = WalkTest()
    test.take([read("aa", rssi_dbm=-40.0), read("aa", rssi_dbm=-61.5)], 1.0)
    assert list(test.summary()) == [
        "2 reads of 1 tags",
        "  gate/1: 2 reads, -61.5 to -40.0 dBm",
    ]
