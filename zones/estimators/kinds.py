"""The kinds of estimators: which one a floor plan asks for, and what they may remember."""

from typing import Any

from zones.estimator_settings import (
    BayesSettings,
    LastSettings,
    MobilitySettings,
)
from zones.estimators.bayes import BayesEstimator, BayesMemory
from zones.estimators.contract import Estimator
from zones.estimators.last import LastEstimator, LastMemory
from zones.estimators.mobility import MobilityEstimator, MobilityMemory
from zones.estimators.window import WindowEstimator, WindowMemory
from zones.floorplan import FloorPlan

Memory = BayesMemory | LastMemory | MobilityMemory | WindowMemory
"""What is kept of a tag, by the kind of the estimator that made it."""

AnyEstimator = Estimator[Any]
"""An estimator of any kind; it takes the memories that are of its own kind."""


def estimator_for(plan: FloorPlan) -> AnyEstimator:
    """Return the estimator that the site file asks for."""
    settings = plan.estimator
    match settings:
        case BayesSettings():
            return BayesEstimator(plan, settings)
        case LastSettings():
            return LastEstimator(plan)
        case MobilitySettings():
            return MobilityEstimator(plan, settings)
        case _:
            return WindowEstimator(plan, settings)
