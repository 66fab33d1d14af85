"""Who gets a place, and who gives way."""

import pytest
from prometheus_client import CollectorRegistry

from api.settings import ServerSettings
from gateway.connections import Connections, Place, origin_of


class Door:
    """Connections with settings of their own, and what was counted."""

    def __init__(self, connections_max: int = 10, per_address_max: int = 2) -> None:
        self.settings = ServerSettings(
            connections_max=connections_max,
            connections_per_address_max=per_address_max,
            proxies=("10.9.0.0/16",),
        )
        self.metrics = CollectorRegistry()
        self.all = Connections(lambda: self.settings, self.metrics)
        self.cut: list[Place] = []

    def admit(self, address: str) -> Place | None:
        place = self.all.admit(address)
        if place is not None:
            place.cut = lambda: self.cut.append(place)
        return place

    def refused(self, reason: str) -> float:
        name = "tagwarden_http_connections_refused_total"
        return self.metrics.get_sample_value(name, {"reason": reason}) or 0.0


def test_one_address_has_so_many_places_and_gets_them_back() -> None:
    door = Door()
    first = door.admit("192.0.2.1")
    assert first is not None
    assert door.admit("192.0.2.1") is not None
    assert door.admit("192.0.2.1") is None
    assert door.admit("192.0.2.2") is not None
    assert door.refused("address") == 1
    first.leave()
    first.leave()
    assert door.admit("192.0.2.1") is not None
    assert door.admit("192.0.2.1") is None


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.9.3.4"])
def test_this_machine_and_proxies_may_have_more(address: str) -> None:
    door = Door()
    assert all(door.admit(address) for _ in range(10))


@pytest.mark.parametrize("pair", [("2001:db8::1", "2001:db8::ff:2"), ("::ffff:192.0.2.1",) * 2])
def test_a_network_of_ipv6_is_one_address(pair: tuple[str, str]) -> None:
    assert origin_of(pair[0]) == origin_of(pair[1])
    assert origin_of(pair[0]) != origin_of("2001:db8:0:1::1")


def test_an_address_means_the_same_by_ipv4_and_by_ipv6() -> None:
    assert origin_of("::ffff:192.0.2.1") == origin_of("192.0.2.1") == "192.0.2.1"


def test_a_newcomer_takes_the_place_that_was_idle_for_longest() -> None:
    door = Door()
    places = [door.admit(f"192.0.2.{at}") for at in range(10)]
    for place in (places[7], places[3], places[5]):
        assert place is not None
        place.wait()
    assert places[7] is not None
    places[7].work()
    assert door.admit("192.0.2.99") is not None
    assert door.cut == [places[3]]
    assert door.refused("gave_way") == 1


def test_who_is_answered_keeps_the_place() -> None:
    door = Door()
    for at in range(10):
        place = door.admit(f"192.0.2.{at}")
        assert place is not None
        place.work()
    assert door.admit("192.0.2.99") is None
    assert door.cut == []
    assert door.refused("total") == 1


def test_another_limit_holds_at_once() -> None:
    door = Door()
    assert door.admit("192.0.2.1") is not None
    assert door.admit("192.0.2.1") is not None
    door.settings = ServerSettings(connections_per_address_max=3)
    assert door.admit("192.0.2.1") is not None
    assert door.admit("192.0.2.1") is None
