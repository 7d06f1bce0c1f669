"""What a model sees of a customer: the one place where raw columns become numbers.

For your own project: write your features here. Training and serving both import this file, and it is
released beside the model, so that they cannot come to differ. What is learned from data (means, scales,
what stands in for a missing value) is not here but in `model.json`.
"""

from __future__ import annotations

from typing import Mapping, Optional

KEY = "customer_id"
LABEL = "churned"

# Of each column, the names of the numbers that are made of it.
FEATURES = {
    "age": ["age"],
    "plan": ["plan_basic", "plan_pro"],
    "monthly_spend": ["monthly_spend"],
    "tenure_months": ["tenure_months"],
    "support_calls": ["support_calls"],
    "gender": ["gender_female"],
}


def names_of(columns: list[str]) -> list[str]:
    unknown = [column for column in columns if column not in FEATURES]
    if unknown:
        raise SystemExit(f"no features are made of `{unknown[0]}`; known: {', '.join(FEATURES)}")
    return [name for column in columns for name in FEATURES[column]]


def features_of(customer: Mapping[str, object]) -> dict[str, Optional[float]]:
    """Returns all numbers that can be made of a customer; None stands for what is not known."""
    return {
        "age": number(customer.get("age")),
        "plan_basic": float(customer.get("plan") == "basic"),
        "plan_pro": float(customer.get("plan") == "pro"),
        "monthly_spend": number(customer.get("monthly_spend")),
        "tenure_months": number(customer.get("tenure_months")),
        "support_calls": number(customer.get("support_calls")),
        "gender_female": float(customer.get("gender") == "female"),
    }


def number(value: object) -> Optional[float]:
    return None if value is None or value == "" else float(str(value))
