-- asked --
-- of a delivery: its supplier, where somebody named one, and what was said of it in the arguments of the job that read it (none: read at a terminal)
SELECT d.supplier, job.args -> 'said' AS said
FROM hetu.delivery AS d
LEFT JOIN LATERAL (
    SELECT args FROM jobs.procrastinate_jobs
    WHERE task_name = :task AND CAST(args ->> 'delivery' AS bigint) = d.id
    ORDER BY id DESC LIMIT 1
) AS job ON true
WHERE d.id = :delivery;

-- one_at_a_time --
-- whoever comes second waits for the first
SELECT id FROM hetu.delivery WHERE id = :delivery FOR UPDATE;

-- published_since --
-- a later delivery of the same original that is to be published, or was
SELECT later.id
FROM hetu.delivery AS d
JOIN hetu.delivery AS later ON later.original = d.original AND later.id > d.id
WHERE d.id = :delivery AND later.purpose = 'publish' AND later.state IN ('waiting', 'reading', 'published')
ORDER BY later.id LIMIT 1;
