"""The site file over HTTP: edits reach the file and the pipeline, and can be undone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.site_file import SiteFile, replace_site_file
from gateway.site_secrets import MASK
from tests.api.sited import SECRET, TEXT, Json, Sited, sited

YARD = {"name": "yard", "floor": "ground", "polygon": [[46, 0], [60, 0], [60, 10]]}
YAML = {"accept": "application/yaml"}
SENT = {"content-type": "application/yaml"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Sited]:
    async with sited(tmp_path) as found:
        yield found


def wrong(answer: httpx.Response) -> dict[str, str]:
    """What a problem says by field."""
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


async def test_an_added_zone_is_in_the_file_and_in_force_with_the_answer(site: Sited) -> None:
    answer = await site.admin.post("/zones", json=YARD, params={"why": "the yard is fenced"})
    assert answer.status_code == 201, answer.text
    line = "  - {name: yard, floor: ground, polygon: [[46, 0], [60, 0], [60, 10]]}\n"
    assert site.text == TEXT.replace("\n\nreaders:", f"\n{line}\nreaders:")
    assert site.zones == ["hall", "gate", "yard"]
    told = answer.json()
    assert (told["number"], told["settings"]) == (2, YARD)
    assert f"+{line}" in told["changes"]
    shown = await site.viewer.get("/zones/yard")
    assert shown.json()["polygon"] == [[46, 0], [60, 0], [60, 10]]
    assert shown.headers["etag"] == answer.headers["etag"]


async def test_every_edit_has_a_number_a_reason_and_a_line_in_the_audit_log(site: Sited) -> None:
    await site.admin.post("/zones", json=YARD, params={"why": "the yard is fenced"})
    await site.change("PATCH", "/zones/yard", json={"role": "shipping"})
    versions = (await site.admin.get("/site/versions")).json()["items"]
    assert [(each["number"], each["by"], each["why"]) for each in versions] == [
        (3, "admin key", ""),
        (2, "admin key", "the yard is fenced"),
        (1, "site file", ""),
    ]
    lines = (await site.admin.get("/audit", params={"action": "site.edited"})).json()["items"]
    assert [(line["actor"], line["target"], line["why"]) for line in lines] == [
        ("admin key", "zones/yard", ""),
        ("admin key", "zones/yard", "the yard is fenced"),
    ]
    assert lines[1]["detail"] == {"before": versions[2]["version"], "after": versions[1]["version"]}


async def test_a_version_that_is_brought_back_is_a_new_one(site: Sited) -> None:
    await site.admin.post("/zones", json=YARD)
    changes = await site.admin.get("/site/versions/2/changes")
    added = [line for line in changes.text.splitlines() if line.startswith("+  ")]
    assert len(added) == 1
    answer = await site.admin.post(
        "/site/versions/1/restore", headers={"if-match": await site.etag("/site")}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["number"] == 3
    assert site.text == TEXT
    assert site.zones == ["hall", "gate"]
    assert (await site.admin.get("/site")).json()["number"] == 3


async def test_a_rename_keeps_the_history_and_all_that_names_it_follows(site: Sited) -> None:
    answer = await site.change("PATCH", "/zones/hall", json={"name": "lobby"})
    assert answer.status_code == 200, answer.text
    assert "  - name: lobby   # the big one\n" in site.text
    assert "    was: hall\n" in site.text
    assert "    zone: lobby\n" in site.text
    assert "fence: [lobby]" in site.text
    assert site.zones == ["lobby", "gate"]


async def test_an_undone_rename_says_where_the_history_stays(site: Sited) -> None:
    renamed = await site.change("PATCH", "/zones/hall", json={"name": "lobby"})
    assert renamed.json()["warnings"] == []
    undone = await site.admin.post(
        "/site/versions/1/restore", headers={"if-match": await site.etag("/site")}
    )
    assert undone.status_code == 200, undone.text
    (warning,) = undone.json()["warnings"]
    assert (warning["key"], warning["severity"]) == ("zones[hall]", "warning")
    assert "`was: lobby`" in warning["message"]
    again = await site.admin.post(
        "/site/versions/2/restore", headers={"if-match": await site.etag("/site")}
    )
    assert again.json()["warnings"] == []


async def test_what_is_named_elsewhere_can_not_be_taken_out(site: Sited) -> None:
    answer = await site.change("DELETE", "/channels/desk")
    assert answer.status_code == 422
    said = "line 21: there is no channel 'desk'; known: guards"
    assert wrong(answer) == {"rules[laptops stay in].notify[0]": said}
    assert site.text == TEXT


async def test_an_entry_is_taken_out_with_its_lines_only(site: Sited) -> None:
    answer = await site.change("DELETE", "/channels/guards")
    assert answer.status_code == 200, answer.text
    assert site.text == TEXT[: TEXT.index("  - name: guards")] + "# the end\n"


async def test_secrets_are_never_shown_and_kept_when_the_mask_comes_back(site: Sited) -> None:
    shown = await site.admin.get("/channels/guards/settings")
    assert shown.json()["secret"] == MASK
    answer = await site.change("PATCH", "/channels/guards", json={"timeout_s": 5})
    assert answer.status_code == 200, answer.text
    entry: Json = shown.json() | {"timeout_s": 7}
    changed = await site.admin.put(
        "/channels/guards", json=entry, headers={"if-match": answer.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    text = await site.admin.get("/site", headers=YAML)
    whole = await site.admin.put(
        "/site",
        content=text.text.replace("timeout_s: 7", "timeout_s: 9"),
        headers={**SENT, "if-match": text.headers["etag"]},
    )
    assert whole.status_code == 200, whole.text
    assert f"    secret: {SECRET}   # until the vault is there\n    timeout_s: 9\n" in site.text
    paths = ("/site/versions/2", "/site/versions/2/changes", "/site/versions", "/audit")
    shown_later = [await site.admin.get(path) for path in paths]
    told = [shown, answer, changed, text, whole, *shown_later]
    assert [each.url for each in told if SECRET in each.text] == []


async def test_the_whole_text_is_checked_before_it_replaces_the_file(site: Sited) -> None:
    etag = await site.etag("/site")
    bad = TEXT.replace("role: exit", "role: exitt")
    checked = await site.admin.post("/site/check", content=bad, headers=SENT)
    assert checked.json()["valid"] is False
    assert [(each["line"], each["key"]) for each in checked.json()["problems"]] == [
        (12, "zones[gate].role")
    ]
    answer = await site.admin.put("/site", content=bad, headers={**SENT, "if-match": etag})
    assert answer.status_code == 422
    assert set(wrong(answer)) == {"zones[gate].role"}
    assert site.text == TEXT
    good = TEXT.replace("Riverside, drawn", "Riverside, redrawn")
    answer = await site.admin.put("/site", content=good, headers={**SENT, "if-match": etag})
    assert answer.status_code == 200, answer.text
    assert site.text == good


async def test_parts_that_are_no_lists_are_patched(site: Sited) -> None:
    patch = {"history": {"keep_days": 90}, "limits": None}
    answer = await site.change("PATCH", "/site", json=patch)
    assert answer.status_code == 200, answer.text
    assert site.text == TEXT.replace("# the end", "history:\n  keep_days: 90\n# the end")
    assert site.gateway.site.settings.history.keep_days == 90


async def test_an_edit_by_hand_is_taken_over_before_the_next_one(site: Sited) -> None:
    by_hand = TEXT.replace("size_m: [60, 40]", "size_m: [70, 40]")
    await asyncio.to_thread(site.path.write_text, by_hand)
    answer = await site.admin.post("/zones", json=YARD)
    assert answer.status_code == 201, answer.text
    assert "size_m: [70, 40]" in site.text
    versions = (await site.admin.get("/site/versions")).json()["items"]
    assert [each["by"] for each in versions] == ["admin key", "site file", "site file"]


async def test_a_file_broken_by_hand_is_mended_as_a_whole_only(site: Sited) -> None:
    await asyncio.to_thread(site.path.write_text, TEXT.replace("role: exit", "role: exitt"))
    answer = await site.admin.post("/zones", json=YARD)
    assert answer.status_code == 409
    state = (await site.admin.get("/site")).json()
    assert state["version"] != state["file_version"]
    assert [each["key"] for each in state["problems"]] == ["zones[gate].role"]
    mended = await site.change("PUT", "/site", content=TEXT, headers=SENT)
    assert mended.status_code == 200, mended.text
    assert site.text == TEXT


async def test_a_file_that_changes_while_it_is_edited_is_not_overwritten(
    site: Sited, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = TEXT.replace("Riverside", "Hillside")

    def late(file: SiteFile, text: str) -> None:
        site.path.write_text(by_hand)
        replace_site_file(file, text)

    monkeypatch.setattr("gateway.site_desk.replace_site_file", late)
    answer = await site.admin.post("/zones", json=YARD)
    assert answer.status_code == 412
    assert site.text == by_hand


async def test_a_read_only_file_is_not_edited(site: Sited) -> None:
    await asyncio.to_thread(site.path.chmod, 0o444)
    answer = await site.admin.post("/zones", json=YARD)
    assert answer.status_code == 409
    assert (await site.admin.get("/site")).json()["read_only"] is True
    assert site.text == TEXT


async def test_the_mode_of_the_file_and_its_line_ends_stay(tmp_path: Path) -> None:
    text = "\ufeff" + TEXT.replace("\n", "\r\n")
    async with sited(tmp_path, text) as site:
        await asyncio.to_thread(site.path.chmod, 0o640)
        answer = await site.admin.post("/zones", json=YARD)
        assert answer.status_code == 201, answer.text
        assert site.text.startswith("\ufeff#")
        assert site.text.count("\n") == site.text.count("\r\n") == text.count("\n") + 1
        assert site.path.stat().st_mode & 0o777 == 0o640


async def test_without_a_file_all_is_shown_and_nothing_edited(tmp_path: Path) -> None:
    async with sited(tmp_path, None) as site:
        assert (await site.admin.get("/site")).json()["file"] is None
        assert (await site.admin.post("/zones", json=YARD)).status_code == 409
        rehearsed = await site.admin.post("/zones", json=YARD, params={"dry_run": "true"})
        assert rehearsed.status_code == 200, rehearsed.text


async def test_edits_at_the_same_time_come_one_after_the_other(site: Sited) -> None:
    made = await asyncio.gather(
        *(site.admin.post("/rules", json={"name": f"r{n}", "fence": ["hall"]}) for n in range(5))
    )
    assert [answer.status_code for answer in made] == [201] * 5
    assert sorted(answer.json()["number"] for answer in made) == [2, 3, 4, 5, 6]
    assert len(site.gateway.site.settings.rules) == 6


async def test_a_restart_goes_on_with_what_was_edited(tmp_path: Path) -> None:
    async with sited(tmp_path) as site:
        await site.admin.post("/zones", json=YARD)
    text = await asyncio.to_thread((tmp_path / "site.yaml").read_text)
    async with sited(tmp_path, text, keys_again=True) as site:
        assert site.zones == ["hall", "gate", "yard"]
        assert (await site.admin.get("/site")).json()["number"] == 2
