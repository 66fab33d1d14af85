"""Delivery as the API may ask for it, on a whole gateway: who did it stands in the audit log."""

import asyncio
from pathlib import Path

import httpx

from tests.delivery.receiver import listening, reply
from tests.gateway.depot import Depot, depot, hook, site_text
from tests.gateway.made import within


async def audited(at: Depot) -> list[tuple[str, str, str]]:
    query = (
        "SELECT actor, action, target FROM audit WHERE action IN"
        " ('channel.test', 'delivery.redeliver') ORDER BY number"
    )
    return await at.gateway.collector.transact(lambda db: db.execute(query).fetchall())


async def dead_ids(client: httpx.AsyncClient, count: int) -> list[str]:
    """The dead letters, once there are so many."""
    async with asyncio.timeout(20):
        while True:
            found = await client.get("/api/v1/deliveries", params={"state": "dead", "sort": "seq"})
            ids = [row["id"] for row in found.json()["items"]]
            if len(ids) == count:
                return ids
            await asyncio.sleep(0.02)


async def test_people_test_channels_and_send_dead_letters_again(tmp_path: Path) -> None:
    async with listening() as guards:
        guards.answers = [reply(400), reply(404), reply(200), reply(400)]
        site = site_text(hook(guards), "guards")
        async with depot(tmp_path, site) as at, at.client() as client:
            for laptop in (0, 1):
                await at.walk_out(laptop)
                await within(lambda n=laptop: len(guards.posts) == n + 1)  # type: ignore[misc] # bound for the loop
            dead = await dead_ids(client, 2)
            sent = await client.post("/api/v1/channels/guards/test")
            await within(lambda: len(guards.posts) == 3)
            await client.post(f"/api/v1/deliveries/{dead[0]}/redeliver")
            await within(lambda: len(guards.posts) == 4)
            assert await dead_ids(client, 2) == dead
            both = await client.post("/api/v1/deliveries/redeliver", json={"channel": "guards"})
            assert both.json() == {"redelivered": 2, "more": False}
            await within(lambda: len(guards.posts) == 6)
            await at.gateway.collector.transact(
                lambda db: db.execute("UPDATE outbox SET channel = 'gone' WHERE id = ?", dead[:1])
            )
            gone = await client.post(f"/api/v1/deliveries/{dead[0]}/redeliver")
            assert (gone.status_code, "has no channel" in gone.text) == (409, True)
            for nobody in ("deliveries/none/redeliver", "channels/none/test"):
                assert (await client.post(f"/api/v1/{nobody}")).status_code == 404
            wrong = await client.post("/api/v1/deliveries/redeliver", json={"channel": "none"})
            assert wrong.status_code == 422
            lines = await audited(at)
    assert sent.json()["delivery"] in {post.headers["webhook-id"] for post in guards.posts}
    _, actions, targets = zip(*lines, strict=True)
    assert actions == ("channel.test", *["delivery.redeliver"] * 3)
    assert targets == ("guards", dead[0], *dead)


async def test_the_metrics_tell_what_is_owed_and_how_channels_are(tmp_path: Path) -> None:
    async with listening() as guards:
        guards.answers = [reply(410)]
        site = site_text(hook(guards), "guards")
        async with depot(tmp_path, site) as at, at.client() as client:
            await at.walk_out(0)
            await within(lambda: at.gateway._delivering.deliverer.disabled)
            shown = (await client.get("/metrics")).text
    for line in (
        'tagwarden_deliveries_total{channel="guards",result="dead"} 1.0',
        'tagwarden_outbox_rows{channel="guards",state="dead"} 1.0',
        'tagwarden_outbox_rows{channel="guards",state="waiting"} 0.0',
        'tagwarden_outbox_oldest_seconds{channel="guards"} 0.0',
        'tagwarden_channel_state{channel="guards",state="disabled"} 1.0',
        'tagwarden_channel_state{channel="guards",state="closed"} 0.0',
    ):
        assert line in shown
