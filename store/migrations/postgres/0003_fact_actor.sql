-- Facts are searched by who did them: a member or an agent; nothing where Lockkeeper did it by itself.

ALTER TABLE facts ADD COLUMN actor uuid;
UPDATE facts SET actor = (convert_from(leaf, 'UTF8')::json #>> '{actor,id}')::uuid
    WHERE convert_from(leaf, 'UTF8')::json #>> '{actor,kind}' <> 'system';
CREATE INDEX facts_by_actor ON facts (workspace, actor, number) WHERE actor IS NOT NULL;
