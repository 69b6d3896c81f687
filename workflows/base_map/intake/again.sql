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
