"""Hugging Face datasets, offline. It needs datasets."""

import os
import pathlib
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_DATASETS_DISABLE_PROGRESS_BARS="1")
datasets = pytest.importorskip("datasets", reason="pip install datasets")

import tamis

from test_cleaner import DROPS, GOOD, TEXT

ROOT = pathlib.Path(__file__).parents[1]
#: Nothing happens in the first rows, so that a type guessed from them would be wrong.
TEXTS = [None, GOOD, GOOD, TEXT, f"{GOOD} beta", TEXT * 2, "", f"{TEXT}\n\nbeta", GOOD] * 5
BOTH = DROPS.replace('about = "Drops', 'extends = ["web"]\nabout = "Drops', 1)


@pytest.fixture
def rows():
    return pa.table({"id": [f"doc {n}" for n in range(len(TEXTS))],
                     "text": pa.array(TEXTS, pa.string()),
                     "year": pa.array([1957] * len(TEXTS), pa.int16()),
                     "url": pa.array([None] * 30 + ["https://a.example/"] * 15)})


@pytest.fixture
def cleaner():
    return tamis.Cleaner.from_text(BOTH)


@pytest.fixture
def on_disk(rows, tmp_path):
    """Rows whose results datasets keeps in its cache."""
    pq.write_table(rows, tmp_path / "rows.parquet")
    return datasets.Dataset.from_parquet(str(tmp_path / "rows.parquet"),
                                         cache_dir=str(tmp_path / "cache"))


def plain(dataset) -> list[dict]:
    return dataset.with_format("arrow")[:].to_pylist()


def test_the_rows_hold_what_they_should(rows, cleaner):
    found = {row["action"] for row in cleaner.clean_table(rows)["tamis"].to_pylist()}
    assert found == {"kept", "cut", "dropped", "unreadable"}


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_result_is_that_of_a_table_for_any_size_of_batch(rows, cleaner, size):
    out = datasets.Dataset(rows).map(cleaner.map_batch, batched=True, batch_size=size)
    assert out.column_names == ["id", "text", "year", "url", "tamis"]
    assert out.features["year"] == datasets.Value("int16")
    assert plain(out) == cleaner.clean_table(rows).to_pylist()
    assert out.features["tamis"]["reason"] == datasets.Value("string")
    assert out[4]["text"] is None and out[4]["tamis"]["action"] == "dropped"
    assert tamis.restore(out[4]["text"], out[4]["tamis"]["removed"]) == TEXTS[4]


def test_the_result_is_the_same_in_two_processes(on_disk, rows, cleaner):
    out = on_disk.map(cleaner.map_batch, batched=True, batch_size=4, num_proc=2)
    assert plain(out) == cleaner.clean_table(rows).to_pylist()


def test_rows_in_arrow_make_no_lists(on_disk, rows, cleaner):
    out = on_disk.with_format("arrow").map(cleaner.clean_table, batched=True, batch_size=4)
    assert isinstance(out[:2], pa.Table)
    assert plain(out.with_format(None)) == cleaner.clean_table(rows).to_pylist()


def test_what_went_can_be_filtered_out(rows, cleaner):
    out = datasets.Dataset(rows).map(cleaner.map_batch, batched=True)
    out = out.filter(lambda row: row["tamis"]["action"] in ("kept", "cut"))
    expected = [row for row in cleaner.clean_table(rows).to_pylist()
                if row["tamis"]["action"] in ("kept", "cut")]
    assert 0 < len(out) < len(rows) and plain(out) == expected


def test_of_no_rows_datasets_makes_no_columns_unless_told(rows, cleaner):
    empty = datasets.Dataset(rows.slice(0, 0))
    # It never calls the function, so the column is not there.
    assert empty.map(cleaner.map_batch, batched=True).column_names == ["id", "text", "year", "url"]
    assert cleaner.map_batch({"text": []})["tamis"] == []
    schema = cleaner.output_schema(empty.features.arrow_schema)
    features = datasets.Features.from_arrow_schema(schema)
    out = datasets.Dataset(rows).map(cleaner.map_batch, batched=True, features=features)
    assert out.features == features and plain(out) == cleaner.clean_table(rows).to_pylist()


def test_a_stream_comes_out_row_by_row(rows, cleaner):
    stream = datasets.Dataset(rows).to_iterable_dataset(num_shards=3)
    expected = cleaner.clean_table(rows).to_pylist()
    assert list(stream.map(cleaner.map_batch, batched=True, batch_size=1)) == expected
    tables = stream.with_format("arrow").map(cleaner.clean_table, batched=True, batch_size=2)
    assert pa.concat_tables(tables).to_pylist() == expected


def test_a_batch_that_somebody_changed_is_cleaned_as_changed(rows, cleaner):
    def shout(batch):
        batch["text"] = [TEXT for _ in batch["text"]]
        return cleaner.map_batch(batch)

    out = datasets.Dataset(rows.slice(0, 3)).map(shout, batched=True)
    assert list(out["text"]) == [GOOD] * 3


def test_the_cache_knows_rules_and_options(on_disk, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(DROPS)
    calls = tmp_path / "cache"

    def files() -> int:
        return len(list(calls.rglob("cache-*.arrow")))

    def run(**options):
        return on_disk.map(tamis.Cleaner(path, **options).map_batch, batched=True)

    first = run()
    assert files() == 1
    assert plain(run()) == plain(first) and files() == 1, "the same rules are taken from the cache"
    path.write_text(DROPS.replace('["beta"]', '["corn"]'))
    second = run()
    assert files() == 2 and plain(second) != plain(first)
    assert second[1]["tamis"]["action"] == "dropped" and first[1]["tamis"]["action"] == "kept"
    third = run(max_bytes=10)
    assert files() == 3 and third[1]["tamis"]["action"] == "unreadable"


def test_a_cleaner_has_the_same_fingerprint_in_every_process(cleaner):
    from datasets.fingerprint import Hasher

    script = ("import sys, tamis; from datasets.fingerprint import Hasher; "
              "print(Hasher.hash(tamis.Cleaner.from_text(sys.argv[1]).map_batch))")
    done = subprocess.run([sys.executable, "-c", script, BOTH], capture_output=True, text=True)
    assert done.stdout.strip() == Hasher.hash(cleaner.map_batch), done.stderr
    assert Hasher.hash(tamis.Cleaner().map_batch) != Hasher.hash(cleaner.map_batch)


def test_the_shipped_script_reads_and_writes_parquet(rows, tmp_path):
    pq.write_table(rows, tmp_path / "in.parquet")
    (tmp_path / "mine.toml").write_text(BOTH)
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples/datasets_clean.py"), str(tmp_path / "*.parquet"),
         str(tmp_path / "out" / "out.parquet"), "--rules", str(tmp_path / "mine.toml"),
         "--num-proc", "2", "--drop"],
        capture_output=True, text=True,
        env={**os.environ, "HF_DATASETS_CACHE": str(tmp_path / "cache")})
    assert done.returncode == 0, done.stderr[-3000:]
    expected = [row for row in tamis.Cleaner.from_text(BOTH).clean_table(rows).to_pylist()
                if row["tamis"]["action"] in ("kept", "cut")]
    assert pq.read_table(tmp_path / "out/out.parquet").to_pylist() == expected
