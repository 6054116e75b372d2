-- Version 5: how the tablet signs in at its service.

-- A refused version of the plan after which another one was taken.
ALTER TABLE plan_refused ADD COLUMN overtaken INTEGER NOT NULL DEFAULT 0;
UPDATE plan_refused SET overtaken = 1 WHERE refused_at <= (SELECT max(taken_at) FROM plan);

-- The client id that the service gave; null where the service asks nobody who they are.
ALTER TABLE enrolment ADD COLUMN client TEXT;
-- What the tablet may do there (SMART scopes).
ALTER TABLE enrolment ADD COLUMN scope TEXT;
-- What the service's certificate is checked against; null: what the system trusts.
ALTER TABLE enrolment ADD COLUMN trust TEXT;
-- In which form the service takes what is sent.
ALTER TABLE enrolment ADD COLUMN form TEXT NOT NULL DEFAULT 'fhir' CHECK (form IN ('fhir', 'pmd'));

-- The key by which the tablet proves who it is, and the tablet's own id: made before any service hears of
-- them, so that a registration whose answer is lost can be asked for once more.
CREATE TABLE sign_in (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    tablet TEXT NOT NULL,
    key BLOB NOT NULL                  -- PKCS #8
) STRICT;
