-- measure --
-- One row per feature that shares area, length or a place with the site: edition_id, id, ident, name, class, dimension (0, 1, 2), area in
-- m2, length in m, perimeter in m of the shared part. Then one row per polygon edition whose hits may overlap one another: id null,
-- area = the area of their union. Uniting is dear: not done where one of them covers the whole site, nor to parts that nothing touches.
-- Clipping to the site's box comes before anything exact; a clip that is not valid is thrown away and the whole feature taken. A shared
-- part thinner (2 x area / perimeter) or shorter than :thinnest m is the touching of two boundaries, not a hit.
WITH site AS MATERIALIZED (
    SELECT CAST(:site AS geometry) AS geom, ST_Envelope(CAST(:site AS geometry)) AS box
), near AS MATERIALIZED (
    SELECT f.edition_id, f.id, f.ident, f.name, f.class, ST_Dimension(f.geom) AS dimension,
           CASE WHEN ST_NPoints(f.geom) <= 64 OR f.geom @ site.box THEN f.geom
                ELSE (SELECT CASE WHEN ST_IsValid(clip) THEN clip ELSE f.geom END FROM ST_ClipByBox2D(f.geom, site.box) AS clip)
           END AS piece
    FROM hetu.feature AS f, site
    WHERE f.edition_id = ANY(:editions) AND f.geom && site.geom
), part AS MATERIALIZED (
    SELECT near.edition_id, near.id, near.ident, near.name, near.class, near.dimension,
           CASE WHEN near.dimension = 0 OR ST_Covers(site.geom, near.piece) THEN near.piece
                ELSE ST_CollectionExtract(ST_Intersection(near.piece, site.geom), near.dimension + 1)
           END AS geom
    FROM near, site
    WHERE ST_Intersects(site.geom, near.piece)
), hit AS MATERIALIZED (
    SELECT edition_id, id, ident, name, class, dimension, geom,
           CASE WHEN dimension = 2 THEN ST_Area(geom) END AS area,
           CASE WHEN dimension = 1 THEN ST_Length(geom) END AS length,
           CASE WHEN dimension = 2 THEN ST_Perimeter(geom) END AS perimeter
    FROM part
)
SELECT edition_id, id, ident, name, class, dimension, area, length, perimeter
FROM hit
WHERE dimension = 0 OR 2 * area > :thinnest * perimeter OR length > :thinnest
UNION ALL
SELECT edition_id, NULL, NULL, NULL, NULL, 2,
       CASE WHEN max(area) >= (1 - 1e-12) * (SELECT ST_Area(site.geom) FROM site) THEN max(area)
            ELSE (SELECT sum(ST_Area(CASE WHEN ST_NumGeometries(heap) = 1 THEN heap ELSE ST_UnaryUnion(heap) END))
                  FROM unnest(ST_ClusterIntersecting(geom)) AS heap) END,
       NULL, NULL
FROM hit
WHERE 2 * area > :thinnest * perimeter AND NOT edition_id = ANY(:disjoint)
GROUP BY edition_id
HAVING count(*) > 1;

-- set_aside --
-- edition_id, how many rows that were set aside lie where the site is (by their boxes), how many have no place at all
SELECT edition_id, count(*) FILTER (WHERE box && CAST(:site AS geometry)) AS here, count(*) FILTER (WHERE box IS NULL) AS unplaced
FROM hetu.set_aside
WHERE edition_id = ANY(:editions)
GROUP BY edition_id;

-- parts --
-- edition_id, id, the shared geometry in the system :srid as GeoJSON, of the hits named by :editions and :ids (arrays in step); clipped as above
SELECT edition_id, id,
       ST_AsGeoJSON(ST_Transform(ST_CollectionExtract(ST_Intersection(piece, site), ST_Dimension(piece) + 1), CAST(:srid AS integer)),
                    CAST(:digits AS integer)) AS shape
FROM (
    SELECT f.edition_id, f.id, CAST(:site AS geometry) AS site,
           CASE WHEN ST_NPoints(f.geom) <= 64 THEN f.geom
                ELSE (SELECT CASE WHEN ST_IsValid(clip) THEN clip ELSE f.geom END
                      FROM ST_ClipByBox2D(f.geom, ST_Envelope(CAST(:site AS geometry))) AS clip)
           END AS piece
    FROM unnest(CAST(:editions AS bigint[]), CAST(:ids AS bigint[])) AS wanted (edition_id, id)
    JOIN hetu.feature AS f USING (edition_id, id)
    WHERE f.edition_id = ANY(CAST(:editions AS bigint[]))
) AS near;

-- covered --
-- coverage_id, area in m2 of the site that the coverage holds
SELECT c.id,
       CASE WHEN ST_Covers(c.geom, CAST(:site AS geometry)) THEN ST_Area(CAST(:site AS geometry))
            ELSE ST_Area(ST_Intersection(c.geom, CAST(:site AS geometry))) END AS area
FROM hetu.coverage AS c
WHERE c.id = ANY(:coverages);
