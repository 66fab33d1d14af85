-- Browsers of walls that a key of role viewer let in, by the SHA-256 of what their cookie says.
-- They go with the key, and with its secret.
CREATE TABLE displays (
    digest      BLOB PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    key         TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    csrf        TEXT NOT NULL,
    created_ns  INTEGER NOT NULL,
    seen_ns     INTEGER NOT NULL,
    address     TEXT NOT NULL,
    agent       TEXT NOT NULL
);
CREATE INDEX displays_by_key ON displays (key);
