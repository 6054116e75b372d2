-- The versions of the plan, in the order in which the tablet took them; the last one is in force.
CREATE TABLE plan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version TEXT NOT NULL UNIQUE,      -- CarePlan/12/_history/4
    dated TEXT NOT NULL,               -- when the service made it, UTC, for order
    body TEXT NOT NULL,                -- care::Plan as JSON
    taken_at TEXT NOT NULL
) STRICT;

-- The versions that were refused whole, and why.
CREATE TABLE plan_refused (
    version TEXT PRIMARY KEY,
    problem TEXT NOT NULL,
    refused_at TEXT NOT NULL
) STRICT;

-- The lists of questions. A version of a standard list never changes.
CREATE TABLE questionnaire (
    canonical TEXT PRIMARY KEY,        -- url|version
    body TEXT NOT NULL,                -- care::Questionnaire as JSON
    taken_at TEXT NOT NULL
) STRICT;

-- Lists that are being answered.
CREATE TABLE draft (
    identity TEXT PRIMARY KEY,         -- of the answers that it becomes
    canonical TEXT NOT NULL,
    occurrence TEXT,                   -- for which of the agreed times
    body TEXT NOT NULL,                -- as JSON
    changed_at TEXT NOT NULL
) STRICT;

-- What was said on the tablet beside readings: answers, messages, medicines taken, what became of a plan.
CREATE TABLE item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    identity TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,                  -- UTC, for order
    body TEXT NOT NULL,                -- care::Item as JSON
    saved_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1, -- 1 as it was first saved
    boot TEXT,
    started INTEGER,
    untrusted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX item_by_kind ON item (kind, at);
CREATE INDEX item_by_boot ON item (boot, started);

-- Messages from the service.
CREATE TABLE received (
    reference TEXT PRIMARY KEY,        -- Communication/12
    version TEXT NOT NULL,
    body TEXT NOT NULL,                -- care::Received as JSON
    sent TEXT,                         -- UTC, for order
    received_at TEXT NOT NULL,
    read_at TEXT                       -- when the patient had it on the screen
) STRICT;

-- What the service says that it has seen, by the place where it keeps it. What has changed since is
-- stale: only a later mark counts for it.
CREATE TABLE seen (
    place TEXT PRIMARY KEY,            -- Observation/12
    at TEXT NOT NULL,
    stale INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- How far what comes from the service has been read.
CREATE TABLE fetched (
    what TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Reminders that were put off.
CREATE TABLE put_off (
    occurrence TEXT PRIMARY KEY,
    until TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The outbox holds them all, in one order.
CREATE TABLE outbox_4 (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    reading INTEGER UNIQUE REFERENCES reading (id),
    item INTEGER UNIQUE REFERENCES item (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'aside', 'withheld')),
    reason TEXT,                       -- why it is set aside or withheld
    locations TEXT,                    -- where the service keeps it, JSON
    settled_at TEXT,
    first_sent INTEGER,                -- the first version that the sending was given
    CHECK ((reading IS NULL) <> (item IS NULL))
) STRICT;
INSERT INTO outbox_4 (number, reading, state, reason, locations, settled_at, first_sent)
    SELECT number, reading, state, reason, locations, settled_at, first_sent FROM outbox;
-- A number that was given once is not given again, also where the last ones were erased.
DELETE FROM sqlite_sequence WHERE name = 'outbox_4';
INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox_4', seq FROM sqlite_sequence WHERE name = 'outbox';
DROP TABLE outbox;
ALTER TABLE outbox_4 RENAME TO outbox;
CREATE INDEX outbox_waiting ON outbox (number) WHERE state = 'waiting';

-- What was agreed by hand for each day; the plan says so now.
DROP TABLE task;
