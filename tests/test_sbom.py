"""`make sbom`: the bill of materials names everything that is installed."""

import json
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


@pytest.mark.timeout(180)
def test_every_installed_package_is_listed_with_its_version(tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    tool = Path(sys.executable).with_name("cyclonedx-py")
    subprocess.run([tool, "environment", "--output-file", out, sys.executable], check=True)
    told = json.loads(out.read_text("utf-8"))
    listed = {(normal(each["name"]), each["version"]) for each in told["components"]}
    installed = {(normal(each.metadata["Name"]), each.version) for each in distributions()}
    assert told["bomFormat"] == "CycloneDX"
    assert installed - listed == set()
