"""Puts TLS before one of the servers: tls.py CERTIFICATE SERVER.py [ARGUMENT…]

The certificate is made for this run and written where it is asked for; who trusts it is let in.
"""

import datetime
import ipaddress
import os
import runpy
import ssl
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import serve


def certificate():
    """Returns a certificate of this machine for a day, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mlv tests")])
    now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    signed = builder.add_extension(here, critical=False).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    return signed.public_bytes(pem), key.private_bytes(pem, form, plain)


path, server = sys.argv[1:3]
public, private = certificate()
with open(path, "wb") as file:
    file.write(public)
serve.TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
with tempfile.NamedTemporaryFile() as file:
    file.write(public + private)
    file.flush()
    serve.TLS.load_cert_chain(file.name)
sys.argv = sys.argv[2:]
runpy.run_path(os.path.join(os.path.dirname(__file__), server), run_name="__main__")
