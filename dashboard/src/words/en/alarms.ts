export const alarms = {
  severities: { critical: "Critical", warning: "Warning", info: "Info" },
  symbolStates: { new: "new", acknowledged: "acknowledged", shelved: "shelved" },
};
