"""The remote image API: what can be asked, what it answers, what can go wrong."""

from studio.imageapi.catalog import GEMINI_25_FLASH, MODELS, Model, Ratio
from studio.imageapi.client import ImageAPI
from studio.imageapi.errors import (
    AssetGone,
    AssetRefused,
    ImageAPIError,
    KeyRefused,
    LineStopped,
    NotSent,
    OrderRefused,
    OutcomeUnknown,
    ServiceRefused,
    TaskUnknown,
    Throttled,
    Unreachable,
    WalletEmpty,
)
from studio.imageapi.messages import Accepted, Asset, Fetched, Order, Progress, Source, Status
from studio.imageapi.transport import Limits

__all__ = [
    "GEMINI_25_FLASH",
    "MODELS",
    "Accepted",
    "Asset",
    "AssetGone",
    "AssetRefused",
    "Fetched",
    "ImageAPI",
    "ImageAPIError",
    "KeyRefused",
    "Limits",
    "LineStopped",
    "Model",
    "NotSent",
    "Order",
    "OrderRefused",
    "OutcomeUnknown",
    "Progress",
    "Ratio",
    "ServiceRefused",
    "Source",
    "Status",
    "TaskUnknown",
    "Throttled",
    "Unreachable",
    "WalletEmpty",
]
