"""The words of the OpenAPI schema that no route says itself: groups, parameters, refusals."""

from typing import NamedTuple


class Group(NamedTuple):
    """Routes that stand together in the docs: a name, what they are about, their first segments."""

    name: str
    about: str
    nouns: frozenset[str]


def _group(name: str, about: str, *nouns: str) -> Group:
    return Group(name, about, frozenset(nouns))


GROUPS = (
    _group(
        "Assets",
        "What the tags are on: the register, where each asset is, and where it was.",
        "assets",
    ),
    _group("Check-outs", "What may leave, with whom, and until when.", "checkouts"),
    _group(
        "Tags",
        "Which tag is on which asset, where each tag is, and what was heard of it.",
        "tags",
        "positions",
        "sightings",
    ),
    _group(
        "Places",
        "Floors, zones and portals of the site, who is in a zone and who was.",
        "zones",
        "floors",
        "portals",
        "visits",
    ),
    _group("Events", "What moved, and what went through which portal.", "movements", "crossings"),
    _group(
        "Live",
        "What happens now: server-sent events for programs, positions for maps.",
        "stream",
        "live",
    ),
    _group(
        "Alerts",
        "What people must be told, what they do about it, and the rules that raise it.",
        "alerts",
        "rules",
        "drill",
    ),
    _group(
        "Readers",
        "How the readers are, work on them, how well they hear, and what they push.",
        "readers",
        "ingest",
        "maintenance",
        "quality",
    ),
    _group("Sensors", "What was measured, now and over time.", "sensors"),
    _group(
        "Messages",
        "How alerts and events reach other systems: channels, deliveries, subscriptions.",
        "channels",
        "deliveries",
        "subscriptions",
    ),
    _group(
        "Access",
        "API keys, displays, people, sessions, and the first start.",
        "keys",
        "displays",
        "people",
        "sessions",
        "me",
        "setup",
    ),
    _group("Site", "The site file and its versions.", "site"),
    _group(
        "Records",
        "Who did what, and what was deleted because somebody may ask for it.",
        "audit",
        "erasures",
    ),
    _group(
        "Gateway",
        "How the gateway itself is, what it says about itself, and its backups.",
        "",
        "system",
        "backups",
    ),
)


def group_of(noun: str) -> str:
    """The group of a noun, the first segment of a path under the API; `` is all outside of it.

    Raises LookupError for a noun that no group has.
    """
    for group in GROUPS:
        if noun in group.nouns:
            return group.name
    raise LookupError(f"no group of api/openapi_words.py has {noun!r}")


PARAMETERS = {
    "limit": "How many items a page has at most.",
    "cursor": "Where the page begins: opaque, taken from the `Link` of the page before.",
    "sort": "The order; a minus turns it round.",
    "since": "From this time on (RFC 3339), which belongs to the span.",
    "until": "Before this time (RFC 3339), which does not belong to the span.",
    "as_of": "As it was at this time (RFC 3339), by what is known of it today.",
    "q": "A part of the text, in any case.",
    "id": "With this id.",
    "name": "With this name.",
    "asset": "Of the asset with this id.",
    "tag": "Of this tag, in any spelling.",
    "category": "Of this category.",
    "group": "Of this group.",
    "status": "With this status.",
    "zone": "Of this zone.",
    "portal": "Of this portal.",
    "reader": "Of this reader.",
    "antenna": "Of this antenna of the reader.",
    "port": "Which output of the reader, from 1 on.",
    "kind": "Of this kind.",
    "role": "Of this role.",
    "created_by": "Made by this key or person.",
    "login": "Who logs in by this name.",
    "state": "In any of these states.",
    "severity": "Of this severity.",
    "rule": "Of the rule with this name.",
    "alert": "Of the alert with this id.",
    "channel": "Of the channel with this name.",
    "person": "Of this person.",
    "actor": "By this key or person, or `gateway`.",
    "action": "Of this action, such as `key.create`.",
    "target": "About this target, such as the id of an alert.",
    "sensor": "Of this sensor.",
    "quantity": "Of this quantity.",
    "after": "What comes behind this number of the commit sequence.",
    "last-event-id": "The `id` of the newest event that was received: goes on behind it.",
}
"""What a query parameter means where its route does not say more."""

PATH_PARAMETERS = {
    "assets": ("The id of the asset.", "forklift-3"),
    "checkouts": ("The id of the check-out.", "0f6a2c9e41d84b7c"),
    "tags": ("The tag, in any spelling.", "3034257bf7194e4000001a85"),
    "zones": ("The name of the zone.", "hall"),
    "floors": ("The name of the floor.", "ground"),
    "portals": ("The name of the portal.", "dock-door"),
    "movements": ("The id of the movement.", "5f0c7c1e-6f0b-5d53-9d8f-5b0a3a1f6d11"),
    "crossings": ("The id of the crossing.", "1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed"),
    "alerts": ("The id of the alert.", "9c1f0f6ab2d84c3e"),
    "rules": ("The name of the rule.", "laptops stay in"),
    "readers": ("The name of the reader, or of a device behind a link.", "gate-1"),
    "outputs": ("The output of the reader, from 1 on.", 1),
    "ingest": ("The name of a reader with `driver: http`.", "handhelds"),
    "sensors": ("The name of the sensor.", "cold-store"),
    "channels": ("The name of the channel.", "guards"),
    "deliveries": ("The id of the delivery.", "msg_7d3b1f0a5c9e4d2b"),
    "keys": ("The id of the key.", "3f9c1a7e"),
    "people": ("The id of the person.", "p_5e1c9a7b"),
    "sessions": ("The id of the session.", "s_8f2d6c4e"),
    "displays": ("The id of the display.", "d4Qm7xTz1bKw"),
    "subscriptions": ("The id of the subscription.", "sub_4b7a9d1c"),
    "erasures": ("The id of the erasure.", "er_2c8e6f0d"),
    "backups": ("The id of the backup.", "2026-03-02T01-00-00Z"),
    "versions": ("The number of the version.", 7),
    "previews": ("The id of the preview.", "3f0c91d2a47be855"),
}
"""What a parameter of the path means, by the segment before it, and one that could stand there."""


class Refusal(NamedTuple):
    """A status that stands for a problem: its name in the schema, and when it is answered."""

    name: str
    about: str
    header: str | None = None


REFUSALS = {
    400: Refusal("BadRequest", "Not readable, or not for this host."),
    401: Refusal("Unauthorized", "No key and no session, or one that is not known."),
    403: Refusal("Forbidden", "The role or the limits of the caller do not allow it."),
    404: Refusal("NotFound", "Not known, or out of what the caller may see."),
    408: Refusal("RequestTimeout", "The body took too long."),
    409: Refusal("Conflict", "Not in this state."),
    412: Refusal("PreconditionFailed", "Changed meanwhile: it has another `ETag` by now."),
    413: Refusal("ContentTooLarge", "The body is too large."),
    414: Refusal("UriTooLong", "The address is too long."),
    415: Refusal("UnsupportedMediaType", "A body of this media type is not understood."),
    422: Refusal("UnprocessableContent", "Readable, but not valid; `errors` says what is wrong."),
    428: Refusal("PreconditionRequired", "Say by `If-Match` which version is meant."),
    431: Refusal("RequestHeaderFieldsTooLarge", "The headers are too long."),
    429: Refusal("TooManyRequests", "Too many requests; try again later.", "Retry-After"),
    503: Refusal("ServiceUnavailable", "Not now; nothing was changed. Try again.", "Retry-After"),
}
