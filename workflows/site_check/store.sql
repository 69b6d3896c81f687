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
INSERT INTO hetu.site_check (id, made_at, made_by, site, verdict, summary, answer, sha256, editions, product, valid_on, known_at, rulebook_id,
                             proposal, shown)
VALUES (:id, :made_at, :made_by, CAST(:site AS geometry), :verdict, CAST(:summary AS jsonb), :answer, :sha256, :editions, :product,
        :valid_on, :known_at, :rulebook, CAST(:proposal AS jsonb), CAST(:shown AS jsonb));

-- read --
-- answer, sha256, site as WKB
SELECT answer, sha256, ST_AsBinary(site) AS site FROM hetu.site_check WHERE id = :id;

-- latest --
-- id, made_at, made_by, site_area, verdict and summary as :grade may see them, sha256, valid_on, proposal, and which of the editions :gone it
-- used: newest first. :used asks for those that used one of these editions
WITH page AS (
    SELECT id FROM hetu.site_check
    WHERE CAST(:used AS bigint[]) IS NULL OR editions && CAST(:used AS bigint[])
    ORDER BY made_at DESC, id LIMIT :limit OFFSET :offset
)
SELECT id, made_at, made_by, ST_Area(site) AS site_area, coalesce(shown -> :grade ->> 'verdict', verdict) AS verdict,
       coalesce(shown -> :grade -> 'summary', summary) AS summary, sha256, valid_on, proposal,
       ARRAY(SELECT each FROM unnest(editions) AS each WHERE each = ANY(CAST(:gone AS bigint[])) ORDER BY each) AS withdrawn
FROM page JOIN hetu.site_check USING (id) ORDER BY made_at DESC, id;

-- keep_override --
-- rule, says, reason, person, made_at, made_by of what was said
INSERT INTO hetu.override (check_id, rule, says, reason, person, made_by) VALUES (:check, :rule, :says, :reason, :person, :actor)
RETURNING rule, says, reason, person, made_at, made_by;

-- overrides --
-- rule, says, reason, person, made_at, made_by: the first first
SELECT rule, says, reason, person, made_at, made_by FROM hetu.override WHERE check_id = :check ORDER BY id;
