"""Cleaning with Ray Data.

>>> from tamis import ray as tr                                             # doctest: +SKIP
>>> tr.clean(ray.data.read_parquet("crawl/"), "web").write_parquet("out/")  # doctest: +SKIP

Ray has no commit of output: a job that dies leaves the files that it had written, and nothing says
that they are not all. Write to a folder of its own and rename that when the job is done, or use
Spark (:mod:`tamis.spark`). Copies across documents are found by a survey that the program or Spark
has made.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from . import Cleaner

if TYPE_CHECKING:
    from ray.data import Dataset

__all__ = ["clean"]


def clean(
    ds: Dataset,
    rules: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = "web",
    *,
    rows: int = 256,
    **options: Any,
) -> Dataset:
    """The rows of a dataset, cleaned, as :meth:`tamis.Cleaner.clean_batch` does it: the result does
    not depend on blocks. Lazy.

    Args:
        ds: Rows with a column of texts.
        rules: As for :class:`tamis.Cleaner`; read and checked now.
        rows: Rows that are cleaned at a time.
        options: As for :class:`tamis.Cleaner`. A survey must lie under its path on every machine.

    Raises:
        tamis.RulesError: If a rules file is wrong, before the job starts.
        tamis.TamisError: If the survey does not fit, or is missing where a rule needs one.
    """
    cleaner = Cleaner(rules, **options)
    cleaner._engine.ready()

    def work(table: pa.Table) -> pa.Table:
        return cleaner.clean_table(table, rows=rows, threads=1)

    return ds.map_batches(work, batch_format="pyarrow", batch_size=rows)
