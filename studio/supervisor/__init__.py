"""One process that starts the studio's programs, shows what they say and never leaves one behind."""
