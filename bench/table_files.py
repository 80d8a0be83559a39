"""How long reading a table takes in each format, beside pandas, polars and pyarrow on the same files.

table_files.py VITRINE: the program table_files is beside VITRINE.
One million rows of eight columns (numbers, categories, a date, a target) are written once. Each round reads each file by each
program; the table has medians of seven rounds with the fastest and the slowest.
"""
import json, os, statistics, subprocess, sys, time
import numpy, pandas, polars, pyarrow.feather, pyarrow.parquet

ROWS, ROUNDS = 1_000_000, 7
program = os.path.join(os.path.dirname(sys.argv[1]), "table_files")


def write_tables():
    random = numpy.random.default_rng(1)
    table = pandas.DataFrame({
        "tenure": random.integers(0, 73, ROWS), "monthly": random.uniform(18, 120, ROWS).round(2),
        "total": random.exponential(2000, ROWS).round(3),
        "contract": random.choice(["monthly", "yearly", "two_year"], ROWS),
        "payment": random.choice(["card", "bank", "mail", "electronic"], ROWS),
        "since": pandas.to_datetime("2020-01-01") + pandas.to_timedelta(random.integers(0, 2000, ROWS), unit="D"),
        "city": random.choice([f"city_{i}" for i in range(300)], ROWS)})
    table["churn"] = numpy.where(random.uniform(size=ROWS) < 0.3, "yes", "no")
    table.to_parquet("rows.parquet", index=False)
    table.to_parquet("rows_zstd.parquet", index=False, compression="zstd", row_group_size=100_000)
    table.to_feather("rows.feather")
    table.to_csv("rows.csv", index=False)
    table.to_csv("rows.csv.gz", index=False, compression={"method": "gzip", "compresslevel": 3})
    table.assign(since=table.since.dt.strftime("%Y-%m-%d")).to_json("rows.jsonl", orient="records", lines=True)


peers = {
    "rows.parquet": {"pyarrow": pyarrow.parquet.read_table, "pandas": pandas.read_parquet, "polars": polars.read_parquet},
    "rows_zstd.parquet": {"pyarrow": pyarrow.parquet.read_table, "pandas": pandas.read_parquet, "polars": polars.read_parquet},
    "rows.feather": {"pyarrow": pyarrow.feather.read_table, "pandas": pandas.read_feather, "polars": polars.read_ipc},
    "rows.csv": {"pandas": pandas.read_csv, "polars": polars.read_csv},
    "rows.csv.gz": {"pandas": pandas.read_csv, "polars": polars.read_csv},
    "rows.jsonl": {"pandas": lambda name: pandas.read_json(name, lines=True), "polars": polars.read_ndjson},
}
write_tables()
seconds = {}  # (file, program) -> rounds
for _ in range(ROUNDS):
    for name, programs in peers.items():
        # The first of two readings warms the process up, as Python's is warm.
        ours = json.loads(subprocess.run([program, "2", name], check=True, capture_output=True, text=True).stdout)
        seconds.setdefault((name, "vitrine"), []).append(ours["seconds"][1])
        for peer, read in programs.items():
            began = time.perf_counter()
            read(name)
            seconds.setdefault((name, peer), []).append(time.perf_counter() - began)


def cell(name, peer):
    rounds = seconds.get((name, peer))
    if not rounds: return "-"
    return f"{statistics.median(rounds) * 1000:.0f} ({min(rounds) * 1000:.0f} to {max(rounds) * 1000:.0f})"


print(f"""# Reading a table, {time.strftime('%d %B %Y')}

{ROWS:,} rows of eight columns, {os.cpu_count()} cores, files in the page cache. Milliseconds, medians of {ROUNDS} interleaved rounds
(fastest to slowest). Vitrine reads as training does: different texts of each column are counted, numbers and dates in texts are found
later. pandas and polars read with their defaults; for JSON lines and CSV they guess the types.
pandas {pandas.__version__}, polars {polars.__version__}, pyarrow {pyarrow.__version__}.

| File | MB | Vitrine | pyarrow | pandas | polars | Vitrine / fastest peer |
|---|---|---|---|---|---|---|""")
for name, programs in peers.items():
    best = min(statistics.median(seconds[name, peer]) for peer in programs)
    ratio = statistics.median(seconds[name, "vitrine"]) / best
    print(f"| {name} | {os.path.getsize(name) / 1e6:.1f} | " +
          " | ".join(cell(name, peer) for peer in ("vitrine", "pyarrow", "pandas", "polars")) + f" | {ratio:.2f} |")
