"""Writes a message into a Slack channel."""

import mlv_hook
import mlv_http


def escaped(event):
    """Returns the event with the signs that Slack gives a meaning taken as they are."""
    def escape(value):
        if isinstance(value, str):
            return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if isinstance(value, dict):
            return {key: escape(below) for key, below in value.items()}
        return value

    return escape(event)


def main():
    given, event = mlv_hook.parameters(), mlv_hook.event()
    url = mlv_hook.secret(given, "webhook")
    body = mlv_http.json_body({"text": mlv_hook.fill(given["text"], escaped(event))})
    mlv_http.Client(given).send("POST", url, {"Content-Type": "application/json"}, body)
    mlv_hook.summary("written")


main()
