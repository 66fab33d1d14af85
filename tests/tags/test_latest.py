import pytest

from tags import latest
from tags.latest import Latest
from tags.reads import Fix, Measurement


def fix(at_ns: int, x_m: float = 0.0, tag: str = "gps:van") -> Fix:
    return Fix(tag, "link", at_ns, at_ns, x_m=x_m, y_m=0.0)


def value(at_ns: int, degrees: float = 0.0, sensor: str = "s", quantity: str = "t") -> Measurement:
    return Measurement(sensor, quantity, degrees, "°C", at_ns, at_ns)


def test_the_newest_by_its_own_time_stays() -> None:
    known = Latest()
    assert known.take_fix(fix(10))
    assert not known.take_fix(fix(9, 5.0))
    assert known.take_fix(fix(10, 6.0))
    assert known.fixes["gps:van"].x_m == 6.0
    assert known.take_measurement(value(10))
    assert not known.take_measurement(value(9, 5.0))
    assert known.take_measurement(value(10, 6.0))
    assert known.measurements["s"]["t"].value == 6.0


def test_each_quantity_of_a_sensor_has_its_own_newest_value() -> None:
    known = Latest()
    known.take_measurement(value(10, 1.0, quantity="temperature"))
    known.take_measurement(value(5, 2.0, quantity="humidity"))
    assert {name: each.value for name, each in known.measurements["s"].items()} == {
        "temperature": 1.0,
        "humidity": 2.0,
    }


def test_names_that_nobody_can_count_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest, "NAMES_MAX", 2)
    monkeypatch.setattr(latest, "QUANTITIES_MAX", 2)
    known = Latest()
    for n in range(4):
        known.take_fix(fix(n, tag=f"gps:{n}"))
        known.take_measurement(value(n, sensor=f"s{n}"))
        known.take_measurement(value(n, sensor="s0", quantity=f"q{n}"))
    assert list(known.fixes) == ["gps:0", "gps:1"]
    assert list(known.measurements) == ["s0", "s1"]
    assert list(known.measurements["s0"]) == ["t", "q0"]
    assert known.refused == 2 + 2 + 3
