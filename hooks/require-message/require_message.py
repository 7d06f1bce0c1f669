"""Refuses a commit whose message or metadata do not say what is asked for."""

import re

import mlv_hook


def faults(given, event):
    message = event["message"] or ""
    subject = message.split("\n")[0]
    if not message.strip():
        yield "the message is empty"
    if given["pattern"] is not None and not matches(given["pattern"], message):
        yield given["explain"] or f"the message does not match `{given['pattern']}`"
    longest = given["subject_length"]
    if longest is not None and len(subject) > longest:
        yield f"the first line has {len(subject)} characters, and {longest} is the limit"
    for key in given["meta"]:
        if not event["meta"].get(key):
            yield f"`--meta {key}=...` is missing"


def matches(pattern, message):
    try:
        return re.search(pattern, message, re.MULTILINE)
    except re.error as error:
        mlv_hook.refuse(f"`pattern` is no regular expression: {error}")


def main():
    found = list(faults(mlv_hook.parameters(), mlv_hook.event()))
    if found:
        mlv_hook.refuse("; ".join(found))


main()
