import type { Words } from "..";

export const preview: Words["preview"] = {
  title: "Die letzten 24 h mit dieser Änderung",
  start: "Vorschau mit den letzten 24 h",
  again: "Neue Vorschau",
  old: "Von vor Ihrer letzten Änderung.",
  running: "Die letzten 24 h werden abgespielt",
  was: (then, now) => `${then === 1 ? "Alarm" : "Alarme"}, vorher ${now}`,
  inside: (now) => (now === null ? "Objekte darin" : `Objekte darin, vorher ${now}`),
  reads: (reads) => `aus ${reads} Lesungen`,
  legend: "gestrichelt = fällt weg",
  same: "Dieselben Alarme wie ohne diese Änderung.",
  parts: (fresh, gone, kept) => `${fresh} neu, ${gone} fallen weg, ${kept} wie bisher.`,
  fresh: "Neu",
  gone: "Fällt weg",
  list: "Welche",
  incomplete: {
    young: "Das Gateway läuft noch keine 24 h.",
    retention: "Das Journal reicht keine 24 h zurück.",
    gap: "Ein Teil des Journals verschwand beim Lesen.",
    time: "Nach 15 min Arbeit beendet; das Ende fehlt.",
  },
  siteChanges: (count) =>
    count === 1
      ? "In dieser Zeit wurde die Standortdatei einmal geändert; beide Seiten nehmen die heutige."
      : `In dieser Zeit wurde die Standortdatei ${count}-mal geändert; beide Seiten nehmen die heutige.`,
};
