#!/bin/sh
# Lets a model into main only if it is good enough, and not worse than main's on the same customers.
set -eu
export LC_ALL=C
min=${MIN_AUC:-0.60}
max_drop=${MAX_DROP:-0.02}
answers=${MLV_OUTPUT:-/dev/null}

say() {
    echo "$1"
    printf '{"summary":"%s"}\n' "$1" >>"$answers"
}
less_than() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 < b + 0) }'; }

if [ ! -f models/churn/model.tsv ]; then
    say "no model to judge"
    exit 1
fi
new=$(sh pipeline/evaluate.sh models/churn/model.tsv data/customers.csv)
printf '{"metric":{"auc":%s}}\n' "$new" >>"$answers"
if less_than "$new" "$min"; then
    say "auc $new is below $min, the least that is useful"
    exit 1
fi

champion=${MLV_BASE_DIR:-}/models/churn/model.tsv
if [ -z "${MLV_BASE_DIR:-}" ] || [ ! -f "$champion" ]; then
    say "auc $new; there is no model in ${MLV_TARGET_BRANCH:-main} to compare with yet"
    exit 0
fi
old=$(sh pipeline/evaluate.sh "$champion" data/customers.csv)
printf '{"metric":{"champion_auc":%s}}\n' "$old" >>"$answers"
drop=$(awk -v a="$old" -v b="$new" 'BEGIN { printf "%.4f", a - b }')
if less_than "$max_drop" "$drop"; then
    say "auc $new is $drop below ${MLV_TARGET_BRANCH:-main}'s $old (max drop $max_drop)"
    exit 1
fi
say "auc $new against ${MLV_TARGET_BRANCH:-main}'s $old"
