"""What it costs, as rows."""

from studio.credits.models.audits import AuditRun
from studio.credits.models.books import Account, Entry, Loss
from studio.credits.models.budgets import (
    BudgetWarning,
    Change,
    CreditRequest,
    ProjectCap,
    Sharing,
    TeamBudget,
)
from studio.credits.models.reports import Price, Scope, Statement
from studio.credits.models.totals import Fold, MemberTotal, ProjectTotal
from studio.credits.models.wallet import ApiUsed, WalletFinding, WalletReading

__all__ = [
    "Account",
    "ApiUsed",
    "AuditRun",
    "BudgetWarning",
    "Change",
    "CreditRequest",
    "Entry",
    "Fold",
    "Loss",
    "MemberTotal",
    "Price",
    "ProjectCap",
    "ProjectTotal",
    "Scope",
    "Sharing",
    "Statement",
    "TeamBudget",
    "WalletFinding",
    "WalletReading",
]
