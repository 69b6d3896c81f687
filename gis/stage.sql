-- open_stage --
-- the empty table of an edition that is not published yet
SELECT hetu.open_stage(:edition, :srid);

-- close_stage --
-- keys, spatial index and statistics, once all rows are in
SELECT hetu.close_stage(:edition);

-- attach_stage --
-- from now on the edition is readable through hetu.feature
SELECT hetu.attach_stage(:edition);
