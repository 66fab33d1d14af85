"""Joins the stations: site file, entries, journal, pipeline, recovery, supervisor, command line."""
