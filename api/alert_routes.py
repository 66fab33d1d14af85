"""The routes of alerts, rules and drills, and of the audit log."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from api import alarm_figures, alert_verbs, alerts, audit, rules
from api.alert_shapes import AlertShape, AuditShape, DrillShape, FiguresShape, RuleShape
from api.alert_verbs import (
    AssignBody,
    AssignsBody,
    CommentBody,
    CommentsBody,
    EmptiesBody,
    EmptyBody,
    NoteBody,
    NotesBody,
    SpansBody,
)
from api.route import API, Route, rows, takes
from api.rules import RuleShelfBody, RuleUnshelfBody
from api.several import SeveralShape
from api.spans import SpanBody

_ALERT_PATH = API + "/alerts/{alert:name}"
_RULE_PATH = API + "/rules/{name:name}"


def _verb(
    end: str,
    answer: Callable[..., Any],
    body: type[BaseModel],
    *,
    body_required: bool = True,
) -> Route:
    """What people do about one alert; the answer is the alert after it."""
    return Route(
        "POST",
        _ALERT_PATH + end,
        answer,
        "handle_alerts",
        AlertShape,
        takes=takes(body),
        body_required=body_required,
        scoped=True,
    )


def _verb_for_all(end: str, answer: Callable[..., Any], body: type[BaseModel]) -> Route:
    """The same about several alerts; the answer is what became of each."""
    return Route(
        "POST",
        API + "/alerts" + end,
        answer,
        "handle_alerts",
        SeveralShape,
        takes=takes(body),
        scoped=True,
    )


ALERT_ROUTES: tuple[Route, ...] = (
    rows(API + "/alerts", alerts.list_alerts, AlertShape, scoped=True),
    Route("GET", API + "/alerts/figures", alarm_figures.show_figures, "look", FiguresShape),
    _verb("/acknowledge", alert_verbs.acknowledge_alert, NoteBody, body_required=False),
    _verb("/reset", alert_verbs.reset_alert, NoteBody, body_required=False),
    _verb("/shelve", alert_verbs.shelve_alert, SpanBody),
    _verb("/unshelve", alert_verbs.unshelve_alert, EmptyBody, body_required=False),
    _verb("/assign", alert_verbs.assign_alert, AssignBody),
    _verb("/comment", alert_verbs.comment_alert, CommentBody),
    _verb_for_all("/acknowledge", alert_verbs.acknowledge_alerts, NotesBody),
    _verb_for_all("/reset", alert_verbs.reset_alerts, NotesBody),
    _verb_for_all("/shelve", alert_verbs.shelve_alerts, SpansBody),
    _verb_for_all("/unshelve", alert_verbs.unshelve_alerts, EmptiesBody),
    _verb_for_all("/assign", alert_verbs.assign_alerts, AssignsBody),
    _verb_for_all("/comment", alert_verbs.comment_alerts, CommentsBody),
    rows(_ALERT_PATH + "/log", alerts.list_alert_log, AuditShape, scoped=True),
    Route("GET", _ALERT_PATH, alerts.show_alert, "look", AlertShape, scoped=True),
    rows(API + "/audit", audit.list_audit, AuditShape, right="audit"),
    rows(API + "/rules", rules.list_rules, RuleShape),
    Route(
        "POST",
        _RULE_PATH + "/shelve",
        rules.shelve_rule,
        "direct_rules",
        RuleShape,
        takes=takes(RuleShelfBody),
    ),
    Route(
        "POST",
        _RULE_PATH + "/unshelve",
        rules.unshelve_rule,
        "direct_rules",
        RuleShape,
        takes=takes(RuleUnshelfBody),
        body_required=False,
    ),
    Route("GET", API + "/drill", rules.show_drill, "look", DrillShape),
    Route(
        "POST",
        API + "/drill",
        rules.start_drill,
        "direct_rules",
        DrillShape,
        takes=takes(SpanBody),
    ),
    Route("DELETE", API + "/drill", rules.end_drill, "direct_rules", statuses=(204,)),
)
