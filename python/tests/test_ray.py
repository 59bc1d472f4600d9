"""Ray Data on this machine."""

import os
import pathlib
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ray = pytest.importorskip("ray", reason="pip install 'ray[data]'")

import tamis
from tamis import ray as tr

from test_cleaner import DROPS, GOOD, TEXT

ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
             object_store_memory=200 << 20)
    folder = tmp_path_factory.mktemp("ray") / "in"
    folder.mkdir()
    for part in range(2):
        table = pa.table({"id": [f"{part}-{n:02}" for n in range(30)],
                          "text": [TEXT, GOOD, None] * 10})
        pq.write_table(table, folder / f"{part}.parquet")
    yield folder
    ray.shutdown()


def test_the_result_does_not_depend_on_blocks(rows):
    expected = tamis.Cleaner().clean_table(pq.read_table(rows)).sort_by("id").to_pylist()
    for blocks in (1, 5):
        done = tr.clean(ray.data.read_parquet(str(rows)).repartition(blocks), rows=8)
        assert sorted(done.take_all(), key=lambda row: row["id"]) == expected


def test_a_mistake_in_the_rules_stops_the_job_before_it_starts(rows, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(DROPS.replace("document", "docment"))
    with pytest.raises(tamis.RulesError, match="docment"):
        tr.clean(ray.data.read_parquet(str(rows)), path)


def test_the_shipped_job_reads_and_writes_parquet(rows, tmp_path):
    out = tmp_path / "out"
    done = subprocess.run([sys.executable, ROOT / "examples/ray_clean.py", rows, out],
                          capture_output=True, text=True, env=os.environ | {"RAY_ADDRESS": ""})
    assert done.returncode == 0, done.stderr[-3000:]
    expected = tamis.Cleaner().clean_table(pq.read_table(rows)).sort_by("id")
    assert pq.read_table(out).sort_by("id").to_pylist() == expected.to_pylist()
    assert not (tmp_path / "out.unfinished").exists()
