"""Loads a file of lineitem by dlt and prints what that took, without the time in which Python and dlt start.

dlt_load.py <arrow|default> <csv|parquet> <file> <schema> <folder of pipelines>; DATABASE_URL names the database.
"""

import csv
import json
import os
import sys
import time

import dlt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

backend, kind, path, schema, folder = sys.argv[1:]
decimal = pa.decimal128(15, 2)
types = {
    "l_orderkey": pa.int64(),
    **dict.fromkeys(["l_partkey", "l_suppkey", "l_linenumber"], pa.int32()),
    **dict.fromkeys(["l_quantity", "l_extendedprice", "l_discount", "l_tax"], decimal),
    **dict.fromkeys(["l_shipdate", "l_commitdate", "l_receiptdate"], pa.date32()),
}


def arrow():
    """Batches as pyarrow makes them, typed."""
    if kind == "parquet":
        file = pyarrow.parquet.ParquetFile(path)
        # dlt knows no views of texts, which is what the file's own schema says.
        plain = pa.schema(
            [
                field.with_type(pa.string()) if field.type == pa.string_view() else field
                for field in file.schema_arrow
            ]
        )
        for batch in file.iter_batches(batch_size=100_000):
            yield pa.Table.from_batches([batch]).cast(plain)
        return
    convert = pyarrow.csv.ConvertOptions(column_types=types)
    read = pyarrow.csv.ReadOptions(block_size=16 * 1024 * 1024)
    with pyarrow.csv.open_csv(path, read_options=read, convert_options=convert) as batches:
        yield from batches


def default():
    """A dict a row, which is how dlt's own sources yield: values are texts, since nobody says otherwise."""
    with open(path, newline="") as file:
        yield from csv.DictReader(file)


pipeline = dlt.pipeline(
    pipeline_name="lineitem",
    pipelines_dir=folder,
    dataset_name=schema,
    destination=dlt.destinations.postgres(os.environ["DATABASE_URL"]),
)
rows = dlt.resource(arrow if backend == "arrow" else default, name="lineitem", write_disposition="replace")
started, cpu = time.perf_counter(), os.times()
# CSV is dlt's fastest way into Postgres: it is sent by COPY.
pipeline.run(rows, **({"loader_file_format": "csv"} if backend == "arrow" else {}))
used = os.times()
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - started,
            "cpuSeconds": sum(used[:4]) - sum(cpu[:4]),
        }
    )
)
