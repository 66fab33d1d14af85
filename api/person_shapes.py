"""How people, sessions and set-up look in answers and in bodies."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from api.shapes import Shape, Time
from api.spans import say_something
from api.words import Line
from history.callers import Role
from history.people import LOGIN_PATTERN, is_login

NAME_CHARS_MAX = 100
LIMIT_NAMES_MAX = 200
LIMIT_CHARS_MAX = 200
SENT_CHARS_MAX = 1_024
CODE_CHARS_MAX = 64


def _login(text: str) -> str:
    if not is_login(text):
        raise ValueError("must be 1 to 64 of A-Z, a-z, 0-9 and . _ @ + -, and not 'gateway'")
    return text


PersonRole = Literal["viewer", "guard", "operator", "admin"]
Login = Annotated[str, AfterValidator(_login), Field(json_schema_extra={"pattern": LOGIN_PATTERN})]
Name = Annotated[Line, Field(max_length=NAME_CHARS_MAX), AfterValidator(say_something)]
LimitName = Annotated[Line, Field(min_length=1, max_length=LIMIT_CHARS_MAX)]
Limit = Annotated[tuple[LimitName, ...], Field(max_length=LIMIT_NAMES_MAX)] | None
Sent = Annotated[str, Field(max_length=SENT_CHARS_MAX)]
Code = Annotated[str, Field(min_length=1, max_length=CODE_CHARS_MAX)]


class Body(BaseModel):
    """A body with these fields only."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonBody(Body):
    """Somebody who is to log in; `zones` and `groups` limit what they see."""

    login: Login
    name: Name
    role: PersonRole
    zones: Limit = None
    groups: Limit = None


class PersonPatch(Body):
    """What is to be changed; what is left out stays. `disabled` keeps somebody out."""

    name: Name | None = None
    role: PersonRole | None = None
    zones: Limit = None
    groups: Limit = None
    disabled: bool | None = None


class LogInBody(Body):
    """Who logs in."""

    login: Sent
    password: Sent


class SetupBody(Body):
    """The first admin, by the code that the gateway printed when it started."""

    code: Code
    login: Login
    name: Name
    password: Sent


class ChosenBody(Body):
    """A password that somebody chooses by a one-time code."""

    code: Code
    password: Sent


class PasswordBody(Body):
    """Another password in place of the present one."""

    old: Sent
    new: Sent


PERSON = TypeAdapter(PersonBody)
PATCH = TypeAdapter(PersonPatch)
LOG_IN = TypeAdapter(LogInBody)
SETUP = TypeAdapter(SetupBody)
CHOSEN = TypeAdapter(ChosenBody)
PASSWORD = TypeAdapter(PasswordBody)


class PersonShape(Shape):
    """Somebody who may log in; `password_chosen` is null until they have chosen one."""

    id: str
    login: str
    name: str
    role: PersonRole
    zones: list[str] | None
    groups: list[str] | None
    disabled: bool
    password_chosen: Time | None
    last_login: Time | None
    created: Time
    created_by: str


class CodeShape(Shape):
    """A one-time code with which somebody chooses a password; told this once."""

    code: str
    code_expires: Time


class NewPersonShape(PersonShape):
    """The same with the code, which is null where the same request had come before."""

    code: str | None
    code_expires: Time | None


class SessionShape(Shape):
    """A session: whose (an id of `people`) and from where; `current` is the one at hand."""

    id: str
    person: str
    begun: Time
    seen: Time
    expires: Time
    address: str
    agent: str
    current: bool


class FrameShape(Shape):
    """The site: its name, its IANA time zone, and the version of its file."""

    name: str
    timezone: str
    version: str


class MeShape(Shape):
    """Who asks, and what they may do; `csrf` goes into X-CSRF-Token with changes in a session.

    `version` is that of the gateway. A `display` is the browser of a wall, by its key.
    """

    kind: Literal["key", "person", "display"]
    id: str
    login: str | None
    name: str
    role: Role
    rights: list[str]
    zones: list[str] | None
    groups: list[str] | None
    expires: Time | None
    csrf: str | None
    version: str
    site: FrameShape


class LoggedInShape(Shape):
    """Who has logged in, and what to send as X-CSRF-Token with every change."""

    person: MeShape
    csrf: str


class SetupShape(Shape):
    """Whether the first admin can be made now, by the code that the gateway printed."""

    open: bool


Json = dict[str, Any]
