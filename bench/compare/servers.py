"""The servers that are set side by side: each starts on a free loopback port and ends with its
`with` block; `url` is where it is asked, `pid` is the process whose processor time counts."""

import base64
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

START_S_MAX = 20
ANSWER_S_MAX = 600  # redis answers nothing while it writes its file
CLIENT = "gateway:bench-secret"
ADMIN_TOKEN = "bench-admin-token"


class Failure(Exception):
    """Ends the program with its message."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, longest_s=START_S_MAX, pause_s=0.02):
    deadline = time.monotonic() + longest_s
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(pause_s)
    raise Failure(f"{what} within {longest_s} s")


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def exchange(url, request):
    """One raw request, one raw answer (with Content-Length)."""
    host, port = url.split("/")[2].split(":")
    with contextlib.ExitStack() as open_until_answered:
        connection = open_until_answered.enter_context(
            socket.create_connection((host, int(port)), START_S_MAX))
        if url.startswith("https:"):  # of a certificate that was made for the bench
            context = ssl._create_unverified_context()
            connection = open_until_answered.enter_context(context.wrap_socket(connection))
        connection.sendall(request)
        answer = b""
        while True:
            part = connection.recv(65536)
            answer += part
            head, blank, body = answer.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            if blank and length and len(body) >= int(length[1]):
                return answer
            if not part:
                raise Failure(f"{url}: incomplete answer {answer[:200]!r}")


class Server:
    """A child process with a temporary directory of its own. Subclasses start it in launch()."""

    def __enter__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="introspectd-bench-")
        self.directory = pathlib.Path(self._directory.name)
        self.process = None
        try:
            self.launch()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        self._directory.cleanup()

    def start(self, command, cores):
        with open(self.directory / "output", "wb") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdout=output, stderr=output,
                preexec_fn=lambda: os.sched_setaffinity(0, cores))

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(START_S_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def collect_garbage(self):
        """Where there is any."""

    def output(self):
        text = (self.directory / "output").read_text(errors="replace")
        if self.process.poll() is not None:
            raise Failure(f"{self.process.args[0]} ended at once:\n{text}")
        return text

    @property
    def pid(self):
        return self.process.pid


class Floor(Server):
    """Sends `answer` for every `request_bytes` bytes."""

    name = "floor"

    def __init__(self, program, core, request_bytes, answer):
        self.program, self.core = program, core
        self.request_bytes, self.answer = request_bytes, answer

    def launch(self):
        (self.directory / "answer").write_bytes(self.answer)
        self.start([self.program, "--request-bytes", self.request_bytes, "--response-file",
                    self.directory / "answer"], {self.core})
        listening = r"listening on 127\.0\.0\.1:(\d+)"
        port = wait_for("the floor does not listen",
                        lambda: re.search(listening, self.output()))[1]
        self.url = f"http://127.0.0.1:{port}/introspect"


class Nginx(Server):
    """Answers with as many bytes as `answer` has. nginx's own head is larger than introspectd's and
    cannot be made smaller, so its body is cut (or filled with blanks) until the sum is equal."""

    name = "nginx"
    scheme = "http"
    listen_options = b""  # and the directives behind them

    def __init__(self, core, answer):
        self.core, self.answer_bytes = core, len(answer)
        # What nginx's configuration would take for syntax; only the length matters here.
        self.body = re.sub(rb"['\\$]", b".", answer.partition(b"\r\n\r\n")[2])

    def launch(self):
        self.port = free_port()
        self.url = f"{self.scheme}://127.0.0.1:{self.port}/introspect"
        self._serve(self.body)
        excess = self._answer_bytes() - self.answer_bytes
        if excess != 0:
            self.stop()
            self._serve(self.body[:-excess] if excess > 0 else self.body + b" " * -excess)
        if self._answer_bytes() != self.answer_bytes:
            raise Failure(f"nginx cannot be made to send {self.answer_bytes} bytes")

    def _serve(self, body):
        text = pathlib.Path(__file__).with_name("nginx.conf.in").read_bytes()
        for name, value in ((b"@DIRECTORY@", str(self.directory).encode()),
                            (b"@PORT@", str(self.port).encode()), (b"@BODY@", body),
                            (b"@LISTEN_OPTIONS@", self.listen_options)):
            text = text.replace(name, value)
        config = self.directory / "nginx.conf"
        config.write_bytes(text)
        self.start(["nginx", "-e", self.directory / "error.log", "-c", config], {self.core})
        wait_for("nginx does not listen", lambda: self.output() is not None and accepts(self.port))

    def _answer_bytes(self):
        request = b"POST / HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\r\n"
        return len(exchange(self.url, request))

    @property
    def pid(self):
        """The worker's; the process that was started is its master."""
        master = self.process.pid
        return int(pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])


class Introspectd(Server):
    """One worker on its core, the control loop on the other, everything in memory."""

    name = "introspectd"
    scheme = "http"
    configuration = """
[server]
listen = ["127.0.0.1:0"]
{cores}
[admin]
listen = ["127.0.0.1:0"]
[[admin.tokens]]
name = "bench"
token = "{admin_token}"
scopes = ["push", "export", "status"]
issuers = ["*"]
[introspection]
issuer = "https://server.example.com/"
[storage]
directory = "{data}"
[[clients]]
id = "{client_id}"
secret = "{client_secret}"
auth = ["client_secret_basic"]
audiences = ["*"]
issuers = ["*"]
"""

    def __init__(self, program, worker_core, control_core):
        self.program, self.worker_core, self.control_core = program, worker_core, control_core

    def launch(self):
        self.run(cores=f"workers = 1\ncpus = [{self.worker_core}]\n"
                       f"control_cpu = [{self.control_core}]",
                 data="", usable={self.worker_core, self.control_core})

    def run(self, cores, data, usable, more=""):
        client_id, client_secret = CLIENT.split(":")
        config = self.directory / "introspectd.toml"
        config.write_text(self.configuration.format(
            cores=cores, data=data, admin_token=ADMIN_TOKEN, client_id=client_id,
            client_secret=client_secret) + more)
        config.chmod(0o600)
        self.start([self.program, "--config", config], usable)
        self.url = f"{self.scheme}://{self._address_of('data')}/introspect"
        self.admin_url = f"http://{self._address_of('admin')}"

    def _address_of(self, plane):
        listening = rf"listening plane={plane} address=(127\.0\.0\.1:\d+)"
        return wait_for(f"introspectd does not listen on its {plane} plane",
                        lambda: re.search(listening, self.output()), pause_s=0.002)[1]

    def warm(self, cli, tokens_file):
        command = [cli, "warm", tokens_file, *self.admin_options()]
        warmed = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if warmed.returncode != 0:
            raise Failure(f"introspect-cli warm: exit {warmed.returncode}\n{warmed.stderr}")

    def admin_options(self):
        """For introspect-cli."""
        token_file = self.directory / "admin.token"
        token_file.write_text(ADMIN_TOKEN)
        return ["--url", self.admin_url, "--token", f"@{token_file}"]


class DurableIntrospectd(Introspectd):
    """Keeps what is pushed on the disk, and uses all cores. It may be killed and launched again."""

    def __init__(self, program):
        super().__init__(program, None, None)

    @property
    def data(self):
        return self.directory / "data"

    def launch(self):
        self.run(cores="", data=self.data, usable=os.sched_getaffinity(0))

    def ready(self):
        request = b"GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n"
        return exchange(self.admin_url + "/", request).startswith(b"HTTP/1.1 200 ")


class ReplicatedIntrospectd(DurableIntrospectd):
    """One of several nodes with one worker each, which share a log."""

    def __init__(self, program, log):
        super().__init__(program)
        self.log = log

    def launch(self):
        self.run(cores="workers = 1", data=self.data, usable=os.sched_getaffinity(0),
                 more=f'[replication]\nurl = "{self.log.url}"\ncreate_schema = true\n')
        wait_for("a node is not ready", self.ready)


class Postgres(Server):
    """A new cluster, as Debian configures it, on TCP alone. Root runs it as another user, since it
    refuses to be root's."""

    name = "postgresql"

    def launch(self):
        self.tools = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        if os.geteuid() != 0:
            self.user = []
        else:
            shutil.chown(self.directory, "postgres")
        port, data = free_port(), self.directory / "data"
        subprocess.run([*self.user, self.tools / "initdb", "-D", data, "-A", "trust", "-E", "UTF8",
                        "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL)
        self.start([*self.user, self.tools / "postgres", "-D", data, "-p", port,
                    "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
                   os.sched_getaffinity(0))
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        wait_for("postgresql does not listen", lambda: "ready to accept" in self.output())


class Redis(Server):
    """Keeps everything in one RDB file, which is written when it is told to and not compressed: of
    its files, the one that it loads fastest."""

    name = "redis"

    def __init__(self, cores=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"  # the generator is told its protocol
        self.cores = cores or os.sched_getaffinity(0)

    @property
    def data(self):
        return self.directory / "data"

    def launch(self):
        self.data.mkdir(exist_ok=True)
        self.start(["redis-server", "--bind", "127.0.0.1", "--port", self.port, "--save", "",
                    "--appendonly", "no", "--rdbcompression", "no", "--dir", self.data],
                   self.cores)

    def ready(self):
        with contextlib.suppress(OSError):
            return self.ask(b"PING") == b"+PONG"
        self.output()  # says so when it has ended
        return False

    def ask(self, command):
        """The first line of its answer."""
        with socket.create_connection(("127.0.0.1", self.port), ANSWER_S_MAX) as connection:
            connection.sendall(command + b"\r\n")
            return connection.makefile("rb").readline().rstrip()

    def info(self, field):
        """A number of INFO."""
        with socket.create_connection(("127.0.0.1", self.port), ANSWER_S_MAX) as connection:
            connection.sendall(b"INFO\r\n")
            answer = connection.makefile("rb")
            text = answer.read(int(answer.readline()[1:]))
        return int(re.search(rb"^%b:(\d+)" % field.encode(), text, re.MULTILINE)[1])

    def set_all(self, pairs):
        """Sets every (key, value); checks that all were taken."""
        count = 0
        with subprocess.Popen(["redis-cli", "-p", str(self.port), "--pipe"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as client:
            for key, value in pairs:
                client.stdin.write(b"*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n"
                                   % (len(key), key, len(value), value))
                count += 1
            output = client.communicate()[0]
        if f"errors: 0, replies: {count}".encode() not in output:
            raise Failure(f"redis did not take {count} pairs: {output!r}")
        return count


class OidcProvider(Server):
    """npm's oidc-provider, as tests/peers installs it into `peers`, with tokens that it issued."""

    name = "oidc-provider"

    def __init__(self, peers, core):
        self.peers, self.core = peers, core

    def launch(self):
        program = pathlib.Path(__file__).with_name("oidc_provider.mjs")
        self.start(["env", "NODE_ENV=production", "node", "--expose-gc", program, self.peers,
                    *CLIENT.split(":")], {self.core})
        listening = r"listening on http://(127\.0\.0\.1:\d+)"
        self.address = wait_for("oidc-provider does not listen",
                                lambda: re.search(listening, self.output()))[1]
        self.url = f"http://{self.address}/token/introspection"

    def issue(self, count):
        """Opaque access tokens, by client_credentials."""
        headers = {"Authorization": "Basic " + base64.b64encode(CLIENT.encode()).decode(),
                   "Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection(self.address, timeout=START_S_MAX)
        with contextlib.closing(connection):
            for _ in range(count):
                connection.request("POST", "/token", "grant_type=client_credentials&scope=read",
                                   headers)
                answer = connection.getresponse().read()
                if b'"access_token"' not in answer:
                    raise Failure(f"oidc-provider issued no token: {answer!r}")
                yield json.loads(answer)["access_token"]

    def collect_garbage(self):
        os.kill(self.pid, signal.SIGUSR2)
