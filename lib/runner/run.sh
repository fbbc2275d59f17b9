#!/bin/sh
# Runs one job: run.sh FOLDER PROGRAM [ARGUMENT...], as the leader of a session of its own.
#
# Takes FOLDER/lock for life, refuses to run a ticket twice, records who it is in FOLDER/identity
# (pid, start time in clock ticks after boot, boot id), reserves the block of the exit record while there is room,
# appends the program's output to FOLDER/stdout and FOLDER/stderr, and leaves FOLDER/exit: code and seconds since 1970.
#
# Own exit codes: 70 no such folder, 71 no lock file, 72 the ticket runs, 73 it ran, 74 nothing can be recorded; the program's otherwise.
set -u
umask 077
cd -- "$1" || exit 70
shift
exec 9>>lock || exit 71
flock -n 9 || exit 72
[ ! -e identity ] && [ ! -e exit ] || exit 73

# Fields of /proc/PID/stat count from the last ")": the name before it may hold anything.
stat=$(cat /proc/$$/stat) || exit 74
set_fields() { shift 19; started=$1; }
set_fields ${stat##*) }
printf '%s %s %s\n' "$$" "$started" "$(cat /proc/sys/kernel/random/boot_id)" >identity.part &&
  printf '%-62s\n' running >exit.part &&
  : >>stdout && : >>stderr &&
  sync identity.part exit.part . &&
  mv identity.part identity && sync . || exit 74

# A trap, never an ignored signal: barman would inherit that. The shell waits on, barman gets the signal.
trap : INT TERM HUP
if [ -e stdin ]; then
  "$@" <stdin >>stdout 2>>stderr
else
  "$@" </dev/null >>stdout 2>>stderr
fi
code=$?

# In place, so that a full disk cannot take the code away.
printf '%-62s\n' "$code $(date +%s)" 1<>exit.part
sync exit.part
mv exit.part exit && sync .
exit "$code"
