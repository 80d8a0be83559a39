#!/usr/bin/env bash
# Tables of SQLite and of a PostgreSQL server, which this test starts: the model and its answers are those of the CSV file.
. "$(dirname "$0")/lib.sh"
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
[[ -n $bin ]] || skip "there is no PostgreSQL server"
pg() { setpriv --reuid postgres --regid postgres --clear-groups "$bin/$1" "${@:2}"; }
chmod 755 "$work"
mkdir server
echo secret >server/password
chown -R postgres server
pg initdb -D "$work/server/data" -A scram-sha-256 -U owner --pwfile="$work/server/password" >initdb.log 2>&1 || die "$(cat initdb.log)"
port=$((20000 + RANDOM % 10000))
pg pg_ctl -D "$work/server/data" -o "-p $port -k $work/server -c listen_addresses=127.0.0.1 -c fsync=off" -l "$work/server/log" -w start >/dev/null ||
  die "$(cat server/log)"
servers+=("$(head -n 1 server/data/postmaster.pid)")
address="postgresql://owner:secret@127.0.0.1:$port"
sql() { "$bin/psql" -qAt -v ON_ERROR_STOP=1 "$@"; }
sql "$address/postgres" -c "CREATE DATABASE shop"
shop=$address/shop
python3 - <<'PY'
import datetime, random, sqlite3
random.seed(5)
columns = ["age", "income", "plan", "since", "seen", "paperless", "remark", "churn"]
rows = []
for i in range(3000):
    age, income = random.randint(18, 80), round(1000 + random.lognormvariate(8.7, 0.5), 2)
    plan = random.choice(["monthly", "yearly", 'two, "years"', "tab\there", "back\\slash", "line\nend"])
    since = datetime.date(2020, 1, 1) + datetime.timedelta(days=random.randint(0, 1500))
    seen = datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=random.randint(0, 10**7))
    score = (age - 50) / 15 - (income - 6000) / 4000 + (plan == "monthly") * 1.5 + random.gauss(0, 1)
    rows.append([age, income if i % 9 else None, plan, since, seen, random.random() < 0.4, f"x{i}" if i % 2 else None,
                 "yes" if score > 0.5 else "no"])
import csv
with open("base.csv", "w") as file:
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([["true" if v is True else "false" if v is False else v for v in row] for row in rows])
base = sqlite3.connect("shop.db")
base.execute("CREATE TABLE customers (age INTEGER, income REAL, plan TEXT, since DATE, seen DATETIME, paperless BOOLEAN, remark TEXT, churn TEXT)")
base.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                 [[v if isinstance(v, (int, float, str, type(None))) else str(v) for v in row] for row in rows])
base.commit()
PY
sql "$shop" <<SQL
CREATE TABLE customers (age smallint, income numeric(12,2), plan text, since date, seen timestamp, paperless boolean, remark varchar(20), churn text);
\copy customers FROM 'base.csv' CSV HEADER
SQL
train() { "$VITRINE" train "${@:2}" --target churn --model logistic -o "$1.onnx" --quiet >"$1.log" 2>&1 || die "$1: $(cat "$1.log")"; }
figures() { sed -n '/^test set/,/^ *Brier/p' "$1.log"; }
train base base.csv
train sqlite shop.db
train address sqlite:shop.db?table=customers
train postgres "$shop"
train query "postgresql+psycopg2://${shop#*://}" --query "SELECT * FROM customers;"
contains "$(figures base)" AUC
"$VITRINE" predict base.onnx base.csv --format csv >base.answers
for one in sqlite address postgres query; do
  [[ $(figures $one) == "$(figures base)" ]] || die "$one: $(diff $one.log base.log)"
  "$VITRINE" predict $one.onnx base.csv --format csv | cmp base.answers - || die "$one: its answers differ"
done
# A server may return rows in another order than that of their insertion.
sql "$shop" -c "COPY (SELECT age, income, plan, since, seen, CASE WHEN paperless THEN 'true' ELSE 'false' END AS paperless, remark, churn FROM
  customers) TO STDOUT CSV HEADER" >ordered.csv
"$VITRINE" predict base.onnx shop.db --format csv | cmp base.answers - || die "SQLite: the answers differ"
"$VITRINE" predict base.onnx "$shop" --format csv | cmp <("$VITRINE" predict base.onnx ordered.csv --format csv) - || die "PostgreSQL: the answers differ"
for table in shop.db "$shop"; do
  "$VITRINE" evaluate base.onnx "$table" --json >of_table.json
  "$VITRINE" evaluate base.onnx base.csv --json | cmp of_table.json - || die "$table: the metrics differ"
done
# A model is the same file for the same rows.
train again "$shop"
cmp postgres.onnx again.onnx
# --append writes the columns of the query.
appended=$("$VITRINE" predict base.onnx "$shop" --query "SELECT 7 AS key, * FROM customers WHERE plan = 'yearly' LIMIT 5" --format csv --append)
contains "$appended" "key,age,income,plan,since,seen,paperless,remark,churn,label,"
[[ $(grep -c "^7,.*,yearly," <<<"$appended") == 5 ]] || die "$appended"
# Types without a meaning for a model are left out with the reason; the names of other types are texts.
sql "$shop" -c "CREATE TABLE odd AS SELECT *, ARRAY[age] AS tags, '{}'::jsonb AS extra, '\x00'::bytea AS raw, 'a'::char(3) AS code,
  '1 day'::interval AS wait, seen AT TIME ZONE 'UTC' AS zoned, 1.5::money AS price, 'NaN'::float8 AS nan FROM customers"
described=$("$VITRINE" describe "$shop" --table odd --target churn)
for line in "tags .*left out: its cells are lists or structures" "extra .*left out: its cells are lists or structures" \
  "raw .*left out: its cells are bytes" "zoned  *date"; do
  grep -q "$line" <<<"$described" || die "no '$line' in: $described"
done
# Errors name the address without its password.
fails_with 2 "the database has 2 tables" "$VITRINE" describe "$shop"
fails_with 2 "did you mean 'customers'" "$VITRINE" describe "$shop" --table custmers
fails_with 2 "names a table, and so does an option" "$VITRINE" describe "$shop?table=odd" --table odd
fails_with 3 "relation \"nope\" does not exist" "$VITRINE" describe "$shop" --query "SELECT * FROM nope"
fails_with 3 "read-only transaction" "$VITRINE" describe "$shop" --query "DELETE FROM customers RETURNING *"
fails_with 3 "multiple commands" "$VITRINE" describe "$shop" --query "SELECT 1; DROP TABLE customers"
fails_with 2 "is no URI" "$VITRINE" describe "postgresql://owner:p%zzsecret@127.0.0.1/shop"
fails_with 2 "query has parameters" "$VITRINE" describe shop.db --query 'SELECT age FROM customers WHERE age > $1'
fails_with 2 "query is empty" "$VITRINE" describe shop.db --query ''
contains "$("$VITRINE" describe "$shop" --query 'SELECT age, plan FROM customers; -- all')" "3,000 rows"
contains "$("$VITRINE" describe shop.db --query 'SELECT age, plan FROM customers; -- all')" "3,000 rows"
contains "$("$VITRINE" describe "$shop" --table public.customers)" "3,000 rows"
fails_with 3 "division by zero" "$VITRINE" describe "$shop" --query "SELECT age, 1 / (age - age) AS x FROM customers"
fails_with 3 "there are no rows" "$VITRINE" describe "$shop" --query "SELECT * FROM customers WHERE age > 1000"
fails_with 3 "password authentication failed" "$VITRINE" describe "postgresql://owner:wrong@127.0.0.1:$port/shop"
fails_with 3 "Connection refused" "$VITRINE" describe "postgresql://owner:secret@127.0.0.1:1/shop"
fails_with 3 "no such file" "$VITRINE" describe sqlite:nothing.db
fails_with 2 "a database can't be divided" "$VITRINE" predict base.onnx "$shop" --shard 1/2 -o out
fails_with 2 "a database can't be divided" "$VITRINE" predict base.onnx shop.db --shard 1/2 -o out
fails_with 2 "only workbooks have sheets" "$VITRINE" describe shop.db --sheet Data
# Numbers of a database are plain, also for a model of a table with decimal commas.
python3 - <<'PY'
import csv
rows = list(csv.reader(open("base.csv")))
with open("comma.csv", "w") as file:
    writer = csv.writer(file, delimiter=";")
    writer.writerow(rows[0])
    writer.writerows([row[:1] + [row[1].replace(".", ",")] + row[2:] for row in rows[1:]])
PY
train comma comma.csv
"$VITRINE" predict comma.onnx comma.csv --format csv | cmp - base.answers || die "decimal commas give other answers"
for one in shop.db "$shop?table=customers"; do
  "$VITRINE" predict base.onnx "$one" --format csv >one.answers
  "$VITRINE" predict comma.onnx "$one" --format csv | cmp - one.answers || die "$one is read with decimal commas"
done
for wrong in "postgresql://owner:se?secret@127.0.0.1:1/shop" "postgresql://owner:p%zzsecret@127.0.0.1:1/shop" \
  "postgresql://127.0.0.1:1/shop?password=a&pass%77ord=secret" "$shop?table=custmers" "postgresql://owner:secret@127.0.0.1:1/shop" \
  "postgresql://owner:x/secret@127.0.0.1:1/shop" "postgresql://owner@127.0.0.1:1/shop?user=me@corp&password=secret"; do
  said=$("$VITRINE" describe "$wrong" 2>&1; "$VITRINE" predict "$wrong" base.csv 2>&1 || true)
  [[ $said != *secret* ]] || die "the password is shown: $said"
done
# Predictions go back into a table, in one transaction; rows of the same id are replaced.
sql "$shop" -c "CREATE TABLE numbered AS SELECT row_number() OVER () AS id, * FROM customers"
"$VITRINE" train "$shop" --table numbered --target churn --id id --model logistic -o numbered.onnx --quiet >/dev/null
"$VITRINE" predict numbered.onnx "$shop" --table numbered --format csv >numbered.csv
read_back() { sql "$shop" --csv -c "SELECT id, label FROM $1 ORDER BY id"; }
expected=$(tail -n +2 numbered.csv | cut -d, -f1,2 | sort -n)
for turn in 1 2; do
  "$VITRINE" predict numbered.onnx "$shop" --table numbered -o "$shop?table=answers" || die "turn $turn"
  [[ $(read_back answers) == "$expected" ]] || die "the answers in the table differ in turn $turn"
done
[[ $(sql "$shop" -c "SELECT data_type FROM information_schema.columns WHERE table_name = 'answers' ORDER BY ordinal_position") == \
  $'bigint\ntext\ndouble precision\ndouble precision' ]] || die "the types of the new table"
sql "$shop" -c "CREATE SCHEMA results; CREATE TABLE results.kept (id int PRIMARY KEY, label varchar(3), probability_no real, probability_yes real, note text DEFAULT 'new');
  INSERT INTO results.kept VALUES (1, 'old', 0, 0, 'old'), (-5, 'old', 0, 0, 'old')"
"$VITRINE" predict numbered.onnx "$shop" --query 'SELECT * FROM numbered WHERE id <= 10' -o "$shop?table=results.kept"
[[ $(sql "$shop" -c "SELECT count(*), count(*) FILTER (WHERE note = 'new'), count(*) FILTER (WHERE label = 'old') FROM results.kept") == "11|9|1" ]] ||
  die "rows of other ids, or other columns, were changed"
"$VITRINE" predict numbered.onnx "$shop" --table numbered -o "$shop?table=vitrine_rows"
[[ $(sql "$shop" -c "SELECT count(*) FROM vitrine_rows") == 3000 ]] || die "a table called as the temporary one is empty"
sql "$shop" -c "CREATE TABLE strict (id int, label text, probability_no real, probability_yes real CHECK (probability_yes < 0.5))"
fails_with 1 "nothing was written" "$VITRINE" predict numbered.onnx "$shop" --table numbered -o "$shop?table=strict"
[[ $(sql "$shop" -c "SELECT count(*) FROM strict") == 0 ]] || die "some rows were written"
fails_with 1 '"id" does not exist' "$VITRINE" predict numbered.onnx "$shop" --table numbered -o "$shop?table=customers"
fails_with 2 "names no table" "$VITRINE" predict numbered.onnx "$shop" --table numbered -o "$shop"
for turn in 1 2; do "$VITRINE" predict numbered.onnx "$shop" --table numbered -o "sqlite:out.db?table=answers"; done
"$VITRINE" predict base.onnx base.csv --append -o "sqlite:out.db?table=all rows"
python3 - <<'PY'
import csv, sqlite3
base = sqlite3.connect("out.db")
rows = list(csv.reader(open("numbered.csv")))[1:]
stored = base.execute("SELECT * FROM answers ORDER BY id").fetchall()
assert len(stored) == len(rows), len(stored)
wanted = sorted((int(row[0]), row[1], float(row[2]), float(row[3])) for row in rows)
assert stored == wanted, next(pair for pair in zip(stored, wanted) if pair[0] != pair[1])
base.execute("UPDATE answers SET label = 'old', probability_no = NULL WHERE id % 3 = 0")
base.execute("DELETE FROM answers WHERE id % 7 = 0")
base.execute("ALTER TABLE answers ADD COLUMN note TEXT DEFAULT 'kept'")
base.commit()
assert base.execute('SELECT count(*), max(plan) FROM "all rows"').fetchone() == (3000, 'yearly')
PY
"$VITRINE" predict numbered.onnx "$shop" --table numbered -o "sqlite:out.db?table=answers"
python3 - <<'PY'
import csv, sqlite3
rows = list(csv.reader(open("numbered.csv")))[1:]
stored = sqlite3.connect("out.db").execute("SELECT * FROM answers ORDER BY id").fetchall()
assert stored == sorted((int(row[0]), row[1], float(row[2]), float(row[3]), "kept") for row in rows)
PY
fails_with 1 "SQLite" "$VITRINE" predict base.onnx base.csv -o "sqlite:no/folder.db?table=t"
contains "$(PGPASSWORD=secret "$VITRINE" describe "postgresql://owner@127.0.0.1:$port/shop" --table customers)" "3,000 rows, 8 columns"
pg pg_ctl -D "$work/server/data" -m immediate stop >/dev/null
