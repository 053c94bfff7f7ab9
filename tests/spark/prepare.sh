#!/usr/bin/env bash
# Brings what the tests of Spark need into a folder that is kept: PySpark, which has Spark and its Connect server, and PostgreSQL's JDBC
# driver. Needs Java 17 or later, Python 3 and Maven; the first time some 450 MB and a minute.
set -euo pipefail
cache="${WEFT_SPARK_CACHE:-$HOME/.cache/weft/spark}"
for tool in java python3 mvn; do
  command -v "$tool" >/dev/null || { echo "The tests of Spark need $tool, which is not here." >&2; exit 1; }
done
mkdir -p "$cache"
[ -x "$cache/venv/bin/pip" ] || python3 -m venv "$cache/venv"
[ -d "$(echo "$cache"/venv/lib/python3*/site-packages/pyspark)" ] || "$cache/venv/bin/pip" install --quiet 'pyspark>=4.0,<5'
[ -e "$(echo "$cache"/postgresql-*.jar)" ] || mvn -q dependency:copy -Dartifact=org.postgresql:postgresql:42.7.7 -DoutputDirectory="$cache"
echo "$cache"
