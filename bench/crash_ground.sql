-- layers --
-- layer, the edition it points at, its delivery, what the edition says of itself, and what is really there: rows and a hash over all of them
SELECT c.layer, c.edition_id AS edition, e.delivery_id AS delivery, e.kind, e.rows_published AS said, e.raster ->> 'file' AS file, d.state,
       found.rows, found.hash
FROM hetu.current_edition AS c
JOIN hetu.edition AS e ON e.id = c.edition_id
JOIN hetu.delivery AS d ON d.id = e.delivery_id
LEFT JOIN LATERAL (
    SELECT count(*) AS rows, md5(string_agg(md5(concat_ws('|', f.id, f.ident, f.class, f.attributes, ST_AsEWKB(f.geom))), '' ORDER BY f.id)) AS hash
    FROM hetu.feature AS f WHERE f.edition_id = c.edition_id) AS found ON e.kind <> 'raster'
ORDER BY c.layer;

-- stages --
-- tables of features that are no part of hetu.feature
SELECT c.relname AS name FROM pg_class AS c
WHERE c.relnamespace = CAST('hetu' AS regnamespace) AND c.relkind = 'r' AND c.relname ~ '^feature_[0-9]+$' AND NOT c.relispartition ORDER BY 1;

-- unattached --
-- published editions of features without a part of hetu.feature, and parts without a published edition
SELECT coalesce(e.id, part.id) AS edition
FROM (SELECT id FROM hetu.edition WHERE state IN ('published', 'withdrawn') AND kind <> 'raster') AS e
FULL JOIN (
    SELECT CAST(substr(CAST(c.relname AS text), 9) AS bigint) AS id FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = CAST('hetu.feature' AS regclass)) AS part ON part.id = e.id
WHERE e.id IS NULL OR part.id IS NULL;

-- staged --
SELECT id FROM hetu.edition WHERE state = 'staged';

-- in_work --
SELECT id FROM hetu.delivery WHERE state IN ('waiting', 'reading') ORDER BY id;

-- newest --
-- the delivery that was handed over last
SELECT id, state, progress ->> 'phase' AS phase, CAST(progress ->> 'done' AS bigint) AS done, CAST(progress ->> 'total' AS bigint) AS total
FROM hetu.delivery ORDER BY id DESC LIMIT 1;

-- files --
SELECT DISTINCT raster ->> 'file' AS file FROM hetu.edition WHERE raster ->> 'file' IS NOT NULL;

-- journal --
-- layers whose pointers, in force or on display, are not what the journal's last line about them says
SELECT coalesce(pointer.layer, told.key) AS layer, coalesce(pointer.what, told.what) AS what
FROM (
    SELECT layer, edition_id, 'current_edition' AS what FROM hetu.current_edition
    UNION ALL SELECT layer, edition_id, 'displayed_edition' FROM hetu.displayed_edition) AS pointer
FULL JOIN (
    SELECT * FROM (
        SELECT DISTINCT ON (what, key) what, key, CAST(became ->> 'edition_id' AS bigint) AS edition_id FROM hetu.journal
        WHERE what IN ('current_edition', 'displayed_edition') ORDER BY what, key, id DESC) AS last
    WHERE edition_id IS NOT NULL) AS told ON told.key = pointer.layer AND told.what = pointer.what
WHERE pointer.edition_id IS DISTINCT FROM told.edition_id;

-- journal_of_editions --
-- published editions of which the journal's last line does not say so
SELECT e.id FROM hetu.edition AS e
WHERE e.state = 'published' AND 'published' IS DISTINCT FROM (
    SELECT j.became ->> 'state' FROM hetu.journal AS j WHERE j.what = 'edition' AND j.key = CAST(e.id AS text) ORDER BY j.id DESC LIMIT 1);
