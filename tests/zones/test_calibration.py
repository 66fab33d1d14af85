"""Fits to recordings find what was put into them."""

import random

import pytest

from tags.reads import Read
from tags.times import MILLISECOND_NS, SECOND_NS
from tests.zones.heard_bins import plan_with
from tests.zones.made import T0_NS
from zones.calibration import READS_MIN, TRUST, fit_bias, fit_with_truth
from zones.estimator_settings import BayesSettings
from zones.floorplan import PointKey
from zones.scoring import Run

PLAN = plan_with(BayesSettings())
DEAF_DB = {1: 0.0, 2: -4.0, 3: 2.0, 4: 2.0}
OWN = {"a": (1, 2), "b": (3,), "c": (4,)}


def idle_reads(missing: tuple[int, int] = (0, 0)) -> list[Read]:
    """Twelve tags, each everywhere equally loud but for the antennas; `missing` (n-th tag,
    antenna) does not hear."""
    return [
        Read(f"{tag:02x}", "r", number, T0_NS + step * SECOND_NS, 0, -50.0 - tag + deaf_db)
        for tag in range(12)
        for step in range(10)
        for number, deaf_db in DEAF_DB.items()
        if missing[1] != number or missing[0] > tag
    ]


def run_in(zone: str, seconds: int = 60) -> Run:
    """A tag that its zone hears 12 dB louder than the others do, give or take."""
    chance = random.Random(zone)
    reads = [
        Read(
            "e2",
            "r",
            number,
            T0_NS + step * 100 * MILLISECOND_NS,
            T0_NS + step * 100 * MILLISECOND_NS,
            -62.0 + (12.0 if number in OWN[zone] else 0.0) + deaf_db + chance.gauss(0, 2),
        )
        for step in range(seconds * 10)
        for number, deaf_db in DEAF_DB.items()
    ]
    return Run(f"{zone}.csv", zone, reads)


def bias_of(bias_db: dict[PointKey, float]) -> dict[int, float]:
    return {key[1]: bias for key, bias in bias_db.items()}


def test_the_bias_of_idle_reads_is_what_the_antennas_lack() -> None:
    bias_db = bias_of(dict(fit_bias(PLAN, idle_reads()).bias_db))
    assert bias_db == {number: pytest.approx(-TRUST * deaf) for number, deaf in DEAF_DB.items()}


def test_an_antenna_is_not_deaf_because_the_loud_tags_were_elsewhere() -> None:
    bias_db = bias_of(dict(fit_bias(PLAN, idle_reads(missing=(6, 1))).bias_db))
    assert bias_db == {
        number: pytest.approx(-TRUST * deaf, abs=0.05) for number, deaf in DEAF_DB.items()
    }


def test_idle_reads_say_nothing_of_the_settings() -> None:
    assert fit_bias(PLAN, idle_reads()).estimator is None


def test_antennas_that_are_rarely_heard_keep_their_bias() -> None:
    rare = [read for read in idle_reads() if read.antenna != 4][: -(READS_MIN + 1)]
    assert (("r", 4)) not in fit_bias(PLAN, rare).bias_db


def test_what_is_no_evidence_is_not_fitted() -> None:
    reads = [
        Read("e2", "r", 9, T0_NS, T0_NS, -50.0),
        Read("e2", "r", 1, T0_NS, T0_NS, None),
        Read("e2", "x", 1, T0_NS, T0_NS, -50.0),
    ]
    assert fit_bias(PLAN, reads * 50).bias_db == {}
    assert fit_bias(PLAN, []).bias_db == {}


def test_a_bias_of_nothing_has_no_sign() -> None:
    alike = [Read("e2", "r", n, T0_NS, T0_NS, level) for n, level in ((1, -50.0), (2, -50.001))]
    assert {str(bias) for bias in fit_bias(PLAN, alike * READS_MIN).bias_db.values()} == {"0.0"}


def test_the_order_of_reads_changes_no_fit() -> None:
    reads = idle_reads()
    assert fit_bias(PLAN, reads[::-1]) == fit_bias(PLAN, reads)


def test_zones_weigh_the_same_however_long_they_were_recorded() -> None:
    short = [run_in("a"), run_in("b"), run_in("c")]
    long = [run_in("a", seconds=300), run_in("b"), run_in("c")]
    one = bias_of(dict(fit_with_truth(PLAN, short).bias_db))
    other = bias_of(dict(fit_with_truth(PLAN, long).bias_db))
    assert one == {number: pytest.approx(other[number], abs=0.2) for number in other}
    assert one[2] > one[1] + 3


def test_the_floor_is_what_antennas_hear_of_tags_that_are_elsewhere() -> None:
    estimator = fit_with_truth(PLAN, [run_in("a"), run_in("b"), run_in("c")]).estimator
    assert isinstance(estimator, BayesSettings)
    assert -66 < estimator.floor_dbm < -62


def test_without_a_second_zone_the_floor_is_that_of_the_others_or_the_default() -> None:
    only = Run("a.csv", "a", [read for read in run_in("a").reads if read.antenna <= 2])
    assert fit_with_truth(PLAN, [only]).estimator == BayesSettings()
