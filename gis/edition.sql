-- begin --
-- id of a new edition, staged: readable by nobody until it is published
INSERT INTO hetu.edition (layer, status, delivery_id, based_on, kind, source, source_layer, format, crs_in, crs_basis, operation, encoding,
                          fields, samples, notes, rows_read, rows_published, rows_set_aside, extent, coverage_id, coverage_basis,
                          coverage_word, disjoint, raster)
VALUES (:layer, :status, :delivery, (SELECT edition_id FROM hetu.current_edition WHERE layer = :layer), :kind, :source, :source_layer,
        :format, :crs_in, :crs_basis, :operation, :encoding, CAST(:fields AS jsonb), CAST(:samples AS jsonb), CAST(:notes AS jsonb),
        :rows_read, :rows_published, :rows_set_aside, CAST(:extent AS geometry), :coverage, :coverage_basis, :coverage_word, :disjoint,
        CAST(:raster AS jsonb))
RETURNING id;

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
-- layer, current edition, its number: where somebody published after :editions were staged
SELECT e.layer, c.edition_id, now_current.seq
FROM hetu.edition AS e
LEFT JOIN hetu.current_edition AS c USING (layer)
LEFT JOIN hetu.edition AS now_current ON now_current.id = c.edition_id
WHERE e.id = ANY(:editions) AND c.edition_id IS DISTINCT FROM e.based_on
ORDER BY e.layer;

-- number --
-- the edition gets its number within the layer and may be read
UPDATE hetu.edition AS e
SET state = 'published', published_at = now(),
    seq = 1 + coalesce((SELECT max(seq) FROM hetu.edition AS before WHERE before.layer = e.layer), 0)
WHERE e.id = :edition;

-- point --
-- the pointer of the layer moves to the edition
INSERT INTO hetu.current_edition (layer, edition_id) SELECT layer, id FROM hetu.edition WHERE id = :edition
ON CONFLICT (layer) DO UPDATE SET edition_id = EXCLUDED.edition_id;
