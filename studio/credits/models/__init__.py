"""What it costs, as rows."""

from studio.credits.models.books import Account, Entry, Loss
from studio.credits.models.budgets import (
    BudgetWarning,
    Change,
    CreditRequest,
    ProjectCap,
    Sharing,
    TeamBudget,
)
from studio.credits.models.reports import Fold, Price, Scope, Statement, Total
from studio.credits.models.wallet import ApiUsed, WalletFinding, WalletReading

__all__ = [
    "Account",
    "ApiUsed",
    "BudgetWarning",
    "Change",
    "CreditRequest",
    "Entry",
    "Fold",
    "Loss",
    "Price",
    "ProjectCap",
    "Scope",
    "Sharing",
    "Statement",
    "TeamBudget",
    "Total",
    "WalletFinding",
    "WalletReading",
]
