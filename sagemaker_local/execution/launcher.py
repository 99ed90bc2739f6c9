"""Starts one job's process, alone in its world, and ends it: run as a script, ``launcher.py SPEC.json``.

Run as ``launcher.py network CHANNEL`` it starts nothing: it makes a network without any way out, and holds it until the
channel (the descriptor of a Unix socket) ends. The processes whose specs name it as ``network`` share that network. On
the channel it says ``ready``, and then answers each order, ``connect`` or ``listen PORT``, with a socket made in there.

Standard library only, and no import of this package: it runs isolated (``python -I -S``) for a quick start.

Standard input is the line to the server. ``STOP <seconds>`` sends SIGTERM to the job's main process and SIGKILL to
everything after that many seconds; a second one can only bring that forward. ``KILL`` sends SIGKILL to everything at
once, as does its end (the server is gone). Standard output and error are the job's. The exit status is the job's, 128 +
signal if a signal ended it, 127 if its program was not found and 126 if it could not be run, as a container's.

With namespaces (mount, PID, IPC, host name, and the given network) the first process inside is a small init: it
mounts, starts the job's main process, passes SIGTERM on and reaps. When it ends, the kernel ends whatever the job left.
Without them the job is a process group of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from typing import Any, NoReturn

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x00020000, 0x08000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWUTS = 0x20000000, 0x40000000, 0x04000000
MS_BIND, MS_REC, MS_PRIVATE, MS_NOSUID, MS_NODEV = 0x1000, 0x4000, 0x40000, 0x2, 0x4
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY, SYS_MOUNT_SETATTR = -100, 0x8000, 0x1, 442
PR_SET_PDEATHSIG = 1
NOT_FOUND, NOT_EXECUTABLE = 127, 126
# Files of the host's kernel that root may write to, also from in here: container engines make the same read-only.
SYSTEM_SETTINGS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

libc = ctypes.CDLL(None, use_errno=True)


def main(argument: str, channel: str = "") -> int:
    """Run the job of the spec file to its end, or hold a network; returns the exit status."""
    return hold_network(int(channel)) if argument == "network" else run(argument)


def run(spec_path: str) -> int:
    """Run the job of the spec file to its end; returns its exit status."""
    with open(spec_path, encoding="utf-8") as file:
        spec = json.load(file)
    isolated = spec["isolation"] == "namespaces"
    if isolated:
        enter_namespaces(spec["network"])
    # A stop that comes before the job is ready for it has to wait: process 1 of a namespace would never see it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if isolated:
            become_init(spec)
        os.setpgid(0, 0)
        execute(spec)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    if not isolated:
        with contextlib.suppress(PermissionError):  # it has done so itself, and is running its program
            os.setpgid(child, child)
    return supervise(child, isolated)


def enter_namespaces(network: int | None) -> None:
    """Leave the host's namespaces; the next child is process 1 of the new PID namespace."""
    if network is None:
        become_root_of_new(CLONE_NEWUSER)
    else:
        join(network)
    call(libc.unshare, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS)


def become_root_of_new(namespaces: int) -> None:
    """Leave the host's user namespace, and what else *namespaces* says, for new ones that this user is root in."""
    uid, gid = os.geteuid(), os.getegid()
    call(libc.unshare, namespaces)
    write_text("/proc/self/setgroups", "deny")
    write_text("/proc/self/uid_map", f"0 {uid} 1")
    write_text("/proc/self/gid_map", f"0 {gid} 1")


def join(holder: int) -> None:
    """Enter the network that process *holder* holds, and the user namespace that it belongs to."""
    handles = [os.open(f"/proc/{holder}/ns/{name}", os.O_RDONLY) for name in ("user", "net")]
    for handle, kind in zip(handles, (CLONE_NEWUSER, CLONE_NEWNET), strict=True):
        call(libc.setns, handle, kind)
        os.close(handle)


def hold_network(descriptor: int) -> int:
    """A network of its own, with nothing but the loopback, until the channel ends."""
    become_root_of_new(CLONE_NEWUSER | CLONE_NEWNET)
    bring_loopback_up()
    with socket.socket(fileno=descriptor) as channel:
        channel.send(b"ready")
        while order := channel.recv(64).decode():
            with made_for(order) as made:
                socket.send_fds(channel, [b"1"], [made.fileno()])
    return 0


def made_for(order: str) -> socket.socket:
    kind, _, port = order.partition(" ")
    return socket.create_server(("127.0.0.1", int(port))) if kind == "listen" else socket.socket()


def supervise(child: int, isolated: bool) -> int:
    """Wait for the child, obeying the server meanwhile."""
    pidfd = os.pidfd_open(child)
    deadline: float | None = None
    listening = True
    while True:
        timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([pidfd, 0] if listening else [pidfd], [], [], timeout)
        if pidfd in ready:
            break
        if 0 in ready:
            orders = os.read(0, 4096).decode().splitlines()
            if orders and "KILL" not in orders:
                os.kill(child, signal.SIGTERM)
                end = time.monotonic() + min(float(order.split()[1]) for order in orders)
                deadline = end if deadline is None else min(deadline, end)
                continue
            listening = bool(orders)  # without one the server is gone
        kill_all(child, isolated)
        deadline = None
    _, status = os.waitpid(child, 0)
    if not isolated:
        kill_group(child)  # what the main process left behind; a namespace's init has done it already
    return exit_status(status)


def kill_all(child: int, isolated: bool) -> None:
    if isolated:
        os.kill(child, signal.SIGKILL)
    else:
        kill_group(child)


def kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # nothing of it is left
        os.killpg(leader, signal.SIGKILL)


def exit_status(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


# Inside


def become_init(spec: dict[str, Any]) -> NoReturn:
    """Process 1 of the namespaces: mount, start the main process, pass SIGTERM on, reap, end as it ended."""
    call(libc.prctl, PR_SET_PDEATHSIG, signal.SIGKILL)
    mount_world(spec)
    socket.sethostname(spec["host"])
    main_process = os.fork()
    if main_process == 0:
        os.setsid()
        execute(spec)
    signal.signal(signal.SIGTERM, lambda number, _frame: os.kill(main_process, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    while True:
        pid, status = os.wait()
        if pid == main_process:
            os._exit(exit_status(status))


def mount_world(spec: dict[str, Any]) -> None:
    """The job's file system: the host's, read-only, with its own /opt/ml, /tmp and /dev/shm, without state and home."""
    call(libc.mount, b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    call(libc.mount, b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV, None)
    # Taken before anything is covered: what is bound back, and what is bound in.
    visible = {path: os.open(path, os.O_PATH) for path in spec["visible"]}
    opt_ml, tmp = os.open(spec["opt_ml"], os.O_PATH), os.open(spec["tmp"], os.O_PATH)
    mounts = [(os.open(mount["source"], os.O_PATH), mount["target"]) for mount in spec["mounts"]]
    bind(os.open(spec["hosts_file"], os.O_PATH), "/etc/hosts")
    bind(tmp, "/tmp")
    for hidden in spec["hidden"]:
        if os.path.isdir(hidden):
            mount_tmpfs(hidden)
    for path, handle in visible.items():
        if not same_place(handle, path):
            os.makedirs(path, exist_ok=True)
            bind(handle, path)
    place_opt_ml(opt_ml)
    for handle, target in mounts:
        os.makedirs(target, exist_ok=True)
        bind(handle, target)
    if os.path.isdir("/dev/shm"):
        mount_tmpfs("/dev/shm", "1777")
    set_read_only("/", True, recursive=True)
    for path in ("/opt/ml", "/tmp", "/proc", *filter(os.path.ismount, ["/dev/shm"])):
        set_read_only(path, False)
    for path in filter(os.path.exists, SYSTEM_SETTINGS):
        bind(os.open(path, os.O_PATH), path)
        set_read_only(path, True)


def place_opt_ml(opt_ml: int) -> None:
    """Bind over /opt/ml, or make one: a tmpfs on /opt with the entries of /opt bound back."""
    if not os.path.isdir("/opt/ml"):
        entries = {entry.name: entry for entry in os.scandir("/opt")}
        links = {name: os.readlink(entry.path) for name, entry in entries.items() if entry.is_symlink()}
        handles = {name: os.open(entry.path, os.O_PATH) for name, entry in entries.items() if name not in links}
        folders = {name for name in handles if entries[name].is_dir()}
        mount_tmpfs("/opt")
        for name, target in links.items():
            os.symlink(target, f"/opt/{name}")
        for name, handle in handles.items():
            if name in folders:
                os.mkdir(f"/opt/{name}")
            else:
                os.close(os.open(f"/opt/{name}", os.O_CREAT | os.O_WRONLY))
            bind(handle, f"/opt/{name}")
        os.mkdir("/opt/ml")
    bind(opt_ml, "/opt/ml")


def same_place(handle: int, path: str) -> bool:
    """Whether *path* still shows what *handle* was opened on."""
    try:
        here, there = os.stat(path), os.fstat(handle)
    except FileNotFoundError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def bind(handle: int, target: str) -> None:
    call(libc.mount, f"/proc/self/fd/{handle}".encode(), target.encode(), None, MS_BIND | MS_REC, None)


def mount_tmpfs(target: str, mode: str = "0755") -> None:
    call(libc.mount, b"tmpfs", target.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode}".encode())


def set_read_only(target: str, read_only: bool, recursive: bool = False) -> None:
    # struct mount_attr: attr_set, attr_clr, propagation, userns_fd
    attributes = (MOUNT_ATTR_RDONLY, 0, 0, 0) if read_only else (0, MOUNT_ATTR_RDONLY, 0, 0)
    packed = struct.pack("=QQQQ", *attributes)
    flags = AT_RECURSIVE if recursive else 0
    call(libc.syscall, SYS_MOUNT_SETATTR, AT_FDCWD, target.encode(), flags, packed, len(packed))


def bring_loopback_up() -> None:
    """SIOCSIFFLAGS on ``lo``: a new network namespace has it, down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", 0x1))


def execute(spec: dict[str, Any]) -> NoReturn:
    """Become the job's program, as a container engine would start it."""
    program, environment = spec["argv"][0], spec["environment"]
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    try:
        os.chdir(spec["cwd"])
        os.execvpe(program, spec["argv"], environment)
    except FileNotFoundError:
        code, problem = NOT_FOUND, "no such file or directory"
    except OSError as error:
        code, problem = NOT_EXECUTABLE, error.strerror or str(error)
    except ValueError as error:  # a null character, or half a surrogate pair
        code, problem = NOT_EXECUTABLE, f"its arguments or environment cannot be passed: {error}"
    sys.stderr.write(f"exec: {program!r}: {problem}\n")
    sys.stderr.flush()
    os._exit(code)


def call(function: Any, *arguments: Any) -> None:
    """A libc call that says which one failed, and why."""
    if function(*arguments) == -1:
        number = ctypes.get_errno()
        name = errno.errorcode.get(number, str(number))
        raise OSError(number, f"{function.__name__}{arguments} failed: {name} {os.strerror(number)}")


def write_text(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
