"""Scores as cells of a table, the same wherever they are shown."""

from zones.scoring import Score

DWELL_HEAD = ("right zone", "false moves/min")
SPLICE_HEAD = ("on splices", "false moves/min", "latency p50", "p95", "missed")


def dwell_cells(score: Score | None) -> tuple[str, ...]:
    """Cells below `DWELL_HEAD`; dashes where there is no score."""
    if score is None:
        return ("-",) * len(DWELL_HEAD)
    return (f"{score.accuracy:.1%}", f"{score.false_per_minute:.2f}")


def splice_cells(score: Score | None) -> tuple[str, ...]:
    """Cells below `SPLICE_HEAD`; dashes where there is no score."""
    if score is None:
        return ("-",) * len(SPLICE_HEAD)
    missed = f"{score.missed}/{score.stays}"
    return (*dwell_cells(score), _seconds(score, 0.5), _seconds(score, 0.95), missed)


def _seconds(score: Score, quantile: float) -> str:
    seconds = score.latency_s(quantile)
    return "-" if seconds is None else f"{seconds:.1f} s"
