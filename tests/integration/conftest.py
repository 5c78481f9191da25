"""What the integration tests share: the programs, the sources, a Supabase target each."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.migration import AZURE_DUMP, Migration, target_cluster
from tests.integration.small_project import Small, shop_of
from tests.rig.postgres import Cluster

# A shell that puts tests/run into the background has it ignore Ctrl-C, and so would every program that is
# started here: graduate leaves a signal that was ignored when it began as it is.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Files whose tests share nothing but what lasts the session: several workers may take parts of them.
SPLIT = {"test_cases"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests go to one worker (--dist loadgroup); those of a file that is split by what is tried."""
    for item in items:
        group = item.path.stem
        if group in SPLIT and hasattr(item, "callspec"):
            group += f" {item.callspec.id.partition('/')[0]}"
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def azure() -> Iterator[str]:
    """The URI of the Azure database, restored from the fixture."""
    with Cluster() as cluster:
        yield cluster.restore(AZURE_DUMP, "azure")


@pytest.fixture(scope="session")
def targets() -> Iterator[Cluster]:
    """A Supabase-shaped cluster that tests with a target of their own restart must not use."""
    with target_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def plain() -> Iterator[Cluster]:
    """A PostgreSQL that is no Supabase."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def old() -> Iterator[Cluster]:
    """For the databases that an application leaves."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def migration(azure: str, targets: Cluster, tmp_path: Path) -> Iterator[Migration]:
    """An AuthorStack migration from exports into a target that was emptied before."""
    with Migration(tmp_path / "run", targets, azure) as made:
        yield made


@pytest.fixture(scope="session")
def undisturbed(azure: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Table by table, the checksum of a migration that nothing disturbed."""
    with target_cluster() as cluster, Migration(tmp_path_factory.mktemp("undisturbed") / "run", cluster, azure) as made:
        made.succeed()
        return made.checksums()


@pytest.fixture
def shop(targets: Cluster, tmp_path: Path) -> Iterator[Small]:
    """A migration of two small collections, for a test to spoil."""
    with shop_of(tmp_path, targets) as made:
        yield made


@pytest.fixture(scope="session")
def shop_undisturbed(targets: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The checksums of a shop that nothing disturbed."""
    with shop_of(tmp_path_factory.mktemp("shop"), targets) as made:
        made.succeed()
        return made.checksums()
