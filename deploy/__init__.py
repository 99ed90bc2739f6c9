"""What brings Nightshift to where it runs: environments, the local stack, data and releases."""
