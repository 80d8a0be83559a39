#!/usr/bin/env bash
# Shares: together they give the predictions of one process, each once. Names of results never collide, finished results
# are skipped, failures are reported again.
. "$(dirname "$0")/lib.sh"
small_model
small_photo_model
share() { "$VITRINE" predict "$@" 2>said.txt; }

# One table, divided by rows: all shares at the same time, as a Slurm array runs them.
"$VITRINE" predict churn.onnx sample.csv >whole.jsonl
for i in 1 2 3 4 5 6 7; do "$VITRINE" predict churn.onnx sample.csv --shard $i/7 -o rows 2>/dev/null & done
wait
[[ $(ls rows | wc -l) == 7 ]] || die "not one result per share: $(ls rows)"
cat rows/* | cmp - whole.jsonl || die "the shares differ from the whole"
share churn.onnx sample.csv --shard 3/7 -o rows
contains "$(<said.txt)" "0 results written, 1 skipped"
share churn.onnx sample.csv --shard 0+1/7 -o rows
contains "$(<said.txt)" "share 1 of 7: 0 results written"
# Another model, other options, or a changed table give other results.
"$VITRINE" train sample.csv --target Churn --model trees -o trees.onnx --quiet >/dev/null
share trees.onnx sample.csv --shard 3/7 -o rows
share churn.onnx sample.csv --shard 3/7 --format csv -o rows
share churn.onnx sample.csv --shard 3/7 --explain -o rows
head -n 800 sample.csv >changing.csv
share churn.onnx changing.csv --shard 1/2 -o rows
head -n 700 sample.csv >changing.csv
share churn.onnx changing.csv --shard 1/2 -o rows
[[ $(ls rows | wc -l) == 12 ]] || die "results replaced each other: $(ls rows)"
contains "$(head -n 1 rows/sample-0003-of-0007*.csv)" "label,probability_No"

# Many files, two with the same name, one invalid.
mkdir -p in/a in/b
for i in 1 2 3 4 5; do { head -n 1 sample.csv; sed -n "$((i * 100)),$((i * 100 + 49))p" sample.csv; } >in/a/part$i.csv; done
{ head -n 1 sample.csv; sed -n 900,949p sample.csv; } >in/b/part1.csv
printf 'this,is\nno,table\n' >in/b/broken.csv
for i in 1 2 3; do share churn.onnx in --shard $i/3 -o files || contains "$(<said.txt)" "broken.csv"; done
[[ $(cat files/*.jsonl | wc -l) == 300 && $(ls files | wc -l) == 6 ]] || die "files are missing: $(ls files)"
for file in in/a/*.csv in/b/part1.csv; do "$VITRINE" predict churn.onnx $file; done | sort >expected.txt
sort files/*.jsonl | cmp - expected.txt || die "the shares differ from the whole"
for i in 1 2 3; do
  status=0
  share churn.onnx in --shard $i/3 -o files || status=$?
  contains "$(<said.txt)" ": 0 results written"
  [[ $status == 0 ]] || broken=$status
done
[[ ${broken:-0} == 3 ]] || die "failures are not reported again"

# A file without rows has an empty result; another encoding is another result.
mkdir spark
head -n 1 sample.csv >spark/part0.csv
head -n 50 sample.csv >spark/part1.csv
share churn.onnx spark --shard 1/1 -o norows || die "an empty file is an error: $(<said.txt)"
[[ $(cat norows/*.jsonl | wc -l) == 49 && $(ls norows | wc -l) == 2 ]] || die "not one result per file: $(ls norows)"
share churn.onnx spark --shard 1/1 -o norows --encoding latin1
[[ $(ls norows | wc -l) == 4 ]] || die "results of another encoding are taken"

# A share that is killed at any moment and run again is complete.
for attempt in 1 2 3 4; do
  "$VITRINE" predict churn.onnx in/a --shard 1/1 -o killed 2>/dev/null &
  sleep 0.0$attempt
  kill -KILL $! 2>/dev/null || true
  wait $! 2>/dev/null || true
done
share churn.onnx in/a --shard 1/1 -o killed
[[ $(cat killed/*.jsonl | wc -l) == 250 ]] || die "a killed run left an incomplete result"

# Photos, with one file that is not a photo.
echo nothing >photos/hat/broken.jpg
status=0
"$VITRINE" predict clothes.onnx photos 2>/dev/null | sort >photos.txt || status=$?
[[ $status == 3 ]] || die "a broken photo: $status"
failed=0
for i in 1 2 3 4; do share clothes.onnx photos --shard $i/4 -o pictures || failed=$((failed + 1)); done
[[ $failed == 1 ]] || die "$failed shares failed"
cat pictures/*.jsonl | sort | cmp - photos.txt || die "the shares of photos differ from the whole"
contains "$(cat pictures/*.faults)" "broken.jpg"
failed=0
for i in 1 2 3 4; do share clothes.onnx photos --shard $i/4 -o pictures || failed=$((failed + 1)); done
[[ $failed == 1 ]] || die "a fault is not reported again"
rm photos/hat/broken.jpg
share clothes.onnx photos/hat --shard 9/9 -o few
for bad in 0/3 4/3 3 a/b 1/0 1/ /2 -1/2 3+1/3 +1/3 1+2/4; do fails_with 2 "is not a valid share" "$VITRINE" predict churn.onnx sample.csv "--shard=$bad" -o rows; done
fails_with 2 "is not a valid share" "$VITRINE" predict churn.onnx sample.csv --shard '' -o rows
# Results in the input folder are not inputs. The same share run twice at the same time is complete, also if both have
# process id 1.
mkdir -p in/a/.hidden && echo nothing >in/a/.hidden/x.csv
for _ in 1 2; do share churn.onnx in/a --shard 1/1 -o in/a/answers; done
contains "$(<said.txt)" "0 results written, 5 skipped"
for _ in 1 2 3; do unshare --pid --fork "$VITRINE" predict churn.onnx sample.csv --shard 1/1 -o twice 2>/dev/null & done
wait
cat twice/*.jsonl | cmp - whole.jsonl || die "two runs of the same share"
fails_with 2 "needs an output folder" "$VITRINE" predict churn.onnx sample.csv --shard 1/2
fails_with 2 "needs an output folder" "$VITRINE" predict churn.onnx sample.csv --shard 1/2 -o whole.jsonl
fails_with 2 "standard input" "$VITRINE" predict churn.onnx - --shard 1/2 -o rows
mkdir empty
fails_with 3 "there are no input files" "$VITRINE" predict churn.onnx empty --shard 1/2 -o rows
