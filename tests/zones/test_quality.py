"""Data quality: the share of answers, what is overheard, and sums that keep their bounds."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zones.quality
from tags.times import SECOND_NS
from tests.zones.made import antenna, at, reader
from tests.zones.made import zones as made_zones
from zones.findings import Findings, findings_json, findings_of, read_share, sure_after_s
from zones.floorplan import FloorPlan, PointKey
from zones.quality import EpochFold, Quality, Steps, Tally
from zones.settings import ZoneSettings
from zones.tracks import HOLD_NS

TAG, OTHER = "3034257bf400b7800004cb2f", "3034257bf400b7800004cc40"
HALL, HALL_TOO, OFFICE, NOWHERE = ("r", 1), ("r", 2), ("r", 3), ("r", 9)
PLAN = FloorPlan(
    made_zones(), [reader("r", {1: antenna("hall"), 2: antenna("hall"), 3: antenna("office")})]
)
GAP_MAX = 30


def tally(
    tag: str, key: PointKey, seconds: float, rssi_dbm: float | None = -50.0, count: int = 1
) -> Tally:
    """`count` reads of a tag at one moment."""
    time_ns = at(seconds)
    if rssi_dbm is None:
        return Tally(tag, key, time_ns, time_ns, count)
    cdb = round(rssi_dbm * 100)
    return Tally(tag, key, time_ns, time_ns, count, cdb * count, count, cdb)


def folded(
    tallies: Iterable[tuple[float, Tally]], plan: FloorPlan = PLAN, tags_max: int = 1_000
) -> Quality:
    """The sums of tallies, each with the second in which it arrived."""
    quality = Quality(plan, SECOND_NS, tags_max)
    fold = EpochFold(quality, HOLD_NS)
    now_ns = 0
    for arrival_s, one in tallies:
        now_ns = max(now_ns, at(arrival_s))
        fold.fold(one, now_ns)
    fold.finish()
    return quality


def told(tallies: Iterable[Tally], plan: FloorPlan = PLAN) -> Findings:
    in_order = sorted(tallies, key=lambda each: each.first_ns)
    arriving = (((each.first_ns - at(0)) / SECOND_NS, each) for each in in_order)
    return findings_of(folded(arriving, plan), [])


def asked(share: float, epochs: int, seed: int) -> Steps:
    """The steps of a tag that answers in each epoch with this probability."""
    rng = random.Random(seed)
    steps = Steps()
    for epoch in range(epochs):
        if rng.random() < share:
            steps.hear(epoch, GAP_MAX)
    return steps


@settings(max_examples=60, deadline=None)
@given(st.floats(0.15, 1.0), st.integers(0, 2**32))
def test_the_share_of_answers_of_a_tag_that_is_there_is_found(share: float, seed: int) -> None:
    epochs = 4_000
    found = read_share(asked(share, epochs, seed), GAP_MAX)
    assert found is not None
    # Five standard deviations of a binomial share.
    assert abs(found - share) < 5 * (share * (1 - share) / epochs) ** 0.5 + 1e-9


def test_the_share_is_right_on_average_even_for_a_short_stay() -> None:
    shares = [read_share(asked(0.6, 40, seed), GAP_MAX) for seed in range(800)]
    told_shares = [share for share in shares if share is not None]
    assert len(told_shares) > 790
    assert sum(told_shares) / len(told_shares) == pytest.approx(0.6, abs=0.02)


def test_gaps_taken_for_absence_make_no_faint_tag_look_better() -> None:
    faint = [read_share(asked(0.08, 20_000, seed), GAP_MAX) for seed in range(5)]
    assert all(share == pytest.approx(0.08, abs=0.015) for share in faint)
    bare = asked(0.08, 20_000, 0)
    assert bare.taken / bare.epochs > 0.09


def test_an_absence_is_no_miss() -> None:
    steps = Steps()
    for epoch in [*range(20), *range(500, 520)]:
        steps.hear(epoch, GAP_MAX)
    assert read_share(steps, GAP_MAX) == 1.0


def test_too_few_answers_tell_nothing() -> None:
    assert read_share(asked(1.0, 10, 0), GAP_MAX) is None
    assert read_share(asked(1.0, 11, 0), GAP_MAX) == 1.0


def test_a_tag_is_surely_away_once_it_would_have_answered() -> None:
    assert sure_after_s(1.0, SECOND_NS) == 3.0
    assert sure_after_s(0.5, 5 * SECOND_NS) == 30.0


def test_missed_epochs_are_told_by_tag_and_by_antenna() -> None:
    heard = [tally(TAG, HALL, second) for second in range(60)]
    heard += [tally(TAG, OFFICE, second, -60.0, 3) for second in range(0, 60, 4)]
    found = told(heard)
    (tag,) = found.worst_tags
    assert (tag.missed_epochs, tag.read_share, tag.reads, tag.zone) == (0, 1.0, 105, "hall")
    near, far = tag.points
    assert (near.missed_epochs, near.read_share, near.reads_per_s) == (0, 1.0, 1.0)
    assert (far.missed_epochs, far.reads_per_s, far.rssi_dbm_mean) == (42, 3.0, -60.0)
    assert far.read_share == pytest.approx(0.25, abs=0.03)


def test_the_worst_tag_comes_first_and_those_hardly_read_are_counted() -> None:
    good, bad = "aa", "bb"
    heard = [tally(good, HALL, second) for second in range(60)]
    heard += [tally(bad, HALL, second) for second in range(0, 60, 3)]
    heard.append(tally("cc", HALL, 5))
    found = told(heard)
    assert [each.tag for each in found.worst_tags] == [bad, good]
    assert (found.tags, found.tags_untold) == (3, 1)


def test_rssi_is_told_by_mean_and_percentiles_weighted_by_reads() -> None:
    heard = [tally(TAG, HALL, second, -70.0 + second / 5) for second in range(100)]
    point = told(heard).read_points[0]
    assert point.rssi_dbm_mean == pytest.approx(-60.1)
    assert point.rssi_dbm_p10 == pytest.approx(-68, abs=0.3)
    assert point.rssi_dbm_p50 == pytest.approx(-60, abs=0.3)
    assert point.rssi_dbm_p90 == pytest.approx(-52, abs=0.3)


def test_reads_without_rssi_count_and_are_never_louder() -> None:
    heard = [tally(TAG, HALL, second, None) for second in range(30)]
    heard += [tally(TAG, OFFICE, second, -89.0) for second in range(30)]
    found = told(heard)
    mute, faint = found.read_points
    assert (mute.reads, mute.rssi_dbm_mean, mute.rssi_dbm_p50) == (30, None, None)
    assert (mute.louder_elsewhere, mute.louder_in, mute.overhears) == (1.0, "office", True)
    assert (faint.louder_elsewhere, faint.louder_in) == (0.0, None)
    assert found.cross_reads[0].margin_db is None


def test_cross_reads_are_told_by_pair_of_zones() -> None:
    heard = [tally(TAG, HALL, second, -50.0) for second in range(40)]
    heard += [tally(TAG, OFFICE, second, -56.0) for second in range(0, 40, 2)]
    heard += [tally(OTHER, OFFICE, second, -50.0) for second in range(20)]
    heard += [tally(OTHER, HALL, second, -52.0) for second in range(5)]
    (pair,) = told(heard).cross_reads
    assert (pair.louder, pair.quieter, pair.epochs) == ("hall", "office", 25)
    assert pair.share == pytest.approx(25 / (40 + 20))
    assert pair.louder_share == pytest.approx(20 / 25)
    assert pair.margin_db == pytest.approx(6.0)


def test_antennas_of_one_zone_are_no_cross_read() -> None:
    heard = [tally(TAG, key, second) for second in range(40) for key in (HALL, HALL_TOO)]
    found = told(heard)
    assert found.cross_reads == []
    assert not any(point.overhears for point in found.read_points)


def test_a_bay_and_the_hall_around_it_are_no_cross_read() -> None:
    nested = FloorPlan(
        [ZoneSettings(name="hall"), ZoneSettings(name="bay", parent="hall")],
        [reader("r", {1: antenna("hall"), 2: antenna("bay")})],
    )
    heard = [tally(TAG, key, second) for second in range(40) for key in (HALL, HALL_TOO)]
    assert told(heard, nested).cross_reads == []


def test_levels_are_compared_without_the_bias_of_the_antennas() -> None:
    biased = FloorPlan(
        made_zones(), [reader("r", {1: antenna("hall"), 3: antenna("office", bias_db=9)})]
    )
    heard = [tally(TAG, HALL, second, -50.0) for second in range(40)]
    heard += [tally(TAG, OFFICE, second, -55.0) for second in range(40)]
    (pair,) = told(heard, biased).cross_reads
    assert pair.louder == "office"
    assert pair.margin_db == pytest.approx(4.0)


def test_what_is_weaker_than_its_antenna_must_hear_is_no_cross_read() -> None:
    strict = FloorPlan(
        made_zones(), [reader("r", {1: antenna("hall"), 3: antenna("office", rssi_dbm_min=-60)})]
    )
    heard = [tally(TAG, HALL, second, -50.0) for second in range(40)]
    heard += [tally(TAG, OFFICE, second, -61.0 if second % 4 else -59.0) for second in range(40)]
    found = told(heard, strict)
    assert [pair.epochs for pair in found.cross_reads] == [10]
    office = found.read_points[1]
    assert (office.reads, office.louder_elsewhere, office.overhears) == (40, 0.25, False)


def test_an_antenna_without_zone_is_listed_and_compared_with_nothing() -> None:
    heard = [tally(TAG, NOWHERE, second) for second in range(40)]
    heard += [tally(TAG, HALL, second, -80.0) for second in range(40)]
    found = told(heard)
    assert found.cross_reads == []
    assert [(each.antenna, each.zone, each.overhears) for each in found.read_points] == [
        (1, "hall", False),
        (9, None, False),
    ]


HEARD = st.tuples(
    st.sampled_from([TAG, OTHER, "aa"]),
    st.sampled_from([HALL, HALL_TOO, OFFICE, NOWHERE]),
    st.integers(0, 240).map(lambda quarter: quarter / 4),
    st.sampled_from([-70.0, -61.25, -50.0, None]),
    st.integers(1, 3),
    st.floats(0, 1.9),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(HEARD, max_size=60))
def test_any_order_of_arrival_within_the_hold_gives_the_same_report(
    heard: list[tuple[str, PointKey, float, float | None, int, float]],
) -> None:
    in_order = sorted(heard, key=lambda each: each[2])
    delayed = sorted(heard, key=lambda each: each[2] + each[5])
    first = folded((each[2], tally(*each[:5])) for each in in_order)
    other = folded((each[2] + each[5], tally(*each[:5])) for each in delayed)
    assert findings_of(first, []) == findings_of(other, [])
    assert first.reads == sum(each[4] for each in heard)
    assert first.reads_left_out == 0


def test_what_comes_after_the_hold_is_counted_and_changes_nothing_else() -> None:
    on_time = [(second, tally(TAG, HALL, second)) for second in range(40)]
    quality = folded([*on_time, (40, tally(TAG, HALL, 3, count=7))])
    assert (quality.reads, quality.reads_left_out) == (47, 7)
    assert quality.points[HALL].reads == 40


def test_tags_beyond_the_limit_count_at_their_antenna_only() -> None:
    heard = [(n, tally(f"{n:04x}", HALL, n)) for n in range(20)]
    quality = folded(heard, tags_max=5)
    assert len(quality.tags) == 5
    assert (quality.reads, quality.reads_left_out, quality.points[HALL].reads) == (20, 15, 20)


def test_antennas_beyond_the_limits_leave_reads_out_and_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zones.quality, "POINTS_MAX", 2)
    keys = (HALL, HALL_TOO, OFFICE)
    heard = [(n, tally(TAG, key, n)) for n in range(10) for key in keys]
    quality = folded([*heard, (10, tally(OTHER, OFFICE, 10))])
    assert sorted(quality.points) == [HALL, HALL_TOO]
    assert (quality.reads, quality.reads_left_out) == (31, 11)
    assert {tag: sums.reads for tag, sums in quality.tags.items()} == {TAG: 20}


def test_one_tag_is_kept_by_so_many_antennas_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones.quality, "POINTS_OF_TAG_MAX", 1)
    quality = folded((n, tally(TAG, key, n)) for n in range(10) for key in (HALL, OFFICE))
    assert list(quality.tags[TAG].points) == [HALL]
    assert quality.tags[TAG].reads == 20


def test_an_epoch_has_room_for_so_many_tallies_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones.quality, "TALLIES_MAX", 3)
    quality = folded((0.5, tally(f"{n % 5:02x}", HALL, 0.5)) for n in range(10))
    assert (len(quality.tags), quality.reads, quality.reads_left_out) == (3, 10, 4)


def test_a_level_that_no_radio_has_is_counted_at_the_end_of_the_scale() -> None:
    heard = [tally(TAG, HALL, second, -900.0 if second % 2 else 900.0) for second in range(40)]
    assert sorted(folded((0, each) for each in heard).points[HALL].levels) == [-150, 50]


def test_lists_are_no_longer_than_asked_for() -> None:
    heard = [tally(f"{n:04x}", HALL, second) for n in range(9) for second in range(12)]
    in_order = sorted(heard, key=lambda each: each.first_ns)
    quality = folded(((each.first_ns - at(0)) / SECOND_NS, each) for each in in_order)
    found = findings_of(quality, [], limit=4)
    assert len(found.worst_tags) == 4
    assert found.omitted == {"worst_tags": 5, "cross_reads": 0, "ghosts": 0}


def test_the_report_as_json_has_times_as_text_and_no_long_fractions() -> None:
    body = findings_json(told([tally(TAG, HALL, second) for second in range(0, 90, 3)]))
    assert body["first"] == "2026-09-21T14:13:20.000000Z"
    assert body["read_points"][0]["reads_per_s"] == 1.0
    assert body["read_points"][0]["read_share"] == round(body["read_points"][0]["read_share"], 4)
    assert not any(name.endswith("_ns") for name in body)


def test_nothing_heard_is_an_empty_report() -> None:
    found = told([])
    assert (found.reads, found.first_ns, found.read_points, found.ghosts) == (0, None, [], [])
