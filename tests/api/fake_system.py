"""A gateway that tells of itself what a test likes, and makes backups of nothing."""

from typing import Any

from api.example_system import BACKUP, SYSTEM_TOLD
from api.running import BackupRefusedError


class FakeBackups:
    """Backups that are begun and never end."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.refusal: str | None = None

    async def begin(self, by: str) -> dict[str, Any]:
        if self.refusal is not None:
            raise BackupRefusedError(self.refusal)
        begun = {"id": f"backup-{len(self.rows) + 1}", "state": "running", "by": by}
        self.rows.append({**BACKUP, **begun})
        return self.rows[-1]

    async def listed(self) -> list[dict[str, Any]]:
        return self.rows


class FakeSystem:
    def __init__(self) -> None:
        self.backups = FakeBackups()
        self.figures: dict[str, Any] = dict(SYSTEM_TOLD)

    async def told(self) -> dict[str, Any]:
        return self.figures
