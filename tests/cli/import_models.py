"""Makes models with the library's own Python and records its answers: import_models.py FOLDER. Each case is NAME.bin (or .json, .ubj,
.txt) with NAME.rows.json (rows as JSON objects), NAME.answers.json (probabilities of the classes, labels, or numbers) and where they are asked
for NAME.classes.json (their names)."""
import json, math, os, pickle, sys
import joblib, numpy, pandas, xgboost
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
random = numpy.random.default_rng(1)
n = 900
table = pandas.DataFrame({"tenure": random.integers(0, 72, n), "monthly": random.gamma(3, 25, n).round(2), "rate": random.normal(0, 1e-3, n).round(6),
                          "contract": random.choice(["month-to-month", "one_year", "two_year"], n), "Plan": random.choice(["Basic", "basic", "NA", "pro"], n)})
score = table.tenure / 30 - table.monthly / 60 + (table.contract == "two_year") * 1.5 + (table.Plan == "pro") + table.rate * 500 + random.normal(0, 1, n)
two = (score > score.median()).astype(int)
three = pandas.cut(score, [-99, -1, 1, 99], labels=["low", "middle", "high"]).astype(str)
numbers = table[["tenure", "monthly", "rate"]]
rows = table.to_dict("records")
# Rows that training did not see: thresholds themselves, missing columns, unseen values.
extra = [{"tenure": 0, "monthly": 1e9, "rate": -5, "contract": "weekly", "Plan": "gold"}, {"contract": "one_year"}, {"tenure": 35.5, "Plan": "basic"}, {}]

def save(name, object, records, probabilities, how="pickle", classes=None):
    if classes is not None: json.dump(list(classes), open(f"{folder}/{name}.classes.json", "w"))
    if how == "pickle": pickle.dump(object, open(f"{folder}/{name}.bin", "wb"), protocol=4)
    else: joblib.dump(object, f"{folder}/{name}.bin")
    json.dump(records, open(f"{folder}/{name}.rows.json", "w"))
    labels = isinstance(probabilities, list) and isinstance(probabilities[0], str)
    json.dump(probabilities if labels else numpy.asarray(probabilities, dtype=float).tolist(), open(f"{folder}/{name}.answers.json", "w"))

def clean(frame): return [{key: value for key, value in row.items() if not (isinstance(value, float) and math.isnan(value))} for row in frame.to_dict("records")]

models = {
    "tree": DecisionTreeClassifier(max_depth=7, random_state=1), "forest": RandomForestClassifier(40, random_state=1, n_jobs=1),
    "extra": ExtraTreesClassifier(20, min_samples_leaf=3, random_state=1), "boosting": GradientBoostingClassifier(n_estimators=40, random_state=1),
}
for sparse in (False, True):
    vectorizer = DictVectorizer(sparse=sparse)
    x = vectorizer.fit_transform(rows)
    z = vectorizer.transform(extra)
    both = rows[:200] + extra
    for target_name, target in (("2", two), ("3", three)):
        for name, model in models.items():
            if sparse and name == "boosting": continue
            model.fit(x, target)
            save(f"dv_{name}_{target_name}_{'sparse' if sparse else 'dense'}", (vectorizer, model), both,
                 numpy.vstack([model.predict_proba(x[:200]), model.predict_proba(z)]), "joblib" if sparse else "pickle")
        codes = pandas.factorize(target)[0]
        classifier = xgboost.XGBClassifier(n_estimators=30, max_depth=5, tree_method="hist").fit(x, codes)
        save(f"dv_xgb_{target_name}_{'sparse' if sparse else 'dense'}", (vectorizer, classifier), both,
             numpy.vstack([classifier.predict_proba(x[:200]), classifier.predict_proba(z)]))
    booster = xgboost.train({"objective": "binary:logistic", "eta": 0.2, "max_depth": 4}, xgboost.DMatrix(x, label=two), 25)
    save(f"dv_booster_{'sparse' if sparse else 'dense'}", (vectorizer, booster), both,
         [[1 - float(p), float(p)] for p in numpy.concatenate([booster.predict(xgboost.DMatrix(x[:200])), booster.predict(xgboost.DMatrix(z))])])

# Columns by their names, with missing numbers.
holes = numbers.astype(float).mask(random.random(numbers.shape) < 0.1)
for name, model in (("tree", DecisionTreeClassifier(max_depth=6, random_state=2)), ("forest", RandomForestClassifier(25, random_state=2))):
    model.fit(holes, two)
    save(f"named_{name}", model, clean(holes[:300]), model.predict_proba(holes[:300]), "joblib")
    model.fit(numbers.to_numpy(), three)
    records = [dict(zip(("x0", "x1", "x2"), row)) for row in numbers.to_numpy()[:300].tolist()]
    save(f"array_{name}", model, records, model.predict_proba(numbers.to_numpy()[:300]))
for name, scaler in (("standard", StandardScaler()), ("minmax", MinMaxScaler()), ("robust", RobustScaler())):
    for kind, model in (("lr", LogisticRegression(max_iter=3000)), ("tree", DecisionTreeClassifier(max_depth=6)), ("forest", RandomForestClassifier(15, random_state=3))):
        pipeline = make_pipeline(scaler, model).fit(numbers, three if kind == "lr" else two)
        save(f"pipe_{name}_{kind}", pipeline, clean(numbers[:300]), pipeline.predict_proba(numbers[:300]), "joblib")
model = xgboost.XGBClassifier(n_estimators=200, early_stopping_rounds=5, learning_rate=0.3, base_score=0.3)
model.fit(holes[:600], two[:600], eval_set=[(holes[600:], two[600:])], verbose=False)
assert model.best_iteration < 190
save("named_xgb_early", model, clean(holes[:300]), model.predict_proba(holes[:300]))
random_forest = xgboost.XGBRFClassifier(n_estimators=30, max_depth=6).fit(holes, pandas.factorize(three)[0])
save("named_xgbrf", random_forest, clean(holes[:300]), random_forest.predict_proba(holes[:300]))
dart = xgboost.XGBClassifier(n_estimators=30, booster="dart", rate_drop=0.3).fit(holes, two)
save("named_dart", dart, clean(holes[:300]), dart.predict_proba(holes[:300]))
for ending in ("json", "ubj"):
    dart.save_model(f"{folder}/file_dart.{ending}")
    json.dump(clean(holes[:300]), open(f"{folder}/file_dart.{ending}.rows.json", "w"))
    json.dump(dart.predict_proba(holes[:300]).astype(float).tolist(), open(f"{folder}/file_dart.{ending}.answers.json", "w"))

# Tables: ColumnTransformer by names, positions, a mask and a slice, encoders, imputers; missing values in the rows.
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

whole = table.copy()
whole["monthly"] = whole.monthly.mask(random.random(n) < 0.1)
whole["contract"] = whole.contract.mask(random.random(n) < 0.1)
whole["Plan"] = random.choice(["Basic", "pro", "x y", "7"], n, p=[0.5, 0.3, 0.17, 0.03])
texts, figures = ["contract", "Plan"], ["tenure", "monthly", "rate"]
transformers = {
    "onehot": ColumnTransformer([("n", Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())]), figures),
                                 ("c", Pipeline([("impute", SimpleImputer(strategy="most_frequent")), ("encode", OneHotEncoder(handle_unknown="ignore"))]), texts)]),
    "drop": ColumnTransformer([("c", make_pipeline(SimpleImputer(strategy="constant", fill_value="none"), OneHotEncoder(drop="first")), texts)], remainder=SimpleImputer()),
    "missing": ColumnTransformer([("c", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [3, 4]), ("n", SimpleImputer(), slice("tenure", "rate"))], remainder="drop"),
    "ordinal": make_column_transformer((OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2), make_column_selector(dtype_exclude="number")),
                                       (SimpleImputer(strategy="constant", fill_value=-9), make_column_selector(dtype_include="number"))),
    "rare": ColumnTransformer([("c", OneHotEncoder(min_frequency=0.2, handle_unknown="infrequent_if_exist"), ["Plan"]), ("n", SimpleImputer(), [True, True, True, False, False])]),
    "sparse": ColumnTransformer([("c", OneHotEncoder(handle_unknown="ignore"), texts), ("n", make_pipeline(SimpleImputer(), FunctionTransformer()), figures)], sparse_threshold=1.0),
    "union": ColumnTransformer([("u", FeatureUnion([("a", SimpleImputer()), ("b", Pipeline([("s", MinMaxScaler()), ("i", SimpleImputer(strategy="mean"))]))]), figures),
                                ("same", FunctionTransformer(), ["tenure"]), ("p", "passthrough", ["rate"])]),
}
records = clean(whole[:300]) + [{"tenure": 5, "monthly": 20.5, "rate": 0.0, "contract": "weekly", "Plan": "gold"}]
frame = pandas.concat([whole[:300], pandas.DataFrame([{"tenure": 5, "monthly": 20.5, "rate": 0.0, "contract": "weekly", "Plan": "gold"}])], ignore_index=True)
for name, transformer in transformers.items():
    for kind, model in (("lr", LogisticRegression(max_iter=5000)), ("forest", RandomForestClassifier(20, random_state=4)), ("boosting", GradientBoostingClassifier(n_estimators=20, random_state=4)),
                        ("xgb", xgboost.XGBClassifier(n_estimators=20))):
        pipeline = Pipeline([("columns", transformer), ("model", model)]).fit(whole, two)
        known = frame[:300] if name == "drop" else frame  # with handle_unknown="error"
        save(f"table_{name}_{kind}", pipeline, records[:len(known)], pipeline.predict_proba(known), "joblib" if kind == "forest" else "pickle")
for how in ("zlib", "gzip", "bz2", "lzma", "xz"):
    joblib.dump(pipeline, f"{folder}/packed_{how}.bin", compress=(how, 3))
    json.dump(records, open(f"{folder}/packed_{how}.rows.json", "w"))
    json.dump(pipeline.predict_proba(frame).astype(float).tolist(), open(f"{folder}/packed_{how}.answers.json", "w"))

# Numbers: linear models, trees, forests, bags and boosting; large targets, columns far from 0, and a log link.
from sklearn.ensemble import (BaggingClassifier, BaggingRegressor, ExtraTreesRegressor, GradientBoostingRegressor, HistGradientBoostingClassifier,
                              HistGradientBoostingRegressor, RandomForestRegressor)
from sklearn.linear_model import (BayesianRidge, ElasticNet, GammaRegressor, HuberRegressor, Lasso, LassoCV, LinearRegression, PoissonRegressor, RANSACRegressor,
                                  Ridge, RidgeCV, SGDRegressor, TweedieRegressor)
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.preprocessing import LabelEncoder
from sklearn.svm import LinearSVR
from sklearn.tree import DecisionTreeRegressor
import scipy.stats

price = (80_000 + 9_000 * score + 40 * table.tenure).to_numpy()
cars = pandas.DataFrame({"year": random.integers(1995, 2026, n), "mileage": random.gamma(2, 60_000, n).round(), "latitude": random.uniform(40.5, 41, n).round(6)})
car_price = (cars.year - 1990) * 800 - cars.mileage * 0.03 + 30_000 + (cars.latitude - 40.7) * 9_000 + random.normal(0, 500, n)
linear = {"ols": LinearRegression(), "ridge": Ridge(), "ridgecv": RidgeCV(), "lasso": Lasso(), "lassocv": LassoCV(), "elastic": ElasticNet(), "bayes": BayesianRidge(),
          "huber": HuberRegressor(max_iter=5000), "sgd": SGDRegressor(), "svr": LinearSVR(max_iter=20000), "ransac": RANSACRegressor(random_state=1)}
trees = {"tree": DecisionTreeRegressor(max_depth=8), "forest": RandomForestRegressor(40, random_state=1), "extra": ExtraTreesRegressor(15, random_state=1),
         "bag": BaggingRegressor(DecisionTreeRegressor(max_depth=6), 12, max_features=0.7, random_state=1), "boosting": GradientBoostingRegressor(n_estimators=40),
         "huberboost": GradientBoostingRegressor(n_estimators=20, loss="huber"), "hist": HistGradientBoostingRegressor(max_iter=40)}
for name, model in (linear | trees).items():
    scaled = make_pipeline(StandardScaler(), model).fit(cars, car_price)
    save(f"number_scaled_{name}", scaled, clean(cars[:300]), scaled.predict(cars[:300]), "joblib")
    if name in ("sgd", "svr", "huber"): continue
    model.fit(cars, car_price)
    save(f"number_{name}", model, clean(cars[:300]), model.predict(cars[:300]))
counts = random.poisson(numpy.exp(numbers.tenure / 40))
for name, model in (("poisson", PoissonRegressor()), ("gamma", GammaRegressor()), ("tweedie", TweedieRegressor(power=1.5)), ("hist", HistGradientBoostingRegressor(loss="poisson", max_iter=30)),
                    ("xgb", xgboost.XGBRegressor(objective="count:poisson", n_estimators=30))):
    model = make_pipeline(StandardScaler(), model).fit(numbers, counts + (name == "gamma"))
    save(f"counts_{name}", model, clean(numbers[:300]), model.predict(numbers[:300]).astype(float))
for name, model in (("plain", xgboost.XGBRegressor(n_estimators=60)), ("absolute", xgboost.XGBRegressor(objective="reg:absoluteerror", n_estimators=30)),
                    ("forest", xgboost.XGBRFRegressor(n_estimators=20))):
    model.fit(holes, price)
    save(f"number_xgb_{name}", model, clean(holes[:300]), model.predict(holes[:300]).astype(float))
model.save_model(f"{folder}/file_number.json")
json.dump(clean(holes[:300]), open(f"{folder}/file_number.json.rows.json", "w"))
json.dump(model.predict(holes[:300]).astype(float).tolist(), open(f"{folder}/file_number.json.answers.json", "w"))
vectorizer = DictVectorizer()
x = vectorizer.fit_transform(rows)
model = LinearRegression().fit(x, price)
save("number_dv", (vectorizer, model), both, numpy.concatenate([model.predict(x[:200]), model.predict(vectorizer.transform(extra))]))
pipeline = Pipeline([("columns", transformers["onehot"]), ("model", RandomForestRegressor(30, random_state=1))]).fit(whole, price)
save("number_table", pipeline, records, pipeline.predict(frame))

# Histogram boosting and bags for classes; searches; the encoder of the target; a booster that stopped early.
for name, target in (("2", two), ("3", three)):
    for kind, model in (("hist", HistGradientBoostingClassifier(max_iter=30)), ("bag", BaggingClassifier(DecisionTreeClassifier(max_depth=5), 10, max_features=2, random_state=1))):
        model.fit(holes, target)
        save(f"named_{kind}_{name}", model, clean(holes[:300]), model.predict_proba(holes[:300]), classes=[str(one) for one in model.classes_])
search = GridSearchCV(make_pipeline(SimpleImputer(), RandomForestClassifier(10, random_state=1)), {"randomforestclassifier__max_depth": [3, 5]}, cv=3, scoring="roc_auc").fit(holes, two)
save("search_grid", search, clean(holes[:300]), search.predict_proba(holes[:300]))
search = RandomizedSearchCV(LogisticRegression(max_iter=3000), {"C": scipy.stats.loguniform(1e-2, 1e2)}, n_iter=4, cv=3, random_state=1).fit(numbers, three)
save("search_random", {"model": search, "columns": list(numbers)}, clean(numbers[:300]), search.predict_proba(numbers[:300]), "joblib", classes=search.classes_)
encoder = LabelEncoder().fit(three)
model = xgboost.XGBClassifier(n_estimators=20).fit(holes, encoder.transform(three))
save("encoded_target", (model, encoder), clean(holes[:300]), model.predict_proba(holes[:300]), classes=encoder.classes_)
booster = xgboost.train({"objective": "multi:softprob", "num_class": 2, "eta": 0.4}, xgboost.DMatrix(holes[:600], label=two[:600]), 60,
                        evals=[(xgboost.DMatrix(holes[600:], label=two[600:]), "eval")], early_stopping_rounds=3, verbose_eval=False)
assert booster.best_iteration < 55
for ending in ("json", "ubj"):
    booster.save_model(f"{folder}/file_early.{ending}")
    json.dump(clean(holes[:300]), open(f"{folder}/file_early.{ending}.rows.json", "w"))
    json.dump(booster.predict(xgboost.DMatrix(holes[:300])).astype(float).tolist(), open(f"{folder}/file_early.{ending}.answers.json", "w"))

# LightGBM: text files and pickles; missing numbers or none in training, early stopping, random forest, numbers far from 0.
import lightgbm

quiet = {"verbose": -1, "n_jobs": 1}
time = pandas.DataFrame({"when": 1.6e9 + random.integers(0, 3_000_000, n).astype(float), "monthly": table.monthly})
since = (time.when > 1.6015e9).astype(int) ^ (random.random(n) < 0.1)
for name, model, x, y in (
        ("lgbm_2", lightgbm.LGBMClassifier(n_estimators=30, **quiet), holes, two), ("lgbm_3", lightgbm.LGBMClassifier(n_estimators=20, **quiet), holes, three),
        ("lgbm_whole", lightgbm.LGBMClassifier(n_estimators=20, **quiet), numbers, two), ("lgbm_far", lightgbm.LGBMClassifier(n_estimators=20, **quiet), time, since),
        ("lgbm_rf", lightgbm.LGBMClassifier(boosting_type="rf", bagging_freq=1, bagging_fraction=0.6, n_estimators=20, **quiet), holes, two),
        ("lgbm_number", lightgbm.LGBMRegressor(n_estimators=40, **quiet), holes, price), ("lgbm_poisson", lightgbm.LGBMRegressor(objective="poisson", n_estimators=20, **quiet), holes, counts),
        ("lgbm_quantile", lightgbm.LGBMRegressor(objective="quantile", alpha=0.8, n_estimators=20, **quiet), holes, price)):
    model.fit(x, y)
    answers = model.predict_proba(x[:300]) if hasattr(model, "classes_") else model.predict(x[:300])
    save(name, model, clean(x[:300]), answers, classes=[str(one) for one in model.classes_] if hasattr(model, "classes_") else None)
    model.booster_.save_model(f"{folder}/{name}.txt")
    json.dump(clean(x[:300]), open(f"{folder}/{name}.txt.rows.json", "w"))
    json.dump(numpy.asarray(answers).tolist(), open(f"{folder}/{name}.txt.answers.json", "w"))
model = lightgbm.LGBMClassifier(n_estimators=300, learning_rate=0.3, **quiet).fit(holes[:600], two[:600], eval_set=[(holes[600:], two[600:])], callbacks=[lightgbm.early_stopping(5, verbose=False)])
assert model.best_iteration_ < 250
save("lgbm_early", model, clean(holes[:300]), model.predict_proba(holes[:300]), "joblib")
save("lgbm_booster", {"model": model.booster_}, clean(holes[:300]), [[1 - p, p] for p in model.booster_.predict(holes[:300])])
pipeline = Pipeline([("columns", transformers["onehot"]), ("model", lightgbm.LGBMClassifier(n_estimators=20, **quiet))]).fit(whole, two)
save("lgbm_table", pipeline, records, pipeline.predict_proba(frame))

# Linear decision values, of which some have no probabilities; naive Bayes; selected features.
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.linear_model import Perceptron, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.svm import SVC, LinearSVC

for size, target in (("2", two), ("3", three)):
    for name, model in (("linearsvc", LinearSVC(max_iter=20000)), ("ridge", RidgeClassifier()), ("perceptron", Perceptron()), ("hinge", SGDClassifier(random_state=1))):
        model = make_pipeline(StandardScaler(), model).fit(numbers, target)
        save(f"labels_{name}_{size}", model, clean(numbers[:300]), model.predict(numbers[:300]).astype(str).tolist())
    for name, model in (("multinomial", MultinomialNB()), ("complement", ComplementNB())):
        model = make_pipeline(MinMaxScaler(), model).fit(numbers, target)
        save(f"bayes_{name}_{size}", model, clean(numbers[:300]), model.predict_proba(numbers[:300]))
model = make_pipeline(StandardScaler(), SVC(kernel="linear")).fit(numbers, two)
save("labels_svc", model, clean(numbers[:300]), model.predict(numbers[:300]).astype(str).tolist())
for name, selector in (("best", SelectKBest(k=2)), ("all", SelectKBest(k="all")), ("variance", VarianceThreshold(1e-4))):
    model = make_pipeline(selector, StandardScaler(), RandomForestClassifier(10, random_state=1)).fit(numbers, two)
    save(f"select_{name}", model, clean(numbers[:300]), model.predict_proba(numbers[:300]))

# Equal votes: the first class. Large margins of a softmax. Distributions of a search, types of numpy, objects beside the model.
import collections, datetime
from sklearn.utils import Bunch

ties = pandas.DataFrame({"a": [0, 0, 1, 1, 2, 2] * 4})
for name, model in (("tree", DecisionTreeClassifier()), ("forest", RandomForestClassifier(4, bootstrap=False)), ("xgb", xgboost.XGBClassifier(n_estimators=1, max_depth=1, min_child_weight=99)),
                    ("lgbm", lightgbm.LGBMClassifier(n_estimators=3, **quiet))):
    model.fit(ties, [0, 1, 0, 0, 1, 1] * 4 if name != "xgb" else [0, 1] * 12)
    save(f"ties_{name}", model, clean(ties[:6]), model.predict(ties[:6]).astype(str).tolist())
words = pandas.DataFrame(random.poisson(300, (n, 8)) * random.integers(1, 60, (n, 8)), columns=[f"w{i}" for i in range(8)])
for name, model in (("multinomial", MultinomialNB()), ("complement", ComplementNB())):
    model.fit(words, three)
    save(f"large_{name}", model, clean(words[:300]), model.predict_proba(words[:300]))
search = RandomizedSearchCV(RandomForestClassifier(5, random_state=1), {"max_depth": scipy.stats.randint(2, 8)}, n_iter=3, cv=3, random_state=1).fit(holes, two)
beside = Bunch(model=search, when=datetime.datetime(2026, 1, 1), counts=collections.Counter("aab"), range=range(3), index=holes.columns)
save("search_randint", beside, clean(holes[:300]), search.predict_proba(holes[:300]))
pipeline = Pipeline([("columns", ColumnTransformer([("c", OneHotEncoder(dtype=numpy.int8, handle_unknown="ignore"), ["Plan"])], remainder=SimpleImputer().set_output(transform="default"))),
                     ("model", RandomForestClassifier(5, random_state=1))]).fit(whole[["Plan", "tenure"]], two)
save("number_types", pipeline, clean(whole[["Plan", "tenure"]][:300]), pipeline.predict_proba(whole[["Plan", "tenure"]][:300]))
