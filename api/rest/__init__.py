"""What programs see: the same services as the pages, as JSON, GeoJSON and vector tiles."""
