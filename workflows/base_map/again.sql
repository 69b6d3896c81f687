-- asked --
-- arguments of the job that read a delivery: where its original is kept, and what was said of it
SELECT args FROM jobs.procrastinate_jobs
WHERE task_name = :task AND CAST(args ->> 'delivery' AS bigint) = :delivery
ORDER BY id DESC LIMIT 1;
