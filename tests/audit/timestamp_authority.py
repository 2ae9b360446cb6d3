"""An authority for timestamps as there are real ones: OpenSSL answers, below a certificate of its own root."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from domain.log.timestamps import request_for

_CONFIGURATION = """
[tsa]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


class OpensslAuthority:
    """It keeps its keys in a folder; ``root`` is the certificate by which others trust it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.root = _certificate("root", "root", root_key, root_key, x509.BasicConstraints(True, None))
        own = _certificate(
            "stamping", "root", key, root_key, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        )
        folder.joinpath("own.pem").write_bytes(own.public_bytes(Encoding.PEM))
        folder.joinpath("key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        folder.joinpath("root.pem").write_bytes(self.root.public_bytes(Encoding.PEM))
        folder.joinpath("tsa.cnf").write_text(_CONFIGURATION.format(folder=folder))
        folder.joinpath("serial").write_text("01\n")

    @property
    def root_file(self) -> Path:
        """The root's certificate, in PEM."""
        return self._folder / "root.pem"

    def answer(self, question: bytes) -> bytes:
        """What it answers to a question (RFC 3161)."""
        asked = self._folder / "question.tsq"
        asked.write_bytes(question)
        names = {"-config": "tsa.cnf", "-queryfile": "question.tsq", "-inkey": "key.pem", "-signer": "own.pem"}
        paths = [each for name, file in names.items() for each in (name, str(self._folder / file))]
        made = subprocess.run(
            ["openssl", "ts", "-reply", "-section", "tsa", *paths], check=True, capture_output=True, timeout=30
        )
        return made.stdout

    def stamp(self, text: str) -> bytes:
        """What it answers when asked to stamp a text."""
        return self.answer(request_for(text).as_bytes())

    def packs_its_chain(self) -> None:
        """Have it pack the certificate of its root, too, as OpenSSL's manual shows."""
        with self._folder.joinpath("tsa.cnf").open("a") as configuration:
            configuration.write(f"certs = {self.root_file}\n")


def _certificate(
    name: str,
    by: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    says: x509.ExtensionType,
) -> x509.Certificate:
    def named(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(by))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(says, critical=True)
        .sign(signer, hashes.SHA256())
    )


@contextmanager
def serving(authority: OpensslAuthority) -> Iterator[str]:
    """Where the authority answers over HTTP, while this lasts."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answered = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answered)

        def log_message(self, *_: object) -> None:
            """Nothing: tests read what it does."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
