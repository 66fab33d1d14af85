"""What the command line tells the running gateway of exports that it makes from the files."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from gateway.history_errands import Writes
from gateway.key_errands import ACTOR
from history.audit import AuditEntry, append_audit


async def note(request: Mapping[str, Any], counter: Writes, now_ns: int) -> dict[str, Any]:
    """Write into the audit log what is exported: `{}`, or `{error}`."""
    detail = {"format": request["format"], "filters": request["filters"]}
    entry = AuditEntry(None, now_ns, ACTOR, "export", request["kind"], "", detail)
    try:
        await counter.transact(lambda state: append_audit(state, [entry]))
    except sqlite3.Error as error:
        return {"error": str(error)}
    return {}
