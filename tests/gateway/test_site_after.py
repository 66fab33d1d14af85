"""The site that many changes would make together, without making any."""

from pathlib import Path

import pytest

import gateway.site_amending as amending
from api.site_edits import EntryEdit, PartEdit, SiteEdit, SiteRefusedError
from gateway.site import Site, parse_site
from gateway.site_planning import site_after
from gateway.site_reading import Standing
from gateway.site_rewrite import rewritten
from gateway.site_values import Value

TEXT = """\
site: {name: depot}
zones: [{name: hall}, {name: gate, role: exit}]
rules:
  - {name: stay in, fence: [hall], severity: critical, notify: []}
channels:
  - name: desk
    kind: webhook
    url: https://example.org/a
    secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
"""
STANDING = Standing(Path("site.yaml"), TEXT.encode(), TEXT, parse_site(TEXT).version)


def after(*edits: SiteEdit) -> Site:
    return site_after(STANDING, edits)


def forbidding(name: str, zone: str) -> EntryEdit:
    return EntryEdit(
        "rules", name, {"kind": "forbidden", "zones": [zone], "notify": []}, merge=True
    )


def test_many_changes_are_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written one by one, a thousand of them took many minutes of a processor."""
    written: list[str] = []

    def write(text: str, data: dict[str, Value]) -> str:
        written.append(text)
        return rewritten(text, data)

    monkeypatch.setattr(amending, "rewritten", write)
    site = after(*(forbidding(f"rule {number}", "gate") for number in range(200)))
    assert len(site.settings.rules) == 201
    assert written == [TEXT]


def test_several_names_change_wherever_the_file_says_them() -> None:
    site = after(
        EntryEdit("zones", "hall", {"name": "store"}, merge=True),
        EntryEdit("zones", "gate", {"name": "ramp"}, merge=True),
        forbidding("keep off", "gate"),
    )
    assert [(zone.name, zone.was) for zone in site.settings.zones] == [
        ("store", "hall"),
        ("ramp", "gate"),
    ]
    stay_in, keep_off = site.settings.rules
    assert stay_in.model_dump()["fence"] == ("store",)
    assert keep_off.model_dump()["zones"] == ("ramp",)


def test_a_secret_that_is_masked_stays_what_it_was() -> None:
    masked = {"name": "desk", "kind": "webhook", "url": "https://example.org/b", "secret": "*" * 8}
    for edit in (EntryEdit("channels", "desk", masked), PartEdit("channels", [masked])):
        assert "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" in after(edit).text


def test_what_is_refused_says_in_which_of_many_entries() -> None:
    edits = (forbidding("fine", "gate"), EntryEdit("zones", "yard", {"name": "lawn"}, merge=True))
    with pytest.raises(SiteRefusedError) as refused:
        after(*edits)
    assert [problem.key for problem in refused.value.problems] == ["zones[yard].name"]
