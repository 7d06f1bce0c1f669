#!/bin/sh
# Puts the model of this commit into production: here, a directory beside the repository's data.
# Running it twice does no harm, and what is in use changes in one step, or not at all.
set -eu
export LC_ALL=C
prod=${MLV_ROOT:?MLV_ROOT is set by mlv}/prod
release=releases/$(printf %.12s "${MLV_TREE:?MLV_TREE is set by mlv}")

mkdir -p "$prod/releases"
if [ ! -d "$prod/$release" ]; then
    new=$prod/releases/.new-$$
    rm -rf "$new"
    mkdir "$new"
    cp models/churn/model.tsv metrics/eval.json "$new/"
    mv "$new" "$prod/$release"
fi

# The smoke test: the model that is about to be used can score a customer.
awk 'NF != 2 || $2 !~ /^-?[0-9.]+$/ { bad = 1 } END { exit bad || NR < 2 }' \
    "$prod/$release/model.tsv" || {
    echo "smoke test failed: $release is no model; production is unchanged"
    exit 1
}

ln -sfn "$release" "$prod/.next"
mv -fT "$prod/.next" "$prod/current" 2>/dev/null || {
    rm -f "$prod/.next" && ln -sfn "$release" "$prod/current" # where mv has no -T
}
printf '{"summary":"production uses %s"}\n' "$release" >>"${MLV_OUTPUT:-/dev/null}"
echo "production uses $release ($(cat "$prod/current/eval.json"))"
