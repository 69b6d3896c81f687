-- moment --
-- when this transaction began
SELECT now();

-- describe --
-- the site in degrees as GeoJSON, in the project CRS as GeoJSON, its area in m2 on the plane and on the ellipsoid
SELECT ST_AsGeoJSON(ST_Transform(site, 4326), 9) AS degrees, ST_AsGeoJSON(site, 15) AS project, ST_Area(site) AS area,
       ST_Area(CAST(ST_Transform(site, 4326) AS geography)) AS ellipsoidal
FROM (SELECT CAST(:site AS geometry) AS site) AS given;

-- keep --
-- the answer, word for word
INSERT INTO hetu.site_check (id, made_at, made_by, site, verdict, summary, answer, sha256, editions, product)
VALUES (:id, :made_at, :made_by, CAST(:site AS geometry), :verdict, CAST(:summary AS jsonb), :answer, :sha256, :editions, :product);

-- read --
-- answer, sha256, site as WKB
SELECT answer, sha256, ST_AsBinary(site) AS site FROM hetu.site_check WHERE id = :id;

-- latest --
-- id, made_at, made_by, site_area, verdict, summary, sha256: newest first
SELECT id, made_at, made_by, ST_Area(site) AS site_area, verdict, summary, sha256
FROM hetu.site_check ORDER BY made_at DESC, id LIMIT :limit OFFSET :offset;
