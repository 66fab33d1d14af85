"""The JSON schema that editors use beside the site file."""

from pathlib import Path

from gateway.site_schema import site_schema, site_schema_text
from readers.catalog import DRIVERS


def test_the_schema_in_the_tree_is_the_one_that_the_settings_give(root: Path) -> None:
    kept = (root / "config" / "site.schema.json").read_text(encoding="utf-8")
    assert kept == site_schema_text(), "write it again: python -m gateway.site_schema"


def test_a_reader_is_one_of_the_drivers_entries() -> None:
    schema = site_schema()
    choices = schema["properties"]["readers"]["items"]["oneOf"]
    drivers = [
        schema["$defs"][choice["$ref"].removeprefix("#/$defs/")]["properties"]["driver"]["const"]
        for choice in choices
    ]
    assert drivers == list(DRIVERS)


def test_every_reference_in_the_schema_leads_somewhere() -> None:
    schema = site_schema()
    missing = [
        ref for ref in _references(schema) if ref.removeprefix("#/$defs/") not in schema["$defs"]
    ]
    assert missing == []


def _references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [str(value) for key, value in part.items() if key == "$ref"]
        return own + [ref for value in part.values() for ref in _references(value)]
    return [ref for value in part for ref in _references(value)] if isinstance(part, list) else []
