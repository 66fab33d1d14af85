"""Channels: how each does, and a test message for it."""

from starlette.responses import Response

from api.lists import OldestFirst, Row, answer_list, json_response, kept_rows
from api.once import Told, answer_once, told_json
from api.problems import not_found
from api.site_parts import entry_headers
from api.surroundings import Here, Surroundings
from history.deliveries import channel_figures

CHANNEL_COLUMNS = (
    "name",
    "kind",
    "state",
    "reason",
    "waiting",
    "oldest",
    "dead",
    "last_success",
    "last_error",
    "per_minute_max",
    "heartbeat_s",
)


async def list_channels(here: Here, page: OldestFirst) -> Response:
    """Channels in the order of the site file, with what they owe and how they do."""
    rows = await _channels(here)
    return await answer_list(here, page, kept_rows("channels", rows, CHANNEL_COLUMNS))


async def show_channel(name: str, here: Here) -> Response:
    """One channel with what it owes. The `ETag` is that of its settings in the site file."""
    for row in await _channels(here):
        if row["name"] == name:
            return json_response(row, headers=await entry_headers(here, "channels", name))
    raise not_found("channel", name)


async def test_channel(name: str, here: Here) -> Response:
    """Send a test message on its way, also to a channel that is open or disabled."""

    async def act() -> Told:
        sent = await here.desk.dispatch.test_channel(name, here.caller.name)
        if sent is None:
            raise not_found("channel", name)
        return told_json(202, {"delivery": sent})

    return await answer_once(here, b"", act)


async def _channels(here: Surroundings) -> list[Row]:
    now = here.desk.dispatch.channels()
    names, questions = [channel.name for channel in now], here.questions
    figures = await here.ask(
        lambda: questions.answer(lambda reader: channel_figures(reader, names))
    )
    return [channel._asdict() | figures[channel.name] for channel in now]
