"""`tagwarden replay --compare`: what two site files decide differently about one recording."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli import main
from gateway.differences import Decision, decision_of, differences
from tags.times import SECOND_NS
from tests.gateway.carried import SITE, TAG, Depot, rows

HALL_THEN_YARD = [*rows(1, 20), *rows(3, 20, start_s=20)]
RULED = SITE + "rules:\n  - {name: stay in, kind: exit, fence: [hall]}\n"


@pytest.fixture
def depot(tmp_path: Path) -> Depot:
    depot = Depot(tmp_path)
    depot.record("walk.csv", HALL_THEN_YARD)
    depot.write("slow.yaml", SITE + "estimator: {kind: window, window_s: 8, hysteresis_db: 6}\n")
    depot.write("assets.csv", f"id,tags\nL7,{TAG}\n")
    return depot


def compare(depot: Depot, a: str, b: str, *more: object) -> int:
    paths = [str(depot.folder / name) for name in ("walk.csv", a, b)]
    return main(["replay", paths[0], "--compare", *paths[1:], *map(str, more)])


def test_a_site_file_differs_in_nothing_from_itself(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(depot, "site.yaml", "site.yaml") == 0
    told = capsys.readouterr().out
    assert "A and B decide the same at the same times." in told
    assert "only in" not in told


def test_differences_are_told_with_local_times_and_counted(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(depot, "site.yaml", "slow.yaml") == 0
    told = capsys.readouterr().out
    assert "movements" in told
    assert "+02:00" in told
    assert "hall → yard" in told


def test_alerts_of_other_rules_are_only_in_one(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = "estimator: {kind: window, window_s: 2, hysteresis_db: 0}\n"
    depot.write("a.yaml", SITE + quick)
    depot.write("ruled.yaml", RULED.replace("kind: exit, ", "") + quick)
    out = depot.folder / "differences.jsonl"
    assets = depot.folder / "assets.csv"
    assert compare(depot, "a.yaml", "ruled.yaml", "--assets", assets, "--out", out) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    alerts = [line for line in lines if line["type"] == "alert"]
    assert {line["difference"] for line in alerts} == {"only_b"}
    assert alerts[0]["subject"] == "L7"
    assert "raised “stay in”" in capsys.readouterr().out


def test_scores_stand_side_by_side_where_the_truth_is_known(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [
        {"from": "2026-09-21T14:13:20Z", "zone": "hall"},
        {"from": "2026-09-21T14:13:40Z", "zone": "yard"},
    ]
    truth = depot.tell({"walk.csv": {"stays": known}})
    assert compare(depot, "site.yaml", "slow.yaml", "--truth", truth) == 0
    told = capsys.readouterr().out
    assert "right zone" in told
    assert "false moves/min" in told


def test_a_truth_about_other_recordings_is_refused(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(depot, "site.yaml", "slow.yaml", "--truth", depot.truth) == 1
    assert "says nothing about" in capsys.readouterr().err


def test_a_truth_about_a_tag_that_was_not_read_is_refused(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = depot.tell({"walk.csv": {"zone": "hall", "tag": "e200"}})
    assert compare(depot, "site.yaml", "slow.yaml", "--truth", truth) == 1
    assert "no read of the tag e200" in capsys.readouterr().err


def test_where_neither_decides_anything_they_are_not_said_to_agree(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    far = depot.record("far.csv", [row.replace(",dock,", ",pier,") for row in rows(1)])
    sites = [str(depot.site), str(depot.site)]
    assert main(["replay", str(far), "--compare", *sites]) == 0
    assert "A and B decide nothing." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--rules", "site.yaml"], "--rules"),
        (["--until", "noon"], "--until"),
        (["--truth", "gone.json"], "no such file"),
        (["--out", "site.yaml"], "is the file"),
    ],
)
def test_what_makes_no_sense_is_refused(
    depot: Depot,
    more: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(depot.folder)
    assert compare(depot, "site.yaml", "slow.yaml", *more) == 1
    assert told in capsys.readouterr().err


def test_a_truth_without_a_comparison_is_refused(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(depot.files[0]), "--site", str(depot.site), "--truth", str(depot.truth)]
    assert main(["replay", *files]) == 1
    assert "--compare" in capsys.readouterr().err


def test_either_a_site_or_a_comparison_is_asked_for(depot: Depot) -> None:
    for more in ([], ["--site", str(depot.site), "--compare", "a.yaml", "b.yaml"]):
        with pytest.raises(SystemExit) as ended:
            main(["replay", str(depot.files[0]), *more])
        assert ended.value.code == 2


def test_bad_rows_are_told_once_and_make_the_exit_code_1(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    depot.record("walk.csv", [*HALL_THEN_YARD, "soon,dock,1,ee,-50"])
    assert compare(depot, "site.yaml", "slow.yaml") == 1
    assert capsys.readouterr().err.count("time_ns") == 1


def moved(at_s: float, to_zone: str = "office", tag: str = TAG, decided_s: float = 0.5) -> Decision:
    line: dict[str, Any] = {
        "type": "movement",
        "id": f"{tag}{at_s}",
        "time": f"2026-01-31T08:00:{at_s:06.3f}Z",
        "decided": f"2026-01-31T08:00:{at_s + decided_s:06.3f}Z",
        "tag": tag,
        "asset": None,
        "kind": "moved",
        "from": "hall",
        "to": to_zone,
        "late": False,
    }
    decision = decision_of(line)
    assert decision is not None
    return decision


def test_the_same_move_a_bit_later_is_one_that_shifted() -> None:
    found = differences([moved(1)], [moved(2.5)])
    [shift] = found.shifted
    assert (shift.time_ns, shift.decided_ns) == (1_500_000_000, 1_500_000_000)
    assert not found.only_a
    assert not found.only_b


def test_a_move_decided_later_is_one_that_shifted() -> None:
    [shift] = differences([moved(1)], [moved(1, decided_s=2.5)]).shifted
    assert (shift.time_ns, shift.decided_ns) == (0, 2 * SECOND_NS)


def test_what_is_far_apart_or_of_other_content_is_in_one_only() -> None:
    found = differences([moved(1)], [moved(12)])
    assert (len(found.only_a), len(found.only_b)) == (1, 1)
    found = differences([moved(1)], [moved(1, "yard"), moved(1, tag="ee")])
    assert (len(found.only_a), len(found.only_b)) == (1, 2)


def test_the_nearest_in_time_are_matched() -> None:
    found = differences([moved(1), moved(8)], [moved(7), moved(14)])
    assert [(shift.a, shift.b) for shift in found.shifted] == [(moved(8), moved(7))]


def test_a_line_that_is_no_decision_is_left_out() -> None:
    assert decision_of({"type": "measurement"}) is None


decisions = st.lists(
    st.builds(moved, st.integers(0, 40), st.sampled_from(["office", "yard"])), max_size=12
)


@given(decisions, decisions)
def test_every_decision_is_in_exactly_one_group(a: list[Decision], b: list[Decision]) -> None:
    found = differences(a, b)
    both = [*found.same, *(shift.a for shift in found.shifted), *found.only_a]
    theirs = [*found.same, *(shift.b for shift in found.shifted), *found.only_b]
    assert sorted(both) == sorted(a)
    assert sorted(theirs) == sorted(b)


@given(decisions, decisions)
def test_who_is_called_a_does_not_matter(a: list[Decision], b: list[Decision]) -> None:
    there, back = differences(a, b), differences(b, a)
    assert sorted(there.same) == sorted(back.same)
    assert len(there.shifted) == len(back.shifted)
    assert len(there.only_a) == len(back.only_b)
