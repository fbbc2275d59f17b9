#!/bin/sh
# Runs one job: run.sh FOLDER PROGRAM [ARGUMENT...], as the leader of a session of its own.
#
# Takes FOLDER/lock for life, refuses to run a ticket twice, records who it is in FOLDER/identity
# (pid, start time in clock ticks after boot, boot id), reserves the block of the exit record while there is room,
# appends the program's output to FOLDER/stdout and FOLDER/stderr, ends what the program leaves in the process group,
# and leaves FOLDER/exit: code and seconds since 1970. An identity that is there already, even empty, forbids the run.
#
# Own exit codes: 70 no such folder, 71 no lock to be had, 72 the ticket runs, 73 it ran or never may, 74 nothing can be
# recorded; the program's otherwise, 128 and more for a signal.
set -u
umask 077
cd -- "$1" || exit 70
shift
command exec 9>>lock || exit 74
flock -n 9
case $? in 0) ;; 1) exit 72 ;; *) exit 71 ;; esac
[ ! -e identity ] && [ ! -e exit ] || exit 73

# Fields of /proc/PID/stat count from the last ")": the name before it may hold anything.
stat=$(cat /proc/$$/stat) || exit 74
set_started() { shift 19; started=$1; }
set_started ${stat##*) }
printf '%s %s %s\n' "$$" "$started" "$(cat /proc/sys/kernel/random/boot_id)" >identity.part &&
  printf '%-62s\n' running >exit.part &&
  true >>stdout && true >>stderr && sync identity.part exit.part || exit 74
# A link, for it fails where the name is taken: whoever made it first decides whether this runs.
if ! ln identity.part identity 2>/dev/null; then
  [ -e identity ] && exit 73
  exit 74
fi
rm -f identity.part
sync . || exit 74

# A trap, never an ignored signal: barman would inherit that. The shell waits on, barman gets the signal.
trap : INT TERM HUP
if [ -e stdin ]; then
  "$@" <stdin >>stdout 2>>stderr 9>&-
else
  "$@" </dev/null >>stdout 2>>stderr 9>&-
fi
code=$?
ended=$(date +%s)

# Anything but us in our group? Barman's own daemons have sessions, and so groups, of their own.
is_left() {
  for file in /proc/[0-9]*/stat; do
    [ "$file" = /proc/$$/stat ] && continue
    stat=
    while read -r line; do stat=$line; done 2>/dev/null <"$file" # the last one: a name may hold line feeds
    is_ours ${stat##*) } && return
  done
  return 1
}
is_ours() { [ "${3-}" = $$ ] && [ "$1" != Z ]; }

if is_left; then
  kill -s TERM -- -$$ # to us as well, which the trap takes
  for tenth in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.1
    is_left || break
  done
fi

# In place, so that a full disk cannot take the code away.
printf '%-62s\n' "$code $ended" 1<>exit.part
sync exit.part
mv exit.part exit && sync .
is_left && kill -s KILL -- -$$ # us too, who have nothing left to do
exit "$code"
