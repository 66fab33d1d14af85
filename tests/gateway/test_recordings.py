from pathlib import Path

from gateway.entries import Observed, ReadGroup, Tick
from gateway.recordings import csv_entries, span_of
from tags.reads import Fix


def test_a_recording_of_positions_is_replayed_as_what_was_observed(tmp_path: Path) -> None:
    path = tmp_path / "fixes.csv"
    path.write_text(
        "time_ns,source,tag,lat,lon\n1000,gps,gps:van,52.5,13.4\n2000,gps,gps:van,52,13\n"
    )
    span = span_of(path)
    assert span is not None
    assert span.readers == ()
    begin, observed, tick = csv_entries(path, span, lambda _error: None)
    assert begin == Tick(1000)
    assert observed == Observed(
        2000,
        [
            Fix("gps:van", "gps", 1000, 1000, lat=52.5, lon=13.4),
            Fix("gps:van", "gps", 2000, 2000, lat=52.0, lon=13.0),
        ],
    )
    assert isinstance(tick, Tick)


def test_rows_after_the_end_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "reads.csv"
    path.write_text("time_ns,reader,antenna,tag,rssi_dbm\n1000,r,1,aa,-50\n9000,r,1,aa,-50\n")
    span = span_of(path)
    assert span is not None
    groups = [
        each
        for each in csv_entries(path, span, lambda _: None, 5000)
        if isinstance(each, ReadGroup)
    ]
    assert [[read.time_ns for read in group.reads] for group in groups] == [[1000]]
