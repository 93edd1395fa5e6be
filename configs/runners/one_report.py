"""What drivers in Python have in common: a word that nobody else knows is read, and one report is written with it."""

import fcntl
import json
import os
import sys


def main(reported):
    """Read a test's name and the word, and write what `reported` makes of the name.

    The word is out of everybody's sight before anything of the student's is read.
    """
    with open(0, "rb", closefd=False) as given:
        test, word = given.read().decode().split("\n")[:2]
    # What is read once is there no more, also for whoever opens it again.
    os.ftruncate(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    out = fcntl.fcntl(1, fcntl.F_DUPFD, 200)
    os.dup2(2, 1)
    write, leave, written = os.write, os._exit, json.dumps
    report = reported(test)
    sys.stdout.flush()
    sys.stderr.flush()
    write(out, (word + " " + written(report) + "\n").encode())
    # Nothing that was left behind to be run at the end is.
    leave(0)
