-- A reading can change after it was saved: it is claimed or taken back, its time is corrected, someone
-- says who measured.
ALTER TABLE reading ADD COLUMN version INTEGER NOT NULL DEFAULT 1; -- 1 as it was first saved
CREATE INDEX reading_by_kind ON reading (kind, effective);

-- The first version that the sending was given; NULL: none, so none can have reached the service.
ALTER TABLE outbox ADD COLUMN first_sent INTEGER;
-- Of what still waits it is not known whether it was on its way.
UPDATE outbox SET first_sent = 1 WHERE state <> 'withheld';

-- What was someone else's and has been erased. The digests keep it from being taken for new when the
-- sensor's memory is fetched once more; no value is written in them.
CREATE TABLE erased (
    digest BLOB PRIMARY KEY,
    identity TEXT NOT NULL
) STRICT, WITHOUT ROWID;
