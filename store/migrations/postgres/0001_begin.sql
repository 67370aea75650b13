-- The first schema. Every primary key begins with the workspace. Ids are uuids, the nil one stands for nobody in a key;
-- times are microseconds since 1970; texts that are sorted by or found by are compared byte by byte.
-- Three kinds of tables: the record (facts and what opens them), views (made from facts alone, and made again from
-- them by the rebuild check), and values beside the facts (secrets, sessions, files, what is due).

CREATE TABLE workspaces (
    workspace uuid NOT NULL PRIMARY KEY,
    name      text COLLATE "C" NOT NULL UNIQUE
);

-- The record --------------------------------------------------------------------------------------------------------

-- `number` counts a workspace's facts from 0 in the order of their commits, and is their index in the tree.
CREATE TABLE facts (
    workspace uuid NOT NULL,
    number    bigint NOT NULL,
    fact      uuid NOT NULL,
    lead      uuid,
    kind      text COLLATE "C" NOT NULL,
    at        bigint NOT NULL,
    content   bytea,
    leaf      bytea NOT NULL,
    body_r    bytea,
    body      bytea,
    PRIMARY KEY (workspace, number)
);
CREATE UNIQUE INDEX facts_by_id ON facts (workspace, fact);
CREATE INDEX facts_by_lead ON facts (workspace, lead, number);
CREATE INDEX facts_by_kind ON facts (workspace, kind, number);

-- What opens the commitments to contents: each content once, however many facts are about it. `lead` is nil for the
-- workspace's own.
CREATE TABLE contents (
    workspace  uuid NOT NULL,
    lead       uuid NOT NULL,
    commitment bytea NOT NULL,
    r          bytea NOT NULL,
    payload    bytea NOT NULL,
    PRIMARY KEY (workspace, lead, commitment)
);

-- The facts before `size` have their place in the tree.
CREATE TABLE trees (
    workspace  uuid NOT NULL PRIMARY KEY,
    size       bigint NOT NULL,
    checkpoint text
);

CREATE TABLE tiles (
    workspace uuid NOT NULL,
    level     bigint NOT NULL,
    tile      bigint NOT NULL,
    hashes    bytea NOT NULL,
    PRIMARY KEY (workspace, level, tile)
);

-- Views -------------------------------------------------------------------------------------------------------------

-- `version` counts the lead's facts.
CREATE TABLE states (
    workspace uuid NOT NULL,
    lead      uuid NOT NULL,
    version   bigint NOT NULL,
    state     text NOT NULL,
    PRIMARY KEY (workspace, lead)
);

-- `urgency` sorts lists: when the next open clock is due, else far behind that, the last touched first.
-- `risk` alone is not made from facts: it is what the playbook of the day said about them.
CREATE TABLE leads (
    workspace     uuid NOT NULL,
    lead          uuid NOT NULL,
    urgency       bigint NOT NULL,
    owner         uuid,
    open          boolean NOT NULL,
    stage         text NOT NULL,
    tier          text NOT NULL,
    value         bigint NOT NULL,
    clock         text COLLATE "C",
    clock_promise text,
    clock_started bigint,
    clock_due     bigint,
    risk          text,
    pending       bigint NOT NULL,
    source        text NOT NULL,
    captured_at   bigint NOT NULL,
    touched_at    bigint NOT NULL,
    name          text NOT NULL,
    email         text NOT NULL,
    phone         text NOT NULL,
    company       text NOT NULL,
    country       text NOT NULL,
    language      text NOT NULL,
    account       text,
    subject       text NOT NULL,
    PRIMARY KEY (workspace, lead)
);
CREATE INDEX leads_by_urgency ON leads (workspace, urgency, lead);
CREATE INDEX leads_by_owner ON leads (workspace, owner, open, urgency, lead);
CREATE INDEX leads_by_clock ON leads (workspace, clock, urgency, lead) WHERE clock IS NOT NULL;
CREATE INDEX leads_at_risk ON leads (workspace, urgency, lead) WHERE risk IS NOT NULL;

-- What a lead is found by: name, addresses, company, phone, folded to one form. Apart from `leads`, so that a search
-- reads little and other changes leave it alone.
CREATE TABLE searches (
    workspace uuid NOT NULL,
    lead      uuid NOT NULL,
    words     text NOT NULL,
    PRIMARY KEY (workspace, lead)
);

-- How many leads each owner has; the nil owner is the queue.
CREATE TABLE loads (
    workspace uuid NOT NULL,
    owner     uuid NOT NULL,
    open      bigint NOT NULL,
    closed    bigint NOT NULL,
    PRIMARY KEY (workspace, owner)
);

CREATE TABLE actions (
    workspace uuid NOT NULL,
    action    uuid NOT NULL,
    lead      uuid NOT NULL,
    step      text COLLATE "C" NOT NULL,
    class     text NOT NULL,
    verdict   text NOT NULL,
    state     text NOT NULL,
    at        bigint NOT NULL,
    proposal  uuid,
    PRIMARY KEY (workspace, action)
);
CREATE INDEX actions_by_lead ON actions (workspace, lead, at, action);
CREATE INDEX actions_by_time ON actions (workspace, at, step, verdict);

CREATE TABLE proposals (
    workspace  uuid NOT NULL,
    proposal   uuid NOT NULL,
    lead       uuid NOT NULL,
    state      text COLLATE "C" NOT NULL,
    class      text COLLATE "C" NOT NULL,
    deadline   bigint NOT NULL,
    worth      bigint NOT NULL,
    settled_at bigint,
    whole      text NOT NULL,
    PRIMARY KEY (workspace, proposal)
);
CREATE INDEX proposals_by_deadline ON proposals (workspace, state, deadline, worth DESC, proposal);
CREATE INDEX proposals_by_lead ON proposals (workspace, lead, proposal);
CREATE INDEX proposals_settled ON proposals (workspace, class, settled_at, proposal) WHERE settled_at IS NOT NULL;

-- Who may decide what is pending, and has not yet.
CREATE TABLE deciders (
    workspace uuid NOT NULL,
    member    uuid NOT NULL,
    deadline  bigint NOT NULL,
    worth     bigint NOT NULL,
    proposal  uuid NOT NULL
);
CREATE UNIQUE INDEX deciders_by_deadline ON deciders (workspace, member, deadline, worth DESC, proposal);

-- The text of a message lies in the record: inbound in the body of fact `number`, outbound in `content`.
CREATE TABLE messages (
    workspace   uuid NOT NULL,
    message     uuid NOT NULL,
    lead        uuid NOT NULL,
    at          bigint NOT NULL,
    number      bigint NOT NULL,
    external_id text COLLATE "C",
    action      uuid,
    proposal    uuid,
    state       text,
    content     bytea,
    PRIMARY KEY (workspace, message)
);
CREATE INDEX messages_by_lead ON messages (workspace, lead, at, message);
CREATE INDEX messages_by_external_id ON messages (workspace, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE members (
    workspace uuid NOT NULL,
    member    uuid NOT NULL,
    email     text COLLATE "C" NOT NULL,
    name      text NOT NULL,
    role      text NOT NULL,
    PRIMARY KEY (workspace, member),
    UNIQUE (workspace, email)
);

CREATE TABLE accounts (
    workspace uuid NOT NULL,
    account   uuid NOT NULL,
    name_key  text COLLATE "C" NOT NULL,
    whole     text NOT NULL,
    PRIMARY KEY (workspace, account)
);
CREATE INDEX accounts_by_name ON accounts (workspace, name_key);

CREATE TABLE account_domains (
    workspace uuid NOT NULL,
    domain    text COLLATE "C" NOT NULL,
    account   uuid NOT NULL,
    PRIMARY KEY (workspace, domain, account)
);
CREATE INDEX account_domains_by_account ON account_domains (workspace, account);

-- The playbook in force.
CREATE TABLE playbooks (
    workspace uuid NOT NULL PRIMARY KEY,
    digest    text NOT NULL
);

-- Beside the facts --------------------------------------------------------------------------------------------------

-- Under which keys a lead is found when somebody alike comes in; `stamp` counts those who came to a key.
CREATE TABLE lead_keys (
    workspace uuid NOT NULL,
    key       bigint NOT NULL,
    stamp     bigint NOT NULL,
    lead      uuid NOT NULL,
    PRIMARY KEY (workspace, key, stamp)
);

-- What is due: actions to be dispatched, timers to be fired. `ready` is when a row may next be handed out: when it is
-- due, or when the lease of the worker that holds it ends. `node` is the one that holds it. Rows come and go all the
-- time, so the table is swept often.
CREATE TABLE tasks (
    workspace uuid NOT NULL,
    lead      uuid NOT NULL,
    queue     bigint NOT NULL,
    key       text COLLATE "C" NOT NULL,
    due       bigint NOT NULL,
    ready     bigint NOT NULL,
    taken     bigint NOT NULL,
    claim     bigint NOT NULL,
    node      uuid,
    PRIMARY KEY (workspace, lead, queue, key)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX tasks_ready ON tasks (queue, ready);
CREATE INDEX tasks_held ON tasks (node) WHERE node IS NOT NULL;

-- Numbers of claims; never two alike.
CREATE SEQUENCE claims;

-- Who is at work on this database, and when each was last seen: what a vanished one held is given back.
CREATE TABLE nodes (
    node uuid NOT NULL PRIMARY KEY,
    seen timestamptz NOT NULL
);

-- Idempotency keys, and the lead that each was used on. After an erasure a key is only kept as `erased/` and its digest.
CREATE TABLE requests (
    workspace uuid NOT NULL,
    key       text COLLATE "C" NOT NULL,
    request   bytea NOT NULL,
    answer    bytea NOT NULL,
    lead      uuid,
    PRIMARY KEY (workspace, key)
);
CREATE INDEX requests_by_lead ON requests (workspace, lead) WHERE lead IS NOT NULL;

CREATE TABLE passwords (
    workspace uuid NOT NULL,
    member    uuid NOT NULL,
    phc       text NOT NULL,
    PRIMARY KEY (workspace, member)
);

CREATE TABLE tokens (
    workspace  uuid NOT NULL,
    digest     text NOT NULL,
    agent      uuid,
    agent_name text,
    member     uuid,
    PRIMARY KEY (workspace, digest)
);

-- When each ends, whatever its cookie says.
CREATE TABLE sessions (
    workspace uuid NOT NULL,
    digest    text COLLATE "C" NOT NULL,
    member    uuid NOT NULL,
    ends      bigint NOT NULL,
    PRIMARY KEY (workspace, digest)
);
CREATE INDEX sessions_by_member ON sessions (workspace, member, ends);

-- Where each team's rotation stands.
CREATE TABLE standings (
    workspace uuid NOT NULL,
    team      text COLLATE "C" NOT NULL,
    turn      bigint NOT NULL,
    whole     text NOT NULL,
    PRIMARY KEY (workspace, team)
);

CREATE TABLE playbook_files (
    workspace uuid NOT NULL,
    digest    text COLLATE "C" NOT NULL,
    path      text COLLATE "C" NOT NULL,
    text      text NOT NULL,
    PRIMARY KEY (workspace, digest, path)
);

CREATE TABLE secrets (
    workspace uuid NOT NULL,
    name      text COLLATE "C" NOT NULL,
    bytes     bytea NOT NULL,
    PRIMARY KEY (workspace, name)
);

CREATE TABLE blobs (
    workspace uuid NOT NULL,
    sha256    text COLLATE "C" NOT NULL,
    bytes     bytea NOT NULL,
    PRIMARY KEY (workspace, sha256)
);

CREATE TABLE lead_blobs (
    workspace uuid NOT NULL,
    lead      uuid NOT NULL,
    sha256    text COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace, lead, sha256)
);
