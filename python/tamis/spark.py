"""Cleaning with Apache Spark: the engine has the files and the workers, tamis the rows.

>>> from tamis import spark as ts                                       # doctest: +SKIP
>>> ts.clean(df, "web").where("tamis.action in ('kept', 'cut')")        # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from . import Cleaner, TamisError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["clean"]

#: What a worker's process has compiled, by what it was made of.
_made: dict[Any, Cleaner] = {}


def clean(
    df: DataFrame,
    rules: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = "web",
    *,
    text: str = "text",
    survey: str | None = None,
    **options: Any,
) -> DataFrame:
    """The rows of a frame, cleaned: as :meth:`tamis.Cleaner.clean_batch`, row by row, so that the
    result does not depend on partitions. Lazy, by ``mapInArrow``; nothing is shuffled.

    Args:
        df: Rows with a column of texts.
        rules: As for :class:`tamis.Cleaner`; read and checked on the driver, now.
        text: The column of the text; dots lead into structures.
        survey: Path of a survey of the same documents, or an address that Spark's ``addFile``
            takes. It is sent to each worker, and needs `source` and `ordinal` to know a row by.
        options: As for :class:`tamis.Cleaner`.

    Raises:
        tamis.RulesError: If a rules file is wrong, before the job starts.
        tamis.TamisError: If a column is missing, or the survey does not fit.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    name = None
    if survey is not None:
        context = df.sparkSession.sparkContext
        context.addFile(survey)
        name = os.path.basename(survey.rstrip("/"))
        options = {"counted": True} | options
    # Once on the driver: what is wrong is told before the job starts.
    cleaner = Cleaner(rules, text=text, survey=_file(name), **options)
    schema = from_arrow_schema(cleaner.output_schema(to_arrow_schema(df.schema)))
    rules_text, all_options = cleaner.rules, cleaner._options | {"survey": None}

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        own = worker(rules_text, name, all_options)
        for batch in batches:
            yield own.clean_batch(batch)

    return df.mapInArrow(work, schema)


def worker(rules: str, survey: str | None, options: dict[str, Any]) -> Cleaner:
    """The cleaner of a worker's process, made once."""
    key = (rules, survey, tuple(sorted(options.items())))
    if key not in _made:
        _made.clear()
        _made[key] = Cleaner.from_text(rules, **(options | {"survey": _file(survey)}))
    return _made[key]


def _file(name: str | None) -> str | None:
    """Where a file that was sent to workers lies on this machine."""
    if name is None:
        return None
    from pyspark import SparkFiles

    path = SparkFiles.get(name)
    if not os.path.exists(path):
        raise TamisError(f"{name}: the survey was not sent to this worker")
    return path
