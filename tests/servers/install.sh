#!/bin/sh
# Installs the servers that the tests of remotes talk to, below target/: moto for S3, Azurite for Azure.
# Does nothing where they are. Needs Python 3 with venv, and npm.
set -eu
moto=5.2.1
azurite=3.35.0
prefix=${MLV_TEST_SERVERS:-$(dirname "$0")/../../target/test-servers}
mkdir -p "$prefix"

if [ ! -e "$prefix/moto-$moto" ]; then
    python3 -m venv "$prefix/venv"
    "$prefix/venv/bin/pip" install --quiet --disable-pip-version-check "moto[server]==$moto"
    touch "$prefix/moto-$moto"
fi
if [ ! -e "$prefix/azurite-$azurite" ]; then
    npm install --silent --no-audit --no-fund --prefix "$prefix/npm" "azurite@$azurite"
    touch "$prefix/azurite-$azurite"
fi
