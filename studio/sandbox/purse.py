"""The wallet of a world: what it is charged and given back, in whole cents, inside the caller's transaction."""

import math
import sqlite3
from decimal import Decimal
from typing import Final

DUE_REFUNDS: Final = """
SELECT id, charged FROM tasks WHERE failure_reason IS NOT NULL AND refunded = 0 AND ready_at <= ?
"""


class EmptyWalletError(Exception):
    """The wallet does not hold the price of this order."""


def charge(db: sqlite3.Connection, price: int, now: float) -> EmptyWalletError | None:
    """Take the price out of the wallet, if it is there."""
    give_back(db, now)
    paid = db.execute(
        "UPDATE wallet SET cents = cents - ? WHERE cents >= ?", (price * 100, price * 100)
    ).rowcount
    return None if paid else EmptyWalletError()


def give_back(db: sqlite3.Connection, now: float) -> None:
    """Refund the tasks that have failed by now, each once."""
    for row in db.execute(DUE_REFUNDS, (now,)).fetchall():
        db.execute("UPDATE wallet SET cents = cents + ?", (row["charged"] * 100,))
        db.execute("UPDATE tasks SET refunded = charged WHERE id = ?", (row["id"],))


def cents(amount: Decimal | int | str) -> int:
    """Credits as the wallet keeps them."""
    return math.floor(Decimal(amount) * 100)
