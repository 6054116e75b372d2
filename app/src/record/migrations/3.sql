-- The Glucose Measurement Context that came with a Glucose Measurement.
ALTER TABLE frame ADD COLUMN context BLOB;

-- By which clock something was taken (brief R31): the tablet's start, and when that was by the clock as it
-- was set then, in milliseconds of Unix time. A clock that was wrong shows by a wrong start.
ALTER TABLE frame ADD COLUMN boot TEXT;
ALTER TABLE frame ADD COLUMN started INTEGER;
ALTER TABLE reading ADD COLUMN boot TEXT;
ALTER TABLE reading ADD COLUMN started INTEGER;
ALTER TABLE reading ADD COLUMN untrusted INTEGER NOT NULL DEFAULT 0; -- that clock was known to be wrong
CREATE INDEX reading_by_boot ON reading (boot, started);
CREATE INDEX reading_untrusted ON reading (boot) WHERE untrusted = 1;

ALTER TABLE device ADD COLUMN boot TEXT;
ALTER TABLE device ADD COLUMN started INTEGER;

ALTER TABLE device ADD COLUMN user INTEGER;                    -- the patient's place among its users
ALTER TABLE device ADD COLUMN kinds TEXT NOT NULL DEFAULT '[]'; -- what it measures, JSON

-- What is agreed to be measured, each day between two times.
CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,     -- care::Kind
    begins TEXT NOT NULL,   -- HH:MM, by the clock on the wall
    ends TEXT NOT NULL
) STRICT;
