"""Takes over the directory of a Label Studio 0.x project.

`directory` finds its files, `by_id` and `records` read what is in them, `reading` walks through the tasks, and `takeover`
hands them to the slices.
"""
