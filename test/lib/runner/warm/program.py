"""A program with every habit that a resident Python could betray."""
import argparse
import atexit
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

parser = argparse.ArgumentParser(epilog='imported as ' + sys.argv[0])
parser.add_argument('--version', action='version', version='1.0')
parser.add_argument('deed', nargs='?')
parser.add_argument('words', nargs='*')


def where():
    main = sys.modules['__main__']
    print(sys.argv, __name__, main.__file__, main.__dict__ is globals(), sys.path[0], os.getcwd(), oct(os.umask(0o22)), os.getgroups())
    print(sys.stdin.read(), sys.stdout.isatty(), sys.stdout.encoding, sys.stderr.line_buffering, sorted(os.environ))
    print([signal.getsignal(number) for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM, signal.SIGINT)])
    print([fd for fd in range(3, 64) if os.path.exists('/proc/self/fd/%d' % fd)], os.getsid(0) == os.getpid())


def hooks():
    atexit.register(print, 'at exit')
    atexit.register(os.write, 2, b'raw\n')
    threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()
    print('main')


def logs():
    logging.basicConfig(format='%(levelname)s %(message)s', level=logging.INFO)
    logging.warning('first')
    sys.stdout.write('no line end')


def fail():
    raise ValueError('wrong')


def text():
    sys.exit('words for people')


def code():
    sys.exit(259)


def chance():
    print(random.random(), next(tempfile._get_candidate_names()))


def much():
    for number in range(20000):
        print(number, 'é' * 40)


def child():
    print(subprocess.run(['sh', '-c', 'echo from a child; exit 7'], stdout=subprocess.PIPE).returncode)


def daemon():
    subprocess.Popen(['sleep', '30'])
    print('left one behind')


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def hang():
    print('hanging', flush=True)
    subprocess.run(['sleep', '600'])


def echo():
    print(repr(sys.argv[2:]))


args = parser.parse_args()
if args.deed:
    globals()[args.deed]()
