"""Refuses changed files that hold passwords, keys or personal data."""

import mmap
import re

import mlv_hook

# Of each kind: its group, what is said, the texts of which one is in every find (they are searched for
# much quicker than an expression is tried), and the expression over the bytes of a line.
KINDS = {
    "aws-key": ("secrets", "an AWS access key", ["AKIA", "ASIA"], rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "private-key": (
        "secrets",
        "a private key",
        ["PRIVATE KEY"],
        rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    ),
    "github-token": (
        "secrets",
        "a GitHub token",
        ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        rb"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{22,82})\b",
    ),
    "gitlab-token": ("secrets", "a GitLab token", ["glpat-"], rb"\bglpat-[0-9A-Za-z_-]{20}"),
    "slack-token": ("secrets", "a Slack token", ["xox"], rb"\bxox[abeoprs]-[0-9A-Za-z-]{10,}"),
    "google-key": ("secrets", "a Google API key", ["AIza"], rb"\bAIza[0-9A-Za-z_-]{35}"),
    "jwt": (
        "secrets",
        "a signed token (JWT)",
        ["eyJ"],
        rb"\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{16,}",
    ),
    "password": (
        "secrets",
        "a password",
        [
            spelt
            for word in ("passw", "secret", "apikey", "api_key", "access_token", "auth_token")
            for spelt in (word, word.upper(), word.capitalize())
        ]
        + ["apiKey", "accessToken", "authToken"],
        rb"(?i:\b(?:passw(?:or)?d|secret|api_?key|access_?token|auth_?token)\b[\"']?[ \t]*[:=][ \t]*"
        rb"[\"'][^\"'\s${}<>]{8,}[\"'])",
    ),
    "email": (
        "personal",
        "an e-mail address",
        ["@"],
        rb"[0-9A-Za-z._%+-]{1,64}@(?:[0-9A-Za-z-]{1,63}\.)+[A-Za-z]{2,24}\b",
    ),
    "phone": (
        "personal",
        "a phone number",
        ["+", "("],
        rb"(?<![\w+.])\+[1-9]\d{0,2}[ ./-]?(?:\(\d{1,4}\)[ ./-]?)?\d{2,4}(?:[ ./-]?\d{2,4}){1,3}(?![\w.])"
        rb"|(?<![\w(])\(\d{3}\) ?\d{3}-\d{4}(?!\w)",
    ),
    "card": ("personal", "a payment card number", [], rb"[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w.-]\d|\w)"),
    "iban": (
        "personal",
        "a bank account (IBAN)",
        [],
        rb"[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?(?!\w)",
    ),
}

# A file with a NUL byte this early is no text.
HEAD = 8192

# How far around such a text a line is looked at.
REACH = 4096


def luhn(number, before):
    if re.match(rb"[\w.-]", before):
        return False
    digits = [int(c) for c in number if c.isdigit()]
    doubled = [d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


def iban(text, before):
    if re.match(rb"\w", before):
        return False
    text = text.replace(" ", "")
    numbers = "".join(str(int(c, 36)) for c in text[4:] + text[:4])
    return 15 <= len(text) <= 34 and int(numbers) % 97 == 1


def phone(text, _):
    return 8 <= sum(c.isdigit() for c in text) <= 15


CHECKS = {"card": luhn, "iban": iban, "phone": phone}


def hidden(text):
    """Returns enough of what was found to find it again, and no more."""
    return f"{text[:4]}..." if len(text) > 8 else "..."


def chosen(look_for):
    kinds = [kind for kind, (group, *_) in KINDS.items() if {kind, group} & set(look_for)]
    for kind in kinds:
        _, what, signs, expression = KINDS[kind]
        yield what, [sign.encode() for sign in signs], re.compile(expression), CHECKS.get(kind)


def stretches(content, signs):
    """Yields the parts of the content that hold one of the signs, each part once."""
    for sign in signs:
        at = content.find(sign)
        while at >= 0:
            begin = max(content.rfind(b"\n", 0, at) + 1, at - REACH)
            end = content.find(b"\n", at, at + REACH)
            end = at + REACH if end < 0 else end
            yield begin, end
            at = content.find(sign, end)


def found_in(content, kinds):
    """Returns what was found as places, kinds and texts, in the order of the file."""
    found = set()
    for what, signs, expression, check in kinds:
        parts = stretches(content, signs) if signs else [(0, len(content))]
        for begin, end in parts:
            for match in expression.finditer(content, begin, end):
                text = match[0].decode("utf-8", "replace")
                if check is None or check(text, content[max(match.start() - 1, 0) : match.start()]):
                    found.add((match.start(), what, text))
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
    kinds, allowed = list(chosen(given["look_for"])), list(compiled(given["allow"]))
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
