"""Assets as callers send them: JSON for one or several, CSV for a file."""

from typing import Annotated, Any, Literal, NamedTuple

from anyio import to_thread
from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from api.bodies import CSV_BYTES_MAX, media_type, parse_as, parse_json, read_body, read_json_text
from api.long_answers import NDJSON
from api.problems import ERRORS_MAX, FieldError, ProblemError, field_errors, invalid
from api.words import Line
from inventory.assets import Asset
from inventory.csv_assets import CELL_CHARS_MAX, parse_assets_csv
from tags.identity import normalise_tag

TAGS_MAX = 100

Tag = Annotated[str, AfterValidator(normalise_tag)]


class AssetBody(BaseModel):
    """An asset as it is sent; only `id` is required. Tags in any spelling."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Line = Field(min_length=1, max_length=CELL_CHARS_MAX)
    name: Line = Field(default="", max_length=CELL_CHARS_MAX)
    category: Line = Field(default="", max_length=CELL_CHARS_MAX)
    tags: tuple[Tag, ...] = Field(default=(), max_length=TAGS_MAX)
    group: Line = Field(default="", max_length=CELL_CHARS_MAX)
    sku: Line = Field(default="", max_length=CELL_CHARS_MAX)
    serial: Line = Field(default="", max_length=CELL_CHARS_MAX)
    lot: Line = Field(default="", max_length=CELL_CHARS_MAX)
    owner: Line = Field(default="", max_length=CELL_CHARS_MAX)
    home_zone: Line = Field(default="", max_length=CELL_CHARS_MAX)
    status: Line = Field(default="", max_length=CELL_CHARS_MAX)


_Text = Annotated[Line, Field(max_length=CELL_CHARS_MAX)] | None


class AssetFields(BaseModel):
    """Fields of an asset that are to be changed; null empties one, what is left out stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[Line, Field(min_length=1, max_length=CELL_CHARS_MAX)] | None = None
    name: _Text = None
    category: _Text = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=TAGS_MAX)] | None = None
    group: _Text = None
    sku: _Text = None
    serial: _Text = None
    lot: _Text = None
    owner: _Text = None
    home_zone: _Text = None
    status: _Text = None


class SentAssets(NamedTuple):
    """What was sent: the body as it came, its good assets, and the rows that are not good."""

    text: bytes
    assets: tuple[Asset, ...]
    errors: tuple[FieldError, ...] = ()
    form: Literal["one", "list", "file"] = "one"


_BODY = TypeAdapter(AssetBody)
_FIELDS = TypeAdapter(AssetFields)


async def read_assets(request: Request) -> SentAssets:
    """Read one asset, a list (JSON, or lines of it) or a CSV file. 400, 413, 415 or 422 else."""
    if media_type(request) == "text/csv":
        return await _read_file(request)
    if media_type(request) == NDJSON:
        text = await read_body(request, CSV_BYTES_MAX)
        return _read_list(text, [parse_json(line) for line in text.splitlines() if line.strip()])
    text = await read_json_text(request)
    value = parse_json(text)
    if not isinstance(value, list):
        return SentAssets(text, (_asset(parse_as(_BODY, value)),))
    return _read_list(text, value)


async def read_patch(request: Request, asset: str) -> tuple[bytes, dict[str, Any]]:
    """Read what to change of an asset: the text as it came, and the fields that are in it.

    Null resets a field (RFC 7396). 422 for another id, or a field that does not fit.
    """
    text = await read_json_text(request)
    sent = parse_as(_FIELDS, parse_json(text))
    if sent.id not in {None, asset}:
        raise invalid("id", "is another one than in the address")
    return text, fields_of(sent)


def fields_of(sent: AssetFields) -> dict[str, Any]:
    """The fields that were sent, with what they are to be."""
    empty = AssetBody(id="x")
    return {
        name: getattr(empty if getattr(sent, name) is None else sent, name)
        for name in sent.model_fields_set
        if name != "id"
    }


async def read_asset(request: Request, asset: str) -> SentAssets:
    """Read the body for the asset with this id, which the body may leave out."""
    text = await read_json_text(request)
    value = parse_json(text)
    if isinstance(value, dict):
        value = {"id": asset, **value}
    body = parse_as(_BODY, value)
    if body.id != asset:
        raise invalid("id", "is another one than in the address")
    return SentAssets(text, (_asset(body),))


def _read_list(text: bytes, values: list[object]) -> SentAssets:
    assets: list[Asset] = []
    errors: list[FieldError] = []
    for row, value in enumerate(values, start=1):
        try:
            assets.append(_asset(_BODY.validate_python(value)))
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            errors += field_errors(found, row=row)
        if len(errors) >= ERRORS_MAX:
            break
    if errors:
        raise ProblemError(422, "Nothing was stored: the list has errors.", errors)
    return SentAssets(text, tuple(assets), form="list")


async def _read_file(request: Request) -> SentAssets:
    text = await read_body(request, CSV_BYTES_MAX)
    try:
        parsed = await to_thread.run_sync(parse_assets_csv, text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ProblemError(400, "The file is not UTF-8.") from error
    errors = tuple(FieldError(field or "", said, line) for line, field, said in parsed.problems)
    if errors and not parsed.assets:
        raise ProblemError(422, "Nothing was stored: no row of the file is good.", errors)
    return SentAssets(text, parsed.assets, errors, form="file")


def _asset(body: AssetBody) -> Asset:
    return Asset(**body.model_dump())
