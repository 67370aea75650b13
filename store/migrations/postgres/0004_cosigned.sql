-- The last checkpoint that witnesses have cosigned, with their signatures.

CREATE TABLE cosigned (
    workspace uuid NOT NULL PRIMARY KEY,
    size      bigint NOT NULL,
    note      text NOT NULL
);
