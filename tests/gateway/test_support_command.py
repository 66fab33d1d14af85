"""A bundle for somebody who helps: enough to help, and nothing that is nobody's business."""

import json
import stat
import zipfile
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.support_command import write_bundle

SECRETS = ("whsec_" + "QUFB" * 8, "open-sesame", "hunter2", "tw_")
FORMER = "planted-in-a-comment"
SITE = f"""\
# channels: [{{name: mail, kind: smtp, password: {FORMER}}}]
site: {{name: Depot}}
zones: [{{name: hall}}]  # it's password {FORMER}
readers:
  - {{name: pushed, driver: http, zone: hall}}
  - {{name: broker, driver: mqtt, address: mqtt://127.0.0.1:1, username: gate,
     password: open-sesame, subscribe: [{{topic: a, format: tagwarden}}]}}
channels:
  - {{name: guards, kind: webhook, url: https://example.net/hook, secret: {SECRETS[0]}}}
history: {{store: influxdb, url: http://127.0.0.1:1, username: w, password: hunter2}}
"""


def contents(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, str]:
    """The bundle of a folder on which no gateway runs."""
    site, data, out = tmp_path / "site.yaml", tmp_path / "data", tmp_path / "support.zip"
    site.write_text(SITE, encoding="utf-8")
    assert main(["keys", "create", "Marigold", "--role", "admin", "--data", str(data)]) == 0
    arguments = ["--data", str(data), "--site", str(site), "--out", str(out)]
    assert main(["support-bundle", *arguments]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    return contents(out)


def test_no_secret_and_no_name_is_in_it(parts: dict[str, str]) -> None:
    planted = (*SECRETS, FORMER)
    found = [(name, secret) for name in parts for secret in planted if secret in parts[name]]
    assert found == []
    assert all("Marigold" not in text for text in parts.values())


def test_it_says_what_is_installed_what_is_wrong_and_how_much_there_is(
    parts: dict[str, str],
) -> None:
    about, data = json.loads(parts["about.json"]), json.loads(parts["data.json"])
    assert about["packages"]["fastapi"]
    assert "name: pushed" in parts["site.yaml"]
    assert parts["check.txt"]
    assert data["rows"]["api_keys"] == 1
    assert data["files"]["state.db"] > 0
    assert json.loads(parts["gateway.json"]) == {"error": "no gateway runs on this folder"}


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "support.zip"
    out.write_bytes(b"mine")
    assert main(["support-bundle", "--data", str(tmp_path), "--out", str(out)]) == 1
    assert out.read_bytes() == b"mine"


def test_a_site_file_in_which_nobody_can_find_the_secrets_is_left_out(tmp_path: Path) -> None:
    site, out = tmp_path / "site.yaml", tmp_path / "support.zip"
    site.write_text("channels: [secret: whsec_AAAA", encoding="utf-8")
    assert (
        main(["support-bundle", "--data", str(tmp_path), "--site", str(site), "--out", str(out)])
        == 0
    )
    assert "whsec" not in "".join(contents(out).values())


def test_nothing_but_what_it_names_is_written(tmp_path: Path) -> None:
    write_bundle(tmp_path / "a.zip", {"one.txt": "1"})
    assert contents(tmp_path / "a.zip") == {"one.txt": "1"}
