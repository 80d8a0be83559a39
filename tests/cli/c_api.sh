#!/usr/bin/env bash
# libvitrine: C and C++ programs compile against it and predict what the program predicts; Python loads it; errors have three parts;
# the library touches neither signals nor the environment, and shows nothing but vitrine_*.
. "$(dirname "$0")/lib.sh"
old=$REPO/tests/fixtures/0.1.0
lib=$(dirname "$VITRINE")/../lib
export LD_LIBRARY_PATH=$lib
[[ -z $(nm -D --defined-only "$lib/libvitrine.so.1" | grep -v ' vitrine_[a-z_]*@@VITRINE_1$' | grep -v ' A VITRINE_1') ]] ||
  die "other symbols are visible: $(nm -D --defined-only "$lib/libvitrine.so.1" | grep -v 'vitrine_' | head -n 3)"
# Every function of the header is exported, and none besides.
diff <(grep -o '\bvitrine_[a-z_]*(' "$REPO/include/vitrine/vitrine.h" | tr -d '(' | sort -u) \
  <(nm -D --defined-only "$lib/libvitrine.so.1" | sed -n 's/.* T \(vitrine_[a-z_]*\)@@.*/\1/p' | sort) || die "header and library differ"
cc -std=c99 -Wall -Wextra -Werror -pedantic -I"$REPO/include" "$REPO/examples/c-api/predict.c" -L"$lib" -lvitrine -o predict
g++ -std=c++17 -Wall -Wextra -Werror -I"$REPO/include" "$REPO/examples/c-api/columns.cpp" -L"$lib" -lvitrine -o columns
python3 - "$old/rows.csv" >rows.json <<'PY'
import csv, json, sys
print(json.dumps([{k: v for k, v in row.items() if k not in ("Churn", "customerID")} for row in csv.DictReader(open(sys.argv[1]))]))
PY
./predict "$old/churn-logistic.onnx" rows.json >said.txt
diff said.txt <(python3 -c "
import csv, sys
for row in csv.DictReader(open(sys.argv[1])): print(row['label'], '%.3f' % float(row['probability_' + row['label']]))" "$old/churn-logistic.csv") || die "predict.c"
./columns "$old/churn-trees.onnx" "$old/clothes.onnx" "$old/hat.jpg" >columns.txt
[[ $(wc -l <columns.txt) == 4 && $(tail -n 1 columns.txt) == hat ]] || die "columns: $(<columns.txt)"
contains "$(<columns.txt)" "warning: "
for broken in rows.json /nowhere; do
  ./predict $broken rows.json 2>error.txt && die "$broken opened"
  [[ $(grep -c '^error: \|^  where: \|^  hint: ' error.txt) == 3 ]] || die "an error without its three parts: $(<error.txt)"
done
python3 -c '
import random
random.seed(1)
print("size,price")
for i in range(200): print(f"{i % 40},{3 * (i % 40) + random.gauss(0, 1):.2f}")' >number.csv
"$VITRINE" train number.csv --target price -o number.onnx --quiet >/dev/null
python3 - "$lib/libvitrine.so.1" "$old" <<'PY' || die "ctypes"
import ctypes, json, math, os, signal, sys, threading
lib, old = ctypes.CDLL(sys.argv[1]), sys.argv[2]
for name in ("error_message", "error_where", "error_hint", "card", "class_name", "warning", "version"):
    getattr(lib, "vitrine_" + name).restype = ctypes.c_char_p
lib.vitrine_probabilities.restype = ctypes.POINTER(ctypes.c_float)
lib.vitrine_row_count.restype = lib.vitrine_class_count.restype = ctypes.c_size_t
P, N = ctypes.c_void_p, ctypes.c_size_t
def opened(data, name=b"model.onnx"):
    model = P()
    assert lib.vitrine_open_bytes(data, N(len(data)), name, ctypes.byref(model)) == 0, lib.vitrine_error_message()
    return model
environment, handlers = dict(os.environ), [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGSEGV)]
data = open(f"{old}/churn-logistic.onnx", "rb").read()
model = opened(data)
assert lib.vitrine_api_version() == 1
card = json.loads(lib.vitrine_card(model))
assert [lib.vitrine_class_name(model, N(i)) for i in range(2)] == [b"no", b"yes"]
rows = open("rows.json", "rb").read()
def predict(text):
    out = P()
    status = lib.vitrine_predict_json(model, text, N(len(text)), ctypes.byref(out))
    if status: return status, out.value
    n = lib.vitrine_row_count(out) * lib.vitrine_class_count(model)
    values = lib.vitrine_probabilities(out)[:n]
    lib.vitrine_predictions_free(out)
    return 0, values
status, values = predict(rows)
assert status == 0 and len(values) == 10, (status, values)
wanted = [float(x) for line in open(f"{old}/churn-logistic.csv").read().splitlines()[1:] for x in line.split(",")[1:]]
assert all(abs(a - b) < 1e-7 for a, b in zip(values, wanted)), (values, wanted)
# Many threads, one model; each has its own last error.
faults = []
def work(k):
    for _ in range(50):
        if predict(rows) != (0, values): faults.append("a thread got other answers")
    if predict(b"{" * k)[0] != 3 or not lib.vitrine_error_message(): faults.append("no error")
threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 5)]
[t.start() for t in threads]; [t.join() for t in threads]
assert not faults, faults
assert not lib.vitrine_error_message(), "an error of another thread"
# Wrong calls end in a status.
out = P()
assert lib.vitrine_predict_json(None, rows, N(len(rows)), ctypes.byref(out)) == 2 and not out
assert lib.vitrine_predict_json(model, rows, N(len(rows)), None) == 2
assert lib.vitrine_predict_image(model, rows, N(len(rows)), ctypes.byref(out)) == 2, "rows for an image model"
assert lib.vitrine_error_hint()
for cut in (0, 1, 100, len(data) // 2, len(data) - 1):
    broken = P()
    assert lib.vitrine_open_bytes(data[:cut], N(cut), b"cut.onnx", ctypes.byref(broken)) == 4 and not broken, cut
text = ctypes.c_char_p()
explained = ctypes.POINTER(ctypes.c_char)()
assert lib.vitrine_explain_json(model, rows, N(len(rows)), ctypes.byref(explained)) == 0
lines = ctypes.cast(explained, ctypes.c_char_p).value.decode().splitlines()
assert len(lines) == 5 and all("contributions" in json.loads(line)["explanation"] for line in lines)
lib.vitrine_text_free(explained)
# A model of a number: no classes; the prediction and both ends of its interval.
number = opened(open("number.onnx", "rb").read())
row = b'{"size": 10}'
assert lib.vitrine_class_count(number) == 0 and lib.vitrine_class_name(number, N(0)) is None
assert lib.vitrine_predict_json(number, row, N(len(row)), ctypes.byref(out)) == 0 and lib.vitrine_row_count(out) == 1
prediction, low, high = lib.vitrine_probabilities(out)[:3]
assert low < prediction < high and abs(prediction - 30) < 3, (prediction, low, high)
lib.vitrine_predictions_free(out); lib.vitrine_close(number)
images = opened(open(f"{old}/clothes.onnx", "rb").read())
pixels = bytes([200, 30, 40]) * (50 * 40)
assert lib.vitrine_predict_rgb(images, pixels, 50, 40, ctypes.byref(out)) == 0 and lib.vitrine_row_count(out) == 1
lib.vitrine_predictions_free(out)
assert lib.vitrine_predict_rgb(images, pixels, -1, 40, ctypes.byref(out)) == 2
assert lib.vitrine_predict_rgb(images, pixels, 2**30, 2**30, ctypes.byref(out)) == 2
photo = open(f"{old}/hat.jpg", "rb").read()
assert lib.vitrine_explain_image(images, photo, N(len(photo)), ctypes.byref(explained)) == 0
assert json.loads(ctypes.cast(explained, ctypes.c_char_p).value)["explanation"]["method"] == "occlusion"
lib.vitrine_text_free(explained)
lib.vitrine_close(images); lib.vitrine_close(model); lib.vitrine_close(None)
assert dict(os.environ) == environment and handlers == [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGSEGV)]
status = open("/proc/self/status").read()
caught = int(next(l.split()[1] for l in status.splitlines() if l.startswith("SigCgt")), 16)
assert not caught & (1 << (signal.SIGTERM - 1) | 1 << (signal.SIGBUS - 1)), "the library caught a signal"
PY
