"""`tagwarden calibrate`: fits go into the site file, and nothing else in it changes."""

import re
from difflib import ndiff
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.site import parse_site
from tests.gateway.carried import HEADER, OTHER, SITE, TAG, ZONES, Depot, rows


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Depot:
    monkeypatch.setattr("gateway.calibrating.PIECES", 4)
    return Depot(tmp_path)


def calibrate(depot: Depot, *more: object, files: list[Path] | None = None) -> int:
    named = depot.files if files is None else files
    return main(["calibrate", *map(str, named), "--site", str(depot.site), *map(str, more)])


def biases(depot: Depot) -> dict[int, float]:
    settings = parse_site(depot.site.read_text(), env=None).settings
    return {number: antenna.bias_db for number, antenna in settings.readers[0].antennas.items()}


def test_bias_is_found_from_idle_reads_alone(depot: Depot) -> None:
    assert calibrate(depot) == 0
    found = biases(depot)
    assert found[2] - found[1] == pytest.approx(6, abs=1.5)
    assert found[1] - found[3] == pytest.approx(2, abs=1.5)
    assert "estimator" not in depot.site.read_text()


def test_with_a_truth_the_estimator_is_fitted_too(depot: Depot) -> None:
    assert calibrate(depot, "--truth", depot.truth) == 0
    assert "\nestimator:\n  kind: " in depot.site.read_text()
    assert any(biases(depot).values())


def test_comments_order_quotes_and_secrets_of_the_site_file_stay(depot: Depot) -> None:
    assert calibrate(depot, "--truth", depot.truth) == 0
    lines = list(ndiff(SITE.splitlines(), depot.site.read_text().splitlines()))
    gone = [line[2:].strip() for line in lines if line.startswith("- ")]
    assert gone == ["1: {zone: hall}", "3: {zone: yard, rssi_dbm_min: -80}"]
    assert "secret: ${NOT_SET_ANYWHERE}" in depot.site.read_text()


def test_what_is_written_passes_the_check(
    depot: Depot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(depot, "--truth", depot.truth) == 0
    capsys.readouterr()
    monkeypatch.setenv("NOT_SET_ANYWHERE", "whsec_" + "c2VjcmV0" * 5)
    assert main(["check", str(depot.site)]) == 0
    assert "fine" in capsys.readouterr().out


def test_calibrating_again_changes_nothing(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(depot, "--truth", depot.truth) == 0
    written = depot.site.read_bytes()
    capsys.readouterr()
    assert calibrate(depot, "--truth", depot.truth) == 0
    assert depot.site.read_bytes() == written
    assert "nothing to change" in capsys.readouterr().out


def test_replay_goes_by_what_was_written(depot: Depot, tmp_path: Path) -> None:
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    office = str(depot.files[1])
    assert main(["replay", office, "--site", str(depot.site), "--out", str(before)]) == 0
    assert calibrate(depot, "--truth", depot.truth) == 0
    assert main(["replay", office, "--site", str(depot.site), "--out", str(after)]) == 0
    assert before.read_text().count('"moved"') >= after.read_text().count('"moved"')
    assert after.read_text().splitlines()[-1].count('"to":"office"') == 1


def test_the_table_scores_each_file_before_and_after(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(depot, "--truth", depot.truth) == 0
    told = capsys.readouterr().out
    for path in depot.files:
        assert re.search(rf"^{path.name} .*% → .*%", told, re.MULTILINE)
    totals = re.findall(r"^all .*", told, re.MULTILINE)
    assert len(totals) == 2
    assert re.search(r"\d+/\d+ → 0/\d+$", totals[1])


def test_a_dry_run_says_what_it_would_write_and_writes_nothing(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(depot, "--dry-run") == 0
    assert depot.site.read_text() == SITE
    told = capsys.readouterr().out
    assert "+      1: {zone: hall, bias_db: " in told
    assert "nothing is written" in told


def test_lines_around_a_change_say_which_antenna_it_is_of(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(depot, "--dry-run") == 0
    told = capsys.readouterr().out.splitlines()
    (added,) = [at for at, line in enumerate(told) if line.startswith("+        bias_db: ")]
    assert "         zone: office  # behind the pillar" in told[added - 2 : added]


def test_an_antenna_that_was_hardly_read_is_named(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    few = [row for row in rows(1) if ",dock,3," not in row] + rows(3, 1)[2:12:3]
    assert calibrate(depot, files=[depot.record("few.csv", few)]) == 0
    assert "dock/3: 4 reads with a level are too few to tell" in capsys.readouterr().err
    assert biases(depot)[3] == 0


def test_too_few_reads_for_any_antenna_are_refused(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(depot, files=[depot.record("few.csv", rows(1)[:9])]) == 1
    assert "too few reads" in capsys.readouterr().err


def test_a_symbolic_link_to_the_site_file_stays_one(depot: Depot, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(depot.site)
    depot.site.chmod(0o640)
    assert main(["calibrate", *map(str, depot.files), "--site", str(link)]) == 0
    assert link.is_symlink()
    assert "bias_db" in depot.site.read_text()
    assert depot.site.stat().st_mode & 0o777 == 0o640


def test_a_read_only_site_file_is_refused_before_the_work(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    depot.site.chmod(0o444)
    assert calibrate(depot) == 1
    assert "is read-only" in capsys.readouterr().err
    assert calibrate(depot, "--dry-run") == 0


def test_a_site_file_that_somebody_changed_meanwhile_is_left_alone(
    depot: Depot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = SITE.replace("# Three rooms", "# Four rooms")

    def change(*_given: object) -> None:
        depot.site.write_text(theirs)

    monkeypatch.setattr("gateway.calibrate_command.show_progress", change)
    assert calibrate(depot) == 1
    assert depot.site.read_text() == theirs
    assert "was changed meanwhile" in capsys.readouterr().err
    assert sorted(path.name for path in depot.folder.iterdir() if "part" in path.name) == []


def test_an_alias_that_two_antennas_share_is_refused_with_a_reason(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = SITE.replace("1: {zone: hall}", "1: &room {zone: hall}").replace(
        "2:\n        zone: office  # behind the pillar", "2: *room"
    )
    depot.site.write_text(shared)
    assert calibrate(depot) == 1
    assert depot.site.read_text() == shared
    assert "aliases" in capsys.readouterr().err


@pytest.mark.parametrize("kept", [1, 2])
def test_where_no_file_can_be_left_out_that_is_said(
    depot: Depot, kept: int, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [depot.files[0], depot.files[1]][:kept]
    if kept == 1:
        depot.tell({"hall.csv": {"stays": [stay(0, "hall"), stay(20, "office")]}})
    assert calibrate(depot, "--truth", depot.truth, files=files) == 0
    assert "leaving one file out is not possible" in capsys.readouterr().err


def stay(at_s: int, zone: str) -> dict[str, str]:
    return {"from": f"2026-09-21T14:13:{20 + at_s}Z", "zone": zone}


def test_one_file_from_several_zones_is_known_step_by_step(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [*rows(1, 20), *rows(2, 20, start_s=20)]
    both = [depot.record(f"both-{n}.csv", steps) for n in range(2)]
    known = {"stays": [stay(0, "hall"), stay(20, "office")]}
    depot.tell({path.name: known for path in both})
    assert calibrate(depot, "--truth", depot.truth, files=both) == 0
    assert "hall, office" in capsys.readouterr().out


def test_of_several_tags_the_carried_one_must_be_named(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    depot.record("hall.csv", sorted([*rows(1), *rows(2, tag=OTHER)]))
    assert calibrate(depot, "--truth", depot.truth) == 1
    assert 'Add "tag" to its truth' in capsys.readouterr().err
    truth = {f"{zone}.csv": {"antenna": n} for n, zone in ZONES.items()}
    depot.tell({**truth, "hall.csv": {"antenna": 1, "tag": TAG.upper()}})
    assert calibrate(depot, "--truth", depot.truth, files=depot.files[:3]) == 0


def test_antennas_that_no_zone_names_are_told_and_left_out(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = [row.replace("dock,1", "dock,9") for row in rows(1)]
    path = depot.record("strange.csv", strange)
    assert calibrate(depot, files=[path]) == 0
    assert "dock/9" in capsys.readouterr().err
    assert set(biases(depot)) == {1, 2, 3}


@pytest.mark.parametrize(
    ("name", "lines", "told"),
    [
        ("gone.csv", None, "no such file"),
        ("empty.csv", [HEADER], "no read"),
        ("fixes.csv", ["time_ns,source,tag,x_m,y_m", f"1,gps,{TAG},1,1"], "no read"),
        ("elsewhere.csv", [HEADER, f"1,attic,7,{TAG},-50"], "attic/7: no zone"),
        ("words.csv", ["once upon a time"], "column"),
    ],
)
def test_a_recording_that_is_of_no_use_is_refused(
    depot: Depot, name: str, lines: list[str] | None, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if lines is not None:
        depot.write(name, "\n".join(lines) + "\n")
    assert calibrate(depot, files=[*depot.files, depot.folder / name]) == 1
    assert told in capsys.readouterr().err
    assert depot.site.read_text() == SITE


@pytest.mark.parametrize(
    ("dwell", "told"),
    [
        ({}, "says nothing about"),
        ({"hall.csv": {"antenna": 9}}, "no antenna dock/9 with a zone"),
        ({"hall.csv": {"zone": "halll"}}, "did you mean 'hall'?"),
        ({"hall.csv": {"zone": "hall", "antenna": 1}}, "hall.csv: give either"),
        ({"hall.csv": {}}, "either"),
        ({"hall.csv": {"zome": "hall"}}, "zome"),
        ({"hall.csv": {"zone": "hall", "tag": "e200"}}, "no read of the tag e200"),
        ({"hall.csv": {"stays": [stay(20, "hall"), stay(0, "yard")]}}, "order of time"),
        ({"hall.csv": {"stays": [{"from": "noon", "zone": "hall"}]}}, "RFC 3339"),
        ({"a/hall.csv": {"zone": "hall"}, "b/hall.csv": {"zone": "yard"}}, "could be any"),
        ({"hall.csv": {"zone": "hall"}}, "two zones"),
    ],
)
def test_a_truth_that_does_not_fit_is_refused(
    depot: Depot, dwell: dict[str, object], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    depot.tell(dwell)
    assert calibrate(depot, "--truth", depot.truth, files=depot.files[:1]) == 1
    assert told in capsys.readouterr().err
    assert depot.site.read_text() == SITE


@pytest.mark.parametrize(
    ("truth", "told"), [(None, "no such file"), ("[]", "truth.json"), ("{}", "dwell")]
)
def test_a_truth_file_that_is_none_is_refused(
    depot: Depot, truth: str | None, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    depot.truth.unlink()
    if truth is not None:
        depot.truth.write_text(truth)
    assert calibrate(depot, "--truth", depot.truth) == 1
    assert told in capsys.readouterr().err


def test_a_file_that_is_named_twice_is_refused(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(depot, files=[depot.files[0], depot.files[0]]) == 1
    assert "named twice" in capsys.readouterr().err


def test_a_broken_site_file_is_told_by_line(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    depot.site.write_text(SITE.replace("zones:", "zomes:"))
    assert calibrate(depot) == 1
    assert re.search(r"site\.yaml:\d+: ", capsys.readouterr().err)


def test_zones_that_no_file_is_from_are_told(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [depot.files[n] for n in (0, 1, 3, 4)]
    assert calibrate(depot, "--truth", depot.truth, files=files) == 0
    assert "no file is from yard" in capsys.readouterr().err


def test_a_bias_that_is_rather_where_the_tags_lay_is_told(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    lying = [row for row in rows(1) if ",dock,1," in row or ",dock,3," in row]
    beside = [re.sub(r"-(\d+\.\d)$", "-30.0", row) if ",dock,1," in row else row for row in lying]
    assert calibrate(depot, "--dry-run", files=[depot.record("lying.csv", beside)]) == 0
    assert "did most tags lie beside one?" in capsys.readouterr().err


def test_a_byte_order_mark_of_the_site_file_stays(depot: Depot) -> None:
    depot.site.write_bytes(b"\xef\xbb\xbf" + SITE.encode())
    assert calibrate(depot) == 0
    assert depot.site.read_bytes().startswith(b"\xef\xbb\xbf# Three rooms")


def test_a_site_file_that_is_no_text_or_not_there_is_refused(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    depot.site.write_bytes(b"\xff\xfe")
    assert calibrate(depot) == 1
    assert "is not UTF-8 text" in capsys.readouterr().err
    depot.site.unlink()
    assert calibrate(depot) == 1
    assert "no such file" in capsys.readouterr().err
