"""How the gateway itself is, and its backups."""

from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.responses import Response

from api.access import granted
from api.bodies import parse_as, parse_json, read_json_text
from api.lists import NewestFirst, Row, answer_list, json_response, kept_rows
from api.once import Told, answer_once, told_json
from api.problems import ProblemError, not_found
from api.running import BackupRefusedError
from api.surroundings import Here, Surroundings

BACKUP_COLUMNS = (
    "id",
    "state",
    "begun",
    "ended",
    "by",
    "progress",
    "bytes",
    "days",
    "version",
    "site",
    "reason",
    "where",
)


class BackupBody(BaseModel):
    """Nothing may be said: where backups go stands in the site file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_BODY = TypeAdapter(BackupBody)


async def show_system(here: Here) -> Response:
    """How the gateway is: what it does now, what waits, how full its disk is, its last backup.

    Times of the way of a read are those of the last minutes. Where the backup lies is told to
    those who may make one.
    """
    await here.desk.dispatch.look()
    told = await here.desk.system.told()
    if told["backup"] is not None and "backups" not in granted(here.caller):
        told = {**told, "backup": {**told["backup"], "where": None}}
    return json_response(told)


async def list_backups(here: Here, page: NewestFirst) -> Response:
    """Backups that lie in the folder of backups, the newest first, and the one being made."""
    listed = kept_rows("backups", await here.desk.system.backups.listed(), BACKUP_COLUMNS)
    return await answer_list(here, page, listed)


async def show_backup(backup: str, here: Here) -> Response:
    """One backup, and how far it has come."""
    return json_response(await _found(here, backup))


async def make_backup(here: Here) -> Response:
    """Begin a backup. Where it goes stands in the site file (`backup.folder`), never here.

    409 while another one is being made.
    """
    text = await read_json_text(here.request)
    _ = parse_as(_BODY, parse_json(text) if text else {})

    async def act() -> Told:
        try:
            begun = await here.desk.system.backups.begin(here.caller.name)
        except BackupRefusedError as error:
            raise ProblemError(409, str(error)) from error
        return told_json(202, begun)

    return await answer_once(here, text, act)


async def _found(here: Surroundings, backup: str) -> Row:
    for row in await here.desk.system.backups.listed():
        if row["id"] == backup:
            return row
    raise not_found("backup", backup)
