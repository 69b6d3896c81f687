-- named --
-- the editions that are meant, with all that a withdrawal asks of them
SELECT e.id, e.layer, e.seq, e.state, e.status, e.valid_from, e.withdrawn_at, w.by
FROM hetu.edition AS e LEFT JOIN hetu.withdrawal AS w ON w.edition_id = e.id
WHERE e.id = ANY(CAST(:editions AS bigint[])) AND e.state IN ('published', 'withdrawn') ORDER BY e.layer, e.seq;

-- by_number --
-- id of an edition by its number within the layer
SELECT id FROM hetu.edition WHERE layer = :layer AND seq = :seq AND state IN ('published', 'withdrawn');

-- of_delivery --
-- what a delivery published and what of it was withdrawn
SELECT id, state FROM hetu.edition WHERE delivery_id = :delivery AND state IN ('published', 'withdrawn') ORDER BY id;

-- after --
-- of a layer, what keeps the edition :to from standing: editions that hold from a later day, or from the same and came after it
SELECT e.id FROM hetu.edition AS e JOIN hetu.edition AS back ON back.id = :to AND back.layer = e.layer
WHERE e.state = 'published' AND e.status IN ('in_force', 'unknown', 'superseded') AND (e.valid_from, e.seq) > (back.valid_from, back.seq) ORDER BY e.seq;

-- built_upon --
-- editions that count and rest on :editions: made of changes to them, and of changes to these; derived from them in the same delivery
WITH RECURSIVE upon (id) AS (
    SELECT unnest(CAST(:editions AS bigint[]))
    UNION
    SELECT built.id FROM upon
    JOIN LATERAL (
        SELECT d.edition_id AS id FROM hetu.delta AS d WHERE d.base_edition = upon.id
        UNION ALL
        SELECT e.id FROM hetu.edition AS ground JOIN hetu.edition AS e
            ON e.delivery_id = ground.delivery_id AND e.raster ->> 'derived_from' = ground.layer
        WHERE ground.id = upon.id
    ) AS built ON true
)
SELECT e.id AS edition, e.layer, e.seq, s.body ->> 'name' AS name, s.body ->> 'name_en' AS name_en
FROM upon JOIN hetu.edition AS e ON e.id = upon.id JOIN hetu.layer AS l ON l.code = e.layer JOIN hetu.stanza AS s ON s.id = l.stanza_id
WHERE e.state = 'published' AND e.id <> ALL(CAST(:editions AS bigint[])) ORDER BY e.layer, e.seq;

-- stand --
-- one row per layer of :editions: its names and grade, the numbers of those that go, the edition in force and the one on display now, and those that would be without them
SELECT l.code AS layer, s.body ->> 'name' AS name, s.body ->> 'name_en' AS name_en, s.body ->> 'grade' AS grade,
       touched.goes, now_force.seq AS in_force, now_shown.seq AS displayed, then_force.seq AS stands, then_shown.seq AS shows
FROM (SELECT layer, array_agg(seq ORDER BY seq) AS goes FROM hetu.edition WHERE id = ANY(CAST(:editions AS bigint[])) GROUP BY layer) AS touched
JOIN hetu.layer AS l ON l.code = touched.layer
JOIN hetu.stanza AS s ON s.id = l.stanza_id
LEFT JOIN hetu.current_edition AS c ON c.layer = l.code
LEFT JOIN hetu.displayed_edition AS d ON d.layer = l.code
LEFT JOIN hetu.standing_without(CAST(clock_timestamp() AT TIME ZONE 'Asia/Shanghai' AS date), 'infinity', CAST(:editions AS bigint[])) AS would
    ON would.layer = l.code
LEFT JOIN hetu.edition AS now_force ON now_force.id = c.edition_id
LEFT JOIN hetu.edition AS now_shown ON now_shown.id = d.edition_id
LEFT JOIN hetu.edition AS then_force ON then_force.id = would.in_force
LEFT JOIN hetu.edition AS then_shown ON then_shown.id = would.displayed
ORDER BY l.position, l.code;

-- used --
-- how many stored checks used one of :editions
SELECT count(*) FROM hetu.site_check WHERE editions && CAST(:editions AS bigint[]);

-- used_by --
-- the newest of them
SELECT id FROM hetu.site_check WHERE editions && CAST(:editions AS bigint[]) ORDER BY made_at DESC, id LIMIT :most;

-- withdraw --
-- the editions count no more, all from one moment on; the pointers follow by trigger
UPDATE hetu.edition SET state = 'withdrawn', withdrawn_at = :at WHERE id = ANY(CAST(:editions AS bigint[])) AND state = 'published' RETURNING id;

-- keep --
-- why, and what stood afterwards
INSERT INTO hetu.withdrawal (edition_id, reason, by, at, step, stood_after)
SELECT e.id, :reason, :by, e.withdrawn_at, :step, c.edition_id
FROM hetu.edition AS e LEFT JOIN hetu.current_edition AS c ON c.layer = e.layer WHERE e.id = ANY(CAST(:editions AS bigint[]));

-- said --
-- edition, reason, by, at of those among :editions that were withdrawn with a reason
SELECT edition_id AS edition, reason, by, at, step FROM hetu.withdrawal WHERE edition_id = ANY(CAST(:editions AS bigint[]));

-- gone --
-- every edition that was withdrawn
SELECT id FROM hetu.edition WHERE state = 'withdrawn' ORDER BY id;
