"""The OpenAPI schema, finished: what FastAPI finds of the routes, with words and examples."""

import inspect
import json
import re
from collections.abc import Iterable
from typing import Any

from api.example import Example
from api.examples import EXAMPLES
from api.openapi_words import GROUPS, PARAMETERS, PATH_PARAMETERS, REFUSALS, group_of
from api.route import API, JSON, PROBLEM_JSON, Route, schema_path
from api.shapes import Problem, Wrong

_SCHEMAS = "#/components/schemas/"
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_SUMMARY_CHARS_MAX = 120
_LICENSE = {"name": "GNU General Public License v3.0 or later", "identifier": "GPL-3.0-or-later"}
_SECURITY: dict[str, Any] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, `tw_…`, as `tagwarden keys create` prints it.",
    },
    "keyAsPassword": {
        "type": "http",
        "scheme": "basic",
        "description": "For readers that know no other way: the API key is the password.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-tagwarden",
        "description": "The session of somebody who logged in.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "With a session, all that is no GET needs it; log-in and `GET me` tell it.",
    },
}

_PAGE = "One page of a list; `Link` leads to the next."
Node = dict[str, Any]


def finish(schema: Node, routes: Iterable[Route]) -> Node:
    """Finish the schema that FastAPI made of these routes, in place; gives it back."""
    schemas: Node = schema["components"]["schemas"]
    for shape in (Problem, Wrong):
        schemas[shape.__name__] = shape.model_json_schema(ref_template=_SCHEMAS + "{model}")
        _ = schemas[shape.__name__].pop("$defs", None)
    for route in routes:
        operation: Node = schema["paths"][schema_path(route.path)][route.verb.lower()]
        _describe(operation, route)
        _hoist_body(operation, schemas)
    used = {tag for node in _operations(schema) for tag in node["tags"]}
    schema["info"]["license"] = _LICENSE
    schema["servers"] = [{"url": "/", "description": "This gateway."}]
    schema["tags"] = [
        {"name": group.name, "description": group.about} for group in GROUPS if group.name in used
    ]
    schema["components"]["securitySchemes"] = _SECURITY
    schema["components"]["responses"] = _refusals(schema)
    return _with_plain_names(schema)


def _operations(schema: Node) -> list[Node]:
    return [node for path in schema["paths"].values() for node in path.values()]


def _describe(operation: Node, route: Route) -> None:
    text = inspect.getdoc(route.answer) or ""
    operation["operationId"] = operation_id(route)
    operation["tags"] = [group_of(noun_of(route.path))]
    operation["summary"] = _summary(text)
    operation["description"] = _unwrapped(text)
    operation["security"] = _security(route)
    for parameter in operation.get("parameters", []):
        _describe_parameter(parameter, route.path)
    _describe_answers(operation, route)
    example = EXAMPLES.get(operation["operationId"])
    if example is not None:
        _show(operation, example)


def operation_id(route: Route) -> str:
    """The name of an operation: that of the function which answers it."""
    return route.operation or str(route.answer.__name__)


def noun_of(path: str) -> str:
    """The first segment of a path under the API; empty for what is outside of it."""
    return path.removeprefix(API + "/").partition("/")[0] if path.startswith(API) else ""


def _summary(text: str) -> str:
    """The first sentence, without its full stop."""
    line = " ".join(text.partition("\n\n")[0].split())
    end = _SENTENCE_END.search(line)
    sentence = line[: end.start()] if end else line
    if len(sentence) <= _SUMMARY_CHARS_MAX:
        return sentence
    return re.split(r"[:;,] ", sentence)[0]


def _unwrapped(text: str) -> str:
    """The paragraphs, each on a line of its own; their line breaks mean nothing."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.right == "open":
        return []
    keys: list[dict[str, list[str]]] = [{"key": []}]
    if route.right == "ingest":
        keys.append({"keyAsPassword": []})
    return [*keys, {"session": []} if route.verb == "GET" else {"session": [], "csrf": []}]


def _describe_parameter(parameter: Node, path: str) -> None:
    schema: Node = parameter["schema"]
    _ = schema.pop("title", None)
    if parameter["in"] == "path":
        about, example = _of_path(parameter["name"], path)
        parameter["description"] = about
        parameter["example"] = example
        return
    _leave_null_out(schema)
    said: str | None = schema.pop("description", None) or parameter.get("description")
    words = said or PARAMETERS.get(parameter["name"])
    if words is not None:
        parameter["description"] = words


def _of_path(name: str, path: str) -> tuple[str, Any]:
    segments = schema_path(path).split("/")
    before = segments[segments.index("{" + name + "}") - 1]
    return PATH_PARAMETERS[before]


def _leave_null_out(schema: Node) -> None:
    """A parameter of a query is there or not; none is null."""
    choices: list[Node] = schema.get("anyOf", [])
    real = [choice for choice in choices if choice.get("type") != "null"]
    if len(real) == 1 and len(choices) > 1:
        del schema["anyOf"]
        schema.update({**real[0], **schema})
    if schema.get("default", ...) is None:
        del schema["default"]


def _describe_answers(operation: Node, route: Route) -> None:
    answers: Node = operation["responses"]
    for code in route.statuses:
        answer: Node = answers[str(code)]
        answer["description"] = _DONE.get(code, "Done.")
        if route.shape is None:
            _ = answer.get("content", {}).pop(JSON, None)
        for content in answer.get("content", {}).values():
            _ = content["schema"].pop("title", None)
        if not answer.get("content"):
            _ = answer.pop("content", None)
        headers = _headers(route, code)
        if headers:
            answer["headers"] = headers
    if route.versioned and route.verb == "GET":
        answers["304"] = {"description": "It still has the `ETag` of `If-None-Match`."}
    for code in refusals_of(route):
        answers.setdefault(str(code), {"$ref": f"#/components/responses/{REFUSALS[code].name}"})
    ordered = sorted((code for code in answers if code != "default"), key=int)
    operation["responses"] = {code: answers[code] for code in [*ordered, "default"]}


_DONE = {
    200: "Done.",
    201: "Made.",
    202: "Taken on; it will be done.",
    204: "Done; there is nothing to say.",
    503: "Not ready.",
}


def _headers(route: Route, code: int) -> Node:
    found: dict[str, str] = {}
    if "text/csv" in route.media:
        found["Link"] = 'The next page, `rel="next"`, where there is one.'
    if route.versioned and code in {200, 201}:
        found["ETag"] = "The version of what is shown; say it as `If-Match` when you change it."
    return {
        name: {"description": about, "schema": {"type": "string"}} for name, about in found.items()
    }


def refusals_of(route: Route) -> list[int]:
    """The statuses by which a route may refuse."""
    found = {400, 414, 431, *route.refusals}
    if route.right != "open":
        found |= {401, 403, 422, 429}
    elif route.takes is not None:
        found |= {401, 403}
    if "{" in route.path:
        found.add(404)
    if route.verb != "GET":
        found |= {409, 422, 429, 503}
    if route.takes is not None:
        found |= {408, 413, 415}
    if route.versioned and route.verb != "GET":
        found |= {412, 428}
    if route.media and route.right != "open":
        found.add(503)
    return sorted(found - set(route.statuses))


def _show(operation: Node, example: Example) -> None:
    """Put the example of an answer and of a body in their places."""
    contents: list[Node] = [
        answer["content"]
        for code, answer in operation["responses"].items()
        if code.startswith("2") and "content" in answer
    ]
    for content in contents:
        for media, value in ((JSON, example.answer), *example.texts.items()):
            if media in content and value is not None:
                content[media]["example"] = value
    body: Node = operation.get("requestBody", {}).get("content", {})
    for media, value in ((JSON, example.sent), *example.sent_texts.items()):
        if media in body and value is not None:
            body[media]["example"] = value


def _hoist_body(operation: Node, schemas: Node) -> None:
    """Let a body name its schema instead of holding it."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["schema"] = _hoisted(content["schema"], schemas)


def _hoisted(schema: Node, schemas: Node) -> Node:
    inner = schema.pop("$defs", {})
    for name, each in inner.items():
        schemas[name] = _referring(each)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            schema[word] = [_hoisted(choice, schemas) for choice in schema[word]]
    if schema.get("type") == "array" and schema.get("items"):
        schema["items"] = _hoisted(schema["items"], schemas)
    title = schema.get("title")
    if schema.get("type") != "object" or title is None or " " in title:
        return schema if "$ref" in schema else dict(_referring(schema))
    schemas[title] = _referring(schema)
    return {"$ref": _SCHEMAS + title}


def _referring(node: Any) -> Any:  # noqa: ANN401 -- any part of a schema
    """The same with references into the document instead of into the schema of the body."""
    return json.loads(json.dumps(node).replace('"#/$defs/', f'"{_SCHEMAS}'))


def _refusals(schema: Node) -> Node:
    """Each refusal that an operation names."""
    used = {code for node in _operations(schema) for code in node["responses"]}
    problem = {"schema": {"$ref": _SCHEMAS + Problem.__name__}}
    found: Node = {}
    for code, refusal in REFUSALS.items():
        if str(code) in used:
            shown = {**problem, "example": _refusal_example(code, refusal.about)}
            found[refusal.name] = {
                "description": refusal.about,
                "content": {PROBLEM_JSON: shown},
            }
            if refusal.header is not None:
                seconds = {"type": "integer", "minimum": 0}
                about = {"description": "Seconds to wait before the next try.", "schema": seconds}
                found[refusal.name]["headers"] = {refusal.header: about}
    return found


def _refusal_example(code: int, about: str) -> Node:
    title = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", REFUSALS[code].name)
    detail = about.replace("`", "").partition(";")[0].rstrip(".") + "."
    return {"type": "about:blank", "title": title, "status": code, "detail": detail, "errors": []}


def _with_plain_names(schema: Node) -> Node:
    """Call schemas by what they are: `Asset`, `AssetPage`."""
    names: list[str] = list(schema["components"]["schemas"])
    plain = {name: _plain(name) for name in names}
    if len(set(plain.values())) < len(names):
        return schema
    text = json.dumps(schema)
    text = re.sub(
        rf'"{re.escape(_SCHEMAS)}([^"]+)"', lambda found: f'"{_SCHEMAS}{plain[found[1]]}"', text
    )
    renamed: Node = json.loads(text)
    described: Node = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = {
        plain[name]: {"description": _PAGE, **each, "title": plain[name]}
        for name, each in sorted(described.items())
    }
    return renamed


def _plain(name: str) -> str:
    if name.startswith("Items_Union_PastMovement"):
        return "HistoryPage"
    if name.startswith("Items_"):
        return _plain(name.removeprefix("Items_").rstrip("_")) + "Page"
    return name.removesuffix("Shape")
