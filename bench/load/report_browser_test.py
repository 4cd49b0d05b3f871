"""Shows a report in a browser, light and dark: it must be all there, and fit.

usage: report_browser_test.py SHOW_REPORT

SHOW_REPORT writes a made-up report to the file that it is given. Needs chromium.
"""

import html.parser
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

TIMEOUT_S = 60
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SCHEMES = {"dark": 0, "light": 1}  # as the browser counts them
SIZE = (900, 1300)
FIGURES = ("requests/s", "p50", "p99", "p99.9", "max", "wrong", "errors", "measurement")

# What the browser alone knows, told in attributes of the body.
QUESTIONS = b"""<script>
const inScroller = e => e.parentElement.closest('.chart, .scroll') !== null;
const wide = [...document.querySelectorAll('body *')].filter(
    e => !inScroller(e) && e.getBoundingClientRect().right > innerWidth + 0.5);
document.body.dataset.wide = wide.map(e => e.tagName).join(' ');
document.body.dataset.scrolls = document.documentElement.scrollWidth > innerWidth;
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
document.body.dataset.scheme = dark ? 'dark' : 'light';
// A label that stands on another, or that its chart cuts off.
const clashes = [];
for (const svg of document.querySelectorAll('svg')) {
  const whole = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text')].map(t => [t, t.getBoundingClientRect()])
      .filter(([t]) => t.textContent !== '');
  for (const [t, a] of boxes) {
    if (a.left < whole.left || a.right > whole.right || a.top < whole.top ||
        a.bottom > whole.bottom) clashes.push('cut off: ' + t.textContent);
  }
  boxes.forEach(([t, a], i) => boxes.slice(i + 1).forEach(([u, b]) => {
    if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3) {
      clashes.push(t.textContent + ' on ' + u.textContent);
    }
  }));
}
document.body.dataset.clashes = clashes.join('; ');
</script></body>"""


def pixels(png):
    """The rows of a PNG of 8 bits a channel, not interlaced, and the number of channels."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n", "not a PNG"
    at, data, header = 8, b"", None
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + length]
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            data += body
        at += length + 12
    width, height, depth, color, _, _, interlaced = header
    assert (depth, interlaced) == (8, 0) and color in (2, 6), f"unforeseen PNG: {header}"
    channels = 3 if color == 2 else 4
    return unfiltered(zlib.decompress(data), width * channels, height, channels), channels


def unfiltered(data, stride, height, channels):
    """Undoes PNG's filters: a byte was written as the difference from what its neighbors say."""
    rows, above = [], bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        kind, row = data[start], bytearray(data[start + 1:start + 1 + stride])
        for i in range(stride if kind else 0):
            left = row[i - channels] if i >= channels else 0
            corner = above[i - channels] if i >= channels else 0
            guess = (0, left, above[i], (left + above[i]) // 2,
                     nearest(left, above[i], corner))[kind]
            row[i] = (row[i] + guess) & 255
        rows.append(row)
        above = row
    return rows


def nearest(left, up, corner):
    """Paeth's predictor."""
    expected = left + up - corner
    return min((left, up, corner), key=lambda value: abs(expected - value))


class Page(html.parser.HTMLParser):
    """What a document contains, by what the tests ask of it."""

    def __init__(self, document):
        super().__init__()
        self.body = {}
        self.scripts = 0
        self.references = []
        self.figures = {}
        self.charts = {}  # title: the paths by class
        self.text = ""
        self._open = []
        self._chart = None
        self.feed(document)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self._open.append(tag)
        self.references += [attributes[name] for name in ("src", "href") if name in attributes]
        if tag == "body":
            self.body = attributes
        elif tag == "script":
            self.scripts += 1
        elif tag == "svg":
            self._chart = {}
        elif tag == "path":
            self._chart.setdefault(attributes["class"], []).append(attributes["d"])

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        tag = self._open[-1] if self._open else ""
        if tag not in ("script", "style"):
            self.text += data
        if tag == "title" and self._open[-2] == "svg":
            self.charts[data] = self._chart
        elif tag == "dt":
            self._name = data
        elif tag == "dd":
            self.figures[self._name] = data


class ReportInBrowserTest(unittest.TestCase):
    def setUp(self):
        self.browser = next(filter(None, map(shutil.which, BROWSERS)), None)
        if self.browser is None:
            self.fail("no browser: install chromium (apt-get install chromium)")
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.report = self.directory / "report.html"
        subprocess.run([SHOW_REPORT, self.report], check=True, timeout=TIMEOUT_S)
        document = self.report.read_bytes()
        self.asking = self.directory / "asking.html"
        self.asking.write_bytes(document.replace(b"</body>", QUESTIONS))

    def browse(self, file, scheme, *options, size=SIZE):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            done = subprocess.run(
                [self.browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                 "--disable-background-networking", "--no-first-run",
                 f"--user-data-dir={profile}", "--virtual-time-budget=2000",
                 f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
                 f"--window-size={size[0]},{size[1]}", *options, file.as_uri()],
                capture_output=True, text=True, timeout=TIMEOUT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def dump(self, file, scheme="light", size=SIZE):
        return Page(self.browse(file, scheme, "--dump-dom", size=size))

    def screenshot(self, scheme):
        """How bright the page is on the whole, 0 to 255, and how many colors it has."""
        file = self.directory / f"{scheme}.png"
        self.browse(self.report, scheme, f"--screenshot={file}")
        rows, channels = pixels(file.read_bytes())
        self.assertEqual((len(rows[0]) // channels, len(rows)), SIZE)
        sums = [sum(sum(row[c::channels]) for row in rows) for c in range(3)]
        colors = {bytes(row[i:i + 3]) for row in rows for i in range(0, len(row), channels)}
        return sum(sums) / (3 * SIZE[0] * SIZE[1]), len(colors)

    def test_has_the_figures(self):
        page = self.dump(self.report)
        self.assertEqual(tuple(page.figures), FIGURES)
        for name in FIGURES[1:5]:
            self.assertRegex(page.figures[name], r"^\d+(\.\d+)? (ns|µs|ms|s)$")
        self.assertRegex(page.figures["requests/s"], r"^[\d,]+$")
        self.assertEqual([page.figures[name] for name in FIGURES[5:]], ["0", "2", "valid"])
        for part in ("The highest rate", "Revocation under load", "Set-up", "99.999 %"):
            self.assertIn(part, page.text)

    def test_draws_both_charts(self):
        charts = self.dump(self.report).charts
        self.assertEqual(list(charts), ["Latency by percentile", "Rate and latency over time"])
        for chart, css_class, points in (
                ("Latency by percentile", "line latency", 100),
                ("Latency by percentile", "line lateness", 100),
                ("Rate and latency over time", "line rate", 60),
                ("Rate and latency over time", "line p50", 60),
                ("Rate and latency over time", "line p99", 60)):
            with self.subTest(chart=chart, css_class=css_class):
                path = max(charts[chart][css_class], key=len)  # not that of the legend
                self.assertRegex(path, r"^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+$")
                self.assertGreaterEqual(len(re.findall("[ML]", path)), points)

    def test_markup_of_others_stays_text(self):
        page = self.dump(self.report)
        self.assertEqual((page.scripts, page.references), (0, []))
        self.assertIn("<script>document.title = 'broken'</script> & <b>\"bold\"</b>", page.text)
        self.assertIn("<html>503 & more</html>", page.text)

    def test_follows_the_scheme_of_the_reader(self):
        for scheme in SCHEMES:
            self.assertEqual(self.dump(self.asking, scheme).body["data-scheme"], scheme)
        dark, dark_colors = self.screenshot("dark")
        light, light_colors = self.screenshot("light")
        self.assertLess(dark, 70)
        self.assertGreater(light, 200)
        # A blank page has one.
        self.assertGreater(min(dark_colors, light_colors), 50)

    def test_fits_the_window(self):
        for width in (500, 800, 1200, 2000):
            with self.subTest(width=width):
                body = self.dump(self.asking, size=(width, 1000)).body
                self.assertEqual((body["data-wide"], body["data-scrolls"]), ("", "false"))
                self.assertEqual(body["data-clashes"], "")


if __name__ == "__main__":
    SHOW_REPORT = sys.argv[1]
    unittest.main(argv=sys.argv[:1])
