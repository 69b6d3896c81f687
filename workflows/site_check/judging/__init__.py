"""Judging: amounts as intervals, findings, one verdict. Pure: no database, no HTTP, no time of day."""
