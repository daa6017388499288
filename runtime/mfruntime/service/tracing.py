"""OpenTelemetry spans, if its packages are installed and the OTEL_* variables configure an exporter."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

_CONFIGURED_BY = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")


class Traces:
    """Creates a span for every request, if tracing is on."""

    def __init__(self, tracer: Any = None, extract: Any = None):
        self._tracer, self._extract = tracer, extract

    @property
    def on(self) -> bool:
        return self._tracer is not None

    def span(self, method: str, path: str, headers: Mapping[bytes, bytes]) -> AbstractContextManager[Any]:
        if self._tracer is None:
            return nullcontext()
        carrier = {k.decode("latin-1"): v.decode("latin-1") for k, v in headers.items() if k.startswith(b"trace")}
        attributes = {"http.request.method": method, "http.route": path}
        span: AbstractContextManager[Any] = self._tracer.start_as_current_span(
            f"{method} {path}", context=self._extract(carrier), attributes=attributes
        )
        return span


def traces(environ: Mapping[str, str]) -> Traces:
    """Traces as configured by the environment; off if nothing is configured or the packages are not installed."""
    if not any(environ.get(name) for name in _CONFIGURED_BY) or environ.get("OTEL_TRACES_EXPORTER") == "none":
        return Traces()
    try:
        api = importlib.import_module("opentelemetry.trace")
        propagate = importlib.import_module("opentelemetry.propagate")
        _provide(api)
    except ImportError:  # the caller logs that tracing is off
        return Traces()
    return Traces(api.get_tracer("mfruntime.service"), propagate.extract)


def _provide(api: Any) -> None:
    """Set a provider that exports over OTLP, unless the embedding process has set one."""
    if type(api.get_tracer_provider()).__name__ != "ProxyTracerProvider":
        return
    sdk = importlib.import_module("opentelemetry.sdk.trace")
    export = importlib.import_module("opentelemetry.sdk.trace.export")
    otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    api.set_tracer_provider(provider)
