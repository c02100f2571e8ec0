"""Work that has to be done in a block, and what was done."""

from duty.models.upkeep import Inspection, InspectionPlan, WorkOrder, WorkOrderPhoto, WorkOrderStep

__all__ = ["Inspection", "InspectionPlan", "WorkOrder", "WorkOrderPhoto", "WorkOrderStep"]
