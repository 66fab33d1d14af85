"""Previews that are begun by the real rules of the site file, and never end by themselves."""

from collections.abc import Sequence
from typing import Any

from api.example_previews import PREVIEW
from api.site_edits import SiteEdit, SiteRefusedError
from gateway.site_desk import SiteDesk


class FakePreviews:
    def __init__(self, site: SiteDesk) -> None:
        self._site = site
        self.rows: dict[str, dict[str, Any]] = {}
        self.causes: dict[tuple[str, int | None], str] = {}

    async def begin(
        self, edits: Sequence[SiteEdit], since_ns: int | None, by: str
    ) -> dict[str, Any]:
        site = await self._site.imagined(edits)
        cause = (site.version, since_ns)
        if cause not in self.causes:
            if any(row["state"] == "running" for row in self.rows.values()):
                raise SiteRefusedError("conflict", "Another preview is worked out now.")
            name = self.causes[cause] = f"preview-{len(self.causes) + 1}"
            begun = {"id": name, "by": by, "state": "running", "ended": None, "result": None}
            self.rows[name] = {**PREVIEW, **begun}
        return self.rows[self.causes[cause]]

    def finish(self, name: str) -> None:
        """Let one be done."""
        self.rows[name] = {**PREVIEW, "id": name}

    def shown(self, name: str) -> dict[str, Any] | None:
        return self.rows.get(name)

    async def end(self, name: str) -> bool:
        self.causes = {cause: each for cause, each in self.causes.items() if each != name}
        return self.rows.pop(name, None) is not None
