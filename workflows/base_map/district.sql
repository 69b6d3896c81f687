-- standing_district --
-- the shapes of the edition in force of the district's own layer, as WKB
SELECT ST_AsBinary(f.geom) AS geom FROM hetu.current_edition AS c JOIN hetu.feature AS f ON f.edition_id = c.edition_id WHERE c.layer = :layer;
