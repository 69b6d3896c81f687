-- staged --
-- what is known of an edition whose features are in its stage, and its extent in degrees
SELECT e.layer, e.kind, e.source, e.source_layer, e.format, e.crs_in, e.crs_basis, e.operation, e.encoding, e.fields, e.samples, e.notes,
       e.rows_read, e.rows_published, e.rows_set_aside, e.disjoint, w.srid, around.box IS NOT NULL AS placed,
       ST_XMin(around.box) AS west, ST_YMin(around.box) AS south, ST_XMax(around.box) AS east, ST_YMax(around.box) AS north
FROM hetu.edition AS e
CROSS JOIN hetu.workspace AS w
LEFT JOIN LATERAL (
    SELECT ST_Envelope(ST_Transform(ST_Segmentize(e.extent, 10000), 4326)) AS box WHERE NOT ST_IsEmpty(e.extent)
) AS around ON true
WHERE e.id = :edition;

-- set_aside_counts --
-- code, how many rows of the edition were set aside for it
SELECT code, count(*) AS n FROM hetu.set_aside WHERE edition_id = :edition GROUP BY code;

-- set_aside --
-- the first :most rows of each code that were set aside, each with the box around it
SELECT id AS row, code, params, ST_AsEWKB(box) AS place
FROM (SELECT s.*, row_number() OVER (PARTITION BY code ORDER BY id) AS nth FROM hetu.set_aside AS s WHERE edition_id = :edition) AS numbered
WHERE nth <= :most ORDER BY code, id;

-- show --
SELECT hetu.show_stage(:edition);

-- hide --
DROP VIEW pg_temp.staged;

-- places --
-- id, identifier, a point in it: of these staged features
SELECT id, ident, ST_AsEWKB(ST_PointOnSurface(geom)) AS place FROM pg_temp.staged WHERE id = ANY(:ids);
