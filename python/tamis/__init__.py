"""tamis: a document-quality and boilerplate filter for scraped text.

The same engine as the program `tamis`, over Arrow: the same rules files, the same result.

>>> import tamis
>>> cleaner = tamis.Cleaner()
>>> done = cleaner.clean("The mill stands idle.\\n\\nShare your thoughts in the comments below!")
>>> done.text
'The mill stands idle.'
>>> [part["text"].strip() for part in done.removed]
['Share your thoughts in the comments below!']
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ._tamis import Engine, RulesError, TamisError, builtin_names

__all__ = ["Cleaned", "Cleaner", "RulesError", "TamisError", "builtin_names", "restore"]


@dataclass(frozen=True)
class Cleaned:
    """What became of one text."""

    text: str | None
    """The cleaned text; ``None`` if the document was dropped."""
    action: str
    """``kept``, ``cut``, ``dropped`` or ``unreadable``."""
    flagged: bool
    """Whether a rule, or the guard against removing too much, wants it looked at."""
    scores: Mapping[str, float]
    """A number from 0 for each category."""
    removed: Sequence[Mapping[str, Any]]
    """What was taken away, in order: ``start`` and ``end`` (bytes), ``char_start`` and ``char_end``,
    ``text``, ``by``, ``points``, ``rules``, ``copy_of``."""
    reason: str | None
    """Why it is unreadable."""


class Cleaner:
    """Cleans texts by a rule set. Compiled once; free to be used by several threads at a time, and
    it pickles: by the text of the rules in force and by the path of the survey.

    Args:
        rules: Names of built-in rule sets or paths of rules files, of which later ones win.
            The preset ``web`` by default.
        survey: Path of a survey of the corpus, made by ``tamis survey`` of the program.
        counted: Whether all documents to be cleaned are counted in the survey. What stands in one
            document alone need not be held in memory then.
        memory: Bytes that the survey may take; the rest goes to a temporary file.
        text: Name of the column of the text; dots lead into structures.
        id, url, group: Names of further columns that say something of a document. By default `id`
            and `url` are taken where they are there.
        source, ordinal: Names of the columns with a document's place, by which a survey knows it:
            the file's name and the row's number in it from 0. By default the id is the place.
        format: How texts are written: ``text`` (Markdown is recognised too), ``markdown``, ``html``.
        max_bytes: A longer text is unreadable; 64 MiB by default.

    Raises:
        RulesError: If a rules file is wrong, with every mistake in it.
        TamisError: If the survey does not fit. Where one is missing that a rule cannot do without,
            cleaning says so; :meth:`survey` makes one.
    """

    def __init__(
        self,
        rules: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = "web",
        *,
        survey: str | os.PathLike[str] | None = None,
        counted: bool = False,
        memory: int = 2 << 30,
        text: str = "text",
        id: str | None = None,
        url: str | None = None,
        group: str | None = None,
        source: str | None = None,
        ordinal: str | None = None,
        format: str = "text",
        max_bytes: int | None = None,
    ) -> None:
        names = [rules] if isinstance(rules, (str, os.PathLike)) else list(rules)
        self._build([os.fspath(name) for name in names], False, {
            "survey": None if survey is None else os.fspath(survey),
            "counted": counted, "memory": memory,
            "text": text, "id": id, "url": url, "group": group,
            "source": source, "ordinal": ordinal, "format": format, "max_bytes": max_bytes,
        })

    def _build(self, rules: list[str], is_text: bool, options: dict[str, Any]) -> None:
        self._options = options
        self._engine = Engine(rules, is_text, **options)

    @classmethod
    def from_text(cls, rules: str, **options: Any) -> Cleaner:
        """A cleaner by the text of one rules file, which may extend built-in ones. The options are
        those of the class."""
        cleaner = cls.__new__(cls)
        defaults: dict[str, Any] = {
            "survey": None, "counted": False, "memory": 2 << 30, "text": "text", "id": None,
            "url": None, "group": None, "source": None, "ordinal": None, "format": "text",
            "max_bytes": None,
        }
        unknown = set(options) - set(defaults)
        if unknown:
            raise TypeError(f"unknown options: {', '.join(sorted(unknown))}")
        cleaner._build([rules], True, defaults | options)
        return cleaner

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self._engine.effective(), self._options)

    @property
    def rules(self) -> str:
        """The rules in force, as the text of one rules file."""
        return self._engine.effective()

    @property
    def rules_hash(self) -> str:
        """What tells rules apart; the same as in the program's ``report.json``."""
        return self._engine.hash()

    @property
    def warnings(self) -> list[str]:
        """What is odd about the rules, if not wrong."""
        return self._engine.warnings()

    def clean(
        self, text: str, *, id: str | None = None, url: str | None = None,
        language: str | None = None,
    ) -> Cleaned:
        """Cleans one text. For many, :meth:`clean_batch` is faster."""
        columns: dict[str, list[str | None]] = {
            self._options["text"]: [text],
            self._options["id"] or "id": [id],
            self._options["url"] or "url": [url],
            "language": [language],
        }
        for name in ("group", "source"):
            if self._options[name]:
                columns[self._options[name]] = [id]
        arrays = {name: pa.array(values, pa.large_string()) for name, values in columns.items()}
        if self._options["ordinal"]:
            arrays[self._options["ordinal"]] = pa.array([0])
        row = self.clean_batch(pa.RecordBatch.from_pydict(arrays)).to_pylist()[0]
        return Cleaned(text=row[self._options["text"]], **row["tamis"])

    def clean_batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Cleans the rows of a batch: all columns come out, that of the text cleaned, and behind
        them ``tamis``, a structure that says what became of the row (see :class:`Cleaned`).

        Every row stays. The text is null where the document was dropped; a row that is unreadable
        keeps its own. Nothing is copied on the way in or out, and other threads can run meanwhile.

        Raises:
            TamisError: If a column is missing, or holds something else.
        """
        return self._engine.clean_batch(batch)

    def clean_batches(
        self, batches: Iterable[pa.RecordBatch], *, threads: int = 1,
    ) -> Iterator[pa.RecordBatch]:
        """Cleans batches as they are asked for, and hands them on in their order. With several
        `threads` twice as many are taken ahead."""
        if threads < 1:
            raise TamisError(f"threads = {threads}: at least 1 is expected")
        return map(self.clean_batch, batches) if threads == 1 else self._in_threads(batches, threads)

    def _in_threads(
        self, batches: Iterable[pa.RecordBatch], threads: int,
    ) -> Iterator[pa.RecordBatch]:
        pool = ThreadPoolExecutor(threads, thread_name_prefix="tamis")
        ahead: deque[Future[pa.RecordBatch]] = deque()
        try:
            for batch in batches:
                ahead.append(pool.submit(self.clean_batch, batch))
                if len(ahead) > 2 * threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def clean_table(
        self, table: Any, *, rows: int = 256, threads: int | None = None,
    ) -> pa.Table:
        """Cleans a table: of pyarrow, or anything that has the Arrow PyCapsule interface for
        streams, such as a frame of Polars or a relation of DuckDB.

        Args:
            table: The rows.
            rows: How many are cleaned at a time.
            threads: How many work on it; by default as many as there are cores for this process.
                The result does not depend on it.

        Raises:
            TamisError: If a column is missing, or holds something else.
        """
        table = pa.table(table)
        schema = self.output_schema(table.schema)
        batches = table.to_batches(max_chunksize=rows)
        threads = min(_cores() if threads is None else threads, max(len(batches), 1))
        return pa.Table.from_batches(list(self.clean_batches(batches, threads=threads)), schema)

    def map_batch(self, batch: Mapping[str, Sequence[Any]]) -> Any:
        """The same on columns as lists: for ``datasets.Dataset.map(cleaner.map_batch,
        batched=True)``. A batch of a dataset comes out as a table of pyarrow, with the types that
        its columns have there; plain lists, which a stream gives, come out as lists."""
        table = getattr(batch, "pa_table", None)
        whole = getattr(batch, "keys_to_format", None)
        if isinstance(table, pa.Table) and whole == set(table.column_names):
            # Nobody has changed a column of the table that the batch shows.
            return self.clean_table(table, threads=1)
        arrays = {name: pa.array(list(column)) for name, column in batch.items()}
        text = arrays.get(self._options["text"])
        if text is not None and pa.types.is_null(text.type):
            arrays[self._options["text"]] = text.cast(pa.string())
        cleaned = self.clean_table(pa.table(arrays), threads=1)
        # Lists would leave datasets to guess types from what its first batch happens to hold.
        return cleaned if isinstance(table, pa.Table) else cleaned.to_pydict()

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The columns of cleaned rows."""
        self._engine.ready()
        return self._engine.output_schema(schema)

    def survey(
        self, data: Any, path: str | os.PathLike[str], *, memory: int = 2 << 30,
        overwrite: bool = False,
    ) -> int:
        """Counts what stands in several documents, for rules that look across documents: the file
        that ``tamis survey`` makes of them. It serves ``Cleaner(…, survey=path)``, and the program.

        Args:
            data: All documents: a table, a stream (anything with the Arrow PyCapsule interface) or
                batches one after another.
            path: The file to make.
            memory: Bytes to do it in; the rest goes to a nameless file beside it.
            overwrite: Whether a file that is there may be replaced.

        Returns:
            The documents that were counted; unreadable ones are not.

        Raises:
            TamisError: If a column is missing, or the file is there already or cannot be written.
        """
        path = os.fspath(path)
        _check_free(path, overwrite)
        counter = self._engine.counter(memory, os.path.dirname(path) or ".")
        for batch in _batches(data):
            counter.add(batch)
        # It appears when it is complete.
        unfinished = f"{path}.{os.getpid()}.unfinished"
        try:
            documents = counter.save(unfinished)
            os.replace(unfinished, path)
        finally:
            if os.path.exists(unfinished):
                os.remove(unfinished)
        return documents


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _batches(data: Any) -> Iterable[pa.RecordBatch]:
    if isinstance(data, pa.Table):
        return data.to_batches(max_chunksize=1024)
    if hasattr(data, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(data)
    return data


def _check_free(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise TamisError(f"{path}: the file is there already; overwrite=True replaces it")


#: Cleaners that came to this process before, by what they are made of: engines send one again with
#: each piece of work.
_made: dict[Any, Cleaner] = {}


def _again(rules: str, options: dict[str, Any]) -> Cleaner:
    survey = options["survey"]
    state = os.stat(survey) if survey and os.path.exists(survey) else None
    key = (rules, tuple(sorted(options.items())), state and (state.st_mtime_ns, state.st_size))
    if key not in _made:
        _made.clear()
        _made[key] = Cleaner.from_text(rules, **options)
    return _made[key]


def restore(text: str | None, removed: Iterable[Mapping[str, Any]]) -> str:
    """Puts back what was removed: the text as it came. Of HTML, the text that it shows.

    >>> done = Cleaner().clean("The mill.\\n\\nShare your thoughts in the comments below!")
    >>> restore(done.text, done.removed)
    'The mill.\\n\\nShare your thoughts in the comments below!'
    """
    kept, at, out = (text or "").encode(), 0, bytearray()
    for part in removed:
        gap = part["start"] - len(out)
        out += kept[at:at + gap] + part["text"].encode()
        at += gap
    return (out + kept[at:]).decode()
