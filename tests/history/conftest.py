from collections.abc import Iterator
from pathlib import Path

import pytest

from history.questions import StateQuestions
from tests.history.made import Writer


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    writer = Writer(tmp_path / "state.db")
    yield writer
    writer.close()


@pytest.fixture
def questions(writer: Writer) -> Iterator[StateQuestions]:
    questions = StateQuestions(writer.path)
    yield questions
    questions.close()
