"""Checkpoint files: exact round trips, verification with fall-back, retention, and failures to write."""

import io
import json
import math
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from core.contract import Checkpointed
from core.errors import LeaseLostError, StorageError
from core.runs import checkpoints
from core.runs.encoding import TensorFile, flatten, tensor_parts, unflatten
from core.runs.protocols import Files
from core.runs.records import Checkpoint, Lease
from core.runs.store import RunStore, open_store
from tests.support.same import assert_same
from tests.support.store_implementations import names, with_files
from tests.support.stores import claimed


@pytest.fixture
def store(tmp_path: Path, files: Files) -> RunStore:
    """With files in a folder, and then with files in memory."""
    return with_files(open_store(tmp_path / "glassbox.sqlite"), files)


@pytest.fixture
def on_disk(tmp_path: Path) -> RunStore:
    return open_store(tmp_path / "glassbox.sqlite")


def training(store: RunStore) -> Lease:
    store.book.create("toy", {}, phases=(1,), owner="ada")
    return claimed(store)


@pytest.fixture
def lease(store: RunStore) -> Lease:
    return training(store)


def event(step: int, *, best: bool = False, size: int = 10) -> Checkpointed:
    state = {"step": step, "weights": torch.full((size,), float(step))}
    return Checkpointed(step=step, epoch=step / 7, state=state, metrics={"loss": 1 / (step + 1)}, best=best)


def damage(store: RunStore, checkpoint: Checkpoint, name: str = checkpoints.TENSORS) -> None:
    """Flip one bit in the last byte of a file."""
    name = f"checkpoints/{checkpoint.folder}/{name}"
    with store.files.open(checkpoint.run_id, name) as file:
        content = bytearray(file.read())
    content[-1] ^= 1
    store.files.write(checkpoint.run_id, name, [content])


def folders(store: RunStore, run_id: str) -> list[str]:
    """Second part of the names of all files of a run that are checkpoints."""
    return sorted({name.split("/")[1] for name in names(store.files, run_id)})


def steps(store: RunStore, run_id: str) -> list[int]:
    return [checkpoint.step for checkpoint in store.book.checkpoints(run_id)]


DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16]
DTYPES += [torch.int8, torch.uint8, torch.bool]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (3, 4)], ids=str)
def test_tensors_of_every_kind_come_back_bit_for_bit(
    store: RunStore, lease: Lease, dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    tensor = (torch.randn(shape) * 3).to(dtype)
    saved = checkpoints.write(store, lease, Checkpointed(step=1, epoch=1, state={"x": tensor}, metrics={}, best=True))
    assert_same(checkpoints.read(store.files, saved), {"x": tensor})


def test_everything_else_of_a_state_comes_back_exactly(store: RunStore, lease: Lease) -> None:
    shared = torch.arange(12.0)
    state = {
        "numbers": [0.1 + 0.2, -0.0, 5e-324, math.inf, math.nan, 2**80, True, False, None],
        "text": "Größe \n “quoted”",
        "pair": (1, [2.0, (torch.tensor(3.0),)]),
        "by id": {0: {"step": torch.tensor(7.0)}, 1: torch.ones(2)},
        "mixed keys": {0: torch.zeros(1), "0": torch.ones(1), None: 1, (1, 2): 2},
        "$tensor": "a key like the encoding's own",
        "odd/name": {"a/b": torch.zeros(1), "a": {"b": torch.ones(1)}},
        "empty": {"dict": {}, "list": [], "tuple": ()},
        "tied": [shared, shared, shared[3:5], shared.view(3, 4).T],
        "picture": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        "not a number": torch.tensor([math.nan, math.inf, -0.0]),
    }
    saved = checkpoints.write(store, lease, Checkpointed(step=1, epoch=1, state=state, metrics={}, best=True))
    state["tied"][3] = state["tied"][3].contiguous()  # other layouts than channels-last are not kept
    assert_same(checkpoints.read(store.files, saved), state)


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW])
def test_an_optimizer_goes_on_exactly_from_its_saved_state(
    store: RunStore, lease: Lease, kind: type[torch.optim.Optimizer]
) -> None:
    def made() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(0)
        network = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten())
        options = {"momentum": 0.9} if kind is torch.optim.SGD else {}
        return network, kind(network.parameters(), lr=0.01, **options)  # type: ignore[call-arg]

    def trained(network: torch.nn.Module, optimizer: torch.optim.Optimizer, steps: range) -> None:
        for step in steps:
            torch.manual_seed(step)
            optimizer.zero_grad()
            network(torch.randn(8, 1, 6, 6)).square().mean().backward()
            optimizer.step()

    whole = made()
    trained(*whole, range(6))
    first = made()
    trained(*first, range(3))
    state = {"network": first[0].state_dict(), "optimizer": first[1].state_dict()}
    saved = checkpoints.write(store, lease, Checkpointed(step=3, epoch=1, state=state, metrics={}, best=True))
    restored = checkpoints.read(store.files, saved)
    second = made()
    second[0].load_state_dict(restored["network"])
    second[1].load_state_dict(restored["optimizer"])
    trained(*second, range(3, 6))
    for name, value in whole[0].state_dict().items():
        assert torch.equal(value, second[0].state_dict()[name]), name


def test_what_cannot_be_saved_is_named_with_its_path() -> None:
    with pytest.raises(TypeError, match="set at /learner/seen"):
        flatten({"learner": {"seen": {1, 2}}})
    with pytest.raises(TypeError, match="complex64 at /learner/spectrum"):
        flatten({"learner": {"spectrum": torch.ones(2, dtype=torch.complex64)}})


def test_files_are_those_of_the_safetensors_library_both_ways() -> None:
    torch.manual_seed(0)
    tensors = {f"layer/{dtype}": torch.randn(3, 4).mul(9).to(dtype) for dtype in DTYPES}
    tensors |= {"Größe “0-d”": torch.tensor(2.5), "none": torch.zeros(0, 3), "odd": torch.ones(7, dtype=torch.bool)}
    content = b"".join(tensor_parts(tensors))
    for read in (load(content), dict(TensorFile(io.BytesIO(save(tensors)))), dict(TensorFile(io.BytesIO(content)))):
        assert read.keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert_same(read[name], tensor)
    assert int.from_bytes(content[:8], "little") % 8 == 0, "so that what is mapped into memory is aligned"


def test_a_restored_state_shares_no_memory_with_the_file(store: RunStore, lease: Lease) -> None:
    saved = checkpoints.write(store, lease, event(1))
    checkpoints.read(store.files, saved)["weights"].zero_()
    assert_same(checkpoints.read(store.files, saved)["weights"], torch.ones(10))
    skeleton, tensors = flatten({"x": torch.ones(3)})
    unflatten(json.loads(json.dumps(skeleton)), tensors)["x"].zero_()
    assert tensors["x"].sum() == 3


def test_the_last_two_and_the_best_are_kept(store: RunStore, lease: Lease) -> None:
    for step in range(7):
        checkpoints.write(store, lease, event(step, best=step in (0, 2)))
        assert len(folders(store, lease.run_id)) == len(steps(store, lease.run_id))
    assert steps(store, lease.run_id) == [6, 5, 2]
    best = checkpoints.restore(store.book, store.files, lease.run_id, prefer="best")
    assert best is not None
    assert (best.checkpoint.step, best.state["step"]) == (2, 2)
    assert checkpoints.at_step(store.book, store.files, lease.run_id, 2)["step"] == 2


def test_the_best_of_a_checkpoint_to_fall_back_on_is_kept_too(store: RunStore, lease: Lease) -> None:
    for step, best in [(1, True), (2, False), (3, True)]:
        checkpoints.write(store, lease, event(step, best=best))
    assert steps(store, lease.run_id) == [3, 2, 1], "who goes on from 2 will report on 1"


@pytest.mark.parametrize("name", [checkpoints.TENSORS, checkpoints.SKELETON])
def test_a_damaged_checkpoint_is_passed_over_and_said_so(store: RunStore, lease: Lease, name: str) -> None:
    checkpoints.write(store, lease, event(1))
    damage(store, checkpoints.write(store, lease, event(2)), name)
    restored = checkpoints.restore(store.book, store.files, lease.run_id)
    assert restored is not None
    assert restored.state["step"] == 1
    assert "step 2 is damaged" in restored.notices[0]
    assert "step 1 is used instead" in restored.notices[1]


def test_missing_files_are_passed_over_and_nothing_intact_is_an_error(store: RunStore, lease: Lease) -> None:
    assert checkpoints.restore(store.book, store.files, lease.run_id) is None
    first = checkpoints.write(store, lease, event(1, best=True))
    second = checkpoints.write(store, lease, event(2))
    store.files.remove(lease.run_id, f"checkpoints/{second.folder}")
    restored = checkpoints.restore(store.book, store.files, lease.run_id)
    assert restored is not None
    assert restored.checkpoint == first
    damage(store, first)
    with pytest.raises(StorageError, match="No checkpoint of run"):
        checkpoints.restore(store.book, store.files, lease.run_id)


def test_what_a_killed_attempt_left_half_written_is_swept(store: RunStore, lease: Lease) -> None:
    saved = checkpoints.write(store, lease, event(1))
    for name in ("00000001-aaaa", "00000002-bbbb"):
        store.files.write(lease.run_id, f"checkpoints/{name}/{checkpoints.TENSORS}", [b"begun"])
    assert len(folders(store, lease.run_id)) == 3
    checkpoints.sweep(store, lease.run_id)
    assert folders(store, lease.run_id) == [saved.folder]


def test_a_zombie_leaves_no_files_and_takes_none_away(store: RunStore, lease: Lease) -> None:
    saved = checkpoints.write(store, lease, event(1))
    store.claims.bury("w")
    with pytest.raises(LeaseLostError):
        checkpoints.write(store, lease, event(2))
    assert folders(store, lease.run_id) == [saved.folder]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Writes beyond `size` bytes fail as on a full disk, for everybody, root too."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_checkpoint_that_cannot_be_written_leaves_the_earlier_one(on_disk: RunStore) -> None:
    store, lease = on_disk, training(on_disk)
    saved = checkpoints.write(store, lease, event(1))
    with largest_file(1_000_000), pytest.raises(StorageError, match="larger than this system lets a file be"):
        checkpoints.write(store, lease, event(2, size=1_000_000))
    assert folders(store, lease.run_id) == [saved.folder]
    assert steps(store, lease.run_id) == [1]
    assert checkpoints.read(store.files, saved)["step"] == 1


def run_folder(store: RunStore, run_id: str) -> Path:
    return Path(store.address).parent / "runs" / run_id


def test_a_folder_that_cannot_be_made_is_named(on_disk: RunStore) -> None:
    lease = training(on_disk)
    folder = run_folder(on_disk, lease.run_id)
    folder.parent.mkdir()
    folder.write_text("a file where the folder should be")
    with pytest.raises(StorageError, match=lease.run_id):
        checkpoints.write(on_disk, lease, event(1))


def test_folders_that_a_killed_attempt_left_empty_or_half_written_are_swept(on_disk: RunStore) -> None:
    lease = training(on_disk)
    saved = checkpoints.write(on_disk, lease, event(1))
    folder = run_folder(on_disk, lease.run_id) / "checkpoints"
    for name in (".00000002-aaaa", "00000002-bbbb"):  # the first as versions before this one began a checkpoint
        (folder / name).mkdir()
    (folder / ".00000002-aaaa" / checkpoints.TENSORS).write_bytes(b"begun")
    checkpoints.sweep(on_disk, lease.run_id)
    assert [path.name for path in folder.iterdir()] == [saved.folder]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB of its own, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_the_reason_and_can_be_written_down(tiny_disk: Path) -> None:
    store = open_store(tiny_disk / "glassbox.sqlite")
    run = store.book.create("toy", {}, phases=(1,), owner="ada")
    lease = store.claims.claim("w")
    assert lease is not None
    saved = checkpoints.write(store, lease, event(1))
    with pytest.raises(StorageError, match="The disk is full"):
        checkpoints.write(store, lease, event(2, size=1_000_000))
    filler = (tiny_disk / "filler").open("wb", buffering=0)
    with filler, pytest.raises(OSError, match="No space left"):
        while True:
            filler.write(bytes(4096))
    with pytest.raises(StorageError, match="The disk is full"):
        store.claims.notify(lease, "x" * 100_000)
    store.claims.finish(lease, "failed", reason="The disk is full")
    assert store.book.get(run.id).reason == "The disk is full"
    assert checkpoints.read(store.files, saved)["step"] == 1
    store.close()


def test_nothing_is_pickled() -> None:
    for module in ("core.runs.checkpoints", "core.runs.encoding"):
        source = Path(sys.modules[module].__file__ or "").read_text(encoding="utf-8")
        assert "import pickle" not in source
        assert "torch.load" not in source
        assert "torch.save" not in source
