"""Requests to S3 for one task that does nothing, ours and stock Metaflow's: python requests.py STOCK_PYTHON

Both run the same linear flow of 4 and of 14 steps through a proxy that counts; the difference, divided by ten, is what
one task costs.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "runtime")]
from tests.servers import ministack, s3_environment  # noqa: E402


class _Counter(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def _pass_on(self) -> None:
        self.server.counts[self.command] = self.server.counts.get(self.command, 0) + 1
        body = self._body()
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "expect")}
        upstream.request(self.command, self.path, body, headers)
        found = upstream.getresponse()
        content = found.read()
        self.send_response(found.status)
        length = found.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        for name, value in found.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(content)
        upstream.close()

    def _body(self) -> bytes | None:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on

    def log_message(self, *_: Any) -> None:
        return


def flow(library: str, steps: int) -> str:
    names = ["start", *(f"s{n}" for n in range(steps - 2)), "end"]
    lines = [f"from {library} import FlowSpec, step", "", f"class Linear{steps}(FlowSpec):"]
    for name, after in zip(names, [*names[1:], None]):
        lines += [
            "    @step",
            f"    def {name}(self):",
            f"        self.next(self.{after})" if after else "        pass",
        ]
    return "\n".join([*lines, f"if __name__ == '__main__': Linear{steps}()", ""])


def counted(server: Any, python: str, library: str, steps: int, folder: Path, env: dict[str, str]) -> dict[str, int]:
    script = folder / f"{library}{steps}.py"
    script.write_text(flow(library, steps))
    server.counts.clear()
    done = subprocess.run(
        [python, str(script), "--datastore", "s3", "--no-pylint", "run"],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return dict(server.counts)


def main() -> None:
    stock = sys.argv[1]
    with tempfile.TemporaryDirectory() as name, ministack(Path(name)) as found:
        folder = Path(name)
        proxy: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Counter)
        proxy.counts, proxy.upstream = {}, urlsplit(found.environment["METAFLOW_S3_ENDPOINT_URL"]).port
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "AWS_"))}
        env = {**kept, **s3_environment(f"http://127.0.0.1:{proxy.server_address[1]}"), "USER": "bench", "HOME": name}
        env |= {"METAFLOW_DATASTORE_SYSROOT_S3": "s3://tests/requests", "AWS_DEFAULT_REGION": "us-east-1"}
        for python, library in ((sys.executable, "mfruntime"), (stock, "metaflow")):
            few = counted(proxy, python, library, 4, folder, env)
            many = counted(proxy, python, library, 14, folder, env)
            per_task = {k: (many.get(k, 0) - few.get(k, 0)) / 10 for k in sorted(many)}
            print(f"{library}: {sum(per_task.values()):.1f} requests a task: {per_task}")
        proxy.shutdown()


if __name__ == "__main__":
    main()
