"""What an import with dedupe would do, without doing it."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from labelyard.context import Context
from labelyard.dedupe import service as dedupe
from labelyard.dedupe.keys import KEY_BYTES
from labelyard.imports.model import Counts, Origin
from labelyard.imports.options import Options
from labelyard.imports.spool import read_frames
from labelyard.imports.storing import Stored, plan
from labelyard.tasks import changing
from labelyard.tasks.service import NewTask


def keys_of(origin: Origin, start: int, number: int) -> list[bytes]:
    """The dedupe keys of `number` tasks from the one at `start` on; none where the import has no such keys."""
    if origin.keys is None:
        return []
    with Path(origin.keys).open("rb") as file:
        file.seek(start * KEY_BYTES)
        text = file.read(number * KEY_BYTES)
    return [text[at : at + KEY_BYTES] for at in range(0, len(text), KEY_BYTES)]


def keyed_frames(origin: Origin) -> Iterator[tuple[Sequence[NewTask], list[bytes]]]:
    """The tasks of a frame and their keys, frame by frame."""
    assert origin.frames is not None  # noqa: S101 - the tasks were left on the disk
    done = 0
    for frame, _ in read_frames(Path(origin.frames), 0):
        yield frame.tasks, keys_of(origin, done, len(frame))
        done += len(frame)


def run(ctx: Context, project_id: int, origin: Origin, options: Options, counts: Counts) -> None:
    """Add to the counts what would become of the tasks. Dedupe keys of stored tasks are made where they are missing."""
    spec = options.dedupe
    assert spec is not None  # noqa: S101 - asked for
    while ctx.db.write_sync(dedupe.catch_up, project_id, spec):
        pass
    trial = _Trial(ctx, project_id, options)
    for given, keys in keyed_frames(origin):
        trial.take(given, keys)
    trial.stored.add_to(counts, nested=True)
    counts.task_count = trial.inserted


class _Trial:
    def __init__(self, ctx: Context, project_id: int, options: Options) -> None:
        self.stored = Stored()
        self.inserted = 0
        self._ctx = ctx
        self._project_id = project_id
        self._options = options
        self._new: dict[bytes, int] = {}  # keys of tasks that would be made, with ids below zero
        self._texts: dict[int, bytes] = {}  # digests of what tasks would be

    def take(self, given: Sequence[NewTask], keys: Sequence[bytes]) -> None:
        spec, mode = self._options.dedupe or "", self._options.mode
        known = self._ctx.db.read_sync(dedupe.look_up, self._project_id, spec, set(keys))
        known |= {key: self._new[key] for key in keys if key in self._new and key not in known}
        planned = plan(mode, keys, known)
        for place in planned.inserts:
            self.inserted += 1
            number = -len(self._new) - 1
            self._new.setdefault(keys[place], number)
            self._texts[self._new[keys[place]]] = _digest(given[place].data, given[place].meta)
        stored = self.stored
        stored.duplicates += planned.duplicates
        stored.unmatched += planned.unmatched
        stored.annotations += sum(len(given[place].annotations) for place in planned.inserts)
        stored.predictions += sum(len(given[place].predictions) for place in planned.inserts)
        self._change(given, planned.changes)

    def _change(self, given: Sequence[NewTask], changes: dict[int, int]) -> None:
        missing = [task_id for task_id in changes if task_id not in self._texts]
        metas: dict[int, str] = {}
        stored_texts = self._ctx.db.read_sync(changing.texts_of, self._project_id, missing)
        for task_id, (data, meta) in stored_texts.items():
            self._texts[task_id] = _digest(data, meta)
            metas[task_id] = meta
        stored = self.stored
        for task_id, place in changes.items():
            new = given[place]
            meta = metas.get(task_id, new.meta) if new.meta == "{}" else new.meta
            digest = _digest(new.data, meta)
            different = digest != self._texts.get(task_id) or bool(new.predictions)
            stored.updated += different
            stored.duplicates += not different
            stored.predictions += len(new.predictions)
            stored.ignored_annotations += len(new.annotations)
            self._texts[task_id] = digest


def _digest(data: str, meta: str) -> bytes:
    return blake2b(f"{data}\0{meta}".encode(), digest_size=16).digest()
