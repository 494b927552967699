#!/usr/bin/python3
"""End-to-end test of `arrayflex report`.

Usage: report_test.py COMMAND [--browser] [arguments of unittest]; needs Debian's numpy. --browser
runs the tests that open the page in headless Chromium instead; it ends with status 77 where there is
none.
"""

import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy

COMMAND = ""
NAME = "a</script><script>throw 1</script>&<b>"  # a layer name that would break a careless page
WORKLOAD = f"""name,type,t,n,m
conv1,gemm,40,9,10
conv2,gemm,3,30,7
{NAME},gemm,2,9,7
"""
ARRAY = ["--rows", "8", "--cols", "6"]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
import model_tables  # noqa: E402

PE_CLASSES = model_tables.net_classes(in_pe=True)


class ReportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # a browser may still write
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.workload = self.folder / "small.csv"
        self.workload.write_text(WORKLOAD, encoding="utf-8")
        self.out = self.folder / "out"

    def command(self, *arguments):
        return subprocess.run([COMMAND, *map(str, arguments)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                              timeout=300, check=False)

    def succeed(self, *arguments):
        done = self.command(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def run_small(self, *options):
        self.succeed("run", self.workload, *ARRAY, "--out", self.out, "--quiet", *options)
        return json.loads((self.out / "report.json").read_text(encoding="utf-8"))

    def other_run(self):
        """The folder of a run on another array."""
        other = self.folder / "other"
        self.succeed("run", self.workload, "--rows", 4, "--cols", 4, "--k", 2, "--out", other,
                     "--quiet")
        return other

    def page(self, *options):
        done = self.succeed("report", self.out, *options)
        self.assertIn("report.html", done.stdout)
        return (self.out / "report.html").read_text(encoding="utf-8")

    def refused(self, *words, command=None):
        """Status 2, one line on stderr that holds the words, and no page."""
        done = self.command(*(command or ["report", self.out]))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Aarrayflex: error: [^\n]+\n\Z")
        for word in words:
            self.assertIn(str(word), done.stderr)
        self.assertFalse((self.out / "report.html").exists())


class Tags(html.parser.HTMLParser):
    """Opening tags with their attributes, and the text of each script."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self._in_script = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._in_script = False

    def handle_data(self, data):
        if self._in_script:
            self.scripts[-1] += data


class Maps(ReportTest):
    def test_maps_of_layers_add_up(self):
        report = self.run_small("--pe-maps", "--pe-map", self.folder / "all.npy")
        total = numpy.load(self.out / "pe_map.npy")
        self.assertTrue(numpy.array_equal(total, numpy.load(self.folder / "all.npy")))
        maps = [numpy.load(self.out / "pe_maps" / f"layer_{i:03}.npy") for i in (1, 2, 3)]
        self.assertTrue(numpy.array_equal(sum(maps), total))
        self.assertEqual(total.shape, (8, 6))
        for layer, pe_map in zip(report["layers"], maps):
            toggles = layer["activity"]["toggles"]
            self.assertEqual(pe_map.sum(), sum(toggles[c] for c in PE_CLASSES))

    def test_usage(self):
        run = ["run", self.workload, *ARRAY, "--pe-maps"]
        self.refused("--pe-maps", "--out", command=run)
        for options in (["--engine", "analytic"], ["--activity", "off"], ["--sample-tiles", "2"]):
            self.refused("--pe-map", command=[*run, "--out", self.out, *options])

    def test_of_another_run(self):
        self.run_small("--pe-maps")
        self.run_small("--seed", "2")
        self.refused("pe_map.npy", "different runs", "--pe-maps")

    def test_missing_and_broken(self):
        self.run_small("--pe-maps")
        second = self.out / "pe_maps" / "layer_002.npy"
        content = second.read_bytes()
        second.unlink()
        self.refused("layer_002.npy", "no such file")
        second.write_bytes(content[:-8])
        self.refused("layer_002.npy", "bytes long", "8 x 6")
        second.write_bytes(content + b"x" * 8)
        self.refused("layer_002.npy", "bytes long")
        for wrong in (numpy.load(self.out / "pe_map.npy").astype(float),
                      numpy.load(self.out / "pe_map.npy").reshape(6, 8)):
            numpy.save(second, wrong)
            self.refused("layer_002.npy", "8 x 6 matrix of int64")
        second.write_bytes(b"x" * len(content))
        self.refused("layer_002.npy")

    def test_without_activity(self):
        self.run_small("--pe-maps")
        self.run_small("--engine", "analytic")
        self.refused("pe_map.npy", "report.json to none")


class Page(ReportTest):
    def test_self_contained(self):
        self.run_small("--pe-maps")
        tags = Tags(self.page())
        policy = [a for t, a in tags.tags if t == "meta" and "http-equiv" in a]
        self.assertTrue(policy[0]["content"].startswith("default-src 'none';"))
        for tag, attributes in tags.tags:
            for name in ("src", "href", "data", "action"):
                self.assertIn(attributes.get(name, "data:,"), ("data:,",), (tag, attributes))
        self.assertEqual(len(tags.scripts), 3)
        data = json.loads(tags.scripts[0])
        self.assertEqual(data["report"],
                         json.loads((self.out / "report.json").read_text(encoding="utf-8")))
        self.assertEqual([m["name"] for m in data["pe_maps"]], ["", "conv1", "conv2", NAME])
        self.assertNotIn("{{", re.sub(r"\s", "", tags.scripts[2])[:2])

    def test_compared_runs(self):
        report = self.run_small()
        other = self.other_run()
        runs = json.loads(Tags(self.page("--compare", other)).scripts[0])["compared"]
        self.assertEqual([run["folder"] for run in runs], [str(self.out), str(other)])
        self.assertEqual(runs[0]["total"], report["total"])
        self.assertEqual((runs[1]["array"]["rows"], runs[1]["technology"]), (4, "paper"))
        self.assertEqual(list(runs[1]["total"]["layers_by_k"]), ["2"])
        self.assertEqual([run["k"] for run in runs], ["auto", 2])

    def test_same_bytes_again(self):
        self.run_small("--pe-maps")
        self.assertEqual(self.page(), self.page())

    def test_map_in_page(self):
        self.run_small("--pe-maps")
        entry = json.loads(Tags(self.page()).scripts[0])["pe_maps"][1]
        values = numpy.load(self.out / "pe_maps" / "layer_001.npy")
        self.assertEqual((entry["min"], entry["max"]), (values.min(), values.max()))
        expected = 1000 * values.flatten() / values.max()
        self.assertLessEqual(numpy.abs(expected - entry["share_permille"]).max(), 0.5 + 1e-9)

    def test_large_map_becomes_blocks(self):
        self.succeed("run", self.workload, "--rows", 200, "--cols", 129, "--modes", "1", "--out",
                     self.out, "--pe-map", self.out / "pe_map.npy", "--quiet")
        entry = json.loads(Tags(self.page()).scripts[0])["pe_maps"][0]
        self.assertEqual((entry["rows"], entry["cols"], entry["block"]), (100, 65, 2))
        values = numpy.load(self.out / "pe_map.npy")
        means = values[:, :128].reshape(100, 2, 64, 2).mean(axis=(1, 3))
        last = values[:, 128].reshape(100, 2).mean(axis=1)  # the last block is one column wide
        means = numpy.column_stack([means, last])
        self.assertEqual(entry["scale_max"], means.max())
        shares = numpy.array(entry["share_permille"]).reshape(100, 65)
        self.assertLessEqual(numpy.abs(1000 * means / means.max() - shares).max(), 0.5 + 1e-9)


class BrokenReport(ReportTest):
    def broken(self, change, *words):
        report = json.loads(self.good)
        change(report)
        (self.out / "report.json").write_text(json.dumps(report), encoding="utf-8")
        self.refused("report.json", *words)

    def test_values(self):
        self.run_small()
        self.good = (self.out / "report.json").read_text(encoding="utf-8")
        self.broken(lambda r: r.pop("layers"), "layers is missing")
        self.broken(lambda r: r.update(layers=[]), "layers = []")
        self.broken(lambda r: r["layers"][1].pop("cycles"), "layers[1].cycles is missing")
        self.broken(lambda r: r["layers"][1].update(cycles=-3), "layers[1].cycles = -3")
        self.broken(lambda r: r["layers"][0].update(t=2**63), "layers[0].t")
        self.broken(lambda r: r["layers"][0].update(name=7), "layers[0].name = 7", "text")
        self.broken(lambda r: r["layers"][0].update(conventional=[]), "layers[0].conventional")
        self.broken(lambda r: r["layers"][2]["activity"]["toggles"].pop("product"),
                    "layers[2].activity.toggles.product is missing")
        self.broken(lambda r: r["total"].update(time_ns="fast"), "total.time_ns", '"fast"')
        self.broken(lambda r: r["array"].update(rows=0), "array.rows = 0", "1..4096")
        self.broken(lambda r: r["array"]["clock_period_ps"].update({"1": "x"}), "clock_period_ps.1")
        self.broken(lambda r: r.update(notes=[1]), "notes[0] = 1")
        self.broken(lambda r: r["area"].update(conventional=3), "area.conventional = 3")
        self.broken(lambda r: r["area"].update(pe_area_overhead="x"), "area.pe_area_overhead")
        self.broken(lambda r: r["layers"][1]["energy"]["busy"].pop("energy_pj"),
                    "layers[1].energy.busy.energy_pj is missing")
        self.broken(lambda r: r["total"]["conventional"]["energy"]["exact"]["by_component_pj"].update(
            clock=None), "total.conventional.energy.exact.by_component_pj.clock = null")

    def test_files(self):
        self.refused("report folder", self.out)
        self.out.mkdir()
        self.refused("report.json", "--out")
        for content in (b"", b"{", b"[1]", b"7", b'{"workload": "\xff"}', b"[" * 100000):
            (self.out / "report.json").write_bytes(content)
            self.refused("report.json")

    def test_usage(self):
        self.refused("DIR", command=["report"])

    def test_compared_folders(self):
        self.run_small()
        compare = ["report", self.out, "--compare"]
        self.refused("--compare", command=compare)
        self.refused("report folder", "none", command=[*compare, self.folder / "none"])
        self.refused(self.folder, "report.json", command=[*compare, self.folder])


class Browser(ReportTest):
    """The page as headless Chromium shows it."""

    def chromium(self, fragment, *options):
        net_log = self.folder / "net.json"
        done = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,2600",
             "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={self.folder / 'profile'}",
             "--enable-logging=stderr", f"--log-net-log={net_log}", *options,
             (self.out / "report.html").as_uri() + fragment],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", timeout=240, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        self.assertEqual(console, [])
        self.assertEqual(self.page_requests(net_log), [])
        return done.stdout

    def page_requests(self, net_log):
        """Addresses the page asked for; the browser's own requests have no origin."""
        text = net_log.read_text(encoding="utf-8").rstrip()
        try:
            log = json.loads(text)
        except json.JSONDecodeError:  # the browser ended before it closed its list of events
            log = json.loads(text.rstrip(",") + "]}")
        starts = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
        return [event["params"]["url"] for event in log["events"]
                if event["type"] == starts and "initiator" in event.get("params", {})
                and event["params"]["initiator"] != "not an origin"]

    def dom(self, fragment=""):
        # The inlined data and program are no figures that the page shows.
        text = self.chromium(fragment, "--dump-dom")
        shown = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
        self.assertRegex(shown, r'<div id="errors"[^>]* hidden=""></div>')
        return shown

    def figure(self, dom, name):
        return re.search(rf'id="figure-{name}">([^<]*)<', dom).group(1)

    def test_figures(self):
        report = self.run_small("--pe-maps")
        self.page()
        for accounting, fragment in (("exact", ""), ("busy", "#busy")):
            dom = self.dom(fragment)
            self.assertEqual(self.figure(dom, "time"), change(1 - report["total"]["time_saved"]))
            ratios = report["total"]["ratios_to_conventional"][accounting]
            self.assertEqual(self.figure(dom, "power"), change(ratios["power"]))
            self.assertEqual(self.figure(dom, "energy"), change(ratios["energy"]))
            edp = ratios["energy_delay_product"]
            self.assertEqual(self.figure(dom, "edp"),
                             f"{1 / edp:.2f}× lower" if edp <= 1 else f"{edp:.2f}× higher")
        for layer in report["layers"]:
            name = layer["name"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            row = re.search(rf">{re.escape(name)}</td>.*?</tr>", dom).group(0)
            for key in ("t", "n", "m", "k", "cycles"):
                self.assertIn(f"<td>{layer[key]:,}</td>", row)
        self.assertIn("<option", dom)
        self.assertNotRegex(dom, r'id="(map|energy|ratio)-section"[^>]*hidden')
        self.assertRegex(dom, r'id="missing"[^>]*hidden')

    def test_without_activity(self):
        self.run_small("--engine", "analytic")
        self.page()
        dom = self.dom()
        self.assertRegex(dom, r'id="map-section"[^>]*hidden')
        self.assertRegex(dom, r'id="energy-section"[^>]*hidden')
        self.assertIn("No activity", dom)
        self.assertIn("conv2", dom)

    def test_without_clock(self):
        report = self.run_small("--k", "3")
        self.assertIsNone(report["total"]["time_ns"])
        self.page()
        dom = self.dom()
        self.assertIn("Some times are unknown", dom)
        self.assertNotIn("figure-time", dom)
        cycles = report["total"]["cycles"] / report["total"]["conventional"]["cycles"]
        self.assertEqual(self.figure(dom, "cycles"), change(cycles))
        self.assertIn(">Cycles per layer<", dom)

    def test_compared_runs(self):
        report = self.run_small()
        other = self.other_run()
        self.page("--compare", other)
        dom = self.dom("#busy")
        table = re.search(r'<table id="compare-table">.*?</table>', dom, re.DOTALL).group(0)
        rows = re.findall(r"<tr>(<td>.*?)</tr>", table)
        self.assertEqual(len(rows), 2)
        smaller = json.loads((other / "report.json").read_text(encoding="utf-8"))
        for row, run, label in ((rows[0], smaller, "4×4, k = 2"), (rows[1], report, "8×6, k chosen: ")):
            self.assertIn(f"<td>{label}", row)
            ratios = run["total"]["ratios_to_conventional"]["busy"]
            for ratio in (1 - run["total"]["time_saved"], ratios["power"],
                          ratios["energy_delay_product"]):
                self.assertIn(f"<td>{change(ratio)}</td>", row)
        for index in range(3):
            self.assertIn(f'<canvas id="compare-chart-{index}"', dom)
        self.page()
        self.assertRegex(self.dom(), r'id="compare-section"[^>]*hidden')

    def test_many_layers_keep_their_width(self):
        rows = [f"layer{i},gemm,2,3,{i % 5 + 1}" for i in range(300)]
        self.workload.write_text("name,type,t,n,m\n" + "\n".join(rows) + "\n", encoding="utf-8")
        self.run_small()
        self.page()
        self.assertIn('<div style="min-width: 4200px;"><canvas id="time-chart"', self.dom())

    def pixels(self, *options):
        import matplotlib.image  # here, for the other tests do without

        shot = self.folder / "shot.png"
        self.chromium("", f"--screenshot={shot}", *options)
        return (255 * matplotlib.image.imread(shot)[:, :, :3]).round().astype(int)

    def test_dark(self):
        self.run_small()
        self.page()
        pixels = self.pixels("--blink-settings=preferredColorScheme=0")
        self.assertEqual(tuple(pixels[1, 1]), (0x14, 0x19, 0x1E))
        # Canvases follow the theme, too: bars of the conventional array.
        self.assertGreater((pixels == (0x7D, 0x89, 0x94)).all(axis=2).sum(), 5000)

    def test_picture(self):
        self.run_small("--pe-maps")
        self.page()
        pixels = self.pixels()
        self.assertEqual(tuple(pixels[1, 1]), (0xF5, 0xF7, 0xF9))
        for what, colour in (("bars of k = 1", (0x00, 0x72, 0xB2)), ("clock", (0xCC, 0x79, 0xA7)),
                             ("largest count of the map", (253, 231, 37))):
            self.assertGreater((pixels == colour).all(axis=2).sum(), 20, what)


def change(ratio):
    """As the page writes it."""
    percent = 100 * (ratio - 1)
    return f"{'−' if percent < 0 else '+'}{abs(percent):.1f} %"


if __name__ == "__main__":
    COMMAND = sys.argv[1]
    arguments = sys.argv[2:]
    CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
    if "--browser" in arguments:
        arguments.remove("--browser")
        if CHROMIUM is None:
            print("skipped: there is no chromium on the PATH")
            sys.exit(77)
        del Maps, Page, BrokenReport
    else:
        del Browser
    unittest.main(argv=[sys.argv[0], *arguments])
