"""The libraries that people have their rows in."""

import pyarrow as pa
import pytest

import tamis

from test_cleaner import GOOD, TEXT

ROWS = {"id": ["a", "b"], "text": [TEXT, GOOD]}
CLEANED = [GOOD, GOOD]


def actions(table: pa.Table) -> list[str]:
    return [row["action"] for row in table["tamis"].to_pylist()]


def test_pyarrow():
    out = tamis.Cleaner().clean_table(pa.table(ROWS), rows=1)
    assert out["text"].to_pylist() == CLEANED and actions(out) == ["cut", "kept"]
    empty = tamis.Cleaner().clean_table(pa.table(ROWS).slice(0, 0))
    assert empty.schema == out.schema


def test_polars():
    pl = pytest.importorskip("polars")
    out = pl.from_arrow(tamis.Cleaner().clean_table(pl.DataFrame(ROWS)))
    assert out["text"].to_list() == CLEANED
    assert out["tamis"].struct.field("action").to_list() == ["cut", "kept"]


def test_duckdb():
    duckdb = pytest.importorskip("duckdb")
    rows = pa.table(ROWS)
    relation = duckdb.sql("select * from rows order by id")
    cleaned = tamis.Cleaner().clean_table(relation)
    said = duckdb.sql("select tamis.action, count(*) from cleaned group by all order by all")
    assert said.fetchall() == [("cut", 1), ("kept", 1)]


def test_pandas():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(ROWS)
    out = tamis.Cleaner().clean_table(pa.Table.from_pandas(frame)).to_pandas()
    assert list(out["text"]) == CLEANED


def test_columns_as_lists():
    out = tamis.Cleaner().map_batch(ROWS)
    assert out["text"] == CLEANED and out["id"] == ROWS["id"]
    nothing = tamis.Cleaner().map_batch({"text": [None], "id": ["a"]})
    assert [row["action"] for row in nothing["tamis"]] == ["unreadable"]
    assert nothing["text"] == [None] and nothing["id"] == ["a"]
