"""Runs a program on a terminal of its own: terminal.py STEPS PROGRAM [WORD...]. STEPS is JSON, [[sight, typed], ...]:
where a sight appears behind the last one, its answer is typed. Prints exit code and everything seen, as JSON."""
import json
import os
import pty
import sys

steps, program = json.loads(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(program[0], program)
seen, at = '', 0
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:  # how Linux tells that the other side is closed
        break
    if not chunk:
        break
    seen += chunk.decode(errors='replace')
    while steps and steps[0][0] in seen[at:]:
        sight, typed = steps.pop(0)
        at = seen.index(sight, at) + len(sight)
        if typed.startswith('touch '):
            open(typed[6:], 'w').close()
        else:
            os.write(terminal, typed.encode())
_, status = os.waitpid(pid, 0)
print(json.dumps({'code': os.waitstatus_to_exitcode(status), 'seen': seen}))
