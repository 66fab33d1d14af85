/** Files that the browser saves. */

/** Save `content` as a file. */
export function saveFile(content: Blob, fileName: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Save a text as a CSV file. */
export function saveCsv(text: string, fileName: string): void {
  saveFile(new Blob([text], { type: "text/csv;charset=utf-8" }), fileName);
}
