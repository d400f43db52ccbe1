"""Measurements of the studio. Each bench runs the real thing in a folder of its own."""
