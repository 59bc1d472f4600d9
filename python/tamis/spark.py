"""Cleaning with Apache Spark: the engine has the files and the workers, tamis the rows.

>>> from tamis import spark as ts                                       # doctest: +SKIP
>>> ts.clean(df, "web").where("tamis.action in ('kept', 'cut')")        # doctest: +SKIP
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import fs

from . import Cleaner, TamisError, _again
from ._tamis import Pairs, survey_schemas, survey_tables

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import DataFrame

__all__ = ["clean", "survey", "with_places"]

def clean(
    df: DataFrame,
    rules: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = "web",
    *,
    text: str = "text",
    survey: str | os.PathLike[str] | None = None,
    **options: Any,
) -> DataFrame:
    """The rows of a frame, cleaned: as :meth:`tamis.Cleaner.clean_batch`, row by row, so that the
    result does not depend on partitions. Lazy, by ``mapInArrow``; nothing is shuffled.

    Args:
        df: Rows with a column of texts.
        rules: As for :class:`tamis.Cleaner`; read and checked on the driver, now.
        text: The column of the text; dots lead into structures.
        survey: Path of a survey of the same documents (:func:`survey` or the program makes it), or
            an address that Spark's ``addFile`` takes. It is sent to each worker, and needs `source`
            and `ordinal` to know a row by, which :func:`with_places` adds.
        options: As for :class:`tamis.Cleaner`.

    Raises:
        tamis.RulesError: If a rules file is wrong, before the job starts.
        tamis.TamisError: If a column is missing, or the survey does not fit.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    name = None
    if survey is not None:
        name = _sent(df.sparkSession.sparkContext, os.fspath(survey))
        options = {"counted": True} | options
    # Once on the driver: what is wrong is told before the job starts.
    cleaner = Cleaner(rules, text=text, survey=_file(name), **options)
    schema = from_arrow_schema(cleaner.output_schema(to_arrow_schema(df.schema)))
    rules_text, all_options = cleaner.rules, cleaner._options

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        own = worker(rules_text, name, all_options)
        for batch in batches:
            yield own.clean_batch(batch)

    return df.mapInArrow(work, schema)


def worker(rules: str, survey: str | None, options: dict[str, Any]) -> Cleaner:
    """The cleaner of a worker's process, made once."""
    return _again(rules, options | {"survey": _file(survey)})


def _sent(context: SparkContext, path: str) -> str:
    """Sends a file to all workers; its name there."""
    if "://" in path:
        context.addFile(path)
        return os.path.basename(path.rstrip("/"))
    # Spark sends a name once: another survey, if in the same file, needs another name.
    try:
        state = os.stat(path)
    except OSError as error:
        raise TamisError(f"{path}: {error.strerror}") from None
    said = f"{os.path.abspath(path)} {state.st_mtime_ns} {state.st_size}"
    name = f"survey-{hashlib.sha256(said.encode()).hexdigest()[:16]}.parquet"
    folder = tempfile.mkdtemp(prefix="tamis-")
    atexit.register(shutil.rmtree, folder, True)
    try:
        os.link(path, os.path.join(folder, name))
    except OSError:
        # Another disk.
        shutil.copyfile(path, os.path.join(folder, name))
    context.addFile(os.path.join(folder, name))
    return name


def _file(name: str | None) -> str | None:
    """Where a file that was sent to workers lies on this machine."""
    if name is None:
        return None
    from pyspark import SparkFiles

    path = SparkFiles.get(name)
    if not os.path.exists(path):
        raise TamisError(f"{name}: the survey was not sent to this worker")
    return path


def with_places(df: DataFrame, root: str | None = None) -> DataFrame:
    """A frame that was read from Parquet files, with each row's place: the columns ``source``, the
    name of its file from `root` on (by default from the folder that all files share), and
    ``ordinal``, the number of the row there. The program names the same places if it is given that
    folder."""
    from pyspark.sql import functions as F

    files = [_path_of(file) for file in df.inputFiles()]
    if root is None:
        root = os.path.commonpath([os.path.dirname(file) for file in files]) if files else "/"
    root = root.rstrip("/") + "/"
    # Addresses are percent-encoded, a plus is a plus.
    path = F.url_decode(F.regexp_replace("_metadata.file_path", r"\+", "%2B"))
    path = F.regexp_replace(path, r"^[A-Za-z0-9+.-]+:(//[^/]*)?", "")
    source = F.when(path.startswith(root), F.substr(path, F.lit(len(root) + 1))).otherwise(path)
    return df.select("*", source.alias("source"), F.col("_metadata.row_index").alias("ordinal"))


def _path_of(address: str) -> str:
    """The path of a file, of its address."""
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(address).path)


#: What is added to rows for counting.
_RANK, _NAME = "_tamis_rank", "_tamis_name"
_KEY = ["table", "fingerprint", "member"]
_COUNTS = ["documents", "copies", "head", "tail"]


def survey(
    df: DataFrame,
    path: str | os.PathLike[str],
    rules: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = "web",
    *,
    text: str = "text",
    source: str = "source",
    ordinal: str = "ordinal",
    overwrite: bool = False,
    **options: Any,
) -> int:
    """Counts what stands in several documents, for rules that look across documents: the file that
    ``tamis survey`` makes of the same documents, byte for byte, for any number of partitions.

    Fingerprints are taken on the workers and added up in one ``groupBy``; near duplicates and near
    copies are found by their bands and joined to clusters by joins. Nothing comes to the driver. One
    task at the end writes the file, with the names of sources and groups in its memory.

    On a cluster, say ``setCheckpointDir`` of the Spark context first: clusters are joined in turns,
    and what a turn made is kept there. Without it, it is kept on the executors, and one that is lost
    meanwhile ends the job.

    Args:
        df: All documents, with their places in columns (:func:`with_places` adds them). It is read
            twice: for the names of sources, and for the texts.
        path: The file to make, where the workers and the driver see it: on a shared disk, or an
            address that pyarrow knows (``s3://``, ``gs://``, ``hdfs://``).
        rules: As for :func:`clean`: what they ask for is counted.
        text, source, ordinal: The columns of the text and of the place.
        overwrite: Whether a file that is there may be replaced.
        options: As for :class:`tamis.Cleaner`.

    Returns:
        The documents that were counted; unreadable ones are not.

    Raises:
        tamis.RulesError: If a rules file is wrong, before the job starts.
        tamis.TamisError: If a column is missing, or the file is there already.
    """
    from pyspark.sql import functions as F
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    target = _Target(os.fspath(path))
    target.check_free(overwrite)
    cleaner = Cleaner(rules, text=text, source=source, ordinal=ordinal, **options)
    # What is missing is told before the job starts.
    cleaner._engine.output_schema(to_arrow_schema(df.schema))
    rules_text, all_options = cleaner.rules, cleaner._options
    row_schema, _ = (from_arrow_schema(pa.schema(schema)) for schema in survey_schemas())

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        own = worker(rules_text, None, all_options)
        for batch in batches:
            yield own._engine.survey_rows(batch, _RANK)

    asked = [text, source, ordinal, "language", "lang"]
    asked += [options.get(name) or name for name in ("id", "url")] + [options.get("group") or text]
    roots = dict.fromkeys(_root(df, name) for name in asked)
    name = F.coalesce(F.col(source).cast("string"), F.lit(""))
    known = df.select(*(F.col(f"`{root}`") for root in roots if root), name.alias(_NAME))
    rows = (known.join(F.broadcast(_ranks(known)), _NAME).drop(_NAME)
            .mapInArrow(count, row_schema))
    sums = [F.min("place").alias("place"), *(F.sum(column).alias(column) for column in _COUNTS)]
    counted = rows.groupBy(*_KEY, "name").agg(*sums).select(*row_schema.names)
    near_documents, near_blocks, longest = cleaner._engine.survey_parts()
    everything = counted
    if near_documents or near_blocks:
        counted.persist()
    try:
        if near_documents or near_blocks:
            everything = counted.unionByName(_clusters(counted, longest))
        written = (everything.repartition(1).sortWithinPartitions(*_KEY)
                   .mapInArrow(_writing(rules_text, all_options, target), "documents long"))
        documents = [row.documents for row in written.collect()]
    finally:
        counted.unpersist()
    if not documents:
        # No document, no task.
        documents = [batch["documents"][0].as_py()
                     for batch in _writing(rules_text, all_options, target)(iter([]))]
    return documents[0]


def _root(df: DataFrame, name: str) -> str | None:
    """The column of a name, or that in which it is a field."""
    for root in (name, name.split(".")[0]):
        if root in df.columns:
            return root
    return None


def _ranks(known: DataFrame) -> DataFrame:
    """The names of sources with their places among all in order."""
    def number(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        at = 0
        for batch in batches:
            ranks = pa.array(range(at, at + batch.num_rows), pa.int64())
            yield pa.RecordBatch.from_arrays([batch[_NAME], ranks], [_NAME, _RANK])
            at += batch.num_rows

    names = known.select(_NAME).distinct().repartition(1).sortWithinPartitions(_NAME)
    return names.mapInArrow(number, f"{_NAME} string, {_RANK} long")


def _clusters(counted: DataFrame, longest: bool) -> DataFrame:
    """The rows that say of documents that have near duplicates, and of blocks that have near copies,
    what all of them come to."""
    from pyspark.sql import functions as F
    from pyspark.sql.pandas.types import from_arrow_schema

    table = dict(survey_tables())
    _, pair_schema = (from_arrow_schema(pa.schema(schema)) for schema in survey_schemas())

    def find(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        finder = Pairs()
        for batch in batches:
            yield finder.see(batch)

    bands = counted.where(F.col("table").isin(table["band"], table["near"]))
    pairs = (bands.repartition("table", "fingerprint").sortWithinPartitions(*_KEY)
             .mapInArrow(find, pair_schema))
    is_band = F.col("table") == table["band"]
    of = F.when(is_band, table["document"]).otherwise(table["block"])
    members = _components(pairs).select(of.alias("table"), "fingerprint", "root")
    length = F.lit(0).cast("long")
    if longest:
        length = F.when(F.col("table") == table["document"], -F.col("copies")).otherwise(length)
    # Which one stays: the longest, then the first.
    best = F.struct(length.alias("length"), "place", F.col("fingerprint").alias("member"))
    sums = (counted.join(members, ["table", "fingerprint"]).groupBy("table", "root")
            .agg(F.min(best).alias("best"), F.sum("documents").alias("documents"),
                 F.sum("copies").alias("copies")))
    is_document = F.col("table") == table["document"]
    derived = F.when(is_document, table["cluster"]).otherwise(table["alike"])
    none = F.lit(0).cast("long")
    return members.join(sums, ["table", "root"]).select(
        derived.alias("table"), "fingerprint", "best.member", "best.place", "documents", "copies",
        none.alias("head"), none.alias("tail"), F.lit(None).cast("string").alias("name"))


def _components(pairs: DataFrame) -> DataFrame:
    """For each member of a pair the smallest of all that it is joined with: table, fingerprint, root.

    By turns every member is joined to the least of its neighbours (large star) and those below it to
    theirs (small star), until nothing changes: Kiveris et al. 2014, "Connected Components in
    MapReduce and Beyond"."""
    from pyspark.sql import functions as F

    def least(edges: DataFrame) -> DataFrame:
        return edges.groupBy("table", "upper").agg(F.min("lower").alias("least"))

    def both(edges: DataFrame, *two: tuple[str, str]) -> DataFrame:
        """Two edges of each, told by the columns of their ends. (Not by a union, which Spark 4.0
        cannot plan over a checkpoint of itself.)"""
        ends = [F.struct(F.col(upper).alias("upper"), F.col(lower).alias("lower"))
                for upper, lower in two]
        return edges.select("table", F.explode(F.array(*ends)).alias("edge")).select(
            "table", "edge.upper", "edge.lower")

    def settled(edges: DataFrame) -> tuple[DataFrame, Any]:
        # Each turn asks for the one before several times: its plan must not hold theirs.
        edges = edges.where("upper <> lower").distinct()
        edges = edges.checkpoint() if has_folder else edges.localCheckpoint()
        mixed = F.sum(F.xxhash64("table", "upper", "lower").cast("decimal(38,0)"))
        return edges, edges.agg(F.count("*"), mixed).first()

    has_folder = pairs.sparkSession.sparkContext.getCheckpointDir() is not None
    one, other = F.col("one"), F.col("other")
    edges, state = settled(pairs.select("table", F.greatest(one, other).alias("upper"),
                                        F.least(one, other).alias("lower")))
    while True:
        # Of all neighbours of a member those above it go to the least of them and itself,
        neighbours = both(edges, ("upper", "lower"), ("lower", "upper"))
        above = neighbours.join(least(neighbours), ["table", "upper"]).where("lower > upper")
        large = above.select("table", F.col("lower").alias("upper"),
                             F.least("upper", "least").alias("lower"))
        # and of those below it all, with itself, to the least of them.
        below = large.join(least(large), ["table", "upper"])
        edges, after = settled(both(below, ("lower", "least"), ("upper", "least")))
        if after == state:
            break
        state = after
    return both(edges, ("upper", "lower"), ("lower", "lower")).distinct().withColumnsRenamed(
        {"upper": "fingerprint", "lower": "root"})


class _Target:
    """Where a file is to be made."""

    def __init__(self, path: str) -> None:
        self.path = path if "://" in path else os.path.abspath(path)

    def _opened(self) -> tuple[fs.FileSystem, str]:
        return fs.FileSystem.from_uri(self.path)

    def check_free(self, overwrite: bool) -> None:
        system, path = self._opened()
        if not overwrite and system.get_file_info(path).type != fs.FileType.NotFound:
            raise TamisError(
                f"{self.path}: the file is there already; overwrite=True replaces it")

    def put(self, file: str) -> None:
        """Puts a file there. It appears when it is complete."""
        system, path = self._opened()
        # Stores of objects show one when it is complete, and move none.
        moves = system.type_name in ("local", "hdfs")
        first = f"{path}.{uuid.uuid4().hex}.unfinished" if moves else path
        with open(file, "rb") as read, system.open_output_stream(first) as write:
            shutil.copyfileobj(read, write, 1 << 22)
        if moves:
            system.move(first, path)


def _writing(rules: str, options: dict[str, Any], target: _Target) -> Any:
    """What writes rows that come in order as a survey, and hands on how many documents it counts."""
    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with tempfile.TemporaryDirectory(prefix="tamis-") as folder:
            file = os.path.join(folder, "survey.parquet")
            writer = worker(rules, None, options)._engine.survey_writer(file)
            for batch in batches:
                writer.push(batch)
            documents = writer.finish()
            target.put(file)
        yield pa.RecordBatch.from_pydict({"documents": pa.array([documents], pa.int64())})

    return write
