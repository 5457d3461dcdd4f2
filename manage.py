#!/usr/bin/env python
"""The command line of Django, with the settings of this project."""

import os
import sys

from django.core.management import execute_from_command_line

from config.garbage import collect_seldom

if __name__ == "__main__":
    collect_seldom()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)
