"""`tagwarden check` with a register: rules that are for nobody in it."""

import subprocess
from pathlib import Path

import pytest

from gateway.cli import main
from tests.acceptance.running import COMMAND

SITE = """\
site: {name: depot}
zones: [{name: hall}, {name: gate, role: exit}]
readers: [{name: r, driver: llrp, address: h, zone: hall, antennas: {2: {zone: gate}}}]
channels: [{name: log, kind: log}]
rules:
  - {name: stay, assets: {category: latop}, fence: [hall], notify: [log]}
"""
SAID = (
    "site.yaml:6: rules[stay].assets: warning: selects none of the 1 assets: none has category "
    "'latop'; did you mean 'laptop'?"
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    return path


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    path = tmp_path / "assets.csv"
    path.write_text("id,category,tags,group\nL-1,laptop,30340000 3034aaaa,it\n")
    return path


def test_with_a_file_of_assets_it_says_which_rules_are_for_none(
    site: Path, assets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(site), "--assets", str(assets)]) == 0
    said = capsys.readouterr().out
    assert SAID in said
    assert "1 rules, version" in said
    assert main(["check", str(site)]) == 0
    assert SAID not in capsys.readouterr().out


def test_with_a_data_folder_it_says_so_of_the_register_in_it(
    site: Path, assets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    taken = [*COMMAND, "import", "assets", str(assets), "--data", str(data)]
    subprocess.run(taken, check=True, capture_output=True)
    assert main(["check", str(site), "--data", str(data)]) == 0
    assert SAID in capsys.readouterr().out
    for right in ("{category: laptop}", "{category: laptop, tag: '*AAAA'}", "{group: it}"):
        site.write_text(SITE.replace("{category: latop}", right))
        assert main(["check", str(site), "--data", str(data)]) == 0
        assert "selects none" not in capsys.readouterr().out


def test_a_row_that_can_not_be_read_is_said_and_the_others_count(
    site: Path, assets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assets.write_text(assets.read_text() + ",laptop,,\n")
    assert main(["check", str(site), "--assets", str(assets)]) == 0
    said = capsys.readouterr().out
    assert SAID in said
    assert "assets.csv:3: id" in said


def test_a_register_that_is_none_is_said_so(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(site), "--data", str(tmp_path)]) == 1
    assert "has no state.db; give the folder of a gateway that has run" in capsys.readouterr().err
    (tmp_path / "state.db").write_bytes(b"no database at all" * 100)
    assert main(["check", str(site), "--data", str(tmp_path)]) == 1
    assert "the state can not be used" in capsys.readouterr().err
    assert main(["check", str(site), "--assets", str(tmp_path / "none.csv")]) == 1
    assert "none.csv: can not be read: no such file" in capsys.readouterr().err


def test_a_site_file_that_is_wrong_is_refused_with_a_register_too(
    site: Path, assets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.write_text(SITE.replace("[hall], notify", "[hal], notify"))
    assert main(["check", str(site), "--assets", str(assets)]) == 1
    assert "site.yaml:6: rules[stay].fence[0]: there is no zone 'hal'" in capsys.readouterr().err
