-- keep --
-- id of the report
INSERT INTO hetu.intake_layer (delivery_id, layer, source, source_layer, edition_id, supplier, report, score, follow_up)
VALUES (:delivery, :layer, :source, :source_layer, :edition, :supplier, CAST(:report AS jsonb), :score, :follow_up)
RETURNING id;

-- keep_fault --
INSERT INTO hetu.fault (intake_layer_id, n, code, severity, row, feature, params, geom)
VALUES (:intake_layer, :n, :code, :severity, :row, :feature, CAST(:params AS jsonb), CAST(:place AS geometry));

-- keep_report --
UPDATE hetu.intake_layer SET report = CAST(:report AS jsonb), score = :score, follow_up = :follow_up WHERE id = :id;

-- forget_faults --
DELETE FROM hetu.fault WHERE intake_layer_id = :id AND code = ANY(:codes);

-- last_fault --
SELECT coalesce(max(n), 0) FROM hetu.fault WHERE intake_layer_id = :id;

-- delivery --
-- a delivery, the first of its suppliers, and the score of its layers together
SELECT d.id, d.name, d.sha256, d.handed_over_by, d.received_at, d.ended_at, d.state, d.purpose, d.progress, d.refused, d.ignored, d.reason,
       coalesce(d.supplier, of_layers.supplier) AS supplier, of_layers.score
FROM hetu.delivery AS d
CROSS JOIN LATERAL (
    SELECT array_to_string((array_agg(DISTINCT l.supplier))[1:3], '、') || CASE WHEN count(DISTINCT l.supplier) > 3 THEN '……' ELSE '' END AS supplier, round(CAST(avg(l.score) AS numeric), 1) AS score
    FROM hetu.intake_layer AS l WHERE l.delivery_id = d.id
) AS of_layers
WHERE d.id = :delivery;

-- layers --
-- reports of a delivery's layers, each with the grade of its layer
SELECT l.id, l.layer, l.edition_id, l.supplier, l.report, s.body ->> 'grade' AS grade
FROM hetu.intake_layer AS l
LEFT JOIN hetu.layer AS known ON known.code = l.layer
LEFT JOIN hetu.stanza AS s ON s.id = known.stanza_id
WHERE l.delivery_id = :delivery ORDER BY l.id;

-- layer --
SELECT l.id, l.delivery_id, l.layer, l.edition_id, l.supplier, l.report, l.follow_up, s.body ->> 'grade' AS grade, s.body AS stanza
FROM hetu.intake_layer AS l
LEFT JOIN hetu.layer AS known ON known.code = l.layer
LEFT JOIN hetu.stanza AS s ON s.id = known.stanza_id
WHERE l.id = :id;

-- faults --
-- faults of a layer after the :after-th, of one code where it is said; whether each has a place, and the middle of it in the project CRS
SELECT n, code, severity, row, feature, params, geom IS NOT NULL AS placed, ST_X(middle) AS x, ST_Y(middle) AS y
FROM hetu.fault, LATERAL ST_Centroid(ST_Envelope(geom)) AS middle
WHERE intake_layer_id = :id AND n > :after AND (CAST(:code AS text) IS NULL OR code = :code)
ORDER BY n LIMIT :limit;

-- drawn_faults --
-- the same as GeoJSON in degrees
SELECT n, code, severity, row, feature, params, ST_AsGeoJSON(ST_Transform(geom, 4326), 7) AS shape
FROM hetu.fault
WHERE intake_layer_id = :id AND geom IS NOT NULL AND (CAST(:code AS text) IS NULL OR code = :code)
ORDER BY n LIMIT :limit;

-- deliveries --
-- newest first: deliveries before number :before, each with how many layers it has, its faults by severity, the mean score of its layers
SELECT d.id, d.name, d.state, d.purpose, d.handed_over_by, d.received_at, d.ended_at,
       coalesce(d.supplier, of_layers.supplier) AS supplier, of_layers.layers, of_layers.score, of_layers.faults
FROM hetu.delivery AS d
CROSS JOIN LATERAL (
    SELECT count(DISTINCT l.id) AS layers, array_to_string((array_agg(DISTINCT l.supplier))[1:3], '、') || CASE WHEN count(DISTINCT l.supplier) > 3 THEN '……' ELSE '' END AS supplier,
           (SELECT round(CAST(avg(s.score) AS numeric), 1) FROM hetu.intake_layer AS s WHERE s.delivery_id = d.id) AS score,
           jsonb_build_object(
               'error', coalesce(sum(CAST(f ->> 'count' AS bigint)) FILTER (WHERE f ->> 'severity' = 'error'), 0),
               'warning', coalesce(sum(CAST(f ->> 'count' AS bigint)) FILTER (WHERE f ->> 'severity' = 'warning'), 0),
               'note', coalesce(sum(CAST(f ->> 'count' AS bigint)) FILTER (WHERE f ->> 'severity' = 'note'), 0)) AS faults
    FROM hetu.intake_layer AS l LEFT JOIN LATERAL jsonb_array_elements(l.report -> 'faults') AS f ON true
    WHERE l.delivery_id = d.id
) AS of_layers
WHERE (CAST(:before AS bigint) IS NULL OR d.id < :before)
  AND (CAST(:state AS text) IS NULL OR d.state = :state)
  AND (CAST(:supplier AS text) IS NULL OR d.supplier = :supplier
       OR EXISTS (SELECT FROM hetu.intake_layer AS l WHERE l.delivery_id = d.id AND l.supplier = :supplier))
ORDER BY d.id DESC LIMIT :limit;

-- suppliers --
-- supplier, delivery, when it came, the mean score of its layers: in the order in which they came
SELECT l.supplier, d.id AS delivery, d.received_at AS at, round(CAST(avg(l.score) AS numeric), 1) AS score, count(*) AS layers
FROM hetu.intake_layer AS l JOIN hetu.delivery AS d ON d.id = l.delivery_id
WHERE l.supplier IS NOT NULL
GROUP BY l.supplier, d.id ORDER BY l.supplier, d.id;
