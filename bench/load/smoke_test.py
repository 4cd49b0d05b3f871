"""Runs `introspect-bench` for moments, against `floor` and servers that are made to fail: the figures
must be sane, and failures must be said.

usage: smoke_test.py INTROSPECT_BENCH FLOOR
"""

import json
import os
import pathlib
import re
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TIMEOUT_S = 60
BODY = b'{"active":true,"sub":"Z5O3upPC88QrAjx00dis"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
TOKENS = 1000
CLIENT = "gateway:secret"


class LoadTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.tokens = self.directory / "tokens.ndjson"
        self.tokens.write_text("".join(
            '{"op":"upsert","token":"%043d","claims":{"exp":4102444800}}\n' % i
            for i in range(TOKENS)))

    def load(self, url, *options):
        command = [LOAD, "--url", url, "--client", CLIENT, "--quiet", "--json", "-", *options]
        for option, value in (("--warmup", "100ms"), ("--duration", "500ms")):
            command += [] if option in options else [option, value]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        return done.returncode, done.stdout, done.stderr

    def floor(self, answer=ANSWER, options=()):
        """Starts a floor for requests with a token on some port, and gives its URL and process."""
        # The length of the Host header depends on the port alone: all that are given out have five
        # digits.
        request = subprocess.check_output(
            [LOAD, "--url", "http://127.0.0.1:50000/introspect", "--client", CLIENT,
             "--tokens", self.tokens, "--show-request"])
        (self.directory / "answer").write_bytes(answer)
        floor = subprocess.Popen(
            [FLOOR, "--request-bytes", str(len(request)), "--response-file",
             self.directory / "answer"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(floor.stdout.close)
        self.addCleanup(floor.wait, TIMEOUT_S)
        self.addCleanup(floor.kill)
        port = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", floor.stdout.readline())[1]
        return f"http://127.0.0.1:{port}/introspect", floor

    def check_sane(self, result):
        self.assertEqual(result["wrong"], 0)
        self.assertEqual(result["errors"], 0)
        self.assertGreater(result["requests"], 100)
        self.assertGreater(result["seconds"], 0.4)
        self.assertAlmostEqual(result["requests_per_s"], result["requests"] / result["seconds"], 3)
        self.assertGreater(result["server_cpu_us_per_request"], 0)
        ordered = [result[p] for p in ("p50_us", "p90_us", "p99_us", "p999_us", "max_us")]
        self.assertEqual(ordered, sorted(ordered))
        self.assertGreater(ordered[0], 0)

    def test_closed_loop(self):
        url, floor = self.floor()
        for depth in (1, 16):
            code, output, error = self.load(url, "--tokens", self.tokens, "--closed", "--pipeline",
                                            str(depth), "--server-pid", str(floor.pid))
            self.assertEqual((code, error), (0, ""))
            self.check_sane(json.loads(output))

    def test_open_loop_keeps_its_rate(self):
        url, floor = self.floor()
        code, output, error = self.load(url, "--tokens", self.tokens, "--rate", "2000",
                                        "--server-pid", str(floor.pid))
        self.assertEqual((code, error), (0, ""))
        result = json.loads(output)
        self.check_sane(result)
        self.assertLess(result["requests_per_s"], 2500)

    def test_poisson_arrivals_after_a_wait(self):
        url, _ = self.floor()
        command = [LOAD, "--url", url, "--client", CLIENT, "--tokens", self.tokens, "--wait",
                   "--rate", "2000", "--arrivals", "poisson", "--warmup", "0ms", "--duration", "2s",
                   "--quiet", "--json", "-"]
        load = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        self.assertEqual(load.stderr.readline(), "ready\n")
        self.assertEqual(select.select([load.stdout], [], [], 0.3)[0], [], "it does not wait")
        output, error = load.communicate("\n", timeout=TIMEOUT_S)
        self.assertEqual((load.returncode, error), (0, ""))
        # The standard deviation is sqrt(4000), 63.
        self.assertAlmostEqual(json.loads(output)["requests"], 4000, delta=400)

    def test_a_stall_is_seen(self):
        url, floor = self.floor()
        stop = threading.Timer(0.3, floor.send_signal, [signal.SIGSTOP])
        go_on = threading.Timer(0.5, floor.send_signal, [signal.SIGCONT])
        stop.start()
        go_on.start()
        _, output, _ = self.load(url, "--tokens", self.tokens, "--rate", "2000")
        self.assertGreater(json.loads(output)["p90_us"], 50_000)

    def test_wrong_answers_fail_the_run(self):
        url, _ = self.floor(ANSWER.replace(b"true,", b"nope,"))
        code, output, error = self.load(url, "--tokens", self.tokens, "--closed")
        self.assertEqual(code, 1)
        self.assertGreater(json.loads(output)["wrong"], 0)
        self.assertIn('status 200, body {"active":nope', error)

    def test_wrong_status_fails_the_run(self):
        url, _ = self.floor(ANSWER.replace(b"200 OK", b"503 No"))
        code, output, _ = self.load(url, "--tokens", self.tokens, "--closed")
        self.assertEqual(code, 1)
        self.assertGreater(json.loads(output)["wrong"], 0)

    def test_malformed_answers_fail_the_run(self):
        for answer in (b"SSH-2.0-nothing\r\n", ANSWER.replace(b"Content-Length", b"X")):
            url, _ = self.floor(answer)
            code, output, error = self.load(url, "--tokens", self.tokens, "--closed")
            self.assertEqual(code, 1)
            self.assertGreater(json.loads(output)["errors"], 0)
            self.assertIn("malformed answer", error)

    def test_a_server_that_goes_away_fails_the_run(self):
        url, floor = self.floor()
        threading.Timer(0.3, floor.kill).start()
        code, output, error = self.load(url, "--tokens", self.tokens, "--rate", "2000")
        self.assertEqual(code, 1)
        self.assertGreater(json.loads(output)["errors"], 0)
        self.assertRegex(error, "closed the connection|was refused")

    def test_a_silent_server_fails_the_run(self):
        url, _ = self.floor()
        # Shorter than what the floor takes for one request, so that it answers nothing.
        code, output, _ = self.load(url, "--body", "too short", "--closed", "--connections", "1")
        self.assertEqual(code, 1)
        self.assertEqual(json.loads(output)["errors"], 1)

    def test_says_what_is_unusable(self):
        url = "http://127.0.0.1:1/"
        broken = self.directory / "broken.ndjson"
        broken.write_text('{"op":"revoke","sub":"x"}\n')
        for options, message in (
                (("--closed",), "--tokens,--population,--body"),
                (("--body", "x"), "--rate,--closed"),
                (("--tokens", self.tokens, "--closed", "--mix", "good=1"), '"good" is no part'),
                (("--tokens", self.tokens, "--closed", "--mix", "jwt=1"), "the population has none"),
                (("--population", "7", "--closed"), "SEED:N"),
                (("--body", "x", "--find-max", "--slo", "p98=1ms"), "no target"),
                (("--body", "x", "--closed", "--duration", "3"), "--duration"),
                (("--tokens", broken, "--closed"), "broken.ndjson:1: does not say which token")):
            code, output, error = self.load(url, *options)
            self.assertEqual((code, output), (2, ""))
            self.assertIn(message, error)
        self.assertIn("not of the form", self.load("localhost", "--body", "x", "--closed")[2])
        self.assertEqual(self.load(url, "--body", "x", "--closed")[0], 1)

    def test_threads_share_the_rate(self):
        url, _ = self.floor()
        code, output, _ = self.load(url, "--tokens", self.tokens, "--rate", "2000", "--threads",
                                    "3", "--connections", "5", "--duration", "1s")
        result = json.loads(output)
        self.assertEqual((code, result["connections_opened"]), (0, 5))
        self.assertAlmostEqual(result["requests"], 2000, delta=60)

    def test_connections_are_replaced(self):
        url, _ = self.floor()
        code, output, _ = self.load(url, "--tokens", self.tokens, "--rate", "2000", "--connections",
                                    "4", "--connections-per-second", "100", "--warmup", "0ms",
                                    "--duration", "1s")
        result = json.loads(output)
        self.assertEqual((code, result["errors"]), (0, 0))
        self.assertGreater(result["connections_opened"], 50)
        self.assertAlmostEqual(result["requests"], 2000, delta=60)

    def test_a_report_is_written(self):
        url, _ = self.floor()
        report = self.directory / "report.html"
        self.load(url, "--tokens", self.tokens, "--closed", "--report", report)
        text = report.read_text()
        self.assertIn("</html>", text)
        self.assertNotIn("secret", text)

    def test_progress_is_a_line_a_second(self):
        url, _ = self.floor()
        command = [LOAD, "--url", url, "--client", CLIENT, "--tokens", self.tokens, "--rate", "1000",
                   "--threads", "2", "--warmup", "0ms", "--duration", "2s"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[0], r"^ +\d+ requests/s +p50 .* 1 s left$")


class Double(threading.Thread):
    """A server in this process: `answer_of(token)` gives a body, at once or after a while."""

    def __init__(self, answer_of):
        super().__init__(daemon=True)
        self.answer_of, self.listener = answer_of, socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d/introspect" % self.listener.getsockname()[1]
        self.poll = selectors.DefaultSelector()
        self.poll.register(self.listener, selectors.EVENT_READ)
        self.over = False

    def run(self):
        while not self.over:
            for key, _ in self.poll.select(0.1):
                if key.fileobj is self.listener:
                    self.poll.register(self.listener.accept()[0], selectors.EVENT_READ, b"")
                else:
                    self.serve(key.fileobj)
        for key in list(self.poll.get_map().values()):
            key.fileobj.close()

    def serve(self, connection):
        # One request is one packet here: they are short and not pipelined.
        request = connection.recv(65536)
        if not request:
            self.poll.unregister(connection)
            connection.close()
            return
        body = self.answer_of(request.rpartition(b"token=")[2])
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def stop(self):
        self.over = True
        self.join()


class DoubleTest(unittest.TestCase):
    """Servers that are wrong in a way of their own."""

    active, inactive = b'{"active":true}', b'{"active":false}'

    def bench(self, answer_of, *options, tokens=None):
        double = Double(answer_of)
        double.start()
        self.addCleanup(double.stop)
        with tempfile.TemporaryDirectory() as directory:
            asked = ["--body", "token=x"]
            if tokens:
                file = pathlib.Path(directory) / "tokens.ndjson"
                file.write_text("".join(tokens))
                asked = ["--tokens", file]
            command = [LOAD, "--url", double.url, *asked, "--quiet", "--json", "-", *options]
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        return done.returncode, json.loads(done.stdout)

    def test_an_open_loop_shows_a_stall_that_a_closed_one_hides(self):
        def stalling():
            next_stall = time.monotonic() + 2

            def answer(_):
                nonlocal next_stall
                if time.monotonic() >= next_stall:
                    time.sleep(0.2)
                    next_stall = time.monotonic() + 1.8
                return self.active
            return answer

        options = ["--connections", "4", "--warmup", "0ms", "--duration", "6s"]
        _, open_loop = self.bench(stalling(), "--rate", "1000", *options)
        _, closed_loop = self.bench(stalling(), "--closed", *options)
        # A tenth of the time nothing is answered: of those who come then, one in ten waits longest.
        self.assertGreater(open_loop["p99_us"], 100_000)
        self.assertLess(closed_loop["p99_us"], 50_000)
        self.assertGreater(closed_loop["max_us"], 150_000)

    def test_one_wrong_answer_in_ten_thousand_is_caught(self):
        asked = 0

        def mostly_right(token):
            nonlocal asked
            asked += token.startswith(b"r")
            wrong = asked % 10_000 == 5_000
            return self.active if wrong or token.startswith(b"a") else self.inactive

        tokens = ['{"op":"upsert","token":"a1","claims":{"exp":4102444800}}\n',
                  '{"op":"upsert","token":"r1","claims":{"exp":4102444800}}\n',
                  '{"op":"revoke","token":"r1"}\n']
        code, result = self.bench(mostly_right, "--closed", "--connections", "8", "--warmup", "0ms",
                                  "--duration", "5s", "--mix", "active=10,revoked=90", tokens=tokens)
        self.assertGreater(asked, 5_000, "the double was too slow to be wrong")
        self.assertEqual((code, result["wrong"]), (1, (asked + 5_000) // 10_000))

    def test_an_answer_about_somebody_else_is_wrong(self):
        tokens = ['{"op":"upsert","token":"a1","claims":{"exp":4102444800,"sub":"jane"}}\n']
        for sub, code in ((b"jane", 0), (b"joan", 1)):
            answer = b'{"active":true,"act":{"sub":"x"},"sub":"%b"}' % sub
            self.assertEqual(self.bench(lambda _, a=answer: a, "--closed", "--warmup", "0ms",
                                        "--duration", "200ms", tokens=tokens)[0], code)

    def test_what_was_never_heard_of_must_be_inactive(self):
        tokens = ['{"op":"upsert","token":"a1","claims":{"exp":4102444800}}\n',
                  '{"op":"upsert","token":"e1","claims":{"exp":5}}\n']
        options = ["--closed", "--warmup", "0ms", "--duration", "300ms", "--mix",
                   "active=1,expired=1,unknown=1,garbage=1"]
        right = lambda token: self.active if token == b"a1" else self.inactive
        code, result = self.bench(right, *options, tokens=tokens)
        self.assertEqual((code, result["wrong"]), (0, 0))
        code, result = self.bench(lambda _: self.active, *options, tokens=tokens)
        self.assertEqual(code, 1)
        self.assertAlmostEqual(result["wrong"] / result["requests"], 0.75, delta=0.1)

    def test_a_search_finds_no_more_than_there_is(self):
        def thousand_a_second(_):
            time.sleep(0.001)
            return self.active

        code, result = self.bench(thousand_a_second, "--find-max", "--slo", "p99=50ms",
                                  "--precision", "0.2", "--warmup", "100ms", "--duration", "400ms",
                                  "--connections", "16")
        self.assertEqual(code, 0)
        self.assertGreater(result["found_rate_per_s"], 0)
        self.assertLess(result["found_rate_per_s"], 1000)
        tried = {step["rate_per_s"] for step in result["steps"]}
        self.assertIn(result["found_rate_per_s"], tried)

    def test_a_search_ends_with_the_first_wrong_answer(self):
        tokens = ['{"op":"upsert","token":"a1","claims":{"exp":4102444800}}\n']
        code, result = self.bench(lambda _: self.inactive, "--find-max", "--warmup", "0ms",
                                  "--duration", "200ms", tokens=tokens)
        self.assertEqual((code, result["found_rate_per_s"], len(result["steps"])), (1, 0, 1))


class TlsTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.certificate = self.directory / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                        self.directory / "key.pem", "-out", self.certificate], check=True,
                       capture_output=True)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        config = self.directory / "nginx.conf"
        config.write_text(f"""daemon off; pid {self.directory}/pid; worker_processes 1;
            error_log stderr; events {{ }}
            http {{ access_log off; client_body_temp_path {self.directory}/body;
              proxy_temp_path {self.directory}/p; fastcgi_temp_path {self.directory}/f;
              uwsgi_temp_path {self.directory}/u; scgi_temp_path {self.directory}/s;
              ssl_session_tickets on;
              server {{ listen 127.0.0.1:{self.port} ssl; ssl_certificate {self.certificate};
                ssl_certificate_key {self.directory}/key.pem;
                location / {{ return 200 '{{"active":true}}'; }} }} }}""")
        os.environ["PATH"] += ":/usr/sbin"
        server = subprocess.Popen(["nginx", "-e", "stderr", "-c", config],
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait, TIMEOUT_S)
        self.addCleanup(server.terminate)
        until = time.monotonic() + TIMEOUT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), until)
                time.sleep(0.02)

    def bench(self, *options, host="127.0.0.1"):
        command = [LOAD, "--url", f"https://{host}:{self.port}/", "--body", "token=x", "--rate", "500",
                   "--connections", "4", "--warmup", "0ms", "--duration", "1s", "--quiet", "--json",
                   "-", *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)

    def test_keeps_and_renews_connections(self):
        churn = ["--connections-per-second", "50", "--ca", self.certificate]
        for options, resumed in ((churn, False), ([*churn, "--tls-resume"], True)):
            for host in ("127.0.0.1", "localhost"):
                done = self.bench(*options, host=host)
                self.assertEqual(done.returncode, 0, done.stderr)
                result = json.loads(done.stdout)
                self.assertGreater(result["connections_opened"], 25)
                self.assertEqual(result["sessions_resumed"] > 20, resumed, result)

    def test_trusts_nobody_unless_told(self):
        done = self.bench()
        self.assertEqual(done.returncode, 1)
        self.assertIn("TLS handshake failed", done.stderr)
        self.assertEqual(self.bench("--insecure").returncode, 0)


if __name__ == "__main__":
    LOAD, FLOOR = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
