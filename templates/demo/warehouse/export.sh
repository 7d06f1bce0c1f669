#!/bin/sh
# Plays the company's warehouse: prints the customers of a month as CSV, always the same.
# usage: sh warehouse/export.sh MONTH [broken]     MONTH as in 2026-02
set -eu
export LC_ALL=C
month=${1:?usage: sh warehouse/export.sh MONTH [broken]}
case $month in
20[0-9][0-9]-0[1-9] | 20[0-9][0-9]-1[0-2]) ;;
*) echo "not a month: $month" >&2 && exit 2 ;;
esac
here=$(dirname "$0")
exec awk -v month="$month" -v fault="${2:-}" -f "$here/customers.awk"
