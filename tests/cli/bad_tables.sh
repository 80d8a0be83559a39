#!/usr/bin/env bash
# Invalid tables end with a message of three parts and exit code 3.
. "$(dirname "$0")/lib.sh"
train() { "$VITRINE" train "$@" -o m.onnx --quiet; }
fails_with 3 "no such file" train missing.csv --target y
fails_with 2 "--target is for tables" train . --target y # a folder is photos
: >empty.csv
fails_with 3 "the file is empty" train empty.csv --target y
echo "a,y" >header.csv
fails_with 3 "a header and no rows" train header.csv --target y
printf 'y\nyes\nno\n' >one.csv
fails_with 3 "one column only" train one.csv --target y
{ echo "a,y"; for i in {1..40}; do echo "$i,yes"; done; } >class.csv
fails_with 3 "only one class" train class.csv --target y
fails_with 3 "did you mean 'y'" train class.csv --target yy
{ cat class.csv; echo "1,2,3"; } >ragged.csv
fails_with 3 "ragged.csv, line 42" train ragged.csv --target y
printf 'a,y\n1,yes\n2,\0\n' >nul.csv
fails_with 3 "nul.csv, line 3" train nul.csv --target y
printf 'a,y\n\xc3\xa9,yes\n\xc3\xa8,no\n2,\xff\n' >bytes.csv # UTF-8, damaged
fails_with 3 "not valid UTF-8" train bytes.csv --target y
{ printf 'a,y\n'; head -c 10000000 /dev/zero | tr '\0' x; printf ',yes\n'; } >long.csv
fails_with 3 "a field has 10,000,000 bytes" train long.csv --target y
{ seq -s, 1 100000 | sed 's/[0-9]*/c&/g'; } >wide.csv
fails_with 3 "more than 4,096 columns" train wide.csv --target c1
printf 'a b,a_b,y\n1,2,yes\n3,4,no\n' >alike.csv
fails_with 2 "may be any of the columns 'a b' and 'a_b'" train alike.csv --target y --drop 'A B'
printf 'PAR1xxxxPAR1' >table.parquet
if has_module arrow; then fails_with 3 "can't be read" train table.parquet --target y; fi
head -c 40 table.parquet | gzip | head -c 20 >cut.csv.gz
fails_with 3 "damaged or cut off" train cut.csv.gz --target y
fails_with 2 "encoding 'no-such'" train class.csv --target y --encoding no-such
fails_with 3 "is not a number" train class.csv --target y --task regression
[[ ! -e m.onnx ]] || die "a model was written"
