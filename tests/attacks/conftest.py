"""The API over a fake gateway, as the tests of the API have it."""

from tests.api.conftest import admin, app, desk, keys, questions, state_path, viewer

__all__ = ["admin", "app", "desk", "keys", "questions", "state_path", "viewer"]
