"""Where a read was: floor plan, event order, zone estimators, presence."""
