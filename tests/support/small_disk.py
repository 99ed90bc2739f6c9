"""``python small_disk.py MEBIBYTES FOLDER COMMAND...``: run a command that sees a small file system at a folder.

In user and mount namespaces of its own, so it needs no privilege and leaves nothing; a machine without the
``unshare`` program will do.
"""

from __future__ import annotations

import os
import sys

from sagemaker_local.execution import launcher


def main(mebibytes: str, folder: str, *command: str) -> None:
    uid, gid = os.geteuid(), os.getegid()
    launcher.call(launcher.libc.unshare, launcher.CLONE_NEWUSER | launcher.CLONE_NEWNS)
    launcher.write_text("/proc/self/setgroups", "deny")
    launcher.write_text("/proc/self/uid_map", f"0 {uid} 1")
    launcher.write_text("/proc/self/gid_map", f"0 {gid} 1")
    options = f"size={mebibytes}m".encode()
    launcher.call(launcher.libc.mount, b"tmpfs", folder.encode(), b"tmpfs", 0, options)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
