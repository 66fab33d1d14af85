"""docs/http.md, as a stranger follows it: every command is run, in order, on a real gateway."""

import asyncio
import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.acceptance.running import ROOT, asking, environment, gateway, items, until

PAGE = ROOT / "docs" / "http.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_URL = "http://127.0.0.1:8080"
OVER = "=== over ==="
PUSHES = "/ingest/"
LISTENS = "ask -N "

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the page uses curl")


class Block(NamedTuple):
    """A fenced block of the page, and the JSON that is shown as its answer."""

    language: str
    text: str
    answer: str | None


def blocks() -> Iterator[Block]:
    """The blocks of the page in order."""
    found: list[tuple[str, str]] = FENCE.findall(PAGE.read_text(encoding="utf-8"))
    for (language, text), (further, answer) in zip(found, [*found[1:], ("", "")], strict=True):
        yield Block(language, text, answer if further == "json" else None)


class Shell:
    """A shell that stays open, so that what a block exports and defines is there for the next."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def run(self, text: str) -> str:
        """What a block says; fails where a command of it does."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{text}\necho '{OVER}'\n".encode())
        said: list[str] = []
        async with asyncio.timeout(30):
            while True:
                line = (await self._process.stdout.readline()).decode()
                assert line, f"the shell has ended in\n{text}\n{''.join(said)}"
                if line.strip().endswith(OVER):
                    return "".join([*said, line.strip().removesuffix(OVER)])
                said.append(line)


@asynccontextmanager
async def shell(folder: Path) -> AsyncGenerator[Shell]:
    """A shell in a folder, which knows the command `tagwarden`."""
    command = folder / "bin" / "tagwarden"
    command.parent.mkdir()
    start = "from gateway.cli import main; raise SystemExit(main())"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{start}" "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        "bash",
        cwd=folder,
        env=environment(PATH=path, PYTHONPATH=str(ROOT)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        opened = Shell(process)
        await opened.run("set -eu -o pipefail")
        yield opened
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def shape_of(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    """The fields of an answer, whatever is in them."""
    if isinstance(value, dict):
        return {name: shape_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(inner) for inner in value]
    return None


async def decided(client: httpx.AsyncClient) -> tuple[int, int]:
    """How many movements there are, and how many reads are kept."""
    heard = sum(each["count"] for each in await items(client, "sightings"))
    return len(await items(client, "movements")), heard


def every_asset(names: dict[str, Any]) -> list[dict[str, Any]]:
    """All assets by the page's own function, one on a page, so that it has to find the next."""
    return list(names["every"]("assets", limit="1"))


async def run_bash(opened: Shell, block: Block, client: httpx.AsyncClient) -> None:
    """Run a block, look at its answer, and wait until what it pushed is decided."""
    before = await decided(client)
    text = block.text.rstrip()
    if LISTENS in text:
        text = f"{text.replace(LISTENS, LISTENS + '--max-time 2 ')} || test $? = 28"
    said = await opened.run(text)
    if LISTENS in text:
        assert "\nevent: movement\n" in said
    if block.answer is not None:
        assert shape_of(json.loads(said)) == shape_of(json.loads(block.answer)), block.text
    if PUSHES in text:

        async def both_more() -> bool:
            return all(now > was for now, was in zip(await decided(client), before, strict=True))

        await until(both_more, 15, f"decided what was pushed by\n{block.text}")


async def test_a_stranger_gets_through_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    page = list(blocks())
    site, data = tmp_path / "depot.yaml", tmp_path / "data"
    (settings,) = [block.text for block in page if block.language == "yaml"]
    site.write_text(settings.replace("127.0.0.1:8080", "127.0.0.1:0"), encoding="utf-8")
    names: dict[str, Any] = {}
    async with gateway(site, data, tmp_path / "log") as running, shell(tmp_path) as opened:
        first, *rest = [block for block in page if block.language in {"bash", "python"}]
        await opened.run(first.text.replace(SHOWN_URL, running.url))
        key = (await opened.run('echo "$KEY"')).strip()
        monkeypatch.setenv("URL", f"{running.url}/api/v1")
        monkeypatch.setenv("KEY", key)
        async with asking(running.url, key) as client:
            for block in rest:
                if block.language == "bash":
                    await run_bash(opened, block, client)
                else:
                    await asyncio.to_thread(exec, compile(block.text, str(PAGE), "exec"), names)
        page_by_page = [each["id"] for each in await asyncio.to_thread(every_asset, names)]
        await asyncio.to_thread(names["gateway"].close)
    printed = capfd.readouterr().out
    assert sorted(page_by_page) == ["forklift-3", "laptop-17"]
    assert "hall\n" in printed
    assert "critical forklifts stay in forklift-3 hall gate\n" in printed
    assert "in repair\n" in printed


def test_ten_questions_are_answered_in_both_languages() -> None:
    _, _, text = PAGE.read_text(encoding="utf-8").partition("\n## Ten questions\n")
    questions = text.partition("\n## ")[0].split("\n### ")[1:]
    assert len(questions) == 10
    for question in questions:
        assert "```bash\n" in question, question.partition("\n")[0]
        assert "```python\n" in question, question.partition("\n")[0]


def test_the_python_of_the_page_is_as_short_as_the_page_is_wide() -> None:
    for block in blocks():
        assert textwrap.dedent(block.text) == block.text
        if block.language == "python":
            assert max(map(len, block.text.splitlines())) <= 100
