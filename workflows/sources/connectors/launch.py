"""Runs a connector: launch.py FOLDER PROGRAM ARGUMENT...

Standard input is a pipe that whoever started this holds open and never writes to. Once it ends, they are gone, however they
ended: the folder, which has the configuration with its secrets, is removed, and the process group is killed.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading

folder, *command = sys.argv[1:]


def follow_the_owner():
    while os.read(0, 4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


try:
    # Where memory runs out it is this that goes, and not the worker.
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("500")
except OSError:
    pass
threading.Thread(target=follow_the_owner, daemon=True).start()
code = subprocess.call(command, stdin=subprocess.DEVNULL, cwd=folder)
sys.stdout.flush()
# As a shell says it of one that a signal ended.
os._exit(code if code >= 0 else 128 - code)
