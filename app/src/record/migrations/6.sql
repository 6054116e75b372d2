-- Version 6: frames in makers' own layouts; what is kept of a sensor beside its name.

-- How a frame is to be read: a characteristic's number, or the name of a layout.
DROP INDEX frame_by_content;
ALTER TABLE frame ADD COLUMN format TEXT NOT NULL DEFAULT '';
UPDATE frame SET format = printf('%04X', characteristic);
ALTER TABLE frame DROP COLUMN characteristic;
CREATE INDEX frame_by_content ON frame (device, format, bytes, ordinal);

-- The key by which a device encrypts what it advertises.
ALTER TABLE device ADD COLUMN key BLOB;

-- The last record of its memory when that was last fetched to its end: the sensor's own number of it, and the reading
-- that was made of it. Both or neither.
ALTER TABLE device ADD COLUMN newest_number INTEGER;
ALTER TABLE device ADD COLUMN newest_identity TEXT;

-- The code that opens the patient's place among its users, 0 to 9999; the place itself is in "user".
ALTER TABLE device ADD COLUMN consent_code INTEGER;

-- What waits and what cannot be read is counted after every change.
CREATE INDEX outbox_by_state ON outbox (state);
CREATE INDEX frame_undecodable ON frame (id) WHERE state = 'undecodable';
