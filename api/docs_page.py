"""What can be asked, as a page: each operation with its words, its curl and its examples."""

import json
import re
import shlex
from collections.abc import Iterator
from html import escape
from typing import Any

from api.pages import page_text, plain_text
from api.route import JSON

Node = dict[str, Any]

_SHOWN_CHARS_MAX = 6_000
_CODE = re.compile("`([^`]+)`")
_KEY = "Authorization: Bearer $KEY"


def docs_page(schema: Node) -> str:
    """Each group of operations, from the OpenAPI schema."""
    groups = schema["tags"]
    links = "".join(f'<a href="#{_anchor(g["name"])}">{plain_text(g["name"])}</a>' for g in groups)
    info = schema["info"]
    body = (
        f"<h1>{plain_text(info['title'])} {plain_text(info['version'])}</h1>"
        f"<p>{plain_text(info.get('description', ''))} The same for programs: "
        '<a href="/openapi.json">/openapi.json</a>.</p>'
        "<p>Lists take <code>limit</code> and <code>cursor</code>, and come as JSON, as CSV or "
        "line by line, by <code>Accept</code>. Refusals are <code>application/problem+json</code>. "
        "A write with <code>Idempotency-Key</code> is done once.</p>"
        f"<nav>{links}</nav>{''.join(_group(schema, group) for group in groups)}"
    )
    return page_text("Tagwarden: HTTP", body)


def _anchor(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _group(schema: Node, group: Node) -> str:
    told = (
        _operation(verb, path, operation)
        for path, operations in schema["paths"].items()
        for verb, operation in operations.items()
        if group["name"] in operation["tags"]
    )
    name = group["name"]
    return (
        f'<h2 id="{_anchor(name)}">{plain_text(name)}</h2>'
        f"<p>{plain_text(group['description'])}</p>{''.join(told)}"
    )


def _operation(verb: str, path: str, operation: Node) -> str:
    paragraphs = operation["description"].split("\n\n")
    body = "".join(f"<p>{_words(paragraph)}</p>" for paragraph in paragraphs)
    parts = (body, _parameters(operation), _answers(operation))
    return (
        f'<details id="{operation["operationId"]}"><summary><b class="{verb}">{verb.upper()}</b>'
        f"<code>{plain_text(path)}</code><span>{_words(operation['summary'])}</span></summary>"
        f"{''.join(parts)}{_example('Ask', curl_of(verb, path, operation))}"
        f"{_example('Answer', _answer_of(operation))}</details>"
    )


def _parameters(operation: Node) -> str:
    rows = "".join(
        f"<tr><td><code>{plain_text(each['name'])}</code></td>"
        f"<td>{_words(each.get('description', ''))}{_bounds(each['schema'])}</td></tr>"
        for each in operation.get("parameters", [])
    )
    roles = ", ".join(operation["x-roles"])
    who = f"<tr><td>Roles</td><td>{plain_text(roles)}</td></tr>"
    return f"<h3>Asked with</h3><table><tbody>{who}{rows}</tbody></table>"


def _bounds(schema: Node) -> str:
    """What a parameter may be, where few words say it."""
    choices = schema.get("enum") or schema.get("items", {}).get("enum")
    said = ""
    if choices:
        said = " " + ", ".join(f"<code>{plain_text(str(choice))}</code>" for choice in choices)
    if "default" in schema:
        said += f" (<code>{plain_text(json.dumps(schema['default']))}</code>)"
    return said


def _answers(operation: Node) -> str:
    rows = "".join(
        f"<tr><td>{code}</td><td>{_words(answer['description'])} {_media_of(answer)}</td></tr>"
        for code, answer in operation["responses"].items()
        if "$ref" not in answer and code != "default"
    )
    refusals = ", ".join(
        code for code, answer in operation["responses"].items() if "$ref" in answer
    )
    rows += f"<tr><td>Refusals</td><td>{refusals}</td></tr>"
    return f"<h3>Answered with</h3><table><tbody>{rows}</tbody></table>"


def _media_of(answer: Node) -> str:
    return " ".join(f"<code>{plain_text(media)}</code>" for media in answer.get("content", {}))


def _words(text: str) -> str:
    """Text in which what stands between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", plain_text(text))


def curl_of(verb: str, path: str, operation: Node) -> str:
    """The command that asks for the example."""
    for each in operation.get("parameters", []):
        if each["in"] == "path":
            path = path.replace("{" + each["name"] + "}", str(each["example"]).replace(" ", "%20"))
    parts = ["curl", "" if verb == "get" else f"-X {verb.upper()}", f"$URL{path}"]
    if operation["security"]:
        parts.append(f'-H "{_KEY}"')
    parts += _body_of(operation)
    return " ".join(part for part in parts if part)


def _body_of(operation: Node) -> Iterator[str]:
    content: Node = operation.get("requestBody", {}).get("content", {})
    media = JSON if "example" in content.get(JSON, {}) else next(iter(content), None)
    if media is not None:
        sent = content[media].get("example", "")
        text = sent if isinstance(sent, str) else json.dumps(sent, ensure_ascii=False)
        yield f'-H "Content-Type: {media}"'
        yield f"--data-binary {shlex.quote(text)}"


def _answer_of(operation: Node) -> str:
    """The example of the answer, JSON before all else."""
    for code, answer in operation["responses"].items():
        content: Node = answer.get("content", {}) if code.startswith("2") else {}
        for media in (JSON, *content):
            if "example" in content.get(media, {}):
                shown = content[media]["example"]
                if isinstance(shown, str):
                    return shown
                return json.dumps(shown, indent=2, ensure_ascii=False)
    return ""


def _example(title: str, text: str) -> str:
    if not text:
        return ""
    return f"<h3>{title}</h3><pre>{escape(text[:_SHOWN_CHARS_MAX])}</pre>"
