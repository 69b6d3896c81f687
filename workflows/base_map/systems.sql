-- add --
INSERT INTO hetu.local_system (name, title, sealed, key_id, area, made_by)
VALUES (:name, :title, :sealed, :key_id, :area, :made_by) ON CONFLICT (name) DO NOTHING RETURNING name;

-- systems --
-- what may be told of each: never what is sealed
SELECT name, title, key_id, area, made_by, made_at FROM hetu.local_system ORDER BY name;

-- sealed --
SELECT sealed FROM hetu.local_system WHERE name = :name;

-- drop_system --
DELETE FROM hetu.local_system WHERE name = :name RETURNING name;

-- names --
SELECT name FROM hetu.local_system ORDER BY name;
