"""The figures of alarm management over a span of time."""

from starlette.responses import Response

from api.lists import TimeWindow, json_response
from api.problems import invalid
from api.surroundings import Here
from tags.times import SECOND_NS

DAY_NS = 86_400 * SECOND_NS
SPAN_DAYS_MAX = 400


async def show_figures(here: Here, times: TimeWindow) -> Response:
    """Rate, floods, standing and chattering alerts, time to acknowledge; the last day if unsaid."""
    now_ns = here.desk.clock()
    until_ns = now_ns if times.until_ns is None else min(times.until_ns, now_ns)
    since_ns = until_ns - DAY_NS if times.since_ns is None else times.since_ns
    if not 0 <= since_ns < until_ns:
        raise invalid("since", "must be before until and not before 1970")
    if until_ns - since_ns > SPAN_DAYS_MAX * DAY_NS:
        raise invalid("since", f"must be at most {SPAN_DAYS_MAX} days before until")
    figures = await here.ask(lambda: here.questions.alarm_figures(since_ns, until_ns, now_ns))
    return json_response(figures)
