-- claim --
-- one row where the key is new; waits while another transaction holds the same key
INSERT INTO hetu.idempotency (actor, key, request_sha256) VALUES (:actor, :key, :request_sha256)
ON CONFLICT (actor, key) DO NOTHING RETURNING key;

-- keep --
-- the answer that every repetition gets
UPDATE hetu.idempotency SET status = :status, body = :body WHERE actor = :actor AND key = :key;

-- first_answer --
-- request_sha256, status, body
SELECT request_sha256, status, body FROM hetu.idempotency WHERE actor = :actor AND key = :key;
