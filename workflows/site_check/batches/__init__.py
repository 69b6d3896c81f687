"""Many sites at once: taken from a file, answered in chunks, kept compact, continued where they stopped."""
