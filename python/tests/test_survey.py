"""Surveys made in one process."""

import os
import pickle

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tamis

from programs import program

LINES = [f"The {thing} of the mill was mended by {who} in spring, as the books of the parish say."
         for who in ("Ada", "Josef", "Maria", "Tomas", "Lucy") for thing in ("wheel", "sluice", "roof")]
PLACES = {"source": "file", "ordinal": "row"}


def rows(file: str) -> pa.Table:
    start = int(file[0])
    texts = ["\n\n".join(LINES[(start * 5 + n * k) % 15] for k in (1, 2, 3)) for n in range(40)]
    return pa.table({"id": [f"{file}-{n}" for n in range(40)], "text": texts, "file": [file] * 40,
                     "row": range(40), "url": [f"https://h{n % 3}.example/{n}" for n in range(40)]})


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("2.parquet", "0.parquet"):
        pq.write_table(rows(name), folder / name)
    return folder


RULES = ["web", "minhash-fineweb"]


def test_a_survey_is_that_of_the_program_whatever_the_rows_are_in(corpus, tmp_path):
    expected, made = tmp_path / "expected.parquet", tmp_path / "made.parquet"
    program("survey", corpus, "-r", RULES[0], "-r", RULES[1], "-o", expected)
    table = documents = pa.concat_tables([rows("2.parquet"), rows("0.parquet")])
    counter = tamis.Cleaner(RULES, **PLACES)

    def check(data):
        assert counter.survey(data, made, overwrite=True) == 80
        assert made.read_bytes() == expected.read_bytes()

    check(table)
    check(iter(table.to_batches(max_chunksize=7)))
    check(pa.RecordBatchReader.from_batches(table.schema, table.to_batches()))
    pl = pytest.importorskip("polars")
    check(pl.from_arrow(table))
    duckdb = pytest.importorskip("duckdb")
    check(duckdb.sql("select * from documents"))


def test_a_rule_that_needs_a_survey_says_so_when_it_cleans(corpus, tmp_path):
    counter = tamis.Cleaner("exact-lines", **PLACES)
    with pytest.raises(tamis.TamisError, match="survey"):
        counter.clean(LINES[0])
    table, made = rows("0.parquet"), tmp_path / "made.parquet"
    with pytest.raises(tamis.TamisError, match="survey"):
        counter.clean_table(table)
    counter.survey(table, made)
    cleaner = tamis.Cleaner("exact-lines", survey=made, counted=True, **PLACES)
    one, two = cleaner.clean_table(table).to_pylist()[1:3]
    assert one["tamis"]["action"] == "kept" and two["tamis"]["action"] == "cut"
    # The line that the one before has.
    assert two["tamis"]["removed"][0]["text"].strip() == LINES[2]
    assert two["tamis"]["removed"][0]["copy_of"] == {"source": "0.parquet", "ordinal": 1}
    again = pickle.loads(pickle.dumps(cleaner))
    assert again.clean_table(table) == cleaner.clean_table(table)


def test_documents_can_be_grouped_by_a_column(tmp_path):
    table = rows("0.parquet").append_column("shelf", pa.array([str(n % 2) for n in range(40)]))
    cleaner = tamis.Cleaner("site-furniture", group="shelf", **PLACES)
    made = tmp_path / "made.parquet"
    cleaner.survey(table, made)
    names = pq.read_table(made).to_pylist()
    assert [row["documents"] for row in names if row["table"] == "group"] == [20, 20]
    tamis.Cleaner("site-furniture", group="shelf", survey=made, **PLACES).clean_table(table)
    with pytest.raises(tamis.TamisError, match="made.parquet"):
        tamis.Cleaner("site-furniture", survey=made, **PLACES)


def test_a_file_that_is_there_stays_and_none_is_left_half_written(tmp_path):
    made = tmp_path / "made.parquet"
    made.write_text("mine")
    with pytest.raises(tamis.TamisError, match="is there already"):
        tamis.Cleaner(**PLACES).survey(rows("0.parquet"), made)
    with pytest.raises(tamis.TamisError, match="no column `file`"):
        tamis.Cleaner(**PLACES).survey(rows("0.parquet").drop(["file"]), made, overwrite=True)

    def broken():
        yield rows("0.parquet").to_batches()[0]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        tamis.Cleaner(**PLACES).survey(broken(), made, overwrite=True)
    with pytest.raises(tamis.TamisError, match="nowhere"):
        tamis.Cleaner(**PLACES).survey(rows("0.parquet"), tmp_path / "nowhere" / "made.parquet")
    assert made.read_text() == "mine" and os.listdir(tmp_path) == ["made.parquet"]


def test_unreadable_rows_are_not_counted(tmp_path):
    table = pa.table({"text": [LINES[0].encode(), b"\xff", None], "file": ["a"] * 3, "row": range(3)})
    assert tamis.Cleaner(**PLACES).survey(table, tmp_path / "made.parquet") == 1
    assert tamis.Cleaner(**PLACES).survey([], tmp_path / "none.parquet") == 0
