export const preview = {
  title: "Last 24 h with this change",
  start: "Preview with the last 24 h",
  again: "Preview again",
  old: "From before your last change.",
  running: "Playing the last 24 h",
  was: (then: number, now: string) => `${then === 1 ? "alert" : "alerts"}, was ${now}`,
  inside: (now: number | null) => (now === null ? "assets inside" : `assets inside, was ${now}`),
  reads: (reads: string) => `from ${reads} reads`,
  legend: "dashed = gone",
  same: "The same alerts as without this change.",
  parts: (fresh: number, gone: number, kept: number) =>
    `${fresh} new, ${gone} gone, ${kept} as before.`,
  fresh: "New",
  gone: "Gone",
  list: "Which ones",
  incomplete: {
    young: "The gateway has not run for 24 h yet.",
    retention: "The journal does not go back for 24 h.",
    gap: "Part of the journal went away while it was read.",
    time: "Stopped after 15 min of work; the end is missing.",
  },
  siteChanges: (count: number) =>
    count === 1
      ? "The site file was changed once in this time; both sides use today's."
      : `The site file was changed ${count} times in this time; both sides use today's.`,
};
