-- keep_catalogue --
-- id of this version of themes, departments, laws and styles
WITH made AS (
    INSERT INTO hetu.catalogue (digest, body) VALUES (:digest, CAST(:body AS jsonb)) ON CONFLICT (digest) DO NOTHING RETURNING id
)
SELECT id FROM made UNION ALL SELECT id FROM hetu.catalogue WHERE digest = :digest LIMIT 1;

-- use_catalogue --
UPDATE hetu.workspace SET catalogue_id = :id WHERE catalogue_id IS DISTINCT FROM :id;

-- keep_stanza --
-- id of this version of a layer's stanza
WITH made AS (
    INSERT INTO hetu.stanza (code, digest, body) VALUES (:code, :digest, CAST(:body AS jsonb)) ON CONFLICT (code, digest) DO NOTHING RETURNING id
)
SELECT id FROM made UNION ALL SELECT id FROM hetu.stanza WHERE code = :code AND digest = :digest LIMIT 1;

-- keep_layer --
-- the layer speaks through this stanza from now on; a guessed layer keeps the place it was first given
INSERT INTO hetu.layer (code, origin, stanza_id, position) VALUES (:code, :origin, :stanza_id, :position)
ON CONFLICT (code) DO UPDATE SET stanza_id = EXCLUDED.stanza_id, origin = EXCLUDED.origin,
    position = CASE WHEN EXCLUDED.origin = 'catalogue' THEN EXCLUDED.position ELSE layer.position END
WHERE (EXCLUDED.origin = 'catalogue' OR layer.origin = 'guessed')   -- a guess never takes a catalogue layer's place
  AND ((layer.stanza_id, layer.origin) IS DISTINCT FROM (EXCLUDED.stanza_id, EXCLUDED.origin)
       OR (EXCLUDED.origin = 'catalogue' AND layer.position <> EXCLUDED.position));

-- last_position --
SELECT coalesce(max(position), 0) FROM hetu.layer;

-- stanzas --
-- code, origin, body of every layer
SELECT l.code, l.origin, s.body FROM hetu.layer AS l JOIN hetu.stanza AS s ON s.id = l.stanza_id ORDER BY l.position, l.code;

-- catalogue --
-- themes, departments, laws and styles in use, or those of the version :id
SELECT c.body FROM hetu.workspace AS w JOIN hetu.catalogue AS c ON c.id = coalesce(CAST(:id AS bigint), w.catalogue_id);

-- catalogue_id --
SELECT catalogue_id FROM hetu.workspace;

-- layers --
-- one row per layer: the edition that stands beside it, the number of the one on display, and where none stands on the day that was asked
-- about, the first day on which one does. Without :valid_on and :known_at what the pointers say; else what hetu.standing works out, for the
-- day of :known_at where no day was given. Guessed layers only once something of them was published
WITH standing AS (
    SELECT layer, c.edition_id AS in_force, d.edition_id AS displayed, CAST(NULL AS date) AS first_valid_from
    FROM hetu.current_edition AS c FULL JOIN hetu.displayed_edition AS d USING (layer)
    WHERE CAST(:valid_on AS date) IS NULL AND CAST(:known_at AS timestamptz) IS NULL
    UNION ALL
    SELECT layer, in_force, displayed, first_valid_from
    FROM hetu.standing(coalesce(CAST(:valid_on AS date), CAST(CAST(:known_at AS timestamptz) AT TIME ZONE 'Asia/Shanghai' AS date)),
                       coalesce(CAST(:known_at AS timestamptz), 'infinity'))
)
SELECT l.code, l.origin, s.body, e.id AS edition, e.seq, e.status, e.kind, e.rows_published, e.rows_set_aside, e.published_at, e.valid_from,
       e.coverage_basis, e.coverage_id, e.disjoint, e.raster, e.source, e.source_layer, e.format, e.crs_in, e.crs_basis, d.sha256,
       d.name AS delivery, standing.displayed, standing.first_valid_from
FROM hetu.layer AS l
JOIN hetu.stanza AS s ON s.id = l.stanza_id
LEFT JOIN standing ON standing.layer = l.code
LEFT JOIN hetu.edition AS e ON e.id = standing.in_force
LEFT JOIN hetu.delivery AS d ON d.id = e.delivery_id
WHERE l.origin = 'catalogue' OR EXISTS (
    SELECT FROM hetu.edition AS any_one
    WHERE any_one.layer = l.code AND any_one.published_at <= coalesce(CAST(:known_at AS timestamptz), 'infinity'))
ORDER BY l.position, l.code;

-- filled --
-- layers with an edition in force
SELECT layer FROM hetu.current_edition;

-- editions --
-- every edition of a layer that was ever published, newest first; whether it is the one in force and the one on display
SELECT e.id, e.layer, e.seq, e.state, e.status, e.kind, e.rows_read, e.rows_published, e.rows_set_aside, e.valid_from, e.published_at,
       e.withdrawn_at, e.coverage_basis, e.coverage_word, e.disjoint, e.source, e.source_layer, e.format, e.crs_in, e.crs_basis,
       e.operation, e.encoding, e.fields, e.samples, e.notes, e.raster, d.sha256, d.name AS delivery, d.handed_over_by, c.edition_id IS NOT NULL AS current,
       shown.edition_id IS NOT NULL AS displayed, e.delivery_id, w.reason AS withdrawn_because, w.by AS withdrawn_by,
       CASE WHEN delta.edition_id IS NOT NULL THEN jsonb_build_object(
           'base', base.seq, 'added', delta.added, 'changed', delta.changed, 'removed', delta.removed) END AS delta
FROM hetu.edition AS e
JOIN hetu.delivery AS d ON d.id = e.delivery_id
LEFT JOIN hetu.current_edition AS c ON c.edition_id = e.id
LEFT JOIN hetu.displayed_edition AS shown ON shown.edition_id = e.id
LEFT JOIN hetu.withdrawal AS w ON w.edition_id = e.id
LEFT JOIN hetu.delta AS delta ON delta.edition_id = e.id
LEFT JOIN hetu.edition AS base ON base.id = delta.base_edition
WHERE e.layer = :layer AND e.state IN ('published', 'withdrawn')
ORDER BY e.seq DESC;

-- editions_by_id --
-- the editions a check pins, those on display, and whether one was withdrawn meanwhile
SELECT e.id, e.layer, e.seq, e.status, e.kind, e.rows_published, e.valid_from, e.published_at, e.coverage_basis, e.coverage_id, e.disjoint,
       e.raster, e.source, e.format, e.crs_in, e.crs_basis, e.state, e.withdrawn_at, d.sha256
FROM hetu.edition AS e JOIN hetu.delivery AS d ON d.id = e.delivery_id
WHERE e.id = ANY(:editions) AND e.state IN ('published', 'withdrawn');

-- grade --
-- the secrecy grade of the layer of a published edition; null where nobody graded it
SELECT s.body ->> 'grade' AS grade
FROM hetu.edition AS e JOIN hetu.layer AS l ON l.code = e.layer JOIN hetu.stanza AS s ON s.id = l.stanza_id
WHERE e.id = :edition AND e.state = 'published';

-- set_aside --
-- rows of an edition that were kept but not published
SELECT id, code, params, x, y, attributes FROM hetu.set_aside WHERE edition_id = :edition ORDER BY id LIMIT :limit;

-- outline --
-- srid, crs_wkt, name, title, the district's outline as WKB, what it rests on
SELECT srid, crs_wkt, name, title, ST_AsBinary(outline) AS outline, outline_basis FROM hetu.workspace;

-- keep_outline --
UPDATE hetu.workspace SET outline = CAST(:outline AS geometry), outline_basis = :basis;

-- outline_in_degrees --
-- GeoJSON of the outline for a map, and its box
SELECT ST_AsGeoJSON(ST_Transform(ST_SimplifyPreserveTopology(outline, 20), 4326), 6) AS shape, ST_XMin(box) AS west, ST_YMin(box) AS south,
       ST_XMax(box) AS east, ST_YMax(box) AS north
FROM hetu.workspace, LATERAL (SELECT ST_Envelope(ST_Transform(ST_Segmentize(outline, 1000), 4326)) AS box) AS around
WHERE outline IS NOT NULL;

-- begin_delivery --
-- id of a delivery that is being read
INSERT INTO hetu.delivery (name, handed_over_by, state, original) VALUES (:name, :actor, :state, :original) RETURNING id;

-- hold_delivery --
-- while this session lives, the delivery is in work
SELECT pg_advisory_lock(740002, :id);

-- tell_progress --
UPDATE hetu.delivery SET progress = CAST(:progress AS jsonb) WHERE id = :id;

-- say_of_delivery --
UPDATE hetu.delivery SET supplier = :supplier, purpose = :purpose
WHERE id = :id AND (supplier, purpose) IS DISTINCT FROM (CAST(:supplier AS text), CAST(:purpose AS text));

-- take_delivery --
-- a waiting delivery is taken by one worker
UPDATE hetu.delivery SET state = 'reading' WHERE id = :id AND state = 'waiting' RETURNING id;

-- end_delivery --
UPDATE hetu.delivery
SET state = :state, sha256 = coalesce(:sha256, sha256), refused = CAST(:refused AS jsonb), ignored = CAST(:ignored AS jsonb),
    reason = CAST(:reason AS jsonb), ended_at = now()
WHERE id = :id;

-- keep_original --
UPDATE hetu.delivery SET original = :original WHERE id = :id;

-- original --
-- what was kept of a delivery, who handed it over, and the grades of the layers it became or was checked as (null: nobody graded it)
SELECT d.original, d.name, d.handed_over_by, ARRAY(
    SELECT DISTINCT s.body ->> 'grade'
    FROM (SELECT e.layer FROM hetu.edition AS e WHERE e.delivery_id = d.id
          UNION SELECT i.layer FROM hetu.intake_layer AS i WHERE i.delivery_id = d.id) AS became
    LEFT JOIN hetu.layer AS l ON l.code = became.layer
    LEFT JOIN hetu.stanza AS s ON s.id = l.stanza_id) AS grades
FROM hetu.delivery AS d WHERE d.id = :id;

-- abandon --
-- ids of deliveries whose process died: nobody holds them any more, or no job will ever take them
UPDATE hetu.delivery SET state = 'abandoned', ended_at = now()
WHERE (state = 'reading' AND pg_try_advisory_xact_lock(740002, CAST(id AS integer)))
   OR (state = 'waiting' AND NOT EXISTS (
        SELECT FROM jobs.procrastinate_jobs AS job
        WHERE job.task_name = :task AND CAST(job.args ->> 'delivery' AS bigint) = delivery.id AND job.status IN ('todo', 'doing')))
RETURNING id;

-- delivery --
SELECT id, name, sha256, handed_over_by, received_at, ended_at, state, progress, refused, ignored, reason, original FROM hetu.delivery WHERE id = :id;

-- delivered --
-- layers that a delivery published, and whether that is what stands now
SELECT e.layer AS code, e.id AS edition, e.seq, e.status, e.valid_from, e.kind, e.source, e.rows_read, e.rows_published, e.rows_set_aside,
       l.origin, c.edition_id IS NOT NULL AS current, shown.edition_id IS NOT NULL AS displayed
FROM hetu.edition AS e
JOIN hetu.layer AS l ON l.code = e.layer
LEFT JOIN hetu.current_edition AS c ON c.edition_id = e.id
LEFT JOIN hetu.displayed_edition AS shown ON shown.edition_id = e.id
WHERE e.delivery_id = :id AND e.state IN ('published', 'withdrawn') ORDER BY e.id;
