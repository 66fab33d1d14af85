"""Check-outs, and who is out under them, rebuilt from the tables."""

import sqlite3
from collections.abc import Iterable

import msgspec

from alerts.outings import expiry_ns, recall_ns
from alerts.state import JudgeState
from inventory.changes import CheckOut
from inventory.custody import (
    CLOSED_MAX,
    OPEN_STATES,
    OUT_MAX,
    CustodyState,
    Loan,
    Out,
    Stray,
)
from zones.movements import Movement, movement_id

_terms_decoder = msgspec.msgpack.Decoder(CheckOut)
_CLOSED = """
SELECT * FROM (
    SELECT id, state, closed_ns, terms FROM checkouts WHERE NOT open
    ORDER BY closed_ns DESC LIMIT ?
) ORDER BY closed_ns
"""
_OUT = (
    "SELECT checkout, asset, tag, from_zone, to_zone, portal, left_ns FROM outings"
    " WHERE {} ORDER BY seq LIMIT {}"
)
_OUT_NOW = _OUT.format("ended_ns IS NULL", OUT_MAX)
_OUT_THEN = _OUT.format(
    "left_ns <= :at_ns AND (ended_ns IS NULL OR ended_ns > :at_ns) AND ended IS NOT 'late'", OUT_MAX
)
_OPEN_THEN = (
    "SELECT terms FROM checkouts WHERE opened_ns <= :at_ns"
    " AND (closed_ns IS NULL OR closed_ns > :at_ns) ORDER BY opened_seq"
)


def custody_from_tables(
    connection: sqlite3.Connection, judged: JudgeState, now_ns: int
) -> CustodyState:
    """All check-outs as they stand. Rows of the connection know their columns.

    Who is out is so for no rule yet: those that see it outside say so when everybody is judged
    anew. Nobody is told as overdue before the readers had time to hear who came back.
    """
    state = CustodyState(patient_until_ns=now_ns)
    rows = connection.execute(
        "SELECT id, state, closed_ns, terms FROM checkouts WHERE open ORDER BY opened_seq"
    ).fetchall()
    for row in (*rows, *connection.execute(_CLOSED, (CLOSED_MAX,))):
        state.loans[row["id"]] = Loan(
            terms=_terms_decoder.decode(row["terms"]),
            state=row["state"],
            closed_ns=row["closed_ns"],
        )
    _let_out(connection.execute(_OUT_NOW), state)
    _set_alarms(state, now_ns)
    _lead_astray(judged, state)
    return state


def custody_then(connection: sqlite3.Connection, at_ns: int) -> CustodyState:
    """The check-outs that were open at a time that is past, and who was out under them.

    Who was overdue is so anew. Rows of the connection know their columns.
    """
    state = CustodyState(patient_until_ns=at_ns)
    for row in connection.execute(_OPEN_THEN, {"at_ns": at_ns}):
        terms = _terms_decoder.decode(row["terms"])
        state.loans[terms.id] = Loan(terms=terms)
    _let_out(connection.execute(_OUT_THEN, {"at_ns": at_ns}), state)
    _set_alarms(state, at_ns)
    return state


def _set_alarms(state: CustodyState, now_ns: int) -> None:
    """Say of each open check-out when to look at it next."""
    for loan in state.loans.values():
        if loan.state in OPEN_STATES:
            untold = any(not out.told for out in loan.out.values())
            due_ns = recall_ns(loan) if untold else expiry_ns(loan)
            loan.wake_ns = None if loan.out and not untold else max(due_ns, now_ns)


def _let_out(rows: Iterable[sqlite3.Row], state: CustodyState) -> None:
    """Who is out under a check-out is out still."""
    for row in rows:
        loan = state.loans.get(row["checkout"])
        if loan is not None and loan.state in OPEN_STATES:
            loan.out[row["asset"]] = Out(
                rules=(), fact=_exit(row), gate=row["portal"], told=loan.state == "overdue"
            )


def _exit(row: sqlite3.Row) -> Movement:
    """How somebody left, as far as the table tells."""
    from_zone, to_zone, left_ns = row["from_zone"], row["to_zone"], row["left_ns"]
    return Movement(
        id=movement_id(row["tag"], from_zone, to_zone, left_ns),
        time_ns=left_ns,
        decided_ns=left_ns,
        tag=row["tag"],
        asset=row["asset"],
        kind="moved",
        from_zone=from_zone,
        to_zone=to_zone,
    )


def _lead_astray(judged: JudgeState, state: CustodyState) -> None:
    """Who left while it was checked out, and has an alert for it, did so against the terms."""
    for (rule, _), case in judged.cases.items():
        alert = case.alert
        if alert is None or alert.asset is None or alert.kind not in {"exit", "wrong_way"}:
            continue
        asset = judged.register.assets.get(alert.asset)
        for loan in () if asset is None else state.loans.values():
            terms = loan.terms
            named = asset is not None and (
                terms.asset == asset.id
                or (terms.group and terms.group == asset.group)
                or (terms.category and terms.category == asset.category)
            )
            if named and loan.state in OPEN_STATES and terms.arrival_ns <= alert.time_ns:
                state.strays[alert.asset] = Stray(
                    checkout=terms.id,
                    verdict="wrong_gate",
                    time_ns=alert.time_ns,
                    rules=(rule,),
                    detail=alert.detail,
                )
                break
