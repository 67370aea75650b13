-- The boundary as folded from the facts before `next`, so that a start need not fold them all again. A view: the rebuild
-- check folds them again and compares.
CREATE TABLE ledgers (
    workspace BLOB NOT NULL PRIMARY KEY,
    next      INTEGER NOT NULL,
    whole     TEXT NOT NULL
) STRICT;
