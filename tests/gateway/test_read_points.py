"""The read points of a reader: which zone each antenna hears, and where it hangs."""

from gateway.read_points import points_json
from readers.settings import AntennaSettings, Hearer


def test_an_antenna_without_a_zone_of_its_own_hears_that_of_its_reader() -> None:
    antennas = {2: AntennaSettings(zone="gate", at_m=(43.0, 13.5)), 1: AntennaSettings()}
    assert points_json(Hearer("gate-1", "hall", antennas)) == {
        "zone": "hall",
        "points": [
            {"antenna": 1, "zone": "hall", "at_m": None},
            {"antenna": 2, "zone": "gate", "at_m": [43.0, 13.5]},
        ],
    }


def test_a_reader_that_the_site_file_does_not_list_has_no_read_points() -> None:
    assert points_json(None) == {"zone": None, "points": []}
