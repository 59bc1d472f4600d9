"""Apache Spark, for real: `local[2]`. It needs pyspark and Java 17."""

import os
import pathlib
import pickle
import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("pyspark", reason="pip install pyspark")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17", allow_module_level=True)

import tamis
from tamis import spark as ts

from test_cleaner import CALL, DROPS, GOOD

ROOT = pathlib.Path(__file__).parents[2]
LINES = [f"The {thing} of the mill was mended in the spring of {1900 + year}, as the books say."
         for year in range(40) for thing in ("wheel", "sluice", "roof")]


def texts(number: int) -> list[str]:
    tails = [CALL, "", "Read more:\n\n- [One](https://a.example/1)\n- [Two](https://b.example/2)",
             "We use cookies to improve your experience. Accept all cookies.", LINES[0]]
    return [f"{LINES[n % 120]} {LINES[n * 7 % 120]}\n\n{tails[n % 5]}\n\n{LINES[n * 3 % 120]}"
            for n in range(number)]


@pytest.fixture(scope="module")
def spark():
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    session = (SparkSession.builder.master("local[2,4]").appName("tamis")
               .config("spark.ui.enabled", "false")
               .config("spark.sql.shuffle.partitions", "3")
               .config("spark.sql.execution.arrow.maxRecordsPerBatch", "16")
               .config("spark.driver.bindAddress", "127.0.0.1")
               .config("spark.driver.host", "127.0.0.1")
               .getOrCreate())
    yield session
    session.stop()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus") / "in"
    folder.mkdir()
    all_texts = texts(200)
    for part in range(4):
        own = all_texts[part * 50:part * 50 + 50]
        table = pa.table({"id": [f"{part}-{n}" for n in range(50)], "file": [f"{part}.parquet"] * 50,
                          "row": list(range(50)), "text": own})
        pq.write_table(table, folder / f"{part}.parquet")
    return folder


def program(*arguments, code=0):
    """The program, where it was built: next to the tests, or at `TAMIS`."""
    path = os.environ.get("TAMIS", str(ROOT / "target/release/tamis"))
    if not os.path.exists(path):
        pytest.skip(f"no program at {path}: cargo build --release, or say where by TAMIS")
    done = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, done.stderr


def by_id(rows):
    return {row["id"]: row["text"] for row in rows}


def test_the_result_is_that_of_the_program_for_any_number_of_partitions(spark, corpus):
    program("clean", corpus, "-o", corpus.parent / "out", "-r", "web")
    files = sorted((corpus.parent / "out").glob("*.parquet"))
    expected = by_id(row for file in files for row in pq.read_table(file).to_pylist())
    df = spark.read.parquet(str(corpus))
    for partitions in (1, 3, 7):
        cleaned = ts.clean(df.repartition(partitions), "web")
        assert cleaned.columns == [*df.columns, "tamis"]
        kept = cleaned.where("tamis.action in ('kept', 'cut')").select("id", "text").collect()
        assert by_id(kept) == expected
        assert cleaned.count() == 200


def test_copies_across_documents_are_those_of_the_program(spark, corpus):
    survey, out = corpus.parent / "survey.parquet", corpus.parent / "with"
    program("survey", corpus, "-r", "web", "-o", survey)
    program("clean", corpus, "-o", out, "-r", "web", "--survey", survey)
    files = sorted(out.glob("*.parquet"))
    expected = by_id(row for file in files for row in pq.read_table(file).to_pylist())
    df = spark.read.parquet(str(corpus)).repartition(5)
    cleaned = ts.clean(df, "web", survey=str(survey), source="file", ordinal="row").cache()
    kept = cleaned.where("tamis.action in ('kept', 'cut')").select("id", "text").collect()
    assert by_id(kept) == expected
    parts = cleaned.selectExpr("explode(tamis.removed) as part").where("part.copy_of is not null")
    assert parts.count() > 0


def test_a_poisoned_record_is_a_row_with_a_reason(spark):
    rows = [("a", bytearray(GOOD.encode())), ("b", bytearray(b"\xff\x00")), ("c", None)]
    said = ts.clean(spark.createDataFrame(rows, "id string, text binary"))
    said = said.selectExpr("id", "tamis.action", "tamis.reason").orderBy("id").collect()
    assert [tuple(row) for row in said] == [
        ("a", "kept", None), ("b", "unreadable", "invalid UTF-8 at byte 0"),
        ("c", "unreadable", "no field `text`")]


def test_a_mistake_in_the_rules_stops_the_job_before_it_starts(spark, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(DROPS.replace("document", "docment"))
    df = spark.createDataFrame([("a", GOOD)], "id string, text string")
    with pytest.raises(tamis.RulesError, match="docment"):
        ts.clean(df, path)
    with pytest.raises(tamis.TamisError, match="no column `body`"):
        ts.clean(df, text="body")


def test_a_worker_that_dies_is_replaced_and_nothing_differs(spark, tmp_path):
    df = spark.createDataFrame(list(enumerate(texts(60))), "id int, text string").repartition(4)
    expected = by_id(ts.clean(df).collect())
    mark = str(tmp_path / "died")

    def die_once(batches):
        for batch in batches:
            try:
                os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                os._exit(9)
            yield batch

    assert by_id(ts.clean(df.mapInArrow(die_once, df.schema)).collect()) == expected
    assert os.path.exists(mark)


def test_a_worker_compiles_rules_once():
    cleaner = tamis.Cleaner.from_text(DROPS)
    options = pickle.loads(pickle.dumps(cleaner))._options
    assert ts.worker(cleaner.rules, None, options) is ts.worker(cleaner.rules, None, options)


def test_the_shipped_job_reads_and_writes_parquet(corpus, tmp_path):
    submit = shutil.which("spark-submit", path=os.path.dirname(sys.executable))
    if submit is None:
        pytest.skip("no spark-submit beside this Python")
    out = tmp_path / "out"
    settings = ["spark.ui.enabled=false", "spark.driver.host=127.0.0.1",
                "spark.driver.bindAddress=127.0.0.1"]
    done = subprocess.run(
        [submit, "--master", "local[2]", *(word for own in settings for word in ("--conf", own)),
         str(ROOT / "python/examples/spark_clean.py"), str(corpus), str(out), "--rules", "web"],
        capture_output=True, text=True, env={**os.environ, "PYSPARK_PYTHON": sys.executable})
    assert done.returncode == 0, done.stderr[-3000:]
    assert (out / "_SUCCESS").exists()
    assert pq.read_table(out).num_rows == 200
