-- What a new enquiry is compared with, and how common each value is.

-- The cards that the lead's enquiries left, as JSON; none for a lead that rests in another. A view.
CREATE TABLE cards (
    workspace BLOB NOT NULL,
    lead      BLOB NOT NULL,
    cards     TEXT NOT NULL,
    PRIMARY KEY (workspace, lead)
) STRICT;

-- Beside the facts: which values were seen with which partners, each pair once, and how many partners each value has.
CREATE TABLE seen_with (
    workspace BLOB NOT NULL,
    value     INTEGER NOT NULL,
    partner   INTEGER NOT NULL,
    PRIMARY KEY (workspace, value, partner)
) STRICT, WITHOUT ROWID;

CREATE TABLE spreads (
    workspace BLOB NOT NULL,
    value     INTEGER NOT NULL,
    partners  INTEGER NOT NULL,
    PRIMARY KEY (workspace, value)
) STRICT, WITHOUT ROWID;
