#!/bin/sh
# Trains the churn model (a logistic regression, in awk) and writes its quality on customers it has
# not seen: every fifth one.
set -eu
export LC_ALL=C
mkdir -p models/churn metrics
setting() { awk -v name="$1:" '$1 == name { sub(/^[^:]*:[ \t]*/, ""); print; exit }' params.yaml; }

awk -v features="$(setting features)" -v epochs="$(setting epochs)" \
    -v rate="$(setting learning_rate)" -f pipeline/features.awk -f pipeline/train.awk \
    data/customers.csv >models/churn/model.tsv
auc=$(sh pipeline/evaluate.sh models/churn/model.tsv data/customers.csv)
printf '{"auc": %s}\n' "$auc" >metrics/eval.json

printf '{"metric":{"auc":%s}}\n{"summary":"auc %s"}\n' "$auc" "$auc" >>"${MLV_OUTPUT:-/dev/null}"
echo "trained on $(setting features): auc $auc"
