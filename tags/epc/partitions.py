"""Where the fields of a partitioned scheme lie, for each of its seven partition values.

Source: GS1 Tag Data Standard 1.13, section 14: bits of the company prefix and of the reference.
"""

from typing import NamedTuple

HEAD_BITS = 14  # header 8, filter 3, partition 3
COMPANY_DIGITS_MAX = 12
COMPANY_DIGITS_MIN = 6
GIAI_CHARS_MAX = 30

_COMPANY_BITS = (40, 37, 34, 30, 27, 24, 20)
ITEM_BITS = (4, 7, 10, 14, 17, 20, 24)
SSCC_BITS = (18, 21, 24, 28, 31, 34, 38)
SGLN_BITS = (1, 4, 7, 11, 14, 17, 21)
NO_BITS = (0,) * 7


class Layout(NamedTuple):
    """The fields of one partition value: digits, then how far to shift and what to mask.

    A field of n digits holds values below its limit, 10**n. The tail lies in the lowest bits.
    """

    company_digits: int
    company_shift: int
    company_mask: int
    company_limit: int
    reference_digits: int
    reference_shift: int
    reference_mask: int
    reference_limit: int
    tail_bits: int
    tail_chars_max: int


def layouts(
    bits: int, reference_bits: tuple[int, ...], digits: int, chars_max: int
) -> tuple[Layout, ...]:
    """Lay out the fields of a scheme of so many bits, indexed by partition value.

    `digits` is what prefix and reference have together; 0 means that no digits but a text
    follows the prefix (giai). `chars_max` limits a text in the tail.
    """
    table: list[Layout] = []
    for partition, (company, reference) in enumerate(
        zip(_COMPANY_BITS, reference_bits, strict=True)
    ):
        company_digits = COMPANY_DIGITS_MAX - partition
        reference_digits = digits - company_digits if digits else 0
        tail_bits = bits - HEAD_BITS - company - reference
        table.append(
            Layout(
                company_digits,
                tail_bits + reference,
                (1 << company) - 1,
                10**company_digits,
                reference_digits,
                tail_bits,
                (1 << reference) - 1,
                10**reference_digits,
                tail_bits,
                chars_max if digits else GIAI_CHARS_MAX - company_digits,
            )
        )
    return tuple(table)
