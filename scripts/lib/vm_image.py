"""What the guest of scripts/vm boots: Debian's cloud kernel, its modules, and an initrd
with a busybox. Unpacked from packages into build/vm, once; not installed."""

import fcntl
import pathlib
import shutil
import stat
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGE = ROOT / "build/vm"
INIT = pathlib.Path(__file__).with_name("vm_init.sh")
# In the order in which they are loaded. The others the guest finds by itself.
BOOT_MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev",
                "virtio_pci", "virtio_console", "fuse", "virtiofs", "overlay")


def run(*command, **kwargs):
    subprocess.run(command, check=True, **kwargs)


def latest_kernel():
    """The package that linux-image-cloud-amd64 stands for."""
    told = subprocess.run(
        ["apt-cache", "depends", "--important", "linux-image-cloud-amd64"],
        check=False, capture_output=True, text=True).stdout
    return next((word for word in told.split() if word.startswith("linux-image-6")), None)


def download(directory):
    if latest_kernel() is None:
        run("apt-get", "update", "-qq")
    kernel = latest_kernel()
    if kernel is None:
        raise RuntimeError("apt knows no linux-image-cloud-amd64: Debian 12 has it")
    run("apt-get", "-q", "-q", "-o", "APT::Sandbox::User=root", "download", kernel,
        "busybox-static", cwd=directory)
    for package in directory.glob("*.deb"):
        run("dpkg", "-x", package, directory / "unpacked")
    return directory / "unpacked"


def make_archive(directory, archive, busybox):
    """A cpio archive, which the kernel takes as an initrd."""
    files = sorted(str(p.relative_to(directory)) for p in directory.rglob("*"))
    with open(archive, "wb") as out:
        run(busybox, "cpio", "-o", "-H", "newc", "-R", "0:0", cwd=directory, stdout=out,
            input="\n".join(files).encode() + b"\n", stderr=subprocess.DEVNULL)


def make(image):
    with tempfile.TemporaryDirectory(dir=image.parent) as scratch:
        unpacked = download(pathlib.Path(scratch))
        modules = next((unpacked / "lib/modules").iterdir())
        run("depmod", "-b", unpacked, modules.name)
        initrd = pathlib.Path(scratch, "initrd")
        for name in ("bin", "dev", "proc", "sys", "lower", "upper", "root"):
            (initrd / name).mkdir(parents=True)
        shutil.copy(unpacked / "bin/busybox", initrd / "bin/busybox")
        for module in BOOT_MODULES:
            found = next(modules.rglob(f"{module}.ko"))
            shutil.copy(found, initrd / f"{module}.ko")
        (initrd / "order").write_text("".join(f"{m}.ko\n" for m in BOOT_MODULES))
        made = pathlib.Path(scratch, "made")
        made.mkdir()
        make_archive(initrd, made / "initrd", initrd / "bin/busybox")
        shutil.copy(initrd / "bin/busybox", made / "busybox")
        shutil.move(next((unpacked / "boot").glob("vmlinuz-*")), made / "vmlinuz")
        (made / "lib/modules").mkdir(parents=True)
        shutil.move(modules, made / "lib/modules" / modules.name)
        made.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        made.rename(image)


def prepared():
    """The folder with vmlinuz, initrd, busybox and lib/modules; made on first use."""
    IMAGE.parent.mkdir(exist_ok=True)
    with open(IMAGE.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not IMAGE.exists():
            make(IMAGE)
    return IMAGE
