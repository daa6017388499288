"""The service inside of the test's process, over each database."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mfruntime.service.app import make_app
from mfruntime.service.config import Config
from tests.doubles.metadata_service import Postgres, own_postgres


class Caller:
    """Calls an application: `caller.post("/flows/F", {...})`. One loop in one thread serves all calls."""

    def __init__(self, config: Config):
        self.app = make_app(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._lifespan = self.app.router.lifespan_context(self.app)
        self.run(self._lifespan.__aenter__())
        transport = httpx.ASGITransport(self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test")

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.run(self.client.get(path, headers=headers))  # type: ignore[no-any-return]

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        if isinstance(body, bytes):
            return self.run(self.client.post(path, content=body, headers=headers))  # type: ignore[no-any-return]
        return self.run(self.client.post(path, json={} if body is None else body, headers=headers))  # type: ignore[no-any-return]

    def patch(self, path: str, body: Any) -> httpx.Response:
        return self.run(self.client.patch(path, json=body))  # type: ignore[no-any-return]

    def close(self) -> None:
        self.run(self.client.aclose())
        self.run(self._lifespan.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the session; tests take databases of their own in it."""
    with own_postgres() as server:
        yield server


_NUMBERS = itertools.count(1)


@pytest.fixture
def new_database(postgres: Postgres) -> Callable[[], str]:
    """Makes an empty PostgreSQL database and gives its address."""

    def made() -> str:
        name = f"t{next(_NUMBERS)}"
        execute(postgres.url, f"CREATE DATABASE {name}")
        return postgres.url.replace("/postgres", f"/{name}")

    return made


def execute(url: str, sql: str) -> list[Any]:
    """Run SQL on a PostgreSQL database; the rows of the last statement where it is a query."""
    import asyncpg

    async def ran() -> list[Any]:
        db = await asyncpg.connect(url)
        try:
            if sql.lstrip().upper().startswith(("SELECT", "EXPLAIN")):
                return [tuple(row) for row in await db.fetch(sql)]
            await db.execute(sql)
            return []
        finally:
            await db.close()

    return asyncio.run(ran())


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/metadata.db"
    make: Callable[[], str] = request.getfixturevalue("new_database")
    return make()


@pytest.fixture
def caller(address: str) -> Iterator[Caller]:
    made = Caller(Config(database=address))
    yield made
    made.close()
