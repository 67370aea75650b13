-- The boundary as folded from the facts before `next`, so that a start need not fold them all again. A view: the rebuild
-- check folds them again and compares.
CREATE TABLE ledgers (
    workspace uuid NOT NULL PRIMARY KEY,
    next      bigint NOT NULL,
    whole     text NOT NULL
);
