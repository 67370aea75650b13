-- What a new enquiry is compared with, and how common each value is.

-- The cards that the lead's enquiries left, as JSON; none for a lead that rests in another. A view.
CREATE TABLE cards (
    workspace uuid NOT NULL,
    lead      uuid NOT NULL,
    cards     text NOT NULL,
    PRIMARY KEY (workspace, lead)
);

-- Beside the facts: which values were seen with which partners, each pair once, and how many partners each value has.
CREATE TABLE seen_with (
    workspace uuid NOT NULL,
    value     bigint NOT NULL,
    partner   bigint NOT NULL,
    PRIMARY KEY (workspace, value, partner)
);

CREATE TABLE spreads (
    workspace uuid NOT NULL,
    value     bigint NOT NULL,
    partners  bigint NOT NULL,
    PRIMARY KEY (workspace, value)
);
