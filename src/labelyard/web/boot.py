"""JSON inside a page."""

import msgspec


def script_json(value: object) -> str:
    """JSON that is safe inside `<script>`: no character of it can end the element or open a comment."""
    text = msgspec.json.encode(value).decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
