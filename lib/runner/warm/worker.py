"""Keeps a Python program imported and runs each call of it in a forked child: the start of Python is paid once.

    PYTHON worker.py PROGRAM

PYTHON is the interpreter that PROGRAM names in its first line. Frames go over standard input and output, each with a head of
`call u32, kind u8, length u32`, big endian:

    in   RUN     a JSON list of the words after the program
         SIGNAL  i32, to the process group of the call while it lives
    out  READY   once, of call 0: the program is imported
         OUT, ERR  bytes that the call wrote
         EXIT    i32: exit code, or minus the signal
         STALE   a file of the program has changed: nothing the call said counts, and no further call is taken

The end of standard input ends the worker and every call in flight.
"""
import atexit
import errno
import gc
import json
import os
import selectors
import signal
import struct
import sys
import time
import types

HEAD = struct.Struct('>IBI')
NUMBER = struct.Struct('>i')
RUN, SIGNAL = 1, 2
OUT, ERR, EXIT, STALE, READY = 1, 2, 3, 4, 5
CHUNK = 65536


class Program:
    """The program as Python would run it, with all that it imports on its way to `--version` in memory."""

    def __init__(self, path):
        self.path = path
        with open(path, 'rb') as file:
            self.code = compile(file.read(), path, 'exec')
        sys.path[0] = os.path.dirname(os.path.realpath(path))
        if self.run(['--version']) != 0:
            sys.exit(1)  # what it said stands on standard error
        self.files = {file: identity(file) for file in files_of_modules() | {path, os.path.realpath(sys.executable)}}

    def is_stale(self):
        return any(identity(file) != known for file, known in self.files.items())

    def run(self, words):
        """Runs it in this process; returns its exit code as Python itself would."""
        sys.argv = [self.path] + words  # argparse looks there for the name of the program, while it is imported too
        main = sys.modules['__main__'] = types.ModuleType('__main__')
        main.__file__ = self.path
        try:
            exec(self.code, main.__dict__)
            return 0
        except SystemExit as end:
            return exit_code(end.code)
        except BaseException:
            kind, error, trace = sys.exc_info()
            trace = trace.tb_next  # without our own frame
            sys.excepthook(kind, error.with_traceback(trace), trace)
            return 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()


def exit_code(value):
    if value is None:
        return 0
    if isinstance(value, int):
        return value & 0xff
    sys.stdout.flush()
    print(value, file=sys.stderr)
    return 1


def files_of_modules():
    files = (getattr(module, '__file__', None) for module in list(sys.modules.values()))
    return {file for file in files if isinstance(file, str)}


def identity(path):
    try:
        found = os.stat(path)
        return found.st_mtime_ns, found.st_size, found.st_ino
    except OSError:
        return None


class Call:
    """One forked child, and what is left to read of it."""

    def __init__(self, number, pid, pipes):
        self.number = number
        self.pid = pid
        self.pipes = pipes  # by kind


class Worker:
    def __init__(self, program, requests, replies):
        self.program = program
        self.requests = requests
        self.replies = replies
        self.calls = {}
        self.input = b''
        self.stale = False
        self.selector = selectors.DefaultSelector()
        self.selector.register(requests, selectors.EVENT_READ, self.read_requests)
        self.listen_to_ends()

    def listen_to_ends(self):
        ends, wakeup = os.pipe()
        for end in ends, wakeup:
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup)
        self.wakeup = (ends, wakeup)
        self.selector.register(ends, selectors.EVENT_READ, self.reap)

    def serve(self):
        """Until the other side is gone."""
        self.send(0, READY)
        while True:
            for key, _ in self.selector.select():
                key.data()

    def send(self, number, kind, payload=b''):
        data = memoryview(HEAD.pack(number, kind, len(payload)) + payload)
        while data:
            data = data[os.write(self.replies, data):]

    def read_requests(self):
        data = os.read(self.requests, CHUNK)
        if not data:
            self.leave()
        self.input += data
        while len(self.input) >= HEAD.size:
            number, kind, length = HEAD.unpack_from(self.input)
            if len(self.input) < HEAD.size + length:
                return
            payload = self.input[HEAD.size:HEAD.size + length]
            self.input = self.input[HEAD.size + length:]
            if kind == RUN:
                self.start(number, json.loads(payload.decode('utf-8')))
            else:
                self.signal(number, NUMBER.unpack(payload)[0])

    def start(self, number, words):
        self.stale = self.stale or self.program.is_stale()
        if self.stale:
            return self.send(number, STALE)
        out, err = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            self.become(words, out, err)
        os.close(out[1])
        os.close(err[1])
        call = self.calls[number] = Call(number, pid, {OUT: out[0], ERR: err[0]})
        for kind, pipe in call.pipes.items():
            os.set_blocking(pipe, False)
            self.selector.register(pipe, selectors.EVENT_READ, lambda kind=kind: self.pass_on(call, kind))

    def become(self, words, out, err):
        """The child: a process as `exec` would have made it, as far as the program can tell."""
        status = 1
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(out[1], 1)
            os.dup2(err[1], 2)
            pipes = [pipe for call in self.calls.values() for pipe in call.pipes.values()]
            for own in [*out, *err, self.requests, self.replies, *self.wakeup, *pipes]:
                os.close(own)
            self.selector.close()
            time.tzset()
            status = self.program.run(words)
            if 'threading' in sys.modules:
                sys.modules['threading']._shutdown()
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)

    def pass_on(self, call, kind):
        """Passes on what there is to read; false when there is nothing more by now."""
        pipe = call.pipes.get(kind)
        if pipe is None:
            return False
        try:
            data = os.read(pipe, CHUNK)
        except BlockingIOError:
            return False
        if data:
            self.send(call.number, OUT if kind == OUT else ERR, data)
            return True
        self.drop(call, kind)
        return False

    def drop(self, call, kind):
        pipe = call.pipes.pop(kind)
        self.selector.unregister(pipe)
        os.close(pipe)

    def signal(self, number, which):
        call = self.calls.get(number)
        if call:  # not reaped yet: its number is still its own
            kill_group(call.pid, which)

    def reap(self):
        try:
            os.read(self.wakeup[0], CHUNK)
        except BlockingIOError:
            pass
        for call in list(self.calls.values()):
            pid, status = os.waitpid(call.pid, os.WNOHANG)
            if pid:
                self.end(call, -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))

    def end(self, call, code):
        for kind in OUT, ERR:
            while self.pass_on(call, kind):
                pass
            if kind in call.pipes:
                self.drop(call, kind)  # a daemon of the call keeps the other end
        del self.calls[call.number]
        self.stale = self.stale or self.program.is_stale()
        self.send(call.number, STALE if self.stale else EXIT, NUMBER.pack(code))

    def leave(self):
        for call in self.calls.values():
            kill_group(call.pid, signal.SIGKILL)
        os._exit(0)


def kill_group(pid, which):
    """Of a child that is not waited for yet: its number is nobody else's."""
    for kill in os.killpg, os.kill:  # it may not lead its group yet
        try:
            return kill(pid, which)
        except OSError as error:
            if error.errno not in (errno.ESRCH, errno.EPERM):
                raise


def main():
    path = sys.argv[1]
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in 0, 1:
        os.dup2(nothing, standard)
    os.close(nothing)
    program = Program(path)
    gc.collect()
    if hasattr(gc, 'freeze'):
        gc.freeze()  # children copy fewer pages
    worker = Worker(program, requests, replies)
    try:
        worker.serve()
    except BrokenPipeError:
        worker.leave()


if __name__ == '__main__':
    main()
