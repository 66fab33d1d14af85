"""The routes of readers, work on them, how well they hear, and what they push."""

from typing import Any

from api import ingest, maintenance, quality, readers
from api.maintenance import ReaderMaintenanceBody
from api.quality import QualityShape
from api.readers import OutputBody
from api.route import API, JSON, NDJSON, Route, rows, takes
from api.shapes import Ingested, MaintenanceShape, ReaderShape
from api.spans import SpanBody

_READER_PATH = API + "/readers/{name:name}"
_PORTAL_PATH = API + "/portals/{name:name}"
_INGEST_PATH = API + "/ingest/{name:name}"
_ANY: dict[str, Any] = {"schema": {}}
_PUSH: dict[str, Any] = dict.fromkeys((JSON, NDJSON), _ANY)

READER_ROUTES: tuple[Route, ...] = (
    rows(API + "/readers", readers.list_readers, ReaderShape, scoped=True),
    Route("GET", _READER_PATH, readers.show_reader, "look", ReaderShape, scoped=True),
    Route(
        "PUT",
        _READER_PATH + "/maintenance",
        maintenance.maintain_reader,
        "maintenance",
        ReaderShape,
        takes=takes(ReaderMaintenanceBody),
        scoped=True,
    ),
    Route(
        "DELETE",
        _READER_PATH + "/maintenance",
        maintenance.release_reader,
        "maintenance",
        statuses=(204,),
        scoped=True,
    ),
    Route(
        "POST",
        _READER_PATH + "/restart",
        readers.restart_reader,
        "maintenance",
        ReaderShape,
        scoped=True,
    ),
    Route(
        "POST",
        _READER_PATH + "/outputs/{port}",
        readers.switch_output,
        "switch_outputs",
        takes=takes(OutputBody),
        statuses=(204,),
        scoped=True,
    ),
    Route(
        "PUT",
        _PORTAL_PATH + "/maintenance",
        maintenance.maintain_portal,
        "maintenance",
        MaintenanceShape,
        takes=takes(SpanBody),
        scoped=True,
    ),
    Route(
        "DELETE",
        _PORTAL_PATH + "/maintenance",
        maintenance.release_portal,
        "maintenance",
        statuses=(204,),
        scoped=True,
    ),
    rows(API + "/maintenance", maintenance.list_maintenance, MaintenanceShape),
    Route("GET", API + "/quality", quality.show_quality, "look", QualityShape),
    Route(
        "POST", _INGEST_PATH, ingest.push, "ingest", Ingested | list[Any], takes=_PUSH, scoped=True
    ),
    Route("GET", _INGEST_PATH, ingest.push_by_query, "ingest", Ingested, scoped=True),
)
