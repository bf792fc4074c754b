"""Whether a table is a list of tasks, one a row, or one task that refers to the file."""

from itertools import islice

import msgspec

from labelyard.formats.readers.base import ReadError, Source
from labelyard.formats.readers.registry import InputFormat
from labelyard.imports.options import Options
from labelyard.label.tree import LabelConfig

_TABLES = ("CSV", "TSV")
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def is_one_task(config: LabelConfig, options: Options, kind: InputFormat, source: Source) -> bool:
    """What the request says; without a word the config decides.

    A CSV or TSV file for a config that reads one key, and that for a TimeSeries, is the series itself (compatible with
    Label Studio 0.x), unless one of its columns is that key: then each row has the address of a series.
    """
    if not kind.is_list:
        return False
    if options.files_as_tasks_list is not None:
        return not options.files_as_tasks_list
    key = series_key(config)
    return key is not None and kind.name in _TABLES and key not in _columns(kind, source)


def series_key(config: LabelConfig) -> str | None:
    """The data key of the config's only TimeSeries when it reads addresses and nothing else is read; None else."""
    series = [tag for tag in config.objects.values() if tag.kind == "TimeSeries"]
    if len(series) != 1 or len(config.data_keys) != 1 or (series[0].value_type or "url") != "url":
        return None
    return series[0].data_key


def _columns(kind: InputFormat, source: Source) -> list[str]:
    quick = msgspec.structs.replace(source.options, csv_types="string")
    peek = Source(source.path, source.name, source.url, source.value_key, quick)
    try:
        for _, item in islice(kind.read(peek), 1):
            return list(_keys(item))
    except (ReadError, msgspec.DecodeError):
        pass
    return []
