"""`manage.py doctor`: is everything there that the studio needs, and if not what to do."""
