"""Formats whose parsers are not written for files of strangers are read in a process of its own.

A Parquet file or workbook of a few hundred bytes can ask for any amount of memory, and the parsers then end the
process. Here that is a child with little memory and time, and the answer is an error. `reading` is the side that asks,
`child` the process; `parquet` and `workbook` are only loaded there.
"""
