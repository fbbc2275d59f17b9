"""Tells what the argparse of the installed Barman understands: argvs in as JSON, what each action was called with out."""
import argparse
import json
import sys

from barman.cli import p as parser

calls = []


def record(action_class):
    call = action_class.__call__

    def recorded(self, parser, namespace, values, option_string=None):
        if not isinstance(self, argparse._SubParsersAction):
            calls.append([option_string or self.dest, values])
        return call(self, parser, namespace, values, option_string)

    action_class.__call__ = recorded


def understand(argv):
    del calls[:]
    try:
        namespace = parser.parse_args(argv)
    except SystemExit as end:
        return {"error": end.code}
    return {"command": namespace.command, "calls": list(calls)}


for action_class in {type(action) for action in parser._actions} | {
    argparse._StoreAction, argparse._StoreConstAction, argparse._StoreTrueAction,
    argparse._StoreFalseAction, argparse._AppendAction,
}:
    if "__call__" in vars(action_class):
        record(action_class)

json.dump([understand(argv) for argv in json.load(sys.stdin)], sys.stdout)
