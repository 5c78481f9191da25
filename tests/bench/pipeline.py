"""Runs programs joined by pipes, and says of each how it ended and what it used.

    python3 -I -S pipeline.py MESSAGES PROGRAM ARGUMENT... '|' PROGRAM ARGUMENT...

The first reads nothing, the last one's output goes to OUTPUT if MESSAGES is followed by '>' OUTPUT, else nowhere;
what they say goes to the file MESSAGES. Prints the seconds from the first start to the last end, then a line for
each program: exit code (minus a signal's number), CPU seconds, peak memory in KiB.

This is a process of its own because of that peak. Linux hands it down: a program begins with the peak of the
process that became it, and one started by a large Python would have a large Python's. Here is as little of it as
can be: only what is built into the interpreter is imported, and fork is called, not vfork.
"""

import fcntl
import posix
import sys
import time

PIPE_SIZE = 1 << 20  # as the driver's


def start(argv: list[str], input_: int, output: int, messages: int) -> int:
    process = posix.fork()
    if process == 0:
        try:
            for number, descriptor in enumerate((input_, output, messages)):
                posix.dup2(descriptor, number)
            posix.execv(argv[0], argv)
        finally:
            posix._exit(127)
    return process


def main(words: list[str]) -> None:
    messages = posix.open(words.pop(0), posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_CLOEXEC, 0o600)
    output = "/dev/null"
    if words[0] == ">":
        output = words[1]
        del words[:2]
    programs = [[]]
    for word in words:
        if word == "|":
            programs.append([])
        else:
            programs[-1].append(word)

    last_output = posix.open(output, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC, 0o600)
    input_ = posix.open("/dev/null", posix.O_RDONLY | posix.O_CLOEXEC)
    processes = []
    begun = time.monotonic()
    for program in programs:
        if program is programs[-1]:
            next_input, output_ = -1, last_output
        else:
            next_input, output_ = posix.pipe2(posix.O_CLOEXEC)
            fcntl.fcntl(output_, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        processes.append(start(program, input_, output_, messages))
        posix.close(input_)
        posix.close(output_)
        input_ = next_input

    ends = [posix.wait4(process, 0) for process in processes]
    print(time.monotonic() - begun)
    for _, status, used in ends:
        print(posix.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss)


main(sys.argv[1:])
