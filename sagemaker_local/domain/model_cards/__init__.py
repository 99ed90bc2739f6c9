"""Model cards: what their content may be, what of it may be seen without its key, and how versions follow. Pure."""
