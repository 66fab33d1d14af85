"""The routes of people who log in: how they get in, who they are, and who they may be."""

from api import displays, me, people, sessions, setup
from api.person_shapes import (
    ChosenBody,
    CodeShape,
    LoggedInShape,
    LogInBody,
    MeShape,
    NewPersonShape,
    PasswordBody,
    PersonBody,
    PersonPatch,
    PersonShape,
    SessionShape,
    SetupBody,
    SetupShape,
)
from api.route import API, Route, rows, takes

_PEOPLE = API + "/people"
_PERSON = _PEOPLE + "/{person}"
_SESSIONS = API + "/sessions"
_SETUP = API + "/setup"

PERSON_ROUTES: tuple[Route, ...] = (
    Route("GET", _SETUP, setup.show_setup, "open", SetupShape),
    Route(
        "POST",
        _SETUP,
        setup.set_up,
        "open",
        LoggedInShape,
        takes=takes(SetupBody),
        statuses=(201,),
    ),
    Route(
        "POST",
        _SETUP + "/password",
        setup.choose_password,
        "open",
        LoggedInShape,
        takes=takes(ChosenBody),
    ),
    Route("POST", _SESSIONS, sessions.log_in, "open", LoggedInShape, takes=takes(LogInBody)),
    Route("POST", _SESSIONS + "/display", displays.show_display, "self", MeShape),
    Route("DELETE", _SESSIONS + "/current", sessions.log_out, "self", statuses=(204,)),
    rows(_SESSIONS, sessions.list_all_sessions, SessionShape, "self"),
    Route("DELETE", _SESSIONS + "/{session}", sessions.remove_session, "self", statuses=(204,)),
    Route("GET", API + "/me", me.show_me, "self", MeShape),
    Route(
        "PUT",
        API + "/me/password",
        me.change_password,
        "self",
        LoggedInShape,
        takes=takes(PasswordBody),
    ),
    rows(_PEOPLE, people.list_everybody, PersonShape, "people"),
    Route(
        "POST",
        _PEOPLE,
        people.create_person,
        "people",
        NewPersonShape,
        takes=takes(PersonBody),
        statuses=(201,),
    ),
    Route("POST", _PERSON + "/code", people.create_code, "people", CodeShape, statuses=(201,)),
    Route("GET", _PERSON, people.show_person, "people", PersonShape, versioned=True),
    Route(
        "PATCH",
        _PERSON,
        people.change_one,
        "people",
        PersonShape,
        takes=takes(PersonPatch),
        versioned=True,
    ),
    Route("DELETE", _PERSON, people.delete_person, "people", statuses=(204,), versioned=True),
)
