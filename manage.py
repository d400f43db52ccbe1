#!/usr/bin/env python3
"""Runs Django's and the studio's own commands."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as broken:
        sys.exit(str(broken))
