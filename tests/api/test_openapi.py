"""The API describes itself: whole, in words, with examples that are true to their schemas."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import validate
from prometheus_client import CollectorRegistry

from api.app import create_app
from api.examples import EXAMPLES
from api.openapi import operation_id
from api.openapi_words import GROUPS, REFUSALS
from api.routes import ROUTES
from history.questions import StateQuestions
from history.state import open_state
from tests.api.fake_gateway import FakeDesk

Node = dict[str, Any]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Node:
    path = tmp_path_factory.mktemp("openapi") / "state.db"
    open_state(path).close()
    desk, questions = FakeDesk(path), StateQuestions(path)
    app = create_app(desk, questions, lambda _: None, CollectorRegistry())
    desk.state.close()
    questions.close()
    return app.openapi()


def operations(schema: Node) -> Iterator[tuple[str, Node]]:
    """Each operation, named by its method and path."""
    for path, verbs in schema["paths"].items():
        for verb, operation in verbs.items():
            yield f"{verb.upper()} {path}", operation


def contents(operation: Node) -> Iterator[tuple[str, str, Node]]:
    """Where bodies stand: `answer` or `sent`, the media type, and what is said of it."""
    for code, answer in operation["responses"].items():
        if code.startswith("2"):
            for media, content in answer.get("content", {}).items():
                yield "answer", media, content
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "sent", media, content


def nodes(value: Any) -> Iterator[Node]:  # noqa: ANN401 -- any part of the schema
    """Every object of the schema that is no example."""
    if isinstance(value, dict):
        yield value
        for name, inner in value.items():
            if name != "example":
                yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def test_the_schema_is_openapi_3_1(schema: Node) -> None:
    assert schema["openapi"].startswith("3.1")
    validate(schema)


def test_the_schema_says_what_it_is_how_it_may_be_used_and_where(schema: Node) -> None:
    assert {"title", "version", "description", "license"} <= set(schema["info"])
    assert schema["info"]["license"]["identifier"] == "GPL-3.0-or-later"
    assert [server["url"] for server in schema["servers"]] == ["/"]


def test_every_operation_has_a_name_of_its_own_that_fits_into_an_address(schema: Node) -> None:
    names = Counter(operation["operationId"] for _, operation in operations(schema))
    assert [name for name, times in names.items() if times > 1] == []
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


def test_every_operation_says_what_it_does(schema: Node) -> None:
    for name, operation in operations(schema):
        summary = operation["summary"]
        assert 3 <= len(summary) <= 120, name
        assert summary[0].isupper(), name
        assert not summary.endswith("."), name
        assert operation["description"].endswith((".", "`")), name


def test_every_operation_belongs_to_one_group_and_every_group_is_described(schema: Node) -> None:
    described = [tag["name"] for tag in schema["tags"]]
    assert all(tag["description"] for tag in schema["tags"])
    assert described == [group.name for group in GROUPS if group.name in described]
    used = {tag for _, operation in operations(schema) for tag in operation["tags"]}
    assert used == set(described)
    assert all(len(operation["tags"]) == 1 for _, operation in operations(schema))


def test_every_path_is_plain(schema: Node) -> None:
    for path in schema["paths"]:
        assert path == "/" or not path.endswith("/")
        assert "?" not in path
        assert ":" not in path


def test_every_parameter_is_declared_and_described(schema: Node) -> None:
    for name, operation in operations(schema):
        parameters = operation.get("parameters", [])
        in_path = {each["name"] for each in parameters if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", name)), name
        assert [each["name"] for each in parameters if not each.get("description")] == [], name
        told = Counter((each["name"], each["in"]) for each in parameters)
        assert [each for each, times in told.items() if times > 1] == [], name


def test_every_operation_says_who_may_ask(schema: Node) -> None:
    schemes = set(schema["components"]["securitySchemes"])
    for name, operation in operations(schema):
        named = {scheme for each in operation["security"] for scheme in each}
        assert named <= schemes, name
        assert (operation["x-roles"] == ["open"]) == (operation["security"] == []), name
    named = {
        scheme
        for _, operation in operations(schema)
        for each in operation["security"]
        for scheme in each
    }
    assert named == schemes


def test_every_operation_says_how_it_may_refuse(schema: Node) -> None:
    for name, operation in operations(schema):
        answers = operation["responses"]
        assert any(code.startswith("2") for code in answers), name
        assert any(code.startswith("4") for code in answers), name
        assert "default" in answers, name
        if operation["security"]:
            assert {"401", "403", "429"} <= set(answers), name


def test_no_word_of_older_openapi_is_left(schema: Node) -> None:
    assert [node for node in nodes(schema) if "nullable" in node] == []


def test_every_part_of_the_schema_is_used(schema: Node) -> None:
    named = {node["$ref"] for node in nodes(schema) if isinstance(node.get("$ref"), str)}
    for kind in ("schemas", "responses"):
        for name in schema["components"][kind]:
            assert f"#/components/{kind}/{name}" in named, name


def test_every_reference_leads_somewhere(schema: Node) -> None:
    for node in nodes(schema):
        if isinstance(node.get("$ref"), str):
            found: Any = schema
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]


def test_every_object_of_an_answer_is_described(schema: Node) -> None:
    for name, shape in schema["components"]["schemas"].items():
        if shape.get("type") == "object":
            assert shape.get("description"), name


def test_every_operation_has_examples(schema: Node) -> None:
    """What is missing is added to api/examples.py, by the name of the operation."""
    missing = [
        f"{operation['operationId']}: {what} {media}"
        for _, operation in operations(schema)
        for what, media, content in contents(operation)
        if "example" not in content and media != "text/csv"
    ]
    assert missing == []


def test_every_example_belongs_to_an_operation() -> None:
    assert set(EXAMPLES) - {operation_id(route) for route in ROUTES} == set()


def test_every_example_fits_its_schema(schema: Node) -> None:
    for name, operation in operations(schema):
        for what, media, content in contents(operation):
            if "example" in content:
                whole = {**content["schema"], "components": schema["components"]}
                check = Draft202012Validator(whole)
                wrong = [error.message for error in check.iter_errors(content["example"])]
                assert wrong == [], f"{name}: {what} {media}"


def test_every_refusal_has_an_example_that_fits(schema: Node) -> None:
    titles = {refusal.name: code for code, refusal in REFUSALS.items()}
    for name, answer in schema["components"]["responses"].items():
        content = answer["content"]["application/problem+json"]
        whole = {**content["schema"], "components": schema["components"]}
        assert Draft202012Validator(whole).is_valid(content["example"])
        assert content["example"]["status"] == titles[name]
