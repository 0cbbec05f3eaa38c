"""Names and numbers as strangers may see them: enough to compare with a paper in hand, too little to learn from."""

MOST_STARS = 6


def masked_name(name: str) -> str:
    """Keep the first sign: "张三" → "张*", "Amina" → "A****". A name of one sign is hidden."""
    signs = name.strip()
    if len(signs) < 2:
        return "*"
    return signs[0] + "*" * min(len(signs) - 1, MOST_STARS)


def masked_number(number: str) -> str:
    """Keep the first two and the last four signs: "DS20260000123" → "DS*******0123"; a short one keeps the last two."""
    if len(number) < 8:
        return "*" * max(len(number) - 2, 1) + number[-2:]
    return number[:2] + "*" * (len(number) - 6) + number[-4:]


def masked_id_number(number: str) -> str:
    """Keep the first three and the last four signs: "11010519491231002X" → "110***********002X"."""
    if len(number) < 10:
        return masked_number(number)
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def masked_phone(phone: str) -> str:
    """Keep the first three and the last four digits: "13800001234" → "138****1234"."""
    return masked_id_number(phone)


def masked_card_number(number: str) -> str:
    """Keep the first and the last four digits, however long it is: "6222 •••• •••• 1234"."""
    return f"{number[:4]} •••• •••• {number[-4:]}"
