"""A job on executors of their own, one of which is killed at work: cluster_job.py IN OUT SURVEY MARK"""

import os
import signal
import subprocess
import sys

from pyspark.sql import SparkSession

from tamis import spark as ts

source, out, survey, mark = sys.argv[1:]
os.environ["PYSPARK_PYTHON"] = sys.executable
# Executors are on this machine alone.
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
spark = (SparkSession.builder.master("local-cluster[2,1,1024]").appName("tamis")
         .config("spark.ui.enabled", "false")
         .config("spark.driver.bindAddress", "127.0.0.1")
         .config("spark.driver.host", "127.0.0.1")
         .config("spark.executor.memory", "1g")
         .config("spark.executorEnv.PYTHONPATH", os.pathsep.join(sys.path))
         .config("spark.sql.shuffle.partitions", "4")
         .config("spark.sql.execution.arrow.maxRecordsPerBatch", "16")
         .getOrCreate())
spark.sparkContext.setCheckpointDir(f"{survey}.turns")


def kill_executor(name):
    """Rows as they are; the first executor that gets to see them dies, once for each name."""
    def work(batches):
        for batch in batches:
            try:
                os.close(os.open(f"{mark}-{name}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                # This is a process of Python's own daemon, which the executor has started.
                said = subprocess.run(["ps", "-o", "ppid=", "-p", str(os.getppid())],
                                      capture_output=True, text=True, check=True)
                os.kill(int(said.stdout), signal.SIGKILL)
            yield batch
    return work


df = spark.read.parquet(source)
rules = ["web", "minhash-fineweb"]
places = {"source": "file", "ordinal": "row"}
ts.survey(df.repartition(4).mapInArrow(kill_executor("survey"), df.schema), survey, rules, **places)
dies = df.repartition(4).mapInArrow(kill_executor("clean"), df.schema)
ts.clean(dies, rules, survey=survey, **places).write.parquet(out)
spark.stop()
