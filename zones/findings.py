"""What is made of the sums of data quality: figures and findings, the worst first."""

import math
from collections.abc import Iterable
from typing import Any

import msgspec

from tags.times import SECOND_NS, format_time
from zones.blind import BlindPoint
from zones.floorplan import PointKey
from zones.ghosts import Ghost, ghosts_among
from zones.quality import PointSums, Quality, Steps, TagAtPoint, TagSums

STEPS_MIN = 10
"""Fewer answers than this tell nothing about the share of them."""

DOUBT = 0.05
LIMIT = 100
HEARD_MIN = 20
"""Fewer tags and epochs than this do not make an antenna one that mainly hears another zone."""


class PointQuality(msgspec.Struct, frozen=True, kw_only=True):
    """One read point. Shares are 0…1 and None where too little was heard to tell."""

    reader: str
    antenna: int
    zone: str | None
    reads: int
    tags: int
    reads_per_s: float
    first_ns: int
    last_ns: int
    rssi_dbm_mean: float | None
    rssi_dbm_p10: float | None
    rssi_dbm_p50: float | None
    rssi_dbm_p90: float | None
    read_share: float | None
    louder_elsewhere: float
    louder_in: str | None
    overhears: bool


class TagPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One tag at one antenna; `reads_per_s` is over the epochs in which it was heard."""

    reader: str
    antenna: int
    zone: str | None
    reads: int
    reads_per_s: float
    missed_epochs: int
    read_share: float | None
    rssi_dbm_mean: float | None


class TagQuality(msgspec.Struct, frozen=True, kw_only=True):
    """One tag; `zone` is the one that heard it loudest most often.

    `missed_epochs` of those in which it was present had no read. With 95 % it is away
    once it has been silent for `sure_after_s`.
    """

    tag: str
    zone: str | None
    reads: int
    reads_per_s: float
    epochs: int
    missed_epochs: int
    read_share: float | None
    sure_after_s: float | None
    points: tuple[TagPoint, ...]


class CrossRead(msgspec.Struct, frozen=True, kw_only=True):
    """Two zones that heard the same tags within the same epochs.

    `share` of the epochs in which either heard a tag, both did. `louder` was the
    louder one in `louder_share` of these, `margin_db` is how much louder on average.
    """

    louder: str
    quieter: str
    epochs: int
    share: float
    louder_share: float
    margin_db: float | None


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report. Lists have `limit` items at most; `omitted` says how many more there are.

    `tags_untold` were read too seldom to be among the `worst_tags`, `reads_left_out`
    came too late or were of more tags than there is room for.

    `epoch_s` is how long an epoch is, in which a tag that is present should be read
    at least once.
    """

    epoch_s: float
    first_ns: int | None
    last_ns: int | None
    reads: int
    reads_left_out: int
    tags: int
    tags_untold: int
    read_points: list[PointQuality]
    worst_tags: list[TagQuality]
    cross_reads: list[CrossRead]
    blind: list[BlindPoint]
    ghosts: list[Ghost]
    omitted: dict[str, int]


def findings_of(
    quality: Quality,
    blind: list[BlindPoint],
    limit: int = LIMIT,
) -> Findings:
    """Make the report; `blind` is what `blind_points` found."""
    points = list(quality.points.values())
    last_ns = max((sums.last_ns for sums in points), default=None)
    ghosts = ghosts_among(quality.tags)
    tags = _worst_tags(quality)
    cross = _cross_reads(quality)
    return Findings(
        epoch_s=quality.epoch_ns / SECOND_NS,
        first_ns=min((sums.first_ns for sums in points), default=None),
        last_ns=last_ns,
        reads=quality.reads,
        reads_left_out=quality.reads_left_out,
        tags=len(quality.tags),
        tags_untold=len(quality.tags) - len(tags),
        read_points=_read_points(quality),
        worst_tags=[_tag_quality(quality, tag) for tag in tags[:limit]],
        cross_reads=cross[:limit],
        blind=blind,
        ghosts=ghosts.found[:limit],
        omitted={
            "worst_tags": max(0, len(tags) - limit),
            "cross_reads": max(0, len(cross) - limit),
            "ghosts": max(0, len(ghosts.found) - limit) + ghosts.unchecked,
        },
    )


def findings_json(findings: Findings) -> dict[str, Any]:
    """The report as HTTP shows it: times in RFC 3339, figures to four digits."""
    shown: dict[str, Any] = _shown(msgspec.to_builtins(findings))
    return shown


def _shown(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    match value:
        case dict():
            return {
                name.removesuffix("_ns"): _shown(_time(each) if name.endswith("_ns") else each)
                for name, each in value.items()
            }
        case list() | tuple():
            return [_shown(each) for each in value]
        case float():
            return round(value, 4)
        case _:
            return value


def _time(time_ns: int | None) -> str | None:
    return None if time_ns is None else format_time(time_ns)


def read_share(steps: Steps, gap_max: int) -> float | None:
    """Of the epochs in which a tag was present, the share in which it was read.

    It is the p of SMURF (Jeffery, Garofalakis, Franklin, VLDB 2006) with an epoch as
    one interrogation: k reads over the n epochs that follow the first read make
    (k - 1) / (n - 1), which is unbiased because the last of them is a read by
    construction. Gaps longer than `gap_max` count as absence, so the gaps that are
    seen are a geometric law cut off there; p is solved for the mean that such a law
    has. None with fewer than ten answers.
    """
    if steps.taken < STEPS_MIN:
        return None
    share = 1.0 if steps.epochs == steps.taken else (steps.taken - 1) / (steps.epochs - 1)
    if (1 - share) ** gap_max < _CUT_MATTERS:
        return share
    return _uncut(1 / share, gap_max)


_CUT_MATTERS = 1e-4


def _uncut(mean_gap: float, gap_max: int) -> float:
    """The p of a geometric law that has this mean once it is cut off behind `gap_max`."""
    low, high = 1e-6, 1.0
    for _ in range(50):
        p = (low + high) / 2
        rest: float = (1 - p) ** gap_max
        if 1 / p - gap_max * rest / (1 - rest) > mean_gap:
            low = p
        else:
            high = p
    return (low + high) / 2


def sure_after_s(share: float, epoch_ns: int) -> float:
    """After so much silence a tag was away with 95 %: SMURF's ceil(ln(1 / delta) / p) epochs."""
    return math.ceil(math.log(1 / DOUBT) / share) * epoch_ns / SECOND_NS


def _read_points(quality: Quality) -> list[PointQuality]:
    pairs: dict[PointKey, list[TagAtPoint]] = {key: [] for key in sorted(quality.points)}
    for sums in quality.tags.values():
        for key, pair in sums.points.items():
            pairs[key].append(pair)
    return [_point_quality(quality, key, of_point) for key, of_point in pairs.items()]


def _point_quality(quality: Quality, key: PointKey, pairs: list[TagAtPoint]) -> PointQuality:
    sums = quality.points[key]
    pooled = _pooled(pair.steps for pair in pairs)
    louder = sum(sums.louder.values())
    return PointQuality(
        reader=key[0],
        antenna=key[1],
        zone=quality.plan.point(key).zone,
        reads=sums.reads,
        tags=len(pairs),
        reads_per_s=_rate(quality, sums.reads, sums.epochs),
        first_ns=sums.first_ns,
        last_ns=sums.last_ns,
        rssi_dbm_mean=_mean_dbm(sums.cdb_sum, sums.cdb_reads),
        rssi_dbm_p10=_percentile(sums, 0.1),
        rssi_dbm_p50=_percentile(sums, 0.5),
        rssi_dbm_p90=_percentile(sums, 0.9),
        read_share=read_share(pooled, quality.gap_max),
        louder_elsewhere=louder / sums.heard,
        louder_in=max(sorted(sums.louder), key=sums.louder.__getitem__, default=None),
        overhears=sums.heard >= HEARD_MIN and louder > sums.heard / 2,
    )


def _pooled(steps: Iterable[Steps]) -> Steps:
    """The steps of tags together; one that just passed by tells nothing, as by itself."""
    told = [each for each in steps if each.taken >= STEPS_MIN]
    return Steps(sum(each.taken for each in told), sum(each.epochs for each in told))


def _percentile(sums: PointSums, share: float) -> float | None:
    """The level below which this share of the reads lies, those of one dBm spread evenly."""
    wanted = share * sums.cdb_reads
    below = 0
    for level_dbm in sorted(sums.levels):
        within = sums.levels[level_dbm]
        if below + within >= wanted:
            return level_dbm - 0.5 + (wanted - below) / within
        below += within
    return None


def _rate(quality: Quality, reads: int, epochs: int) -> float:
    return reads / (epochs * quality.epoch_ns / SECOND_NS)


def _mean_dbm(cdb_sum: int, cdb_reads: int) -> float | None:
    return cdb_sum / cdb_reads / 100 if cdb_reads else None


def _worst_tags(quality: Quality) -> list[str]:
    """Tags about whom there is something to tell, the one that is missed most often first."""
    shares = {
        tag: read_share(sums.steps, quality.gap_max) for tag, sums in sorted(quality.tags.items())
    }
    told = [tag for tag, share in shares.items() if share is not None]
    return sorted(told, key=lambda tag: shares[tag] or 0.0)


def _tag_quality(quality: Quality, tag: str) -> TagQuality:
    sums = quality.tags[tag]
    share = read_share(sums.steps, quality.gap_max)
    return TagQuality(
        tag=tag,
        zone=max(sorted(sums.loudest), key=sums.loudest.__getitem__, default=None),
        reads=sums.reads,
        reads_per_s=_rate(quality, sums.reads, sums.epochs),
        epochs=sums.epochs,
        missed_epochs=sums.steps.epochs - sums.steps.taken,
        read_share=share,
        sure_after_s=None if share is None else sure_after_s(share, quality.epoch_ns),
        points=_tag_points(quality, sums),
    )


def _tag_points(quality: Quality, sums: TagSums) -> tuple[TagPoint, ...]:
    return tuple(
        TagPoint(
            reader=key[0],
            antenna=key[1],
            zone=quality.plan.point(key).zone,
            reads=pair.reads,
            reads_per_s=_rate(quality, pair.reads, pair.epochs),
            missed_epochs=pair.steps.epochs - pair.steps.taken,
            read_share=read_share(pair.steps, quality.gap_max),
            rssi_dbm_mean=_mean_dbm(pair.cdb_sum, pair.cdb_reads),
        )
        for key, pair in sorted(sums.points.items())
    )


def _cross_reads(quality: Quality) -> list[CrossRead]:
    pairs = sorted({(min(pair), max(pair)) for pair in quality.rivals})
    found = [_cross_read(quality, one, other) for one, other in pairs]
    return sorted(found, key=lambda each: (-each.share, each.louder, each.quieter))


def _cross_read(quality: Quality, one: str, other: str) -> CrossRead:
    ways = {way: quality.rivals.get(way) for way in ((one, other), (other, one))}
    epochs = {way: 0 if rivalry is None else rivalry.epochs for way, rivalry in ways.items()}
    louder, quieter = max(sorted(epochs), key=epochs.__getitem__)
    both = sum(epochs.values())
    rivalry = ways[louder, quieter]
    either = quality.zone_epochs[one] + quality.zone_epochs[other] - both
    return CrossRead(
        louder=louder,
        quieter=quieter,
        epochs=both,
        share=both / either,
        louder_share=epochs[louder, quieter] / both,
        margin_db=None if rivalry is None else _mean_dbm(rivalry.margin_cdb_sum, rivalry.margins),
    )
