-- Whose tablet it is, and where its readings go. One row.
CREATE TABLE enrolment (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    patient TEXT NOT NULL,             -- opaque id, never the national number
    patient_reference TEXT NOT NULL,   -- FHIR reference at the service, Patient/123
    service TEXT NOT NULL,             -- base address of the follow-up service
    tablet TEXT NOT NULL,              -- UUID of this tablet
    enrolled_at TEXT NOT NULL
) STRICT;

-- The sensors that were given to the patient.
CREATE TABLE device (
    address TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    link TEXT NOT NULL CHECK (link IN ('bonded', 'advertised')),
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    earlier TEXT NOT NULL CHECK (earlier IN ('mine', 'aside')), -- whose the memory from before is
    assigned_at TEXT NOT NULL,
    removed_at TEXT,
    information TEXT NOT NULL,         -- care::DeviceInformation as JSON
    described_at TEXT
) STRICT;

-- Every value that a sensor sent, as bytes, before anything is made of it.
CREATE TABLE frame (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL REFERENCES device (address),
    characteristic INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    received TEXT NOT NULL,
    tablet_clock TEXT NOT NULL,        -- how far the tablet's clock was believed then
    from_storage INTEGER NOT NULL CHECK (from_storage IN (0, 1)),
    ordinal INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'reading', 'known', 'undecodable')),
    reason TEXT,                       -- why it is undecodable
    reading INTEGER REFERENCES reading (id)
) STRICT;
CREATE INDEX frame_by_content ON frame (device, characteristic, bytes, ordinal);
CREATE INDEX frame_new ON frame (id) WHERE state = 'new';

-- What was made of the frames.
CREATE TABLE reading (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    effective TEXT,                    -- UTC, for order; NULL where any answer would be a guess
    verdict TEXT NOT NULL,
    body TEXT NOT NULL,                -- care::Reading as JSON: all of it
    saved_at TEXT NOT NULL
) STRICT;
CREATE INDEX reading_by_time ON reading (effective);

-- What became of it on the way to the service.
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    reading INTEGER NOT NULL UNIQUE REFERENCES reading (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'aside', 'withheld')),
    reason TEXT,                       -- why it is set aside or withheld
    locations TEXT,                    -- where the service keeps it, JSON
    settled_at TEXT
) STRICT;
CREATE INDEX outbox_waiting ON outbox (number) WHERE state = 'waiting';
