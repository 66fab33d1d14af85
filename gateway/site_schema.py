"""The JSON schema of a site file, for editors that complete and check while one types."""

import json
from pathlib import Path
from typing import Any

from alerts.rule_kinds import RULES
from delivery.channel_kinds import CHANNELS
from gateway.site_settings import SiteSettings
from readers.catalog import DRIVERS, settings_class

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SHARED = ("ReaderSettings", "RuleSettings", "ChannelSettings")


def site_schema() -> dict[str, Any]:
    """Return the schema; readers, rules and channels are as their driver or kind says."""
    schema = SiteSettings.model_json_schema()
    definitions = schema["$defs"]
    for shared in _SHARED:
        definitions.pop(shared, None)
    choices: list[dict[str, str]] = []
    for driver in DRIVERS:
        reader = settings_class(driver).model_json_schema(ref_template="#/$defs/{model}")
        definitions |= reader.pop("$defs", {})
        definitions[reader["title"]] = _of_driver(reader, driver)
        choices.append({"$ref": f"#/$defs/{reader['title']}"})
    schema["properties"]["readers"]["items"] = {"oneOf": choices}
    schema["properties"]["rules"]["items"] = {"anyOf": _rules(definitions)}
    schema["properties"]["channels"]["items"] = {"anyOf": _channels(definitions)}
    return {"$schema": _DIALECT, **_without_titles(schema, schema["title"])}


def site_schema_text() -> str:
    """Return the content of `config/site.schema.json`."""
    return json.dumps(site_schema(), indent=2, ensure_ascii=False) + "\n"


def _rules(definitions: dict[str, Any]) -> list[dict[str, str]]:
    """Add the settings of each kind of rule; the kind of all but the default must be said."""
    for kind, model in RULES.items():
        rule = model.model_json_schema(ref_template="#/$defs/{model}")
        definitions |= rule.pop("$defs", {})
        required = {*rule.get("required", []), *([] if kind == "exit" else ["kind"])}
        definitions[rule["title"]] = {**rule, "required": sorted(required)}
    return [{"$ref": f"#/$defs/{model.__name__}"} for model in RULES.values()]


def _channels(definitions: dict[str, Any]) -> list[dict[str, str]]:
    """Add the settings of each kind of channel; every kind must be said."""
    for model in CHANNELS.values():
        channel = model.model_json_schema(ref_template="#/$defs/{model}")
        definitions |= channel.pop("$defs", {})
        required = sorted({*channel.get("required", []), "kind"})
        definitions[channel["title"]] = {**channel, "required": required}
    return [{"$ref": f"#/$defs/{model.__name__}"} for model in CHANNELS.values()]


def _of_driver(reader: dict[str, Any], driver: str) -> dict[str, Any]:
    properties = {**reader["properties"], "driver": {"const": driver}}
    required = sorted({*reader.get("required", []), "driver"})
    return {**reader, "properties": properties, "required": required}


def _without_titles(schema: dict[str, Any], title: str) -> dict[str, Any]:
    """Leave out the titles that only repeat the name of a key."""
    definitions = {name: _untitled(value) for name, value in sorted(schema["$defs"].items())}
    return {**_untitled(schema), "title": title, "$defs": definitions}


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    properties = {
        name: {key: below for key, below in value.items() if key != "title"}
        for name, value in schema.get("properties", {}).items()
    }
    kept = {key: value for key, value in schema.items() if key not in {"title", "$defs"}}
    return {**kept, "properties": properties}


if __name__ == "__main__":
    Path("config/site.schema.json").write_text(site_schema_text(), encoding="utf-8")
