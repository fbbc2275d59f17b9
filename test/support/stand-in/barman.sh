#!/bin/sh
# Plays barman where the real one cannot be made to: hangs, huge output, deaths by signal.
# help/ holds its help, act/COMMAND what a command does (sourced, positionals as $@), calls/ one file a call, its words ended by NUL.
here=${0%/*}
help() { cat "$here/help/$1"; exit 0; }

globals=0
for word do
  case $word in
    --version) help VERSION ;;
    --config=*|--color=*|--format=*) globals=$((globals + 1)) ;;
    *) break ;;
  esac
done
read_command() {
  shift "$globals"
  [ "${1-}" = --help ] && help TOP
  [ "${2-}" = --help ] && help "$1"
  command=$1
}
read_command "$@"
printf '%s\0' "$@" >"$here/calls/$command.$$"
shift "$globals"

[ -e "$here/act/$command" ] && . "$here/act/$command"
case $command in
  list-servers|list-server) printf 'main\npg-1\npg-2\n' ;;
  *) printf '{}' ;;
esac
