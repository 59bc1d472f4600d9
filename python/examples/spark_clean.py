"""Cleans a folder of Parquet with Spark.

spark-submit spark_clean.py s3a://bucket/crawl s3a://bucket/cleaned --rules web

With --survey, copies across documents are counted first and taken out.
"""

import argparse

from pyspark.sql import SparkSession

from tamis import spark as ts

parser = argparse.ArgumentParser(description="Cleans a folder of Parquet with tamis.")
parser.add_argument("input")
parser.add_argument("output")
parser.add_argument("--rules", action="append", help="a built-in rule set or a rules file")
parser.add_argument("--text", default="text", help="the column of the text")
parser.add_argument("--survey", help="where the survey is made, on a disk that all machines share")
parser.add_argument("--drop", action="store_true", help="leave out what was dropped or unreadable")
arguments = parser.parse_args()

spark = (SparkSession.builder.appName("tamis")
         .config("spark.sql.execution.arrow.maxRecordsPerBatch", "256")
         .getOrCreate())
rules, options = arguments.rules or "web", {"text": arguments.text}
df = spark.read.parquet(arguments.input)
if arguments.survey:
    df = ts.with_places(df)
    options |= {"source": "source", "ordinal": "ordinal"}
    ts.survey(df, arguments.survey, rules, **options)
    options["survey"] = arguments.survey
cleaned = ts.clean(df, rules, **options)
if arguments.drop:
    cleaned = cleaned.where("tamis.action in ('kept', 'cut')")
if arguments.survey:
    cleaned = cleaned.drop("source", "ordinal")
cleaned.write.parquet(arguments.output)
spark.stop()
