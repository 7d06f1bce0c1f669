"""Refuses changed files that hold passwords, keys or personal data."""

import mmap
import re

import mlv_hook

# Of each kind: its group, what is said, and its expression over the bytes of a file.
KINDS = {
    "aws-key": ("secrets", "an AWS access key", rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "private-key": ("secrets", "a private key", rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "github-token": (
        "secrets",
        "a GitHub token",
        rb"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{22,82})\b",
    ),
    "gitlab-token": ("secrets", "a GitLab token", rb"\bglpat-[0-9A-Za-z_-]{20}"),
    "slack-token": ("secrets", "a Slack token", rb"\bxox[abeoprs]-[0-9A-Za-z-]{10,}"),
    "google-key": ("secrets", "a Google API key", rb"\bAIza[0-9A-Za-z_-]{35}"),
    "jwt": (
        "secrets",
        "a signed token (JWT)",
        rb"\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{16,}",
    ),
    "password": (
        "secrets",
        "a password",
        rb"(?i:\b(?:passw(?:or)?d|secret|api_?key|access_?token|auth_?token)\b[\"']?[ \t]*[:=][ \t]*[\"'][^\"'\s${}<>]{8,}[\"'])",
    ),
    "email": (
        "personal",
        "an e-mail address",
        rb"[0-9A-Za-z._%+-]{1,64}@(?:[0-9A-Za-z-]{1,63}\.)+[A-Za-z]{2,24}\b",
    ),
    "phone": (
        "personal",
        "a phone number",
        rb"(?<![\w+.])\+[1-9]\d{0,2}[ ./-]?(?:\(\d{1,4}\)[ ./-]?)?\d{2,4}(?:[ ./-]?\d{2,4}){1,3}(?![\w.])"
        rb"|(?<![\w(])\(\d{3}\) ?\d{3}-\d{4}(?!\w)",
    ),
    "card": ("personal", "a payment card number", rb"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w.-]\d|\w)"),
    "iban": (
        "personal",
        "a bank account (IBAN)",
        rb"(?<!\w)[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?(?!\w)",
    ),
}

# A file with a NUL byte this early is no text.
HEAD = 8192


def luhn(number):
    digits = [int(c) for c in number if c.isdigit()]
    doubled = [d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


def iban(text):
    text = text.replace(" ", "")
    numbers = "".join(str(int(c, 36)) for c in text[4:] + text[:4])
    return 15 <= len(text) <= 34 and int(numbers) % 97 == 1


def phone(text):
    return 8 <= sum(c.isdigit() for c in text) <= 15


CHECKS = {"card": luhn, "iban": iban, "phone": phone}


def hidden(text):
    """Returns enough of what was found to find it again, and no more."""
    return f"{text[:4]}..." if len(text) > 8 else "..."


def expressions(look_for):
    chosen = [kind for kind, (group, _, _) in KINDS.items() if {kind, group} & set(look_for)]
    # One expression each: an alternative would be tried at every byte, a literal beginning is searched for.
    return [(kind, KINDS[kind][1], re.compile(KINDS[kind][2])) for kind in chosen]


def found_in(content, kinds):
    """Returns what was found as places, kinds and texts, in the order of the file."""
    found = []
    for kind, what, expression in kinds:
        for match in expression.finditer(content):
            text = match[0].decode("utf-8", "replace")
            if CHECKS.get(kind, lambda _: True)(text):
                found.append((match.start(), what, text))
    return sorted(found)


def look_at(path, kinds, allowed, findings):
    """Notes what a file holds; tells whether it is text."""
    with open(path, "rb") as file:
        if b"\0" in file.read(HEAD):
            return False
        try:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            return True
        with content:
            row, at = 1, 0
            for place, what, text in found_in(content, kinds):
                row, at = row + content[at:place].count(b"\n"), place
                if not any(expression.fullmatch(text) for expression in allowed):
                    findings.add(path, f"{what}: {hidden(text)}", row)
    return True


def compiled(texts):
    for text in texts:
        try:
            yield re.compile(text)
        except re.error as error:
            mlv_hook.refuse(f"`allow` holds `{text}`, which is no regular expression: {error}")


def main():
    given = mlv_hook.parameters()
    kinds, allowed = expressions(given["look_for"]), list(compiled(given["allow"]))
    findings, texts, others = mlv_hook.Findings(), 0, 0
    for path in mlv_hook.changed_files(given["exclude"]):
        if look_at(path, kinds, allowed, findings):
            texts += 1
        else:
            others += 1
    clean = f"nothing found in {mlv_hook.counted(texts, 'file')}"
    findings.end(
        passed=f"{clean}; {others} not looked at: no text" if others else clean,
        refused=f"{mlv_hook.counted(findings.count, 'finding')} in {mlv_hook.counted(len(findings.paths), 'file')}",
    )


main()
