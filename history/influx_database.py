"""The place in an InfluxDB that takes the history: checked, and made where it is not there."""

import json
from typing import Any, NamedTuple
from uuid import uuid4

from history.influx_transport import Answer, InfluxTransport, Request, said_by
from history.influx_write import LineWriter, bucket_of
from history.settings import HistorySettings
from history.store import StoreError, StoreRefusedError, StoreUnavailableError
from readers.driver import Finding

DAY_S = 86_400
DOCTOR = "tagwarden_doctor"
"""The measurement that the test point goes to."""

_ADVICE_READ = "Let this user or token read what it writes."


class Place(NamedTuple):
    """Where history goes: by name, whether we made it just now, and how long it keeps (0: ever)."""

    name: str
    made: bool
    keeps_s: int


class InfluxDatabase:
    """Questions to an InfluxDB about itself. Every method may raise StoreError."""

    def __init__(self, settings: HistorySettings, transport: InfluxTransport) -> None:
        self._settings = settings
        self._transport = transport
        self._name = bucket_of(settings)

    def version(self) -> str:
        """The version that it says it has; StoreUnavailableError where no InfluxDB answers."""
        answer = self._transport.ask(Request("GET", "/ping"))
        if not answer.version and answer.status != 204:  # noqa: PLR2004 - of HTTP
            text = f"{said_by(self._transport.url, answer)}: is this an InfluxDB?"
            raise StoreUnavailableError(text)
        return answer.version or "unknown"

    def log_in(self) -> None:
        """Ask something that nobody is told who is not let in."""
        if self._settings.api == "v2":
            self._told(Request("GET", "/api/v2/buckets", {"limit": "1"}))
        else:
            self._query("SHOW DATABASES")

    def place(self) -> Place:
        """Return the database and its retention policy, or the bucket; made if it is not there."""
        return self._bucket() if self._settings.api == "v2" else self._database()

    def mapping(self) -> bool:
        """Make the DBRP mapping of a bucket, which InfluxQL needs; whether it was not there."""
        bucket = self._found_bucket()
        if bucket is None:
            raise StoreRefusedError(f"there is no bucket '{self._name}'")
        query = {"orgID": str(bucket.get("orgID", "")), "bucketID": str(bucket.get("id", ""))}
        listed = self._told(Request("GET", "/api/v2/dbrps", query))
        wanted = {"database": self._settings.database, "retention_policy": self._policy}
        for known in _list(listed, "content"):
            if wanted.items() <= known.items():
                return False
        body = {**query, **wanted, "default": True}
        self._told(Request("POST", "/api/v2/dbrps", body=json.dumps(body).encode()))
        return True

    def test_point(self, time_ns: int) -> None:
        """Write a point and read it back. Raises StoreError if it does not come back."""
        word = uuid4().hex  # of no account: it only has to differ from the one before
        refused: list[str] = []
        writer = LineWriter(self._settings, self._transport)
        line = f'{DOCTOR} word="{word}" {time_ns}'
        writer.write([line], lambda lines: refused.extend(reason for _, reason in lines))
        if refused:
            raise StoreRefusedError(f"a test point is refused: {refused[0]}")
        asked = f'SELECT "word" FROM {DOCTOR} WHERE time >= {time_ns} AND time <= {time_ns}'  # noqa: S608 - numbers
        rows = [row for series in self._query(asked) for row in series.get("values", [])]
        if not any(word in row for row in rows):
            raise StoreRefusedError("the test point did not come back")

    @property
    def _policy(self) -> str:
        return self._settings.retention_policy or "autogen"

    @property
    def _keep_s(self) -> int:
        return self._settings.keep_days * DAY_S

    def _database(self) -> Place:
        name = _quoted(self._settings.database)
        made = not self._has_database()
        if made:
            self._query(f"CREATE DATABASE {name} WITH DURATION {self._settings.keep_days}d")
        policies = self._policies()
        wanted = self._settings.retention_policy
        if wanted is not None and wanted not in policies:
            duration = f"DURATION {self._settings.keep_days}d REPLICATION 1"
            self._query(f"CREATE RETENTION POLICY {_quoted(wanted)} ON {name} {duration}")
            made, policies = True, self._policies()
        chosen = wanted or next((key for key, row in policies.items() if row["default"]), "")
        keeps_s = _seconds(str(policies.get(chosen, {}).get("duration", "")))
        return Place(f"{self._settings.database}.{chosen}", made, keeps_s)

    def _has_database(self) -> bool:
        """Whether it is there; one who may not list databases gets none of them."""
        series = self._query("SHOW DATABASES")
        return any([self._settings.database] in each.get("values", []) for each in series)

    def _policies(self) -> dict[str, dict[str, Any]]:
        series = self._query(f"SHOW RETENTION POLICIES ON {_quoted(self._settings.database)}")
        rows = [
            dict(zip(each["columns"], row, strict=True))
            for each in series
            for row in each.get("values", [])
        ]
        return {str(row["name"]): row for row in rows}

    def _bucket(self) -> Place:
        bucket = self._found_bucket()
        made = bucket is None
        if bucket is None:
            bucket = self._made_bucket()
        rules = _list(bucket, "retentionRules")
        keeps_s = next((int(rule.get("everySeconds", 0)) for rule in rules), 0)
        return Place(self._name, made, keeps_s)

    def _found_bucket(self) -> dict[str, Any] | None:
        answer = self._ask(Request("GET", "/api/v2/buckets", self._named()))
        if answer.status == 404 and answer.fault is not None:  # noqa: PLR2004 - of HTTP
            return None
        buckets = _list(self._checked(answer), "buckets")
        return next((each for each in buckets if each.get("name") == self._name), None)

    def _made_bucket(self) -> dict[str, Any]:
        organization = self._settings.organization
        if organization is None:
            text = f"there is no bucket '{self._name}': `organization` says whose"
            raise StoreRefusedError(text)
        listed = self._told(Request("GET", "/api/v2/orgs", {"org": organization}))
        owner = next(iter(_list(listed, "orgs")), None)
        if owner is None:
            raise StoreRefusedError(f"there is no organization '{organization}'")
        rules = [{"type": "expire", "everySeconds": self._keep_s}]
        wanted = {"orgID": owner["id"], "name": self._name, "retentionRules": rules}
        return self._told(Request("POST", "/api/v2/buckets", body=json.dumps(wanted).encode()))

    def _named(self) -> dict[str, str]:
        organization = self._settings.organization
        return {"name": self._name} | ({"org": organization} if organization else {})

    def _query(self, asked: str) -> list[dict[str, Any]]:
        """Series that answer InfluxQL."""
        query = {"q": asked, "db": self._settings.database, "epoch": "ns"}
        if self._settings.retention_policy:
            query["rp"] = self._settings.retention_policy
        method = "GET" if asked.startswith("SELECT") else "POST"
        told = self._told(Request(method, "/query", query))
        results = _list(told, "results")
        faults = [str(each["error"]) for each in results if "error" in each]
        if faults:
            raise StoreRefusedError(f"{self._transport.url} says: {faults[0]}")
        return [series for each in results for series in _list(each, "series")]

    def _ask(self, request: Request) -> Answer:
        return self._transport.ask(request)

    def _told(self, request: Request) -> dict[str, Any]:
        return self._checked(self._ask(request))

    def _checked(self, answer: Answer) -> dict[str, Any]:
        """The JSON of an answer of 2xx; anything else is raised."""
        said = said_by(self._transport.url, answer)
        told = answer.told
        if 200 <= answer.status < 300 and told is not None:  # noqa: PLR2004 - of HTTP
            return told
        if 400 <= answer.status < 500:  # noqa: PLR2004 - of HTTP
            raise StoreRefusedError(said)
        raise StoreUnavailableError(said)


def examine_influx(settings: HistorySettings, time_ns: int) -> list[Finding]:
    """What is found out step by step about the InfluxDB of a site file that answers on its port.

    What is missing there is made. It blocks; it never raises StoreError.
    """
    findings: list[Finding] = []
    try:
        transport = InfluxTransport(settings)
    except StoreError as error:
        return [Finding.failed("client", str(error), "pip install tagwarden[influxdb]")]
    try:
        _examine(InfluxDatabase(settings, transport), settings, time_ns, findings)
    finally:
        transport.close()
    return findings


def _examine(
    database: InfluxDatabase, settings: HistorySettings, time_ns: int, findings: list[Finding]
) -> None:
    step, remedy = "ping", "Check `url`; the port may be that of something else."
    try:
        findings.append(Finding.passed(step, f"InfluxDB {database.version()}"))
        step, remedy = "login", "Check `api`, and `token` or `username` and `password`."
        database.log_in()
        findings.append(Finding.passed(step, "lets us in"))
        step, remedy = "database", _remedy(settings)
        place = database.place()
        how = "made just now" if place.made else "there"
        findings.append(Finding.passed(step, f"{place.name} is {how}"))
        findings.append(_retention(settings, place))
        if settings.api == "v2":
            step, remedy = "InfluxQL", "Make the DBRP mapping of this bucket by hand."
            how = "mapped just now" if database.mapping() else "mapped"
            findings.append(Finding.passed(step, f"{place.name} is {how}"))
        step, remedy = "writing", _ADVICE_READ
        database.test_point(time_ns)
        findings.append(Finding.passed(step, "a test point came back"))
    except StoreError as error:
        findings.append(Finding.failed(step, str(error), remedy))


def _retention(settings: HistorySettings, place: Place) -> Finding:
    if place.keeps_s == settings.keep_days * DAY_S:
        return Finding.passed("retention", f"{settings.keep_days} days")
    keeps = f"{place.keeps_s / DAY_S:g} days" if place.keeps_s else "everything for ever"
    detail = f"keeps {keeps}, `keep_days` says {settings.keep_days}"
    return Finding.unclear("retention", detail, "Change one of them; nothing was changed there.")


def _remedy(settings: HistorySettings) -> str:
    if settings.api == "v2":
        return "Let `token` read and write buckets of `organization`; or make the bucket by hand."
    name = _quoted(settings.database)
    wanted = f"CREATE DATABASE {name} WITH DURATION {settings.keep_days}d"
    if settings.username is not None:
        wanted += f"; GRANT ALL ON {name} TO {_quoted(settings.username)}"
    return f"Let an administrator say: {wanted}"


def _quoted(name: str) -> str:
    """A name in InfluxQL."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _list(told: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects under a key of JSON that others wrote."""
    found = told.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _seconds(duration: str) -> int:
    """Seconds of a duration as InfluxQL shows it: 9600h0m0s."""
    total, digits = 0, ""
    for sign in duration:
        if sign.isdigit():
            digits += sign
            continue
        total += int(digits or 0) * {"h": 3600, "m": 60, "s": 1}.get(sign, 0)
        digits = ""
    return total
