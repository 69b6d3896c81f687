-- stages --
-- tables of editions that were never published and belong to no transaction any more: an import stages and publishes in one, so that what
-- others can see of a stage is what nobody will ever publish
SELECT c.relname AS name
FROM pg_class AS c
WHERE c.relnamespace = CAST('hetu' AS regnamespace) AND c.relkind = 'r' AND NOT c.relispartition AND c.relname ~ '^feature_[0-9]+$'
  AND NOT EXISTS (
    SELECT FROM hetu.edition AS e WHERE e.state <> 'staged' AND e.id = CAST(substr(CAST(c.relname AS text), 9) AS bigint))
ORDER BY c.relname;

-- staged --
-- whether an edition is left that no transaction holds and nobody will publish
SELECT EXISTS (SELECT FROM hetu.edition WHERE state = 'staged') AS any;

-- free_set_aside --
-- rows of a published edition stay; those of one that never was may go
ALTER TABLE hetu.set_aside DISABLE TRIGGER keep;

-- drop_set_aside --
DELETE FROM hetu.set_aside WHERE edition_id IN (SELECT id FROM hetu.edition WHERE state = 'staged');

-- keep_set_aside --
ALTER TABLE hetu.set_aside ENABLE TRIGGER keep;

-- drop_staged --
DELETE FROM hetu.edition WHERE state = 'staged' RETURNING id;

-- rasters --
-- files that the editions of this workspace speak of
SELECT DISTINCT raster ->> 'file' AS file FROM hetu.edition WHERE raster ->> 'file' IS NOT NULL;
