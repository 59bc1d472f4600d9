"""A block for pipelines of datatrove.

>>> from tamis.datatrove import TamisFilter                                  # doctest: +SKIP
>>> pipeline = [reader, TamisFilter("web", exclusion_writer=JsonlWriter("out/dropped")), writer]
...                                                                          # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from . import Cleaner

__all__ = ["TamisFilter"]


class TamisFilter(BaseFilter):
    """Takes boilerplate out of documents, and documents out of the pipeline that rules drop.

    The metadata ``url`` and ``language`` are looked at where they are there. What became of a
    document stands in its metadata under `note`: action, flagged, scores, and every removal with its
    rules, so that it can be undone (:func:`tamis.restore`). A document that was dropped goes to the
    exclusion writer with the text that it came with, and the rule that spoke first as the reason; so
    does one that is unreadable.

    Args:
        rules: As for :class:`tamis.Cleaner`.
        exclusion_writer: Where documents go that are dropped or unreadable.
        batch_size: Documents that are cleaned at a time.
        note: The key under which the metadata say what became of a document; ``None`` for none.
        options: As for :class:`tamis.Cleaner`; `group`, `source` and `ordinal` are keys of the
            metadata.

    Raises:
        tamis.RulesError: If a rules file is wrong.
        tamis.TamisError: If the survey does not fit, or is missing where a rule needs one.
    """

    name = "tamis"
    _requires_dependencies = ["pyarrow"]

    def __init__(
        self,
        rules: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = "web",
        exclusion_writer: DiskWriter | None = None,
        batch_size: int = 256,
        note: str | None = "tamis",
        **options: Any,
    ) -> None:
        super().__init__(exclusion_writer, batch_size)
        self.note = note
        self.keys = [key for name in ("group", "source", "ordinal") if (key := options.get(name))]
        self.cleaner = Cleaner(rules, **options, text="text", id="id", url="url")
        self.cleaner.output_schema(self._batch([]).schema)

    def _batch(self, documents: list[Document]) -> pa.RecordBatch:
        # Text that cannot be UTF-8 is unreadable, which is for the engine to say.
        texts = [None if document.text is None else document.text.encode("utf-8", "surrogatepass")
                 for document in documents]
        columns = {
            "text": pa.array(texts, pa.large_binary()),
            "id": pa.array([_text(document.id) for document in documents], pa.large_string()),
        }
        for key in ["url", "language", *self.keys]:
            values = [_text(document.metadata.get(key)) for document in documents]
            columns[key] = pa.array(values, pa.large_string())
        return pa.RecordBatch.from_pydict(columns)

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        cleaned = self.cleaner.clean_batch(self._batch(batch))
        rows = zip(batch, cleaned["text"].to_pylist(), cleaned["tamis"].to_pylist())
        return [self._result(document, text, said) for document, text, said in rows]

    def _result(
        self, document: Document, text: bytes, said: dict[str, Any]
    ) -> bool | tuple[bool, str]:
        self.stat_update(f"tamis_{said['action']}")
        removed = sum(part["char_end"] - part["char_start"] for part in said["removed"])
        self.stat_update("tamis_removed", value=removed, unit="characters")
        if self.note:
            document.metadata[self.note] = said
        if said["action"] == "unreadable":
            # Writers refuse what is no UTF-8.
            document.text = (document.text or "").encode("utf-8", "backslashreplace").decode()
            return False, "unreadable"
        if said["action"] == "dropped":
            why = said["removed"][0]
            return False, why["rules"][0] if why["rules"] else why["by"]
        document.text = text.decode()
        return True


def _text(value: Any) -> str | None:
    return None if value is None else str(value).encode("utf-8", "replace").decode()
