-- What a key is limited to: `rights`, `zones` and `groupings` are JSON lists, null for no limit.
ALTER TABLE api_keys ADD COLUMN rights TEXT;
ALTER TABLE api_keys ADD COLUMN zones TEXT;
ALTER TABLE api_keys ADD COLUMN groupings TEXT;
ALTER TABLE api_keys ADD COLUMN created_by TEXT NOT NULL DEFAULT 'command line';
ALTER TABLE api_keys ADD COLUMN expires_ns INTEGER;
ALTER TABLE api_keys ADD COLUMN last_used_ns INTEGER;

-- People who log in. `password` is an argon2 hash, null until they have chosen one; `revision`
-- rises with each change.
CREATE TABLE people (
    id            TEXT PRIMARY KEY,
    number        INTEGER NOT NULL UNIQUE,
    login         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('viewer', 'guard', 'operator', 'admin')),
    zones         TEXT,
    groupings     TEXT,
    password      TEXT,
    password_ns   INTEGER,
    disabled      INTEGER NOT NULL DEFAULT 0,
    created_ns    INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    last_login_ns INTEGER,
    revision      INTEGER NOT NULL DEFAULT 1
);
-- Sessions by the SHA-256 of what the cookie says.
CREATE TABLE sessions (
    digest      BLOB PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    person      TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    csrf        TEXT NOT NULL,
    created_ns  INTEGER NOT NULL,
    seen_ns     INTEGER NOT NULL,
    expires_ns  INTEGER NOT NULL,
    address     TEXT NOT NULL,
    agent       TEXT NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (person);
CREATE INDEX sessions_by_end ON sessions (expires_ns);
-- One-time codes: with one the first admin is made (`person` null) or a person chooses a password.
CREATE TABLE setup_codes (
    digest     BLOB PRIMARY KEY,
    person     TEXT REFERENCES people (id) ON DELETE CASCADE,
    created_ns INTEGER NOT NULL,
    expires_ns INTEGER NOT NULL
);

-- Webhooks that integrators asked for. `events` and the limits are JSON; `secret` signs.
CREATE TABLE subscriptions (
    id          TEXT PRIMARY KEY,
    number      INTEGER NOT NULL UNIQUE,
    name        TEXT NOT NULL UNIQUE,
    settings    TEXT NOT NULL,
    secret      TEXT NOT NULL,
    zones       TEXT,
    groupings   TEXT,
    enabled     INTEGER NOT NULL DEFAULT 1,
    created_ns  INTEGER NOT NULL,
    created_by  TEXT NOT NULL,
    revision    INTEGER NOT NULL DEFAULT 1
);
-- What was deleted or pseudonymised, without the names that it had. `finished_ns` is null until
-- nothing of it is left in free pages of the file either.
CREATE TABLE erasures (
    id          TEXT PRIMARY KEY,
    number      INTEGER NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    mode        TEXT NOT NULL,
    pseudonym   TEXT NOT NULL,
    reason      TEXT NOT NULL,
    by          TEXT NOT NULL,
    asked_ns    INTEGER NOT NULL,
    finished_ns INTEGER,
    detail      TEXT NOT NULL
);

-- Of one asset there may be very many messages: what waits is found among what was delivered.
DROP INDEX outbox_by_alert;
CREATE INDEX outbox_by_alert ON outbox (alert, channel, state, ordinal);

-- Who is in a zone is asked in the order of assets, then of tags without one.
DROP INDEX visits_open_in_zone;
CREATE INDEX visits_open_in_zone ON visits (zone, asset, tag) WHERE to_ns IS NULL;

-- Every time that a version of the site file came into force; the same one may come again.
CREATE TABLE site_changes (
    number INTEGER PRIMARY KEY,
    hash   TEXT NOT NULL REFERENCES site_versions (hash),
    at_ns  INTEGER NOT NULL,
    by     TEXT NOT NULL,
    why    TEXT NOT NULL
);
INSERT INTO site_changes (hash, at_ns, by, why)
    SELECT hash, accepted_ns, accepted_by, '' FROM site_versions ORDER BY accepted_ns, rowid;
