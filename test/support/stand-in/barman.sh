#!/bin/sh
# Plays barman where the real one cannot be made to: hangs, huge output, deaths by signal.
# help/ holds its help, act/COMMAND what a command does (sourced, positionals as $@), calls/ one file a call, one word a line.
here=$(dirname "$0")
help() { cat "$here/help/$1"; exit 0; }

for word do
  case $word in
    --version) cat "$here/help/VERSION"; exit 0 ;;
    --config=*|--color=*|--format=*) ;;
    *) break ;;
  esac
done
for word do
  case $word in
    --config=*|--color=*|--format=*) shift ;;
    *) break ;;
  esac
done
[ "${1-}" = --help ] && help TOP
[ "${2-}" = --help ] && help "$1"

command=$1
call=$(mktemp "$here/calls/$command.XXXXXX")
printf '%s\0' "$@" >"$call.part" && rm "$call" && mv "$call.part" "$call"
[ -e "$here/act/$command" ] && . "$here/act/$command"
case $command in
  list-servers|list-server) printf 'main\npg-1\npg-2\n' ;;
  *) printf '{}' ;;
esac
