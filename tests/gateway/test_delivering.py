"""Delivery joined to a whole gateway: alerts reach receivers, also while the disk takes nothing."""

from pathlib import Path

import httpx

from tests.delivery.receiver import Receiver, listening
from tests.gateway.depot import depot, hook, site_text
from tests.gateway.made import within


def raised(receiver: Receiver) -> list[str]:
    bodies = [httpx.Response(200, content=post.body).json() for post in receiver.posts]
    return [body["data"]["asset"] for body in bodies if body["type"] == "alert.raised"]


async def test_an_exit_is_told(tmp_path: Path) -> None:
    async with listening() as guards, depot(tmp_path, site_text(hook(guards), "guards")) as at:
        await at.walk_out(0)
        await within(lambda: raised(guards) == ["L0"])


async def test_a_full_disk_delays_no_alert_and_nothing_is_told_twice(tmp_path: Path) -> None:
    site = ""
    async with listening() as guards:
        site = site_text(hook(guards), "guards")
        async with depot(tmp_path, site) as at, at.client() as client:
            await at.walk_out(0)
            await within(lambda: raised(guards) == ["L0"])
            await at.full_disk()
            await at.walk_out(1)
            await within(lambda: "L1" in raised(guards), 6)
            assert at.gateway.station.fault is not None
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()["status"]) == (503, "degraded")
            await at.walk_out(2)
            await within(lambda: "L2" in raised(guards))
            await at.free_disk()
            await within(lambda: not at.gateway._delivering.outbox.in_memory)
            assert (await client.get("/readyz")).status_code == 200
            await at.walk_out(3)
            await within(lambda: "L3" in raised(guards))
            rows = (await client.get("/api/v1/deliveries", params={"channel": "guards"})).json()
        assert raised(guards) == ["L0", "L1", "L2", "L3"]
        states = [(row["state"], row["attempts"]) for row in rows["items"]]
        assert set(states) == {("delivered", 1)}
        async with depot(tmp_path, site) as at:
            await at.walk_out(4)
            await within(lambda: "L4" in raised(guards))
        ids = [post.headers["webhook-id"] for post in guards.posts]
        assert len(ids) == len(set(ids))
        assert raised(guards) == ["L0", "L1", "L2", "L3", "L4"]
