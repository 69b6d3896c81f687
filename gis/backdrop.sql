-- around --
-- the features of one edition that lie in the box west..north (project CRS), cut to it and made as plain as :finest m allows, as GeoJSON in
-- the project CRS; one more than :most, so that too many can be told
SELECT ST_AsGeoJSON(ST_SimplifyPreserveTopology(ST_ClipByBox2D(f.geom, box), CAST(:finest AS double precision)), 2) AS shape
FROM hetu.feature AS f,
     CAST(ST_MakeEnvelope(:west, :south, :east, :north, CAST(:srid AS integer)) AS box2d) AS box
WHERE f.edition_id = :edition AND f.geom && ST_MakeEnvelope(:west, :south, :east, :north, CAST(:srid AS integer))
ORDER BY f.id
LIMIT :most + 1;
