-- keep_rule --
-- a version of a rule that is not kept yet
INSERT INTO hetu.rule (code, version, body) VALUES (:code, :version, CAST(:body AS jsonb)) ON CONFLICT (code, version) DO NOTHING;

-- keep_rulebook --
-- id of the rulebook with this content
WITH made AS (
    INSERT INTO hetu.rulebook (digest, body) VALUES (:digest, CAST(:body AS jsonb)) ON CONFLICT (digest) DO NOTHING RETURNING id
)
SELECT id FROM made UNION ALL SELECT id FROM hetu.rulebook WHERE digest = :digest LIMIT 1;

-- one_taker_at_a_time --
SELECT pg_advisory_xact_lock(740003);

-- take --
-- the rulebook is in use from now on; nothing where it is already
INSERT INTO hetu.rulebook_use (rulebook_id, taken_by)
SELECT :id, :actor WHERE (SELECT rulebook_id FROM hetu.rulebook_use ORDER BY id DESC LIMIT 1) IS DISTINCT FROM :id;

-- in_use --
-- id, digest of the rulebook in use now, or at :known_at
SELECT b.id, b.digest
FROM hetu.rulebook_use AS u JOIN hetu.rulebook AS b ON b.id = u.rulebook_id
WHERE CAST(:known_at AS timestamptz) IS NULL OR u.since <= CAST(:known_at AS timestamptz)
ORDER BY u.id DESC LIMIT 1;

-- digest --
SELECT digest FROM hetu.rulebook WHERE id = :id;

-- body --
SELECT body FROM hetu.rulebook WHERE id = :id;

-- rules --
-- code, version, body of every rule that a rulebook lists
SELECT r.code, r.version, r.body
FROM hetu.rulebook AS b
CROSS JOIN LATERAL jsonb_array_elements(b.body -> 'rules') AS listed
JOIN hetu.rule AS r ON r.code = listed ->> 0 AND r.version = listed ->> 1
WHERE b.id = :id;
