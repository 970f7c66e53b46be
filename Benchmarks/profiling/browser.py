"""Opens reports in Chromium at two widths, light, dark and for print, and measures what a person would stumble over.

    python3 Benchmarks/profiling/browser.py report.html [more.html …] [--screenshots FOLDER] [--chromium PATH]

Needs nothing but Chromium: it speaks the browser's own protocol over a socket. Says what is wrong, if anything, and exits
with 1 then.
"""
import argparse
import base64
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

MEASURE = r"""
(() => {
  const wrong = [];
  const shown = e => { const r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0 && e.checkVisibility(); };
  const overflow = document.scrollingElement.scrollWidth - innerWidth;
  if (overflow > 0) {
    const wide = [...document.querySelectorAll('main *, nav *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1
      && !e.closest('.wide') && shown(e)).slice(0, 3).map(e => e.tagName + '.' + (e.getAttribute('class') || ''));
    wrong.push(`page is ${overflow} px wider than the window: ${wide}`);
  }
  const svgs = [...document.querySelectorAll('svg')];
  for (const svg of svgs) {
    if (!svg.querySelector('rect,path,circle,polyline,polygon,line')) wrong.push('svg without marks');
    if (svg.getAttribute('aria-hidden') === 'true') continue;
    if (svg.getAttribute('role') !== 'img' || !(svg.getAttribute('aria-label') || '').trim()) wrong.push('svg without name');
    if (!/[0-9]/.test(svg.getAttribute('aria-label') || '')) wrong.push('name without numbers: ' + svg.getAttribute('aria-label'));
    if (/[" ,](-?nan|NaN|-?inf|-?Infinity)[" ,]/.test(svg.innerHTML)) wrong.push('not a number in a drawing');
  }
  const channel = c => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const luminance = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const parse = text => (text.match(/[\d.]+/g) || []).map(Number);
  const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const behind = e => {
    for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0.5) return c; }
    return [255, 255, 255];
  };
  let least = [99, ''], smallest = [99, ''], words = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(e) || e.closest('title,style,.skip') || !shown(e)) continue;
    seen.add(e); words++;
    const style = getComputedStyle(e), svg = e.ownerSVGElement;
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    const size = parseFloat(style.fontSize) * scale;
    if (size < smallest[0]) smallest = [size, e.textContent.slice(0, 30)];
    let ground = behind(e.closest('.scale') || e);
    if (svg && /^v/.test(e.getAttribute('class') || '')) {
      let box = e.previousElementSibling; if (box && box.tagName === 'rect') ground = parse(getComputedStyle(box).fill);
    }
    const ratio = contrast(parse(svg ? style.fill : style.color), ground);
    if (ratio < least[0]) least = [ratio, e.textContent.slice(0, 30) + ' ' + (e.getAttribute('class') || e.tagName)];
    if (svg) {
      const a = e.getBoundingClientRect(), b = svg.getBoundingClientRect();
      if (a.left < -0.5 || a.right > innerWidth + 0.5) wrong.push(`letters beyond the page: ${e.textContent}`);
    }
  }
  // Letters of an axis must not lie on each other.
  for (const svg of svgs.filter(s => s.getAttribute('role') === 'img' && shown(s))) {
    const boxes = [...svg.querySelectorAll('text')].map(t => [t.getBoundingClientRect(), t.textContent]);
    if (boxes.length > 300) continue;
    let count = 0, pair = '';
    boxes.forEach(([a, s], i) => boxes.slice(i + 1).forEach(([b, t]) => {
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2.5 && b.top < a.bottom - 2.5) { count++; pair = s + ' | ' + t; } }));
    if (count) wrong.push(`${count} letters on others (${pair}) in: ${svg.getAttribute('aria-label').slice(0, 60)}`);
  }
  // What says how certain a number is stays within its drawing, and is said in words.
  for (const svg of svgs.filter(s => s.getAttribute('role') === 'img' && s.querySelector('.confidence,.shaded') && shown(s))) {
    const room = svg.getBoundingClientRect(), name = svg.getAttribute('aria-label');
    for (const mark of svg.querySelectorAll('.confidence,.shaded')) {
      const box = mark.getBoundingClientRect();
      if (box.top < room.top - 2 || box.bottom > room.bottom + 2 || box.left < room.left - 2 || box.right > room.right + 2)
        wrong.push(`an interval beyond its drawing: ${name.slice(0, 60)}`);
    }
    for (const words of [name, svg.closest('figure').textContent])
      if (!words.includes('95 % confidence')) wrong.push(`intervals without words: ${name.slice(0, 60)}`);
  }
  if (least[0] < 4.5) wrong.push(`contrast ${least[0].toFixed(2)}: ${least[1]}`);
  if (smallest[0] < 9) wrong.push(`letters of ${smallest[0].toFixed(1)} px: ${smallest[1]}`);
  let level = 0;
  for (const h of document.querySelectorAll('h1,h2,h3,h4')) {
    const next = +h.tagName[1]; if (next > level + 1) wrong.push(`heading ${h.textContent} skips a level`); level = next;
  }
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id is there twice');
  for (const r of document.querySelectorAll('.wide')) if (r.tabIndex !== 0 || !r.getAttribute('aria-label')) wrong.push('a region without a key or a name');
  return { wrong: [...new Set(wrong)], contrast: least[0], smallest: smallest[0], texts: words,
    charts: svgs.filter(s => s.getAttribute('role') === 'img').length, height: document.scrollingElement.scrollHeight };
})()
"""


class Page:
    """A tab of the browser, over a web socket."""

    def __init__(self, address):
        host, path = address.removeprefix("ws://").split("/", 1)
        name, port = host.split(":")
        self.socket = socket.create_connection((name, int(port)), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.unread = b""
        while b"\r\n\r\n" not in self.unread:
            self.unread += self.socket.recv(4096)
        self.unread = self.unread.split(b"\r\n\r\n", 1)[1]
        self.count = 0
        self.events = []

    def call(self, method, **parameters):
        self.count += 1
        data = json.dumps({"id": self.count, "method": method, "params": parameters}).encode()
        mask = os.urandom(4)
        length = bytes([0x80 | len(data)]) if len(data) < 126 else (
            b"\xfe" + struct.pack(">H", len(data)) if len(data) < 65536 else b"\xff" + struct.pack(">Q", len(data)))
        self.socket.sendall(b"\x81" + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))
        while True:
            message = json.loads(self.message())
            if message.get("id") == self.count:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def read(self, count):
        while len(self.unread) < count:
            part = self.socket.recv(1 << 16)
            if not part:
                raise RuntimeError("the browser hung up")
            self.unread += part
        data, self.unread = self.unread[:count], self.unread[count:]
        return data

    def message(self):
        data = b""
        while True:
            head = self.read(2)
            length = head[1] & 0x7F
            if length == 126:
                length = struct.unpack(">H", self.read(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self.read(8))[0]
            data += self.read(length)
            if head[0] & 0x80:
                return data

    def measure(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")


def look(page, file, width, scheme, folded, folder):
    """What is wrong with one view of a file."""
    page.events.clear()
    media = "print" if scheme == "print" else "screen"
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    page.call("Emulation.setEmulatedMedia", media=media, features=[
        {"name": "prefers-color-scheme", "value": "dark" if scheme == "dark" else "light"}])
    page.call("Page.navigate", url=file.resolve().as_uri())
    until = time.monotonic() + 60
    while not any(event.get("method") == "Page.loadEventFired" for event in page.events):
        if time.monotonic() > until:
            raise RuntimeError(f"{file} did not load")
        page.call("Runtime.evaluate", expression="0")
        time.sleep(0.02)
    if not folded:
        page.measure("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = page.measure(MEASURE)
    if folder:
        shot = page.call("Page.captureScreenshot", captureBeyondViewport=True, clip={
            "x": 0, "y": 0, "width": width, "height": min(found["height"], 16000), "scale": 1})
        name = f"{file.stem}-{width}-{scheme}{'' if folded else '-open'}.png"
        (folder / name).write_bytes(base64.b64decode(shot["data"]))
    for event in page.events:
        parameters = event.get("params", {})
        if event.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            found["wrong"].append(f"console: {json.dumps(parameters)[:200]}")
        if event.get("method") == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            if not url.startswith("data:") and url.split("#")[0] != file.resolve().as_uri():
                found["wrong"].append(f"asks for {url[:100]}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path)
    parser.add_argument("--chromium", default=next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None))
    arguments = parser.parse_args()
    if not arguments.chromium:
        sys.exit("no Chromium here; say where with --chromium")
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    home = tempfile.mkdtemp()
    browser = subprocess.Popen(
        [arguments.chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
         "--remote-debugging-port=0", f"--user-data-dir={home}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    failures = 0
    try:
        place = pathlib.Path(home) / "DevToolsActivePort"
        for _ in range(600):
            if place.exists() and place.read_text().count("\n"):
                break
            time.sleep(0.05)
        port = place.read_text().split("\n")[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30) as answer:
            tab = next(tab for tab in json.load(answer) if tab["type"] == "page")
        page = Page(tab["webSocketDebuggerUrl"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        views = [(1280, "light", True), (1280, "dark", True), (400, "light", True), (400, "dark", True),
                 (320, "light", False), (1600, "dark", False), (720, "print", True)]
        for file in arguments.files:
            for width, scheme, folded in views:
                found = look(page, file, width, scheme, folded, arguments.screenshots)
                failures += len(found["wrong"])
                print(f"{file.name} {width} px {scheme}{'' if folded else ', all open'}: {found['charts']} charts, least contrast "
                      f"{found['contrast']:.2f}, smallest letters {found['smallest']:.1f} px"
                      + "".join(f"\n  WRONG {line}" for line in found["wrong"]))
    finally:
        browser.terminate()
        browser.wait(20)
        shutil.rmtree(home, ignore_errors=True)
    print("all well" if failures == 0 else f"{failures} things are wrong")
    sys.exit(min(failures, 1))


if __name__ == "__main__":
    main()
