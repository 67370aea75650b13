-- Facts are searched by who did them: a member or an agent; nothing where Lockkeeper did it by itself.

ALTER TABLE facts ADD COLUMN actor BLOB;
UPDATE facts SET actor = unhex(replace(json_extract(CAST(leaf AS TEXT), '$.actor.id'), '-', ''))
    WHERE json_extract(CAST(leaf AS TEXT), '$.actor.kind') <> 'system';
CREATE INDEX facts_by_actor ON facts (workspace, actor, number) WHERE actor IS NOT NULL;
