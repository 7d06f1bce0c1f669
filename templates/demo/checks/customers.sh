#!/bin/sh
# Checks the customers table; refuses with the rows that fail.
# usage: sh checks/customers.sh FILE
set -eu
export LC_ALL=C
file=${1:?usage: sh checks/customers.sh FILE}
here=$(dirname "$0")
if [ ! -f "$file" ]; then
    echo "$file is missing"
    exit 1
fi
exec awk -v file="$file" -v answers="${MLV_OUTPUT:-/dev/null}" -f "$here/customers.awk" "$file"
