"""What the site file says about the HTTP server."""

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

PORT_MAX = 65_535
_HOST_PORT = re.compile(r"(?:\[[0-9a-fA-F:]+\]|[^:\s\[\]/]+):([0-9]{1,5})")


class ServerSettings(BaseModel):
    """Where the gateway listens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: str = Field(
        default="127.0.0.1:8080",
        description="host:port, an IPv6 host in brackets; port 0 takes a free one.",
    )

    @field_validator("listen")
    @classmethod
    def _is_host_and_port(cls, listen: str) -> str:
        match = _HOST_PORT.fullmatch(listen)
        if match is None or int(match[1]) > PORT_MAX:
            raise ValueError("must be host:port such as 127.0.0.1:8080, an IPv6 host in brackets")
        return listen
