-- Erasing a lead: its requests must be known as its own, and what was erased must leave the file too.

-- The lead that an idempotency key was used on. After an erasure the key is only kept as `erased/` and its digest.
ALTER TABLE requests ADD COLUMN lead BLOB;
CREATE INDEX requests_by_lead ON requests (workspace, lead) WHERE lead IS NOT NULL;

-- Something was erased, and the file still has to be written anew without it.
CREATE TABLE scrubs (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1)
) STRICT;
