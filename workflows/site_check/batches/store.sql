-- keep --
INSERT INTO hetu.batch (id, name, file, sha256, asked, queued, made_at, made_by, valid_on, known_at, rulebook_id, catalogue_id, pinned, product)
VALUES (:id, :name, :file, :sha256, CAST(:asked AS jsonb), :queued, now(), :actor, :valid_on, :known_at, :rulebook, :catalogue,
        CAST(:pinned AS jsonb), :product);

-- try_to_hold --
-- while this session lives, the batch is in work here; false where it is in work elsewhere
SELECT pg_try_advisory_lock(740005, hashtext(:id));

-- let_go --
SELECT pg_advisory_unlock(740005, hashtext(:id));

-- one --
-- the batch with everything it pinned
SELECT id, name, file, sha256, asked, queued, made_at, made_by, valid_on, known_at, rulebook_id, catalogue_id, pinned, product, state, columns,
       left_out, began_at, ended_at, reason
FROM hetu.batch WHERE id = :id;

-- begin --
UPDATE hetu.batch SET state = 'reading', began_at = coalesce(began_at, now()) WHERE id = :id;

-- keep_site --
INSERT INTO hetu.batch_site (batch_id, number, source, row, label, site, source_crs, width_m, proposal, state, reason)
VALUES (:batch, :number, :source, :row, :label, CAST(:site AS geometry), :source_crs, :width_m, CAST(:proposal AS jsonb), :state,
        CAST(:reason AS jsonb));

-- was_read --
UPDATE hetu.batch SET state = 'answering', columns = CAST(:columns AS jsonb), left_out = CAST(:left_out AS jsonb) WHERE id = :id;

-- end --
UPDATE hetu.batch SET state = :state, ended_at = now(), reason = CAST(:reason AS jsonb) WHERE id = :id;

-- claim --
-- number, site as WKB, proposal of the next rows that wait: held until the transaction ends, and nobody else's meanwhile
SELECT number, ST_AsBinary(site) AS site, proposal
FROM hetu.batch_site WHERE batch_id = :id AND state = 'waiting' ORDER BY number LIMIT :many FOR UPDATE SKIP LOCKED;

-- answer --
UPDATE hetu.batch_site
SET state = 'answered', verdicts = CAST(:verdicts AS jsonb), shown = CAST(:shown AS jsonb), answered_at = clock_timestamp()
WHERE batch_id = :id AND number = :number;

-- refuse --
UPDATE hetu.batch_site SET state = 'refused', reason = CAST(:reason AS jsonb), answered_at = clock_timestamp()
WHERE batch_id = :id AND number = :number;

-- states --
-- state, how many rows
SELECT state, count(*) AS n FROM hetu.batch_site WHERE batch_id = :id GROUP BY state;

-- pace --
-- rows answered within the last minute, and seconds since the batch was begun, at most sixty
SELECT count(*) FILTER (WHERE s.answered_at > clock_timestamp() - interval '60 s') AS n,
       least(60, extract(epoch FROM clock_timestamp() - min(b.began_at))) AS seconds
FROM hetu.batch AS b LEFT JOIN hetu.batch_site AS s ON s.batch_id = b.id WHERE b.id = :id;

-- verdicts --
-- verdict that :grade may be told, how many rows
SELECT verdicts ->> :grade AS verdict, count(*) AS n FROM hetu.batch_site WHERE batch_id = :id AND state = 'answered' GROUP BY 1;

-- rows --
-- rows in the order of the file, from :offset on, each with the compact answer of the first of :grades that there is one for; of one verdict,
-- as :grade may be told, or of one state. Numbers first: what is heavy about a row is not unpacked to be skipped
WITH chosen AS (
    SELECT number FROM hetu.batch_site
    WHERE batch_id = :id AND (CAST(:verdict AS text) IS NULL OR verdicts ->> :grade = :verdict)
      AND (CAST(:state AS text) IS NULL OR state = :state)
    ORDER BY number LIMIT :limit OFFSET :offset
)
SELECT number, source, row, label, proposal, state, reason, check_id, width_m, ST_Area(site) AS area,
       coalesce(shown -> (CAST(:grades AS text[]))[1], shown -> (CAST(:grades AS text[]))[2], shown -> (CAST(:grades AS text[]))[3],
                shown -> (CAST(:grades AS text[]))[4]) AS seen,
       CASE WHEN :shapes THEN ST_AsBinary(site) END AS site
FROM chosen JOIN hetu.batch_site USING (number)
WHERE batch_id = :id
ORDER BY number;

-- row --
SELECT number, source, row, label, proposal, state, reason, shown, check_id, width_m, source_crs, ST_AsBinary(site) AS site
FROM hetu.batch_site WHERE batch_id = :id AND number = :number;

-- lock_row --
SELECT check_id FROM hetu.batch_site WHERE batch_id = :id AND number = :number FOR UPDATE;

-- note_check --
UPDATE hetu.batch_site SET check_id = :check WHERE batch_id = :id AND number = :number;

-- latest --
-- the newest first, with how many rows there are and how many wait
SELECT b.id, b.name, b.state, b.made_at, b.made_by, b.valid_on, b.began_at, b.ended_at, b.reason, counted.rows, counted.waiting
FROM hetu.batch AS b
CROSS JOIN LATERAL (
    SELECT count(*) AS rows, count(*) FILTER (WHERE state = 'waiting') AS waiting FROM hetu.batch_site WHERE batch_id = b.id
) AS counted
ORDER BY b.made_at DESC, b.id LIMIT :limit OFFSET :offset;

-- in_work --
-- whether a process has it in work, or a job waits to
SELECT EXISTS (
           SELECT FROM pg_locks
           WHERE locktype = 'advisory' AND granted AND classid = 740005 AND objid = CAST(CAST(hashtext(:id) AS bigint) & 4294967295 AS oid)
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    OR EXISTS (
           SELECT FROM jobs.procrastinate_jobs
           WHERE task_name = :task AND args ->> 'batch' = :id AND status IN ('todo', 'doing'));

-- queued --
-- id, made_by of batches that a worker is to answer, that are not over, and for which a job did not fail :most times already
SELECT id, made_by FROM hetu.batch
WHERE queued AND state IN ('waiting', 'reading', 'answering')
  AND (SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = :task AND args ->> 'batch' = batch.id AND status = 'failed') < :most
ORDER BY made_at, id;

-- queue --
UPDATE hetu.batch SET queued = true WHERE id = :id;
