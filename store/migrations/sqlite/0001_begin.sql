-- The first schema. Every primary key begins with the workspace. Ids are 16 bytes, times are microseconds since 1970.
-- Three kinds of tables: the record (facts and what opens them), views (made from facts alone, and made again from
-- them by the rebuild check), and values beside the facts (secrets, sessions, files, what is due).

CREATE TABLE workspaces (
    workspace BLOB NOT NULL PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

-- The record --------------------------------------------------------------------------------------------------------

-- `number` counts a workspace's facts from 0 in the order of their commits, and is their index in the tree.
CREATE TABLE facts (
    workspace BLOB NOT NULL,
    number    INTEGER NOT NULL,
    fact      BLOB NOT NULL,
    lead      BLOB,
    kind      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    content   BLOB,
    leaf      BLOB NOT NULL,
    body_r    BLOB,
    body      BLOB,
    PRIMARY KEY (workspace, number)
) STRICT;
CREATE UNIQUE INDEX facts_by_id ON facts (workspace, fact);
CREATE INDEX facts_by_lead ON facts (workspace, lead, number);
CREATE INDEX facts_by_kind ON facts (workspace, kind, number);

-- What opens the commitments to contents: each content once, however many facts are about it. `lead` is empty for the
-- workspace's own.
CREATE TABLE contents (
    workspace  BLOB NOT NULL,
    lead       BLOB NOT NULL,
    commitment BLOB NOT NULL,
    r          BLOB NOT NULL,
    payload    BLOB NOT NULL,
    PRIMARY KEY (workspace, lead, commitment)
) STRICT;

-- The facts before `size` have their place in the tree.
CREATE TABLE trees (
    workspace  BLOB NOT NULL PRIMARY KEY,
    size       INTEGER NOT NULL,
    checkpoint TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE tiles (
    workspace BLOB NOT NULL,
    level     INTEGER NOT NULL,
    tile      INTEGER NOT NULL,
    hashes    BLOB NOT NULL,
    PRIMARY KEY (workspace, level, tile)
) STRICT;

-- Views -------------------------------------------------------------------------------------------------------------

-- `version` counts the lead's facts.
CREATE TABLE states (
    workspace BLOB NOT NULL,
    lead      BLOB NOT NULL,
    version   INTEGER NOT NULL,
    state     TEXT NOT NULL,
    PRIMARY KEY (workspace, lead)
) STRICT;

-- `urgency` sorts lists: when the next open clock is due, else far behind that, the last touched first.
-- `risk` alone is not made from facts: it is what the playbook of the day said about them.
CREATE TABLE leads (
    workspace     BLOB NOT NULL,
    lead          BLOB NOT NULL,
    urgency       INTEGER NOT NULL,
    owner         BLOB,
    open          INTEGER NOT NULL,
    stage         TEXT NOT NULL,
    tier          TEXT NOT NULL,
    value         INTEGER NOT NULL,
    clock         TEXT,
    clock_promise TEXT,
    clock_started INTEGER,
    clock_due     INTEGER,
    risk          TEXT,
    pending       INTEGER NOT NULL,
    source        TEXT NOT NULL,
    captured_at   INTEGER NOT NULL,
    touched_at    INTEGER NOT NULL,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL,
    phone         TEXT NOT NULL,
    company       TEXT NOT NULL,
    country       TEXT NOT NULL,
    language      TEXT NOT NULL,
    account       TEXT,
    subject       TEXT NOT NULL,
    PRIMARY KEY (workspace, lead)
) STRICT;
CREATE INDEX leads_by_urgency ON leads (workspace, urgency, lead);
CREATE INDEX leads_by_owner ON leads (workspace, owner, open, urgency, lead);
CREATE INDEX leads_by_clock ON leads (workspace, clock, urgency, lead) WHERE clock IS NOT NULL;
CREATE INDEX leads_at_risk ON leads (workspace, urgency, lead) WHERE risk IS NOT NULL;

-- What a lead is found by: name, addresses, company, phone, folded to one form. Apart from `leads`, so that a search
-- reads little and other changes leave it alone.
CREATE TABLE searches (
    workspace BLOB NOT NULL,
    lead      BLOB NOT NULL,
    words     TEXT NOT NULL,
    PRIMARY KEY (workspace, lead)
) STRICT, WITHOUT ROWID;

-- How many leads each owner has; the empty owner is the queue.
CREATE TABLE loads (
    workspace BLOB NOT NULL,
    owner     BLOB NOT NULL,
    open      INTEGER NOT NULL,
    closed    INTEGER NOT NULL,
    PRIMARY KEY (workspace, owner)
) STRICT, WITHOUT ROWID;

CREATE TABLE actions (
    workspace BLOB NOT NULL,
    action    BLOB NOT NULL,
    lead      BLOB NOT NULL,
    step      TEXT NOT NULL,
    class     TEXT NOT NULL,
    verdict   TEXT NOT NULL,
    state     TEXT NOT NULL,
    at        INTEGER NOT NULL,
    proposal  BLOB,
    PRIMARY KEY (workspace, action)
) STRICT, WITHOUT ROWID;
CREATE INDEX actions_by_lead ON actions (workspace, lead, at, action);
CREATE INDEX actions_by_time ON actions (workspace, at, step, verdict);

CREATE TABLE proposals (
    workspace  BLOB NOT NULL,
    proposal   BLOB NOT NULL,
    lead       BLOB NOT NULL,
    state      TEXT NOT NULL,
    class      TEXT NOT NULL,
    deadline   INTEGER NOT NULL,
    worth      INTEGER NOT NULL,
    settled_at INTEGER,
    whole      TEXT NOT NULL,
    PRIMARY KEY (workspace, proposal)
) STRICT;
CREATE INDEX proposals_by_deadline ON proposals (workspace, state, deadline, worth DESC, proposal);
CREATE INDEX proposals_by_lead ON proposals (workspace, lead, proposal);
CREATE INDEX proposals_settled ON proposals (workspace, class, settled_at, proposal) WHERE settled_at IS NOT NULL;

-- Who may decide what is pending, and has not yet.
CREATE TABLE deciders (
    workspace BLOB NOT NULL,
    member    BLOB NOT NULL,
    deadline  INTEGER NOT NULL,
    worth     INTEGER NOT NULL,
    proposal  BLOB NOT NULL,
    PRIMARY KEY (workspace, member, deadline, worth DESC, proposal)
) STRICT, WITHOUT ROWID;

-- The text of a message lies in the record: inbound in the body of fact `number`, outbound in `content`.
CREATE TABLE messages (
    workspace   BLOB NOT NULL,
    message     BLOB NOT NULL,
    lead        BLOB NOT NULL,
    at          INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    external_id TEXT,
    action      BLOB,
    proposal    BLOB,
    state       TEXT,
    content     BLOB,
    PRIMARY KEY (workspace, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_lead ON messages (workspace, lead, at, message);
CREATE INDEX messages_by_external_id ON messages (workspace, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE members (
    workspace BLOB NOT NULL,
    member    BLOB NOT NULL,
    email     TEXT NOT NULL,
    name      TEXT NOT NULL,
    role      TEXT NOT NULL,
    PRIMARY KEY (workspace, member),
    UNIQUE (workspace, email)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    workspace BLOB NOT NULL,
    account   BLOB NOT NULL,
    name_key  TEXT NOT NULL,
    whole     TEXT NOT NULL,
    PRIMARY KEY (workspace, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_by_name ON accounts (workspace, name_key);

CREATE TABLE account_domains (
    workspace BLOB NOT NULL,
    domain    TEXT NOT NULL,
    account   BLOB NOT NULL,
    PRIMARY KEY (workspace, domain, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_domains_by_account ON account_domains (workspace, account);

-- The playbook in force.
CREATE TABLE playbooks (
    workspace BLOB NOT NULL PRIMARY KEY,
    digest    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Beside the facts --------------------------------------------------------------------------------------------------

-- Under which keys a lead is found when somebody alike comes in; `stamp` counts those who came to a key.
CREATE TABLE lead_keys (
    workspace BLOB NOT NULL,
    key       INTEGER NOT NULL,
    stamp     INTEGER NOT NULL,
    lead      BLOB NOT NULL,
    PRIMARY KEY (workspace, key, stamp)
) STRICT, WITHOUT ROWID;

-- What is due: actions to be dispatched, timers to be fired. `ready` is when a row may next be handed out: when it is
-- due, or when the lease of the worker that holds it ends.
CREATE TABLE tasks (
    workspace BLOB NOT NULL,
    lead      BLOB NOT NULL,
    queue     INTEGER NOT NULL,
    key       TEXT NOT NULL,
    due       INTEGER NOT NULL,
    ready     INTEGER NOT NULL,
    taken     INTEGER NOT NULL,
    claim     INTEGER NOT NULL,
    PRIMARY KEY (workspace, lead, queue, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_ready ON tasks (queue, ready);

-- The number of the last claim of all; claims are never numbered alike.
CREATE TABLE claims (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO claims (one, last) VALUES (1, 0);

CREATE TABLE requests (
    workspace BLOB NOT NULL,
    key       TEXT NOT NULL,
    request   BLOB NOT NULL,
    answer    BLOB NOT NULL,
    PRIMARY KEY (workspace, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE passwords (
    workspace BLOB NOT NULL,
    member    BLOB NOT NULL,
    phc       TEXT NOT NULL,
    PRIMARY KEY (workspace, member)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    workspace  BLOB NOT NULL,
    digest     TEXT NOT NULL,
    agent      BLOB,
    agent_name TEXT,
    member     BLOB,
    PRIMARY KEY (workspace, digest)
) STRICT, WITHOUT ROWID;

-- When each ends, whatever its cookie says.
CREATE TABLE sessions (
    workspace BLOB NOT NULL,
    digest    TEXT NOT NULL,
    member    BLOB NOT NULL,
    ends      INTEGER NOT NULL,
    PRIMARY KEY (workspace, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_member ON sessions (workspace, member, ends);

-- Where each team's rotation stands.
CREATE TABLE standings (
    workspace BLOB NOT NULL,
    team      TEXT NOT NULL,
    turn      INTEGER NOT NULL,
    whole     TEXT NOT NULL,
    PRIMARY KEY (workspace, team)
) STRICT, WITHOUT ROWID;

CREATE TABLE playbook_files (
    workspace BLOB NOT NULL,
    digest    TEXT NOT NULL,
    path      TEXT NOT NULL,
    text      TEXT NOT NULL,
    PRIMARY KEY (workspace, digest, path)
) STRICT;

CREATE TABLE secrets (
    workspace BLOB NOT NULL,
    name      TEXT NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
    workspace BLOB NOT NULL,
    sha256    TEXT NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (workspace, sha256)
) STRICT;

CREATE TABLE lead_blobs (
    workspace BLOB NOT NULL,
    lead      BLOB NOT NULL,
    sha256    TEXT NOT NULL,
    PRIMARY KEY (workspace, lead, sha256)
) STRICT, WITHOUT ROWID;
