"""A table of `tamis measure`, asked through DuckDB, Polars and pandas: all must read the same.

    python signals_table.py TAMIS FOLDER

TAMIS is the program, FOLDER some documents. Exits with an error if a reader sees something else.
"""

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pandas
import polars


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main(tamis, folder):
    work = Path(tempfile.mkdtemp())
    one, four = work / "one.parquet", work / "four.parquet"
    for table, threads in [(one, "1"), (four, "4")]:
        run(tamis, "measure", folder, "-o", str(table), "--threads", threads, "--quiet")
    assert one.read_bytes() == four.read_bytes(), "the threads make a difference"

    stats = json.loads(run(tamis, "stats", str(one), "--all", "--json"))
    assert stats, "no statistics"
    frame, lazy = pandas.read_parquet(one), polars.scan_parquet(one)
    frames = {scope: part for scope, part in frame.groupby("scope")}
    defined = 0
    for entry in stats:
        name, scope = entry["signal"], entry["scope"]
        sql = f"""select count("{name}"), count(*) - count("{name}"), min("{name}"), max("{name}")
                  from '{one}' where scope = ?"""
        seen = duckdb.execute(sql, [scope]).fetchone()
        quantiles = entry["quantiles"]
        told = (entry["count"], entry["undefined"], quantiles["min"], quantiles["max"])
        assert seen == told, f"{name} of {scope}: {seen} in DuckDB, {told} in stats"
        column = frames[scope][name]
        assert column.count() == entry["count"], f"{name} of {scope} in pandas"
        assert not any(math.isinf(value) for value in column.dropna()), name
        defined += entry["count"]
    assert defined > 1000, defined

    # Lists of rules, and that what is gone is gone for a reason.
    gone = duckdb.execute(
        f"""select count(*), count(*) filter (decided_by = 'default' and document <> 'dropped')
            from '{one}' where removed and scope = 'block'"""
    ).fetchone()
    assert gone[0] > 0 and gone[1] == 0, gone
    of_duckdb = duckdb.execute(
        f"select rule, count(*) from (select unnest(rules) as rule from '{one}') group by 1 order by 1"
    ).fetchall()
    of_polars = (
        lazy.select(polars.col("rules").explode()).drop_nulls().group_by("rules").len().sort("rules")
    )
    assert of_duckdb == of_polars.collect().rows(), "rules in Polars"
    print(f"{len(frame)} rows, {len(stats)} signals by scope, read alike by DuckDB, Polars, pandas")


main(*sys.argv[1:3])
