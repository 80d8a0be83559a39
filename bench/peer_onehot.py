"""The peer of table_training.py: pandas reads, scikit-learn encodes and fits once."""
import sys

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

table = pd.read_csv(sys.argv[1])
table["TotalCharges"] = pd.to_numeric(table["TotalCharges"], errors="coerce").fillna(0)
target = table.pop("Churn") == "Yes"
table = table.drop(columns="customerID")
numbers = ["tenure", "MonthlyCharges", "TotalCharges"]
categories = [name for name in table.columns if name not in numbers]
model = make_pipeline(
    make_column_transformer((OneHotEncoder(handle_unknown="ignore"), categories), (StandardScaler(), numbers)),
    LogisticRegression(max_iter=1000))
model.fit(table, target)
