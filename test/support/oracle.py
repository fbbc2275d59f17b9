"""What argparse itself holds, and what it prints: the truth that the help parser is held against.

    oracle.py barman   reads {"columns": [80, ...]}, answers for the Barman on PYTHONPATH
    oracle.py parsers  reads {"columns": [80, ...], "parsers": [...]}, builds each parser, answers with a list

An answer is {"python", "catalogue", "helps": {"80": {"": top help, "backup": ...}, ...}}; the catalogue has the
project's own shape. Written for Python 2.7 to 3.14, because help is laid out differently by each.
"""
import argparse
import json
import os
import sys


def catalogue(parser, version=""):
    listed = dict((action.dest, sentence(parser, action)) for action in subparsers_of(parser)._choices_actions)
    return {
        "version": version,
        "globalOptions": options(parser, "--version"),
        "commands": [command(names, child, listed) for names, child in children(parser)],
    }


def children(parser):
    """Each sub-parser once, with all its names, in the order of the list of choices."""
    found = []
    for name, child in subparsers_of(parser).choices.items():
        names = [names for names, known in found if known is child]
        if names:
            names[0].append(name)
        else:
            found.append(([name], child))
    return found


def subparsers_of(parser):
    return [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)][0]


def command(names, parser, listed):
    name = parser.prog.split()[-1]
    return {
        "name": name,
        "aliases": [other for other in names if other != name],
        "description": listed.get(name) or " ".join((parser.description or "").split()),
        "positionals": positionals(parser),
        "options": options(parser),
    }


def positionals(parser):
    formatter = parser._get_formatter()
    actions = [action for action in parser._actions if not action.option_strings]
    return [positional(parser, formatter, action, place) for place, action in enumerate(actions)]


def positional(parser, formatter, action, place):
    shown = formatter._metavar_formatter(action, action.dest)(1)[0]
    choices = choices_shown(action)
    return {
        "name": shown if choices is None else "argument%d" % (place + 1),
        "nargs": action.nargs,
        "choices": choices,
        "description": sentence(parser, action),
    }


def options(parser, *dropped):
    formatter = parser._get_formatter()
    return [
        option(parser, formatter, action)
        for action in parser._actions
        if action.option_strings and not set(action.option_strings) & set(("--help",) + dropped)
    ]


def option(parser, formatter, action):
    arity = "flag" if action.nargs == 0 else "optional" if action.nargs in ("?", "*") else "value"
    choices = None if arity == "flag" else choices_shown(action)
    shown = formatter._metavar_formatter(action, action.dest.upper())(1)[0]
    return {
        "names": list(action.option_strings),
        "arity": arity,
        "metavar": None if arity == "flag" or choices is not None else shown,
        "choices": choices,
        "description": sentence(parser, action),
    }


def sentence(parser, action):
    """The help of an action as its formatter fills it in, before anything wraps it."""
    return " ".join(parser._get_formatter()._expand_help(action).split()) if action.help else ""


def choices_shown(action):
    if action.metavar is not None or action.choices is None:
        return None
    return [str(choice) for choice in action.choices]


def helps(parser, columns):
    found = {}
    for width in columns:
        os.environ["COLUMNS"] = str(width)
        found[width] = {"": parser.format_help()}
        for names, child in children(parser):
            found[width].update(dict((name, child.format_help()) for name in names))
    return found


def answer(parser, columns, version=""):
    printed = helps(parser, columns)  # first: printing is what puts Barman's own commands in their order
    return {"python": "%d.%d" % sys.version_info[:2], "catalogue": catalogue(parser, version), "helps": printed}


class Stop(BaseException):
    """Not an Exception: Barman's main() catches those."""


def barman_parser():
    def stop(parser, *args, **kwargs):
        raise Stop(parser)

    argparse.ArgumentParser.parse_args = stop
    sys.argv = ["barman"]
    import barman
    import barman.cli

    try:
        barman.cli.main()
    except Stop as stopped:
        return stopped.args[0], barman.__version__


def build(spec):
    """A parser from plain data; see parsers.ts for what it may hold."""
    formatter = getattr(argparse, str(spec["formatter"]))
    parser = argparse.ArgumentParser(prog="barman", formatter_class=formatter, epilog=spec["epilog"])
    fill(parser, spec["options"])
    commands = parser.add_subparsers(dest="command")
    for one in spec["commands"]:
        keywords = {"description": one["description"], "formatter_class": formatter}
        if one["help"] is not None:  # without the keyword a command is listed between the braces only
            keywords["help"] = one["help"]
        if sys.version_info >= (3, 2):
            keywords["aliases"] = one["aliases"]
        child = commands.add_parser(one["name"], **keywords)
        fill(child, one["arguments"])
    return parser


def fill(parser, arguments):
    for argument in arguments:
        keywords = dict(argument)
        names = keywords.pop("names")
        parser.add_argument(*[str(name) for name in names], **dict((str(key), keywords[key]) for key in keywords))


def main():
    asked = json.load(sys.stdin)
    if sys.argv[1] == "barman":
        parser, version = barman_parser()
        return answer(parser, asked["columns"], version)
    return [answer(build(spec), asked["columns"]) for spec in asked["parsers"]]


if __name__ == "__main__":
    print(json.dumps(main()))
