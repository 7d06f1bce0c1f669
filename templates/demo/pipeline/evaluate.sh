#!/bin/sh
# Prints how well a model ranks the held-out customers: the area under the ROC curve.
# usage: sh pipeline/evaluate.sh MODEL DATA
set -eu
export LC_ALL=C
here=$(dirname "$0")
awk -f "$here/features.awk" -f "$here/score.awk" "$1" "$2" | sort -n | awk -f "$here/auc.awk"
