export const live = {
  noFloor: "There is no plan yet.",
  noFloorHint: "Draw a floor and its zones, and assets show here.",
  toZones: "Draw zones",
  lastKnown: "last known",
};
