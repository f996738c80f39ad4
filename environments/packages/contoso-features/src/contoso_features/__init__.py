"""What a churn model wants to know about a customer."""

from __future__ import annotations

from contoso_features.tenure import days_silent, tenure_months

__all__ = ["__version__", "days_silent", "tenure_months"]

__version__ = "1.2.0"
