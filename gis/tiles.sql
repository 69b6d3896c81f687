-- tile --
-- one vector tile of one edition: feature id, ident, name, class; geometry cut to the tile and simplified to a quarter of a pixel.
-- :most features at most, and how many were found: as many as :most means that the tile is not whole
WITH bounds AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS web, ST_Transform(ST_Segmentize(ST_TileEnvelope(:z, :x, :y, margin => 64.0 / 4096), :step), CAST(:srid AS integer)) AS project
), near AS (
    SELECT f.id, f.ident, f.name, f.class, f.geom, bounds.web
    FROM hetu.feature AS f, bounds
    WHERE f.edition_id = :edition AND f.geom && bounds.project
      AND (ST_Dimension(f.geom) = 0 OR greatest(ST_XMax(f.geom) - ST_XMin(f.geom), ST_YMax(f.geom) - ST_YMin(f.geom)) >= :smallest)
    LIMIT :most
), drawn AS (
    SELECT id, ident, name, class,
           ST_AsMVTGeom(ST_Transform(CASE WHEN ST_Dimension(geom) = 0 THEN geom ELSE ST_Simplify(geom, :tolerance, true) END, 3857), web, 4096, 64, true) AS geom
    FROM near
)
SELECT (SELECT coalesce(ST_AsMVT(drawn, 'features', 4096, 'geom', 'id'), '') FROM drawn WHERE geom IS NOT NULL) AS features,
       (SELECT count(*) FROM near) AS found;

-- edition --
-- srid and kind of a published edition
SELECT w.srid, e.kind FROM hetu.edition AS e, hetu.workspace AS w WHERE e.id = :edition AND e.state = 'published';
