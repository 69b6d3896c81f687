-- plain --
-- gid, dimension, area in m2, length in m of what every feature shares with the site: exact at once, nothing clipped before, no union
SELECT f.ident AS gid, ST_Dimension(f.geom) AS dimension, ST_Area(shared.geom) AS area, ST_Length(shared.geom) AS length
FROM hetu.feature AS f CROSS JOIN LATERAL (SELECT ST_Intersection(f.geom, CAST(:site AS geometry)) AS geom OFFSET 0) AS shared
WHERE f.edition_id = ANY(:editions) AND f.geom && CAST(:site AS geometry) AND ST_Intersects(f.geom, CAST(:site AS geometry));

-- backend --
-- process number of this connection's server process
SELECT pg_backend_pid();

-- backends --
-- process numbers of the server processes that serve this database
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend';

-- version --
SELECT current_setting('server_version') || ', PostGIS ' || postgis_lib_version() || ', GEOS ' || postgis_geos_version();
