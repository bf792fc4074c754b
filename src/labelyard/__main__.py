"""`python -m labelyard`."""

from labelyard.cli import main

main()
