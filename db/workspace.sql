-- names --
-- name of every workspace on this server
SELECT substr(datname, 6) AS name FROM pg_database WHERE datname LIKE 'hetu\_%' AND NOT datistemplate ORDER BY 1;

-- exists --
-- 1 where a database of that name stands
SELECT 1 FROM pg_database WHERE datname = :name;

-- one_maker_at_a_time --
-- waits until no other process makes a workspace on this server; CREATE DATABASE allows no transaction to hold it
SELECT pg_advisory_lock(740000);

-- the_next_maker --
SELECT pg_advisory_unlock(740000);

-- one_migration_at_a_time --
-- waits until no other process migrates this database; held to the end of the transaction
SELECT pg_advisory_xact_lock(740001);

-- revision --
-- the newest migration this database has seen
SELECT version_num FROM public.alembic_version;

-- make --
-- the one row that says which district this is
INSERT INTO hetu.workspace (name, title, srid, crs_wkt) VALUES (:name, :title, :srid, :crs_wkt) ON CONFLICT DO NOTHING;

-- read --
-- name, title, srid, crs_wkt
SELECT name, title, srid, crs_wkt FROM hetu.workspace;
