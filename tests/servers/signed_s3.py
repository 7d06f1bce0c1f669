"""moto, an S3 in memory with the bucket `bucket`, which lets in only what is signed well (Signature
Version 4, as botocore computes it), is not older than S3 takes it, and is permitted.

`writer` may do everything, `reader` may only read, the keys of `expired` have run out, and for `skewed`
the clock of the server is an hour ahead.
"""

import datetime
import hashlib
import io
import urllib.parse
import urllib.request

import moto_s3
import serve
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

USERS = ["writer", "reader", "expired", "skewed"]
QUARTER_OF_AN_HOUR = 900
FORBIDDEN, BAD = "403 Forbidden", "400 Bad Request"


def secret(user: str) -> str:
    return f"the secret of {user}"


def parts_of(authorization: str) -> dict[str, str]:
    """Returns `Credential`, `SignedHeaders` and `Signature`."""
    fields = authorization.removeprefix("AWS4-HMAC-SHA256 ").split(",")
    return dict(field.strip().split("=", 1) for field in fields)


def signature_of(environ, user: str, region: str, signed: list[str]) -> str:
    header = lambda name: environ.get("HTTP_" + name.upper().replace("-", "_"))
    plain = {"content-type": environ.get("CONTENT_TYPE"), "content-length": environ.get("CONTENT_LENGTH")}
    headers = {name: header(name) or plain.get(name) or "" for name in signed}
    path, _, query = environ["RAW_URI"].partition("?")
    # What is signed is written with all but letters, digits and `-_.~` escaped, however it was sent.
    path = urllib.parse.quote(urllib.parse.unquote(path), safe="-_.~/")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    query = urllib.parse.urlencode(pairs, safe="-_.~", quote_via=urllib.parse.quote)
    url = f"http://{environ['HTTP_HOST']}{path}?{query}"
    request = AWSRequest(method=environ["REQUEST_METHOD"], url=url, headers=headers)
    request.context["timestamp"] = header("x-amz-date")
    signer = S3SigV4Auth(Credentials(user, secret(user)), "s3", region)
    canonical = signer.canonical_request(request)
    return signer.signature(signer.string_to_sign(request, canonical), request)


def is_body_another(environ) -> bool:
    """Tells whether the bytes are not those whose hash was signed."""
    told = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "UNSIGNED-PAYLOAD")
    if told == "UNSIGNED-PAYLOAD":
        return False
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return hashlib.sha256(body).hexdigest() != told


def refuse(environ):
    if "HTTP_AUTHORIZATION" not in environ:
        return FORBIDDEN, "AccessDenied"
    parts = parts_of(environ["HTTP_AUTHORIZATION"])
    user, _, region, *_ = parts["Credential"].split("/")
    if user not in USERS:
        return FORBIDDEN, "InvalidAccessKeyId"
    signed = parts["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed):
        return FORBIDDEN, "AccessDenied"
    if signature_of(environ, user, region, signed) != parts["Signature"]:
        return FORBIDDEN, "SignatureDoesNotMatch"
    if is_body_another(environ):
        return BAD, "XAmzContentSHA256Mismatch"
    if user == "expired":
        return BAD, "ExpiredToken"
    time = datetime.datetime.strptime(environ["HTTP_X_AMZ_DATE"] + "+0000", "%Y%m%dT%H%M%SZ%z")
    ahead = datetime.timedelta(hours=1 if user == "skewed" else 0)
    age = datetime.datetime.now(datetime.timezone.utc) + ahead - time
    if abs(age.total_seconds()) > QUARTER_OF_AN_HOUR:
        return FORBIDDEN, "RequestTimeTooSkewed"
    if user == "reader" and environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return FORBIDDEN, "AccessDenied"
    return None


let_in = True
server = moto_s3.start(lambda environ: None if let_in else refuse(environ))
_, port = server.get_host_and_port()
make = urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT")
urllib.request.urlopen(make).close()
let_in = False
serve.end_with_the_test()
serve.tell(port)
server._thread.join()
