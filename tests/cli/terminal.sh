#!/usr/bin/env bash
# On a terminal: a clock that ticks while training, predictions as a small table; an interrupt says
# what is left, and leaves nothing half-written.
. "$(dirname "$0")/lib.sh"
"$VITRINE" sample churn sample.csv --rows 3000 >/dev/null
"$VITRINE" sample churn large.csv --rows 200000 >/dev/null
"$VITRINE" train sample.csv --target Churn --model logistic -o churn.onnx --quiet >/dev/null
cat >on_terminal.py <<'EOF'
"""Runs a command on a pseudo-terminal and prints what it wrote there."""
import os, pty, signal, sys, time
interrupt = float(sys.argv[1])
child, terminal = pty.fork()
if child == 0: os.execvp(sys.argv[2], sys.argv[2:])
began, text = time.time(), b""
while True:
    if interrupt and time.time() - began > interrupt and b"trees" in text:
        os.write(terminal, b"\x03")
        interrupt = 0
    try: piece = os.read(terminal, 65536)
    except OSError: break
    if not piece: break
    text += piece
sys.stdout.buffer.write(text)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
EOF
on_terminal() { python3 on_terminal.py "$@"; }
head -n 4 sample.csv >few.csv
text=$(on_terminal 0 "$VITRINE" predict churn.onnx few.csv)
contains "$text" "row  label  probability_No  probability_Yes"
[[ $text != *"{"* ]] || die "JSON on a terminal: $text"
contains "$("$VITRINE" predict churn.onnx few.csv)" '{"Churn":'
contains "$(on_terminal 0 "$VITRINE" predict churn.onnx few.csv --explain)" "because of"
contains "$(on_terminal 0 "$VITRINE" predict churn.onnx few.csv --format json)" '{"Churn":'
contains "$(on_terminal 0 "$VITRINE" predict churn.onnx sample.csv)" "... and 2,980 more rows"
echo '{"gender": "x"}' >bad.json
on_terminal 0 "$VITRINE" predict churn.onnx bad.json >said && die "a bad row was predicted"
contains "$(<said)" "are missing"
# The clock of one step is drawn several times.
on_terminal 0 "$VITRINE" train large.csv --target Churn -o large.onnx >said
[[ $(tr '\r' '\n' <said | grep -c "boosted trees") -gt 3 ]] || die "the clock does not tick: $(head -c 2000 said)"
rm large.onnx
on_terminal 0.1 "$VITRINE" train large.csv --target Churn -o large.onnx >said && die "it was not interrupted"
contains "$(<said)" "stopped; nothing was saved"
[[ ! -e large.onnx && -z $(find . -name '*.part*') ]] || die "something was left: $(ls)"

# Lines fit into 80 columns, and what begins a message has a colour unless the user wants none.
on_terminal 0 env TERM=xterm "$VITRINE" train sample.csv --target Churn -o styled.onnx --quiet >styled.txt
on_terminal 0 env TERM=xterm NO_COLOR=1 "$VITRINE" train sample.csv --target Churn -o styled.onnx --quiet >plain.txt
on_terminal 0 env TERM=dumb "$VITRINE" train sample.csv --target Churn -o styled.onnx --quiet >dumb.txt
python3 - <<'PY' || die "the style of the terminal"
import re
styled, plain, dumb = (open(name + ".txt", newline="").read().replace("\r\n", "\n") for name in ("styled", "plain", "dumb"))
assert "\033[1;32mnext:\033[0m vitrine serve" in styled and "\033[1m5-fold cross-validation" in styled, styled
assert "\033" not in plain and plain == dumb, plain
text = re.sub(r"\033\[[0-9;]*m", "", styled)
assert text.replace("saved", "replaced") == plain, (text, plain)
assert max(map(len, text.splitlines())) <= 80, max(text.splitlines(), key=len)
PY
on_terminal 0 env TERM=xterm "$VITRINE" train nowhere.csv --target Churn -o x.onnx >said.txt && die "trained on nothing"
contains "$(<said.txt)" $'\033[1;31merror:\033[0m'
contains "$(on_terminal 0 env TERM=xterm "$VITRINE" version --json)" '"version": "'
"$VITRINE" train sample.csv --target Churn -o styled.onnx --quiet >piped.txt
[[ $(<piped.txt) != *$'\033'* && $(grep -c 'trees  *log loss' piped.txt) == 1 ]] || die "a pipe gets another style"
