"""Names that try to be more than names, all the way through a running gateway."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.site import SiteError, parse_site
from tests.acceptance.running import RunningGateway, asking, gateway, items, make_key, until

EVIL = 'x",evil="1"} 1\\n# HELP evil_total x\\nevil_total 1\\'
FORGED = '\r\n{"level":"info","message":"forged"}\x1b[2J'
ZONE, OUT, READER = f"z{EVIL}", f"o{EVIL}", f"r{EVIL}"
ASSET = '=cmd|x!A1","evil\\ \u202e,b=c d'
RULE = '\\r\\n{"level":"info","message":"forged"}\\x1b[2J'
TAG = "e28011600000000000000001"
WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def site_text(zone: str = ZONE) -> str:
    """A site whose names are hostile; JSON is YAML, too."""
    site: dict[str, Any] = {
        "site": {"name": "depot"},
        "log": {"level": "debug", "access": True, "format": "json"},
        "zones": [{"name": zone}, {"name": OUT, "role": "exit"}],
        "readers": [
            {"name": READER, "driver": "http", "antennas": {1: {"zone": ZONE}, 2: {"zone": OUT}}}
        ],
        "rules": [
            {"name": RULE, "kind": "exit", "assets": {}, "fence": [ZONE], "notify": ["console"]}
        ],
        "channels": [{"name": "console", "kind": "log"}],
        "server": {"listen": "127.0.0.1:0"},
    }
    return json.dumps(site)


async def walk_out(client: httpx.AsyncClient) -> str:
    """An asset with a hostile name is seen inside and outside; the id of the alert."""
    asset = {"name": ASSET, "category": "tool", "tags": [TAG]}
    stored = await client.put("/assets/A-1", json=asset, headers={"if-none-match": "*"})
    assert stored.status_code in {200, 201}, stored.text
    door = f"/ingest/{quote(READER, safe='')}"

    async def alerts_after(antenna: int) -> list[dict[str, Any]]:
        pushed = await client.post(door, json=[{"tag": TAG, "antenna": antenna}])
        assert pushed.status_code == 200, pushed.text
        return await items(client, "/alerts")

    async def inside() -> bool:
        await alerts_after(1)
        return bool(await items(client, f"/zones/{quote(ZONE, safe='')}/assets"))

    async def raised() -> list[dict[str, Any]] | None:
        return await alerts_after(2) or None

    await until(inside, 15, "it is inside")
    (alert,) = await until(raised, 15, "the exit is told")
    return str(alert["id"])


async def be_rude(client: httpx.AsyncClient) -> None:
    """Paths, headers and parameters that want to be lines of the log."""
    headers = {"user-agent": 'x" evil=1 \x1b[2J', "x-request-id": 'a" evil="1'}
    for path in (f"/assets/{quote(FORGED, safe='')}", f"/none{quote(FORGED, safe='')}"):
        assert (await client.get(path, headers=headers)).status_code == 404
    answer = await client.get("/movements", params={"tag": FORGED, "evil\r\nx": "1"})
    assert answer.status_code == 422
    assert "forged" not in str(answer.headers)


async def metrics_of(running: RunningGateway, client: httpx.AsyncClient) -> str:
    answer = await client.get(f"{running.url}/metrics")
    assert answer.status_code == 200
    return answer.text


def assert_labels_only(metrics: str) -> None:
    """Hostile names are values of labels, byte for byte, and nothing else."""
    families = list(text_string_to_metric_families(metrics))
    assert "evil" not in {each for family in families for each in WORD.findall(family.name)}
    samples = [sample for family in families for sample in family.samples]
    assert {name for sample in samples for name in sample.labels if "evil" in name} == set()
    values = {value for sample in samples for value in sample.labels.values()}
    assert {OUT, READER} <= values
    assert {value for value in values if "evil" in value} <= {ZONE, OUT, READER}


def assert_one_record_each(log: str, alert: str) -> None:
    """Each line that was logged is a record of ours; the alert is told by one."""
    lines = [line for line in log.splitlines() if not line.startswith("  ")]
    records = [json.loads(line) for line in lines if line.startswith("{")]
    assert not any("forged" in line or "\x1b" in line for line in lines if line[0] != "{")
    assert [record for record in records if record["message"] == "forged"] == []
    told = [record for record in records if f": raised ({alert})" in record["message"]]
    assert len(told) == 1
    assert json.dumps(RULE) in told[0]["message"]


async def assert_tables(client: httpx.AsyncClient) -> None:
    """In CSV a hostile name is one cell, which opens as text; in JSON it is as it was."""
    (asset,) = await items(client, "/assets")
    assert asset["name"] == ASSET
    answer = await client.get("/assets", headers={"accept": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert row["name"] == f"'{ASSET}"
    answer = await client.get("/movements", headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert {row["to"] for row in rows} == {ZONE, OUT}
    lines = (await client.get("/movements", headers={"accept": "application/x-ndjson"})).text
    assert {json.loads(line)["to"] for line in lines.splitlines()} == {ZONE, OUT}


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\x1b", "\x00", "\u2028"])
def test_a_name_with_a_control_character_is_refused_by_its_line(sign: str) -> None:
    with pytest.raises(SiteError) as refused:
        parse_site(site_text(f"a{sign}b"))
    (problem,) = [each for each in refused.value.problems if each.key == "zones[0].name"]
    assert str(problem).isprintable()


async def test_hostile_names_stay_names_in_metrics_log_and_tables(tmp_path: Path) -> None:
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    site.write_text(site_text(), encoding="utf-8")
    async with gateway(site, data, tmp_path / "log") as running:
        async with asking(running.url, await make_key(data)) as client:
            alert = await walk_out(client)
            await be_rude(client)
            assert_labels_only(await metrics_of(running, client))
            await assert_tables(client)
        await running.stop()
        assert_one_record_each(running.command.said, alert)
