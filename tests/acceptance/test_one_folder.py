"""One data folder has one gateway; whoever only looks at it may do so beside it."""

import asyncio
import json
from pathlib import Path

from gateway.cli import main
from tests.acceptance.running import gateway, tagwarden
from tests.acceptance.test_command_line import write_site


async def test_verify_and_backup_work_beside_a_gateway(
    tmp_path: Path,
) -> None:
    site, data = write_site(tmp_path / "site.yaml"), tmp_path / "data"
    async with gateway(site, data, tmp_path / "log") as first:
        verified = await tagwarden("verify", "--data", data, "--json")
        assert (verified.code, json.loads(verified.out)["ok"]) == (0, True)
        saved = await tagwarden("backup", tmp_path / "saved", "--data", data)
        assert saved.code == 0
        assert (await first.stop())[0] == 0
    for folder in (data, tmp_path / "saved"):
        assert await asyncio.to_thread(main, ["verify", "--data", str(folder)]) == 0
