"""Secrets in what is about to be logged: a last net behind code that logs none."""

import re

from gateway.log_values import Plain

MASK = "***"
SECRET_NAMES = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "authorization",
        "client_secret",
        "cookie",
        "csrf_token",
        "key",
        "passphrase",
        "passwd",
        "password",
        "private_key",
        "proxy_authorization",
        "pwd",
        "refresh_token",
        "secret",
        "session",
        "set_cookie",
        "sig",
        "signature",
        "token",
        "x_csrf_token",
    }
)
"""Names whose values are never logged, with `_` for `-` and in lower case."""

_WORDS = "|".join(sorted(name.replace("_", "[_-]") for name in SECRET_NAMES))
_NAMED = rf"(?<![A-Za-z0-9])((?:[A-Za-z0-9]+[_-])*(?:{_WORDS}))"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # API keys keep their number, which is no secret and says whose it is.
    (re.compile(r"\b(tw_[A-Za-z0-9]{1,32}_)[A-Za-z0-9_-]{8,}"), rf"\1{MASK}"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), f"whsec_{MASK}"),
    (re.compile(r"(://[^/\s:@]*:)[^\s]*@"), rf"\1{MASK}@"),
    (re.compile(r"(?i)\b(bearer)(\s+)[A-Za-z0-9+/=._~-]{6,}"), rf"\1\2{MASK}"),
    # Base64 has capitals or digits, other words behind `basic` have none.
    (re.compile(r"\b([Bb]asic|[Dd]igest)(\s+)(?=\S*[A-Z0-9=])\S{8,}"), rf"\1\2{MASK}"),
    # A header goes to the end of its line, and may hold several parts.
    (
        re.compile(r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-csrf-token)(:\s*)[^\r\n]+"),
        rf"\1\2{MASK}",
    ),
    (re.compile(rf"(?i){_NAMED}(=)(\"[^\"]*\"|'[^']*'|[^\s&,;\"']+)"), rf"\1\2{MASK}"),
    (
        re.compile(rf"(?i)([\"']){_NAMED}\1(\s*:\s*)(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"),
        rf"\1\2\1\3{MASK}",
    ),
)
_TELLTALE = re.compile(
    rf"(?i)tw_|whsec_|://|bearer|basic|digest|authorization|cookie|(?:{_WORDS})[\"']?\s*[=:]"
)
"""What every secret shows; most lines have nothing of it."""


def masked_text(text: str) -> str:
    """The text with `***` for what looks like a secret."""
    if _TELLTALE.search(text) is None:
        return text
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def masked(value: Plain, name: str = "") -> Plain:
    """The same with `***` for each value of a secret name, and in each text."""
    if is_secret_name(name) and value is not None:
        return MASK
    match value:
        case str():
            return masked_text(value)
        case dict():
            return {masked_text(key): masked(below, key) for key, below in value.items()}
        case list():
            return [masked(below) for below in value]
        case _:
            return value


def is_secret_name(name: str) -> bool:
    """Whether values of this name are never logged: `token`, `X-Csrf-Token`, `guards_secret`."""
    plain = name.strip().lower().replace("-", "_")
    return plain in SECRET_NAMES or plain.rpartition("_")[2] in SECRET_NAMES
