"""Cleans a folder of Parquet with Spark.

spark-submit spark_clean.py s3://bucket/crawl s3://bucket/cleaned --rules web
"""

import argparse

from pyspark.sql import SparkSession

from tamis import spark as ts

parser = argparse.ArgumentParser(description="Cleans a folder of Parquet with tamis.")
parser.add_argument("input")
parser.add_argument("output")
parser.add_argument("--rules", action="append", help="a built-in rule set or a rules file")
parser.add_argument("--text", default="text", help="the column of the text")
parser.add_argument("--drop", action="store_true", help="leave out what was dropped or unreadable")
arguments = parser.parse_args()

spark = (SparkSession.builder.appName("tamis")
         .config("spark.sql.execution.arrow.maxRecordsPerBatch", "256")
         .getOrCreate())
cleaned = ts.clean(spark.read.parquet(arguments.input), arguments.rules or "web",
                   text=arguments.text)
if arguments.drop:
    cleaned = cleaned.where("tamis.action in ('kept', 'cut')")
cleaned.write.parquet(arguments.output)
spark.stop()
