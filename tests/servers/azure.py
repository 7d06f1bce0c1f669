"""Azurite, an Azure in memory, with the container `bucket`: azure.py PROGRAM"""

import base64
import email.utils
import hashlib
import hmac
import re
import subprocess
import sys
import urllib.request

import serve

ACCOUNT = "devstoreaccount1"
# The key that every Azurite has.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
VERSION = "2023-11-03"

OPTIONS = "--blobHost 127.0.0.1 --blobPort 0 --inMemoryPersistence --skipApiVersionCheck --disableTelemetry"
azurite = subprocess.Popen(
    [sys.argv[1], *OPTIONS.split()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
)
serve.end_with_the_test(azurite.kill)


def make_container(port):
    date = email.utils.formatdate(usegmt=True)
    resource = f"/{ACCOUNT}/{ACCOUNT}/bucket\nrestype:container"
    signed = f"PUT\n{chr(10) * 11}x-ms-date:{date}\nx-ms-version:{VERSION}\n{resource}"
    mac = hmac.new(base64.b64decode(KEY), signed.encode(), hashlib.sha256).digest()
    headers = {
        "x-ms-date": date,
        "x-ms-version": VERSION,
        "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(mac).decode()}",
    }
    address = f"http://127.0.0.1:{port}/{ACCOUNT}/bucket?restype=container"
    urllib.request.urlopen(urllib.request.Request(address, method="PUT", headers=headers)).close()


for line in azurite.stdout:
    if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
        make_container(found[1])
        serve.tell(found[1])
sys.exit("Azurite ended")
