"""What Python itself makes of configuration files: one question a line in, one answer a line out, both JSON."""
import configparser
import io
import json
import logging
import os
import sys
import tempfile


def parse(question):
    """Reads one text as Barman would read a file of it; options before and after interpolation."""
    parser = configparser.ConfigParser(strict=False)
    stream = io.TextIOWrapper(io.BytesIO(question["text"].encode()), encoding="utf-8")
    try:
        parser.read_file(stream)
    except configparser.MissingSectionHeaderError as error:
        return {"error": "MissingSectionHeaderError", "lines": [error.lineno - 1]}
    except configparser.ParsingError as error:
        return {"error": "ParsingError", "lines": [line - 1 for line, _ in error.errors]}
    return {
        "defaults": dict(parser.defaults()),
        "sections": {name: dict(parser._sections[name]) for name in parser.sections()},
        "values": {name: {key: value(parser, name, key) for key in parser.options(name)} for name in parser.sections()},
    }


def value(parser, section, key):
    try:
        return {"value": parser.get(section, key)}
    except configparser.InterpolationError as error:
        return {"error": type(error).__name__}


def barman(question):
    """Lets Barman's own class merge a main file, its folder and .barman.auto.conf."""
    from barman.config import Config

    with tempfile.TemporaryDirectory() as home:
        for path, text in question["files"].items():
            os.makedirs(os.path.dirname(os.path.join(home, path)), exist_ok=True)
            with open(os.path.join(home, path), "wb") as file:
                file.write(text.replace("@HOME@", home).encode())
        try:
            return merged(Config, home)
        except (Exception, SystemExit) as error:
            return {"error": type(error).__name__}


def merged(Config, home):
    config = Config(os.path.join(home, "barman.conf"))
    config.load_configuration_files_directory()
    auto = os.path.join(home, ".barman.auto.conf")
    if os.path.exists(auto) and hasattr(config, "load_config_file"):
        config.load_config_file(auto)
    return {"sections": {name: {key: option(config, home, name, key) for key in config._config.options(name)}
                         for name in config._config.sections()}}


def option(config, home, section, key):
    """The value as ServerConfig takes it over, and the file it came from where this Barman knows."""
    value = config.get(section, key, none_value="")
    find = getattr(config, "get_config_source", None)
    return {
        "value": None if value in (None, "", "None") else value.replace(home, "@HOME@"),
        "source": os.path.relpath(find(section, key), home) if find else None,
    }


QUESTIONS = {"parse": parse, "barman": barman, "version": lambda _: {"version": list(sys.version_info[:2])}}

logging.disable()
for line in sys.stdin.buffer:
    question = json.loads(line.decode())
    print(json.dumps(QUESTIONS[question["ask"]](question)), flush=True)
