"""JSON Web Tokens for the comparisons, and an introspectd that trusts their keys."""

import json
import subprocess
import time

from servers import Introspectd

KINDS = {"RS256": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
         "ES256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
         "EdDSA": ["-algorithm", "ed25519"]}
OUTLIVED_S = 900  # what the longest bench takes


def make(programs, algorithm, count, directory):
    """Updates of `count` tokens, or a few less: those that outlive the bench, line by line. And the
    keys of who signed them."""
    key, jwks = directory / f"{algorithm}.pem", directory / f"{algorithm}.jwks"
    subprocess.run(["openssl", "genpkey", *KINDS[algorithm], "-out", key], check=True,
                   capture_output=True)
    made = subprocess.run(
        [programs.cli, "generate", str(count), "--seed", "2", "--jwt", algorithm, "--key", key,
         "--jwks", jwks], check=True, capture_output=True, text=True)
    ends_after = int(time.time()) + OUTLIVED_S
    lines = [line for line in made.stdout.splitlines(keepends=True)
             if json.loads(line)["claims"]["exp"] > ends_after]
    return lines, json.loads(jwks.read_text())["keys"]


class JwtIntrospectd(Introspectd):
    """Trusts the keys of one set."""

    def __init__(self, program, worker_core, control_core, jwks):
        super().__init__(program, worker_core, control_core)
        self.jwks = jwks

    def run(self, cores, data, usable, more=""):
        (self.directory / "keys").write_text(json.dumps({"keys": self.jwks}))
        super().run(cores, data, usable, more + """
[[issuers]]
issuer = "https://server.example.com/"
jwks_file = "keys"
algorithms = ["RS256", "ES256", "EdDSA"]
audiences = ["*"]
""")
