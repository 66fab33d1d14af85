"""What pydantic found, in the words of somebody who writes a site file."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from alerts.rule_kinds import RULES
from alerts.settings import RuleSettings
from delivery.channel_kinds import CHANNELS
from delivery.settings import ChannelSettings
from gateway.site_problems import Fault, Path, suggestion
from gateway.site_settings import SiteSettings, channel_model, reader_model, rule_model
from gateway.site_values import Value, child_of, has_child, value_at
from readers.settings import ReaderSettings
from zones.estimator_settings import DEFAULT_KIND, ESTIMATORS

_KEY_SHOWN_MAX = 64
_RULE_KEY_DEPTH = 3
_Context = Mapping[str, Any]


def faults_of(errors: Iterable[ErrorDetails], data: Value) -> list[Fault]:
    """Name each place of `data` (as written in the file) that pydantic refused, once."""
    messages: dict[Path, list[str]] = {}
    for error in _without_echoes(list(errors)):
        path = _path_in(error, data)
        said = messages.setdefault(path, [])
        if (message := _message(error, path, data)) not in said:
            said.append(message)
    return [Fault(path or ("file",), _joined(said)) for path, said in messages.items()]


def _without_echoes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out lists that are too short only because what stands in them was refused."""
    places = [error["loc"] for error in errors]
    return [
        error
        for error in errors
        if error["type"] != "too_short"
        or not any(
            len(place) > len(error["loc"]) and place[: len(error["loc"])] == error["loc"]
            for place in places
        )
    ]


def key_text(path: Path, data: Value) -> str:
    """Write `zones[hall].polygon[2]`: entries by name where they have a usable one, else place."""
    text = ""
    for step in path:
        data = child_of(data, step)
        if isinstance(step, int):
            text += f"[{_label(data) or step}]"
        else:
            text += f".{_shown(step)}" if text else _shown(step)
    return text


def _label(entry: Value) -> str | None:
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name.isprintable() or set("[]").intersection(name):
        return None
    return name if len(name) <= _KEY_SHOWN_MAX else None


def _shown(key: str) -> str:
    return key if key.isprintable() and len(key) <= _KEY_SHOWN_MAX else ascii(key)[:_KEY_SHOWN_MAX]


def _path_in(error: ErrorDetails, data: Value) -> Path:
    """Take the part of pydantic's location that stands in the file, and a key that is missing."""
    path: Path = ()
    for step in error["loc"]:
        key = str(step) if isinstance(data, dict) else step
        if not has_child(data, key):
            return (*path, key) if error["type"] in _ABSENT and key == error["loc"][-1] else path
        path, data = (*path, key), child_of(data, key)
    return path


def _joined(messages: Sequence[str]) -> str:
    must = "must be "
    if all(message.startswith(must) for message in messages):
        return must + " or ".join(message.removeprefix(must) for message in messages)
    return "; ".join(messages)


def _message(error: ErrorDetails, path: Path, data: Value) -> str:
    if error["type"] == "extra_forbidden":
        return _stray(path, data)
    if error["type"] == "string_pattern_mismatch":
        field = _fields_at(path[:-1], data).get(str(path[-1]))
        # An entry of a mapping is no field of its own.
        if field is not None:
            return "must be " + str(field.description).rstrip(".")
    if error["type"] == "too_short" and path[-1:] and path[-1] in _POINTS:
        return f"needs at least {error.get('ctx', {})['min_length']} {_POINTS[str(path[-1])]}"
    words = _words(error, value_at(data, path))
    return f"the key {words}" if error["loc"][-1:] == ("[key]",) else words


def _stray(path: Path, data: Value) -> str:
    """What to say of a key that may not stand where it stands."""
    entry, key = value_at(data, path[:-1]), str(path[-1])
    if path[:1] == ("rules",) and isinstance(entry, dict) and len(path) == _RULE_KEY_DEPTH:
        kinds = [kind for kind, model in RULES.items() if key in _fields(model)]
        if kinds:
            return f"is for rules of kind {' or '.join(kinds)}, not {entry.get('kind', 'exit')}"
    if path[:1] == ("channels",) and isinstance(entry, dict) and len(path) == _RULE_KEY_DEPTH:
        kinds = [kind for kind, model in CHANNELS.items() if key in _fields(model)]
        if kinds:
            return f"is for channels of kind {' or '.join(kinds)}, not {entry.get('kind')}"
    if path[:-1] == ("estimator",) and isinstance(entry, dict):
        return _stray_of_estimator(key, entry)
    return "unknown key" + suggestion(key, _fields_at(path[:-1], data))


def _stray_of_estimator(key: str, entry: Mapping[str, Value]) -> str:
    kind = str(entry.get("kind", DEFAULT_KIND))
    kinds = [other for other, model in sorted(ESTIMATORS.items()) if key in _fields(model)]
    if kinds:
        return f"is for estimators of kind {' or '.join(kinds)}, not {kind}"
    return "unknown key" + suggestion(key, _fields(ESTIMATORS[kind]))


def _words(error: ErrorDetails, value: Value) -> str:
    if (say := _WORDS.get(error["type"])) is not None:
        return say(error.get("ctx", {}), value)
    for part, words in _WORDS_BY_PART:
        if part in error["type"]:
            return words
    message = error["msg"].replace("\n", " ")
    return message[:1].lower() + message[1:]


def _text_wanted(_: _Context, value: Value) -> str:
    if isinstance(value, bool | int | float):
        return f"must be text; put it in quotes: '{str(value)[:_KEY_SHOWN_MAX]}'"
    return "must be text"


def _choice_wanted(context: _Context, value: Value) -> str:
    choices = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
    is_near = isinstance(value, str) and value not in choices and len(choices) > 1
    near = suggestion(str(value), choices) if is_near else ""
    return f"must be {' or '.join(choices)}" + (near if near.endswith("?") else "")


def _items(context: _Context, limit: str) -> str:
    count = context[limit]
    return f"{count} {'item' if count == 1 else 'items'}"


_POINTS = {"polygon": "corners", "outline": "corners", "line": "points"}

_ABSENT = {"missing", "channel_incomplete"}

_WORDS: dict[str, Callable[[_Context, Value], str]] = {
    "missing": lambda _c, _v: "is missing",
    "string_type": _text_wanted,
    "literal_error": _choice_wanted,
    "greater_than": lambda c, _v: f"must be greater than {c['gt']:g}",
    "greater_than_equal": lambda c, _v: f"must be at least {c['ge']:g}",
    "less_than": lambda c, _v: f"must be less than {c['lt']:g}",
    "less_than_equal": lambda c, _v: f"must be at most {c['le']:g}",
    "too_short": lambda c, _v: f"must have at least {_items(c, 'min_length')}",
    "too_long": lambda c, _v: f"must have at most {_items(c, 'max_length')}",
    "string_too_short": lambda _c, _v: "must not be empty",
    "string_too_long": lambda c, _v: f"must have at most {c['max_length']} characters",
    "finite_number": lambda _c, _v: "must be a finite number",
    "value_error": lambda c, _v: str(c["error"]).replace("\n", " "),
}

_WORDS_BY_PART = (
    ("int_", "must be a whole number"),
    ("float_", "must be a number"),
    ("bool_", "must be true or false"),
    ("tuple_type", "must be a list"),
    ("dict_type", "must be a mapping (key: value)"),
    ("model_type", "must be a mapping (key: value)"),
    ("model_attributes_type", "must be a mapping (key: value)"),
)


def _fields_at(path: Path, data: Value) -> dict[str, FieldInfo]:
    """Find the keys that may stand at `path`."""
    models: set[type[BaseModel]] = {SiteSettings}
    for step in path:
        data = child_of(data, step)
        models = {model for known in models for model in _models_under(known, step, data)}
    return {key: field for model in models for key, field in _fields(model).items()}


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models_under(
    model: type[BaseModel],
    step: str | int,
    value: Value,
) -> Iterator[type[BaseModel]]:
    """Go down one step; an entry of a list or mapping has the model of the whole."""
    field = _fields(model).get(str(step))
    if field is not None:
        yield from _models_in(field.annotation)
    elif issubclass(model, ReaderSettings):
        yield reader_model(value)
    elif model is RuleSettings:
        yield rule_model(value)
    elif model is ChannelSettings:
        yield channel_model(value)
    else:
        yield model


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
