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

pyspark = pytest.importorskip("pyspark", reason="pip install pyspark")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17", allow_module_level=True)

import tamis
from tamis import spark as ts

from programs import ROOT, program
from test_cleaner import CALL, DROPS, GOOD

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


def own_words(number: int) -> str:
    """Sentences that no other number has."""
    syllables = ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu"]
    of = [str((number + 17) * (n + 31) * 7919 % 99991) for n in range(60)]
    words = ["".join(syllables[int(digit)] for digit in digits) for digits in of]
    return " ".join(" ".join(words[n:n + 12]).capitalize() + "." for n in range(0, 60, 12))


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    """Pages of three hosts in folders, with copies, near copies, near duplicates and unreadable rows;
    names in which files of different folders fall between each other."""
    folder = tmp_path_factory.mktemp("crawl") / "all pages"
    all_texts = texts(180)
    for part, name in enumerate(["b/2.parquet", "a+b/one.parquet", "b/1.parquet", "a%20/ü.parquet"]):
        own = []
        for n in range(45):
            number = part * 45 + n
            text = "\n\n".join([LINES[number % 7], all_texts[number], own_words(number)])
            if n % 4 == 0:
                # A near copy of a long block, in one word another.
                text += "\n\n" + " ".join(LINES[40:43]).replace("wheel", f"wheel{n % 8}", 1)
            if n % 3 == 0:
                # A document in many words the same, and each a little longer.
                text = "\n\n".join([own_words(n % 9), own_words(n % 9 + 300), LINES[60]])
                text += " It is so." * (number % 5)
            own.append(None if n == 7 else text)
        table = pa.table({"id": [f"{part}-{n}" for n in range(45)], "text": own,
                          "url": [f"https://www{n % 2}.host{n % 3}.example/{n}" for n in range(45)]})
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, row_group_size=20)
    return folder


@pytest.mark.parametrize("rules", [
    'extends = ["web"]', 'extends = ["web", "minhash-fineweb"]', 'extends = ["exact-lines"]',
    'extends = ["minhash-nemo", "site-furniture", "sentence-windows"]\n[survey]\nkeep = "longest"',
])
def test_a_survey_is_that_of_the_program_byte_for_byte(spark, crawl, tmp_path, rules):
    mine = tmp_path / "mine.toml"
    mine.write_text(f'format = 1\nabout = "Mine"\n{rules}\n')
    expected, made = tmp_path / "expected.parquet", tmp_path / "made.parquet"
    program("survey", crawl, "-r", mine, "-o", expected, code=3)
    df = ts.with_places(spark.read.option("recursiveFileLookup", "true").parquet(str(crawl)))
    for partitions in (1, 3, 7):
        documents = ts.survey(df.repartition(partitions), made, mine, overwrite=True)
        assert documents == 176
        assert made.read_bytes() == expected.read_bytes()
    if "minhash" in rules:
        tables = pq.read_table(made, columns=["table"])["table"].value_counts().to_pylist()
        assert {row["values"]: row["counts"] for row in tables}["cluster"] > 20


def test_one_survey_after_another_of_one_name(spark, crawl, tmp_path):
    made, out = tmp_path / "made.parquet", tmp_path / "out"
    df = ts.with_places(spark.read.option("recursiveFileLookup", "true").parquet(str(crawl)))
    rules = ["web", "minhash-fineweb"]
    program("clean", crawl, "-r", "web", "-r", "minhash-fineweb", "--survey", "auto", "-o", out,
            code=3)
    files = sorted(out.glob("*/*.parquet"))
    expected = by_id(row for file in files for row in pq.read_table(file).to_pylist())
    # The first one is of a part, by which other documents are the first.
    ts.survey(df.where("source like 'b/%'"), made, rules)
    places = {"survey": made, "source": "source", "ordinal": "ordinal"}
    ts.clean(df, rules, **places).count()
    with pytest.raises(tamis.TamisError, match="is there already"):
        ts.survey(df, made, rules)
    ts.survey(df, made, rules, overwrite=True)
    kept = ts.clean(df, rules, **places).where("tamis.action in ('kept', 'cut')").collect()
    assert by_id(kept) == expected and 100 < len(expected) < 170
    assert sorted(os.listdir(tmp_path)) == ["made.parquet", "out"]


def test_a_survey_of_nothing_is_one(spark, tmp_path):
    empty = spark.createDataFrame([], "text string, source string, ordinal long")
    assert ts.survey(empty, tmp_path / "empty.parquet", ["web", "minhash-fineweb"]) == 0
    one = spark.createDataFrame([(LINES[0], "a", 0)], "text string, source string, ordinal long")
    places = {"survey": tmp_path / "empty.parquet", "source": "source", "ordinal": "ordinal"}
    assert [row.tamis.action for row in ts.clean(one, **places).collect()] == ["kept"]
    with pytest.raises(tamis.TamisError, match="no column `place`"):
        ts.survey(one, tmp_path / "none.parquet", source="place")


def test_a_worker_that_dies_while_counting_is_replaced(spark, crawl, tmp_path):
    df = ts.with_places(spark.read.option("recursiveFileLookup", "true").parquet(str(crawl)))
    ts.survey(df, tmp_path / "expected.parquet", "minhash-fineweb")
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

    ts.survey(df.mapInArrow(die_once, df.schema), tmp_path / "made.parquet", "minhash-fineweb")
    assert os.path.exists(mark)
    made = (tmp_path / "made.parquet").read_bytes()
    assert made == (tmp_path / "expected.parquet").read_bytes()


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


def test_an_executor_that_is_killed_is_replaced_and_nothing_differs(corpus, tmp_path):
    out, survey, mark = tmp_path / "out", tmp_path / "survey.parquet", tmp_path / "killed"
    job = pathlib.Path(__file__).parent / "cluster_job.py"
    done = subprocess.run([sys.executable, job, corpus, out, survey, mark],
                          capture_output=True, text=True)
    # Where executors keep their logs.
    shutil.rmtree(pathlib.Path(pyspark.__file__).parent / "work", ignore_errors=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "killed-survey").exists() and (tmp_path / "killed-clean").exists()
    expected = tmp_path / "expected.parquet"
    rules = ["-r", "web", "-r", "minhash-fineweb"]
    program("survey", corpus, *rules, "-o", expected)
    assert survey.read_bytes() == expected.read_bytes()
    program("clean", corpus, *rules, "--survey", expected, "-o", tmp_path / "plain")
    files = sorted((tmp_path / "plain").glob("*.parquet"))
    kept = by_id(row for file in files for row in pq.read_table(file).to_pylist())
    rows = pq.read_table(out).to_pylist()
    assert by_id(row for row in rows if row["tamis"]["action"] in ("kept", "cut")) == kept
    assert len(rows) == 200


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
         str(ROOT / "python/examples/spark_clean.py"), str(corpus), str(out), "--rules", "web",
         "--survey", str(tmp_path / "survey.parquet")],
        capture_output=True, text=True, env={**os.environ, "PYSPARK_PYTHON": sys.executable})
    assert done.returncode == 0, done.stderr[-3000:]
    assert (out / "_SUCCESS").exists()
    table = pq.read_table(out)
    assert table.num_rows == 200 and table.column_names == ["id", "file", "row", "text", "tamis"]
    copies = [part for said in table["tamis"].to_pylist() for part in said["removed"]
              if part["copy_of"]]
    assert copies
