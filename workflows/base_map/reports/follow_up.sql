-- show --
-- from now on pg_temp.staged are the features of :edition
SELECT hetu.show_stage(:edition);

-- hide --
DROP VIEW pg_temp.staged;

-- centres --
-- the middle of the box around every feature, and how many vertices it has
SELECT (ST_XMin(geom) + ST_XMax(geom)) / 2 AS x, (ST_YMin(geom) + ST_YMax(geom)) / 2 AS y, ST_NPoints(geom) AS vertices FROM pg_temp.staged;

-- extent --
-- west, south, east, north of them all
SELECT min(ST_XMin(geom)), min(ST_YMin(geom)), max(ST_XMax(geom)), max(ST_YMax(geom)) FROM pg_temp.staged;

-- meeting --
-- features whose box meets the given one
SELECT id, ST_AsBinary(geom) AS wkb FROM pg_temp.staged
WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, (SELECT srid FROM hetu.workspace)) ORDER BY id;

-- coverage --
-- where the edition says anything, as WKB
SELECT ST_AsBinary(c.geom) AS wkb FROM hetu.edition AS e JOIN hetu.coverage AS c ON c.id = e.coverage_id WHERE e.id = :edition;

-- srid --
SELECT srid FROM hetu.workspace;

-- proved --
-- no two features of the edition overlap
UPDATE hetu.edition SET disjoint = true WHERE id = :edition AND disjoint IS DISTINCT FROM true;

-- running --
UPDATE hetu.intake_layer
SET follow_up = 'running', report = jsonb_set(report, '{follow_up}', CAST(:told AS jsonb))
WHERE id = :id AND follow_up IN ('waiting', 'running', 'failed');

-- try_to_hold --
-- while this session lives, the report is in work here; false where it is in work elsewhere
SELECT pg_try_advisory_lock(740006, CAST(:id AS integer));

-- let_go --
SELECT pg_advisory_unlock(740006, CAST(:id AS integer));

-- forsaken --
-- reports whose follow-up waits or runs, and nobody has it in work nor waits to; and how many jobs failed over each
SELECT l.id, (SELECT count(*) FROM jobs.procrastinate_jobs AS j
              WHERE j.task_name = :task AND CAST(j.args ->> 'report' AS bigint) = l.id AND j.status = 'failed') AS failed
FROM hetu.intake_layer AS l
WHERE l.follow_up IN ('waiting', 'running')
  AND NOT EXISTS (
      SELECT FROM jobs.procrastinate_jobs AS j
      WHERE j.task_name = :task AND CAST(j.args ->> 'report' AS bigint) = l.id AND j.status IN ('todo', 'doing'))
  AND NOT EXISTS (
      SELECT FROM pg_locks
      WHERE locktype = 'advisory' AND granted AND classid = 740006 AND objid = CAST(l.id AS oid)
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()));
