"""Cleans a folder of Parquet files with Ray Data: python ray_clean.py IN OUT [--rules RULES]"""

import argparse
import os

import ray

from tamis import ray as tr

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--rules", default="web")
    given = parser.parse_args()
    if os.path.exists(given.output):
        parser.error(f"{given.output} is there already")
    # Ray has no commit of output: the folder gets its name when all of it is there.
    unfinished = os.path.abspath(f"{given.output}.unfinished")
    tr.clean(ray.data.read_parquet(given.input), given.rules).write_parquet(unfinished)
    os.rename(unfinished, given.output)
