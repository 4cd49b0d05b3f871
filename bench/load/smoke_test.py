"""Runs `load` against `floor` for moments: the figures must be sane, and failures must be said.

usage: smoke_test.py LOAD FLOOR
"""

import json
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
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
        command = [LOAD, "--url", url, "--client", CLIENT, "--warmup", "100ms",
                   "--duration", "500ms", *options]
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
                   "--rate", "2000", "--arrivals", "poisson", "--warmup", "0ms", "--duration", "2s"]
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
        self.assertIn("closed the connection", error)

    def test_a_silent_server_fails_the_run(self):
        url, _ = self.floor()
        # Shorter than what the floor takes for one request, so that it answers nothing.
        code, output, _ = self.load(url, "--body", "too short", "--closed", "--connections", "1")
        self.assertEqual(code, 1)
        self.assertEqual(json.loads(output)["errors"], 1)

    def test_says_what_is_unusable(self):
        url = "http://127.0.0.1:1/"
        broken = self.directory / "broken.ndjson"
        broken.write_text('{"op":"revoke","token":"x"}\n')
        for options, message in (
                (("--closed",), "--tokens,--body"),
                (("--body", "x"), "--rate,--closed"),
                (("--body", "x", "--closed", "--duration", "3"), "--duration"),
                (("--tokens", broken, "--closed"), "broken.ndjson:1: not an upsert")):
            code, output, error = self.load(url, *options)
            self.assertEqual((code, output), (2, ""))
            self.assertIn(message, error)
        self.assertIn("not of the form", self.load("localhost", "--body", "x", "--closed")[2])
        self.assertEqual(self.load(url, "--body", "x", "--closed")[0], 1)


if __name__ == "__main__":
    LOAD, FLOOR = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
