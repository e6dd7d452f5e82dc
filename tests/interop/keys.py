#!/usr/bin/env python3
"""Type at a terminal: keys.py COMMAND [ARG...] <SCRIPT

Each line of the script is `TEXT => WANTED`: the text (Python escapes) is typed, then
the wanted text must appear within five seconds. Status 1 tells the first that did not.
"""
import os
import pty
import select
import sys
import time


def read_until(fd, wanted):
    seen, end = b"", time.monotonic() + 5
    while wanted not in seen and time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:  # the other side has closed
                break
            if not data:
                break
            seen += data
    return seen


def main():
    steps = [line.rstrip("\n").split(" => ") for line in sys.stdin if line.strip()]
    pid, fd = pty.fork()
    if not pid:
        os.environ["TERM"] = "xterm"
        os.execvp(sys.argv[1], sys.argv[1:])
    for keys, wanted in steps:
        os.write(fd, keys.encode().decode("unicode_escape").encode())
        seen = read_until(fd, wanted.encode())
        if wanted.encode() not in seen:
            print(f"typed {keys!r}, wanted {wanted!r}, saw {seen!r}")
            sys.exit(1)
    os.close(fd)  # hangs up, should it still run
    os.waitpid(pid, 0)


main()
