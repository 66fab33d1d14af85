"""What each kind of estimator does in its own way."""

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.zones.heard_bins import A2, FIRST, A, B, C, Tag, bin_of, plan_with
from zones.bins import BIN_NS
from zones.estimator_settings import (
    BayesSettings,
    EstimatorSettings,
    LastSettings,
    MobilitySettings,
    WindowSettings,
    default_estimator,
)
from zones.estimators.bayes import ZONES_MAX
from zones.estimators.mobility import POINTS_MAX, READS_KEPT
from zones.settings import ZoneSettings

SETTINGS: TypeAdapter[EstimatorSettings] = TypeAdapter(EstimatorSettings)


# mobility: the formula of EdgeX


def moved_after(silence_bins: int, rival_dbm: float, settings: MobilitySettings) -> bool:
    """Whether the tag leaves a read point of -60 dBm that has been silent for so long."""
    tag = Tag(plan_with(settings))
    tag.hear((A, -60), bins=5)
    tag.number += silence_bins - 1
    return tag.hear((B, rival_dbm), (B, rival_dbm)) == ["b"]


def test_a_rival_must_be_louder_by_the_threshold_within_the_holdoff() -> None:
    assert not moved_after(1, -54.0, MobilitySettings())
    assert moved_after(1, -53.9, MobilitySettings())


@pytest.mark.parametrize(
    ("silence_s", "offset_db"),
    [(0.5, 6.0), (0.75, 4.0), (1.0, 2.0), (1.25, 0.0), (1.5, -2.0), (10.0, -70.0)],
)
def test_the_threshold_falls_with_the_silence_and_has_no_floor(
    silence_s: float,
    offset_db: float,
) -> None:
    """A millisecond between the reads of a bin takes 0.008 dB off."""
    bins = round(silence_s * 4)
    assert moved_after(bins, -60 + offset_db + 0.05, MobilitySettings())
    assert not moved_after(bins, -60 + offset_db - 0.05, MobilitySettings())


def test_its_three_numbers_can_be_set() -> None:
    retail = MobilitySettings(slope_db_per_s=-0.5, holdoff_s=60)
    assert not moved_after(4 * 60, -54.1, retail)
    assert moved_after(4 * 60, -53.9, retail)
    assert moved_after(4 * 68, -57.9, retail)
    assert moved_after(1, -57.9, MobilitySettings(threshold_db=2))


def test_a_rival_needs_two_reads() -> None:
    tag = Tag(plan_with(MobilitySettings()))
    tag.hear((A, -60))
    assert tag.hear((B, -40)) == []
    assert tag.hear((B, -40)) == ["b"]


def test_the_mean_is_that_of_the_last_twenty_reads_whatever_their_age() -> None:
    tag = Tag(plan_with(MobilitySettings()))
    tag.hear((A, -60), bins=2)
    tag.hear((B, -60), bins=READS_KEPT)
    tag.hear((A, -60), bins=4_000)
    assert tag.hear((A, -60), (B, -50), bins=12) == []
    assert tag.hear((A, -60), (B, -50)) == ["b"]


def test_read_points_that_heard_the_tag_longest_ago_make_room() -> None:
    tag = Tag(plan_with(MobilitySettings(), antennas=POINTS_MAX + 6))
    for number in range(1, POINTS_MAX + 7):
        tag.hear((("r", number), -60))
    assert len(tag.memory.points) == POINTS_MAX
    assert tag.memory.points[0].key == ("r", POINTS_MAX + 6)


# window


def test_a_zone_of_profile_fast_needs_no_dwell() -> None:
    settings = WindowSettings(dwell_s=2, reads_min=1)
    for profile, moves in (("steady", []), ("fast", ["b"])):
        tag = Tag(plan_with(settings, b_profile="fast" if profile == "fast" else "steady"))
        tag.hear((A, -70))
        assert tag.hear((B, -50), (A, -70), bins=2) == moves


# last


def test_the_newest_read_is_right() -> None:
    tag = Tag(plan_with(LastSettings()))
    assert tag.hear((A, -40), (B, -80)) == ["b"]
    assert tag.hear((B, -40), (A, -80)) == ["a"]
    assert tag.estimates[-1].scores == {"a": -80.0, "b": -40.0}
    assert tag.estimates[-1].confidence == 0.5


# bayes


def bins_to_move(stayed_bins: int, **plan: str) -> int:
    """How long a tag that was so long in a must be heard in b, until it is there."""
    fast = plan.get("b_profile") == "fast"
    tag = Tag(plan_with(BayesSettings(), b_profile="fast" if fast else "steady"))
    tag.hear((A, -50), (B, -66), bins=stayed_bins)
    for number in range(1, 100):
        if tag.hear((B, -50), (A, -66)):
            return number
    raise AssertionError("it did not move")


def test_what_has_stayed_long_stays_on_but_not_for_ever() -> None:
    soon, later, after_a_day = (bins_to_move(bins) for bins in (20, 800, 345_600 // 8))
    assert soon < later <= after_a_day <= 2 * soon


def test_a_zone_of_profile_fast_is_reached_sooner() -> None:
    assert bins_to_move(80, b_profile="fast") < bins_to_move(80)


def test_levels_below_the_floor_say_nothing_beside_loud_ones() -> None:
    tag = Tag(plan_with(BayesSettings(hold_nats=0)))
    tag.hear((A, -60), (B, -60))
    tag.hear((A, -65), (B, -75), (C, -55))
    a, b = (belief.score for belief in tag.memory.beliefs if belief.zone in {"a", "b"})
    assert a == b


def test_between_two_zones_a_tag_stays_where_it_is() -> None:
    tag = Tag(plan_with(BayesSettings()))
    tag.hear((A, -55), bins=4)
    assert tag.hear((A, -55.0), (B, -54.5), bins=4_000) == []


def test_where_all_is_faint_the_louder_zone_wins() -> None:
    tag = Tag(plan_with(BayesSettings()))
    tag.hear((A, -80), (B, -88), bins=20)
    assert tag.hear((B, -80), (A, -88), bins=40) == ["b"]


def test_a_move_dates_from_when_the_zone_began_to_catch_up() -> None:
    tag = Tag(plan_with(BayesSettings()))
    tag.hear((A, -50), bins=40)
    changed = tag.number
    tag.hear((B, -50), (A, -66), bins=40)
    assert tag.estimates[-1].since_ns == changed * BIN_NS


def test_confidence_is_the_share_of_the_zone_among_all() -> None:
    tag = Tag(plan_with(BayesSettings()))
    tag.hear((A, -50), bins=40)
    tag.hear((B, -50), (A, -66), bins=40)
    estimate = tag.estimates[-1]
    assert sum(estimate.scores.values()) == pytest.approx(1)
    assert estimate.confidence == estimate.scores["b"] > 0.9


def test_zones_that_are_furthest_behind_make_room() -> None:
    tag = Tag(plan_with(BayesSettings(silence_nats=0), antennas=64))
    for number in range(5, 65):
        tag.hear((("r", number), -50), (A, -45))
    assert len(tag.memory.beliefs) <= ZONES_MAX
    assert tag.memory.beliefs[0].zone == tag.zone == "a"


def test_a_bin_of_the_tags_own_zone_alone_leaves_nothing_to_weigh() -> None:
    tag = Tag(plan_with(BayesSettings()))
    tag.hear((A, -50), bins=100)
    (belief,) = tag.memory.beliefs
    assert (belief.zone, belief.number) == ("a", tag.number - 1)
    tag.hear((A2, -50))
    assert tag.estimator.disputes(tag.memory, tag.number - 1, "b", -5_000)


# settings


def test_an_entry_is_checked_by_its_kind() -> None:
    assert SETTINGS.validate_python({"kind": "window", "window_s": 6}) == WindowSettings(window_s=6)
    assert SETTINGS.validate_python({"kind": "last"}) == LastSettings()
    assert SETTINGS.validate_python({}) == default_estimator()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"kind": "bayes", "window_s": 6}, "Extra inputs are not permitted"),
        ({"kind": "oracle"}, "there is no estimator of kind 'oracle'; known: bayes, last, mobi"),
        ({"kind": 7}, "there is no estimator of kind 7"),
        ({"kind": "bayes", "lead_nats": 9}, "must not fall"),
        (["window"], "valid"),
    ],
)
def test_a_wrong_entry_is_told_in_terms_of_its_kind(entry: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SETTINGS.validate_python(entry)


def test_zones_that_tags_pass_through_are_fast_unless_said_otherwise() -> None:
    roles = ("storage", "receiving", "transit", "shipping", "exit", "service")
    paces = [ZoneSettings.model_validate({"name": "z", "role": role}).pace for role in roles]
    assert paces == ["steady", "fast", "fast", "fast", "fast", "steady"]
    assert ZoneSettings(name="z", role="exit", profile="steady").pace == "steady"


def test_a_bin_that_is_not_newer_changes_no_more_than_one_that_is() -> None:
    tag = Tag(plan_with(BayesSettings()))
    tag.hear((A, -50), bins=40)
    tag.take(bin_of([(B, -40)], FIRST), FIRST)
    assert tag.zone == "a"
