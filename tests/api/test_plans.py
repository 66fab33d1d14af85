"""Pictures of floors over HTTP: kept under names of ours, and never anything but pictures."""

import asyncio
from io import BytesIO
from pathlib import Path

import httpx
from PIL import Image

from tests.api.fake_gateway import FakeDesk
from tests.api.sited import sited
from tests.api.test_pictures import KINDS, bomb, chunk, picture

PLAN = "/api/v1/floors/ground/plan"


def sent_as(kind: str) -> dict[str, str]:
    return {"content-type": kind}


def named_plan(desk: FakeDesk, name: str) -> None:
    """Let the site file name a picture, as somebody does by hand."""
    text = desk.site_edits.file.read_text()
    desk.site_edits.file.write_text(text.replace("size_m: [60, 40]", f'plan: "{name}"'))


async def test_a_picture_is_kept_named_in_the_site_file_and_shown(tmp_path: Path) -> None:
    async with sited(tmp_path) as site:
        assert (await site.viewer.get("/floors/ground/plan")).status_code == 404
        answer = await site.admin.put(
            "/floors/ground/plan",
            content=picture("JPEG"),
            headers=sent_as("image/jpeg"),
            params={"why": "first drawing"},
        )
        assert answer.status_code == 200, answer.text
        name = answer.json()["settings"]["plan"]
        assert f"  - {{name: ground, size_m: [60, 40], plan: {name}}}\n" in site.text.replace(
            '"', ""
        )
        kept = await asyncio.to_thread(lambda: [*(tmp_path / "data/plans").iterdir()])
        assert [each.name for each in kept] == [name]
        shown = await site.viewer.get("/floors/ground/plan")
        assert shown.headers["content-type"] == "image/png"
        assert shown.headers["cache-control"] == "private, no-cache"
        with Image.open(BytesIO(shown.content)) as found:
            assert found.size == (60, 40)
        again = {"if-none-match": shown.headers["etag"]}
        assert (await site.viewer.get("/floors/ground/plan", headers=again)).status_code == 304
        floor = (await site.viewer.get("/floors/ground")).json()
        assert floor["plan"] == "/api/v1/floors/ground/plan"


async def test_a_version_that_comes_back_has_its_picture_back(tmp_path: Path) -> None:
    async with sited(tmp_path) as site:
        for kind in ("PNG", "WEBP"):
            await site.admin.put(
                "/floors/ground/plan", content=picture(kind), headers=sent_as(KINDS[kind])
            )
        newest = (await site.viewer.get("/floors/ground/plan")).headers["etag"]
        match = {"if-match": await site.etag("/site")}
        await site.admin.post("/site/versions/2/restore", headers=match)
        former = (await site.viewer.get("/floors/ground/plan")).headers["etag"]
        assert former != newest


async def test_a_condition_on_a_picture_is_kept(admin: httpx.AsyncClient) -> None:
    png = sent_as("image/png")
    new = {**png, "if-none-match": "*"}
    assert (await admin.put(PLAN, content=picture("PNG"), headers=new)).status_code == 200
    assert (await admin.put(PLAN, content=picture("PNG"), headers=new)).status_code == 412
    old = {**png, "if-match": '"0123"'}
    assert (await admin.put(PLAN, content=picture("PNG"), headers=old)).status_code == 412
    now = {**png, "if-match": (await admin.get(PLAN)).headers["etag"]}
    assert (await admin.put(PLAN, content=picture("PNG"), headers=now)).status_code == 200


async def test_what_is_no_picture_is_refused_and_not_kept(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    sent = [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/svg+xml", 415),
        (b"<svg/>", "image/png", 422),
        (picture("PNG"), "image/jpeg", 422),
        (picture("PNG"), "application/octet-stream", 415),
        (picture("PNG")[:-30], "image/png", 422),
        (picture("JPEG") + b"<?php", "image/jpeg", 422),
        (bomb(30_000, 30_000), "image/png", 422),
        (b"", "image/png", 422),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "image/png", 422),
    ]
    for content, kind, status in sent:
        answer = await admin.put(PLAN, content=content, headers=sent_as(kind))
        assert answer.status_code == status, (content[:20], kind, answer.text)
    assert not desk.site_edits.file.with_name("plans").exists()


async def test_a_picture_over_20_mb_is_refused(admin: httpx.AsyncClient) -> None:
    large = bytes((20 << 20) + 1)
    answer = await admin.put(PLAN, content=large, headers=sent_as("image/png"))
    assert answer.status_code == 413


async def test_a_picture_of_a_floor_that_there_is_not_is_refused(admin: httpx.AsyncClient) -> None:
    for floor in ("attic", "..%2f..%2fetc", "ground%00"):
        path = f"/api/v1/floors/{floor}/plan"
        headers = sent_as("image/png")
        assert (await admin.put(path, content=picture("PNG"), headers=headers)).status_code == 404
        assert (await admin.get(path)).status_code == 404


async def test_a_picture_beside_the_site_file_is_shown(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.site_edits.file.with_name("ground.png").write_bytes(picture("PNG"))
    named_plan(desk, "ground.png")
    await desk.site_edits.reread()
    shown = await admin.get(PLAN)
    assert shown.status_code == 200, shown.text
    assert shown.content == picture("PNG")


async def test_nothing_but_pictures_beside_the_site_file_is_ever_opened(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    folder = desk.site_edits.file.parent
    text = desk.site_edits.file.read_text()
    (folder.parent / "outside.png").write_bytes(picture("PNG"))
    (folder / "link.png").symlink_to(folder.parent / "outside.png")
    (folder / "notes.png").write_text("planted", encoding="utf-8")
    for name in (
        "../outside.png",
        "/etc/passwd",
        "link.png",
        "state.db",
        "notes.png",
        "plans/../../outside.png",
        "plan-0123456789abcdef0123456789abcdef.png",
        "a\\u0000b.png",
        "..",
        ".",
        "",
    ):
        desk.site_edits.file.write_text(text)
        named_plan(desk, name)
        await desk.site_edits.reread()
        shown = await admin.get(PLAN)
        assert shown.status_code in {404, 409}, name
        assert "planted" not in shown.text
