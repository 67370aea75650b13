-- The last checkpoint that witnesses have cosigned, with their signatures.

CREATE TABLE cosigned (
    workspace BLOB NOT NULL PRIMARY KEY,
    size      INTEGER NOT NULL,
    note      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
