"""Render a chart with Helm's own library, and validate the objects against the schemas of Kubernetes.

    python render.py < {"chart": FOLDER, "name": ..., "namespace": ..., "values": {...}, "kubernetes": "1.35"}

prints the objects as a JSON list. Runs in a separate Python environment (helm-python-sdk, kubernetes-validate).
"""

from __future__ import annotations

import json
import sys
from typing import Any

import helm_python as helm  # type: ignore[import-not-found]
import kubernetes_validate  # type: ignore[import-not-found]
import yaml


def main(wish: dict[str, Any]) -> list[dict[str, Any]]:
    with helm.Chart.load(wish["chart"]) as chart:
        texts = chart.render(wish["values"], name=wish["name"], namespace=wish["namespace"])
    objects = [item for text in texts.values() for item in yaml.safe_load_all(text) if item]
    for item in objects:
        if "argoproj.io" not in item["apiVersion"]:  # a resource of Argo's has no schema among these
            kubernetes_validate.validate(item, wish["kubernetes"], strict=True)
    return objects


if __name__ == "__main__":
    json.dump(main(json.load(sys.stdin)), sys.stdout)
