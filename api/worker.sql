-- alive --
-- whether a worker of this workspace has said within :seconds that it is there
SELECT EXISTS (
    SELECT FROM jobs.procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :seconds)
);
