"""The API over a fake gateway, as the tests of the API have it."""

from tests.api.conftest import app, desk, keys, questions, state_path

__all__ = ["app", "desk", "keys", "questions", "state_path"]
