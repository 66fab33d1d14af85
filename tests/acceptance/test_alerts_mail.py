"""A mailbox that is full is the trouble of one person, and keeps no mail from the others."""

from pathlib import Path

from tests.acceptance.running import asking, gateway, make_key, tagwarden, until
from tests.delivery.mail_server import MailServer, mailing

SITE = """\
site: {{name: depot}}
zones: [{{name: hall}}, {{name: gate, role: exit}}]
readers:
  - {{name: doors, driver: http, antennas: {{1: {{zone: hall}}, 2: {{zone: gate}}}}}}
channels:
  - name: guards
    kind: smtp
    host: 127.0.0.1
    port: {port}
    from: rfid@example.net
    to: [day@example.net, full@example.net]
    allow_plain: true
rules: [{{name: stay in, assets: {{category: tool}}, fence: [hall], notify: [guards]}}]
server: {{listen: "127.0.0.1:0"}}
"""
TOOLS = [f"e28011600000000000000{at:03x}" for at in range(6)]


def told_of(box: MailServer) -> set[str]:
    """The tools that the mails of the day shift are about."""
    subjects = [
        str(taken.mail["subject"]) for taken in box.taken if "day@example.net" in taken.recipients
    ]
    return {tool for tool in map("tool-{}".format, range(6)) if any(tool in s for s in subjects)}


async def test_a_full_mailbox_delays_no_mail_of_anybody_else(tmp_path: Path) -> None:
    site, data, register = tmp_path / "site.yaml", tmp_path / "data", tmp_path / "assets.csv"
    rows = [f"tool-{at},tool,{tag}" for at, tag in enumerate(TOOLS)]
    register.write_text("\n".join(["id,category,tags", *rows]), encoding="utf-8")
    async with mailing() as box:
        box.refuses["full@example.net"] = "452 mailbox full"
        site.write_text(SITE.format(port=box.port), encoding="utf-8")
        assert (await tagwarden("import", "assets", register, "--data", data)).code == 0
        key = await make_key(data)
        async with (
            gateway(site, data, tmp_path / "log") as running,
            asking(running.url, key) as ask,
        ):
            for number, tag in enumerate(TOOLS, start=1):
                left = [{"tag": tag, "antenna": 2, "rssi_dbm": -50}]
                answer = await ask.post("ingest/doors", json=left)
                assert answer.status_code == 200

                async def told(number: int = number) -> bool:
                    return len(told_of(box)) == number

                await until(told, 3, f"a mail about each of {number} tools")
