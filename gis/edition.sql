-- reserve --
-- the number a new edition of :layer will have in the ground, and what is the newest one now
SELECT nextval(pg_get_serial_sequence('hetu.edition', 'id')) AS id,
       (SELECT id FROM hetu.edition WHERE layer = :layer AND seq IS NOT NULL ORDER BY seq DESC LIMIT 1) AS based_on;

-- begin --
-- a new edition, staged: readable by nobody until it is published
INSERT INTO hetu.edition (id, layer, status, valid_from, delivery_id, based_on, kind, source, source_layer, format, crs_in, crs_basis, operation,
                          encoding, fields, samples, notes, rows_read, rows_published, rows_set_aside, extent, coverage_id,
                          coverage_basis, coverage_word, disjoint, raster)
OVERRIDING SYSTEM VALUE
VALUES (:id, :layer, :status, :valid_from, :delivery, :based_on,
        :kind, :source, :source_layer, :format, :crs_in, :crs_basis, :operation, :encoding, CAST(:fields AS jsonb), CAST(:samples AS jsonb), CAST(:notes AS jsonb),
        :rows_read, :rows_published, :rows_set_aside, CAST(:extent AS geometry), :coverage, :coverage_basis, :coverage_word, :disjoint,
        CAST(:raster AS jsonb));

-- set_aside --
-- a row that is kept with its reason and place but not published
INSERT INTO hetu.set_aside (edition_id, id, code, params, x, y, attributes, wkb, box)
VALUES (:edition, :id, :code, CAST(:params AS jsonb), :x, :y, CAST(:attributes AS jsonb), :wkb, CAST(:box AS geometry));

-- keep_coverage --
-- id of this polygon, stored once however many editions share it
WITH made AS (
    INSERT INTO hetu.coverage (sha256, geom) VALUES (:sha256, CAST(:geom AS geometry)) ON CONFLICT (sha256) DO NOTHING RETURNING id
)
SELECT id FROM made UNION ALL SELECT id FROM hetu.coverage WHERE sha256 = :sha256 LIMIT 1;

-- one_publisher_per_layer --
-- waits until no other transaction publishes an edition of these layers; in one order, so that two never wait for each other
SELECT code FROM hetu.layer WHERE code = ANY(:layers) ORDER BY code FOR NO KEY UPDATE;

-- overtaken --
-- layer, its newest edition's number: where somebody published after :editions were staged
SELECT e.layer, newest.seq
FROM hetu.edition AS e
LEFT JOIN LATERAL (
    SELECT id, seq FROM hetu.edition AS before WHERE before.layer = e.layer AND before.seq IS NOT NULL ORDER BY seq DESC LIMIT 1
) AS newest ON true
WHERE e.id = ANY(:editions) AND newest.id IS DISTINCT FROM e.based_on
ORDER BY e.layer;

-- base_moved --
-- layer: of :editions made of changes, those whose base is no longer the edition in force
SELECT e.layer FROM hetu.edition AS e JOIN hetu.delta AS d ON d.edition_id = e.id LEFT JOIN hetu.current_edition AS c ON c.layer = e.layer
WHERE e.id = ANY(:editions) AND c.edition_id IS DISTINCT FROM d.base_edition ORDER BY e.layer;

-- moment --
-- now, when the editions are about to be seen (and not when their long transaction began), and which day that is in Beijing
SELECT now AS at, CAST(now AT TIME ZONE 'Asia/Shanghai' AS date) AS today FROM (SELECT clock_timestamp() AS now) AS clock;

-- too_early --
-- layer, day: of :editions, those that hold only from a day after :today. A draft may, and a plan on display says when it is to hold
SELECT layer, valid_from FROM hetu.edition
WHERE id = ANY(:editions) AND valid_from > :today AND status NOT IN ('draft', 'on_display') ORDER BY layer;

-- number --
-- the edition gets its number within the layer and may be read
UPDATE hetu.edition AS e
SET state = 'published', published_at = :at, valid_from = coalesce(valid_from, :today),
    seq = 1 + coalesce((SELECT max(seq) FROM hetu.edition AS before WHERE before.layer = e.layer), 0)
WHERE e.id = :edition;

-- point --
-- the pointers of the layers, in force and on display, move to what stands now
SELECT hetu.point(:layers);

-- withdraw --
-- layer of the edition, which counts no more from now on; the pointers follow by trigger
UPDATE hetu.edition SET state = 'withdrawn' WHERE id = :edition AND state = 'published' RETURNING layer;
