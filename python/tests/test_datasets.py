"""Hugging Face datasets, without a network."""

import os

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"

import pyarrow as pa
import pytest

datasets = pytest.importorskip("datasets", reason="pip install datasets")

import tamis

from test_cleaner import DROPS, GOOD, TEXT


@pytest.fixture
def ds(tmp_path):
    texts = [GOOD] * 20 + [TEXT, None, ""] * 20
    table = pa.table({"text": texts, "id": [str(n) for n in range(80)]})
    path = tmp_path / "rows.parquet"
    pa.parquet.write_table(table, path)
    return datasets.load_dataset("parquet", data_files=str(path), split="train",
                                 cache_dir=str(tmp_path / "cache"))


def expected(cleaner, ds):
    return cleaner.clean_table(ds.with_format("arrow")[:]).to_pylist()


@pytest.mark.parametrize("workers", [None, 2])
def test_a_dataset_is_mapped(ds, workers):
    cleaner = tamis.Cleaner()
    # Batches with no removal at all come first: their type must not be guessed from that.
    done = ds.map(cleaner.map_batch, batched=True, batch_size=7, num_proc=workers)
    assert list(done) == expected(cleaner, ds)
    kept = done.filter(lambda row: row["tamis"]["action"] in ("kept", "cut"))
    assert len(kept) == 60 and set(kept["text"]) == {GOOD, ""}


def test_tables_go_through_as_they_are(ds):
    cleaner = tamis.Cleaner()
    done = ds.with_format("arrow").map(cleaner.clean_table, batched=True, batch_size=9)
    assert list(done.with_format(None)) == expected(cleaner, ds)


def test_other_rules_are_other_results(ds):
    from datasets.fingerprint import Hasher

    web, mine = tamis.Cleaner(), tamis.Cleaner.from_text(DROPS)
    assert Hasher.hash(web.map_batch) == Hasher.hash(tamis.Cleaner("web").map_batch)
    assert Hasher.hash(web.map_batch) != Hasher.hash(mine.map_batch)
    done = ds.map(web.map_batch, batched=True)
    again = ds.map(mine.map_batch, batched=True)
    assert list(done) == expected(web, ds) and list(again) == expected(mine, ds)


def test_a_stream_is_mapped(ds):
    cleaner = tamis.Cleaner()
    stream = ds.to_iterable_dataset().with_format("arrow")
    done = stream.map(cleaner.clean_table, batched=True, batch_size=7).with_format(None)
    assert [row["text"] for row in done] == [row["text"] for row in expected(cleaner, ds)]
