"""The time machine: a year of nights in minutes, on a virtual clock, with the lifecycle's own rules and job code."""
