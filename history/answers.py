"""Answers to writes that carried an Idempotency-Key, so that sending again changes nothing."""

import sqlite3

import msgspec


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What was answered; `request` is a fingerprint of what was asked.

    The same key with another fingerprint is a mistake of the client.
    """

    request: str
    status: int
    body: str


def find_answer(connection: sqlite3.Connection, actor: str, key: str) -> Answer | None:
    """Return what this actor was answered under this key; None if nothing yet."""
    row = connection.execute(
        "SELECT request, status, body FROM answers WHERE actor = ? AND key = ?",
        (actor, key),
    ).fetchone()
    return None if row is None else Answer(*row)


def store_answer(
    connection: sqlite3.Connection,
    actor: str,
    key: str,
    answer: Answer,
    now_ns: int,
) -> None:
    """Keep an answer. Raises sqlite3.IntegrityError where the key has one already."""
    connection.execute(
        "INSERT INTO answers (actor, key, request, status, body, answered_ns)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (actor, key, answer.request, answer.status, answer.body, now_ns),
    )
