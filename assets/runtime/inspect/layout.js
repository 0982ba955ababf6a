// Where the lines of `inspect` break.

import { widthOf, withoutControl } from "./text.js";

/** Kinds of output: entries of an object; bare items; items of a list with further entries. */
export const OBJECT = 0;
export const ITEM = 1;
export const LIST = 2;

/** Lists of more items are laid out in columns. */
const MOST_IN_A_ROW = 6;

/**
 * Puts entries between brackets, on one line where that is legible. `shift` is how much shorter
 * than others that line must be.
 */
export function joined(context, entries, base, open, close, kind, level, value = undefined, shift = 0) {
  if (context.compact === true) return joinedCompactly(context, entries, base, open, close);
  const before = base === "" ? "" : `${base} `;
  let lines = entries;
  if (typeof context.compact === "number" && context.compact >= 1) {
    if (kind === LIST && entries.length > MOST_IN_A_ROW) lines = inColumns(context, entries, value);
    if (context.depthReached - level < context.compact && lines.length === entries.length) {
      const start = entries.length + context.indentation + open.length + base.length + 10 + shift;
      if (fits(context, lines, start, base)) {
        const line = lines.join(", ");
        if (!line.includes("\n")) return `${before}${open} ${line} ${close}`;
      }
    }
  }
  const newLine = `\n${" ".repeat(context.indentation)}`;
  return `${before}${open}${newLine}  ${lines.join(`,${newLine}  `)}${newLine}${close}`;
}

function joinedCompactly(context, entries, base, open, close) {
  const behind = base === "" ? "" : ` ${base}`;
  if (fits(context, entries, 0, base)) return `${open}${behind} ${entries.join(", ")} ${close}`;
  const newLine = `\n${" ".repeat(context.indentation)}`;
  const start = base === "" && open.length === 1 ? " " : `${behind}${newLine}  `;
  return `${open}${start}${entries.join(`,${newLine}  `)} ${close}`;
}

function fits(context, entries, start, base) {
  let total = entries.length + start;
  if (total + entries.length > context.breakLength) return false;
  for (const entry of entries) {
    total += context.colors ? withoutControl(entry).length : entry.length;
    if (total > context.breakLength) return false;
  }
  return base === "" || !base.includes("\n");
}

/** Rows of several short items each, all columns aligned. */
function inColumns(context, entries, value) {
  // the last entry may be the note of how many are left out
  const hasNote = context.maxArrayLength < entries.length;
  const count = entries.length - (hasNote ? 1 : 0);
  const widths = [];
  let total = 0, widest = 0;
  for (let i = 0; i < count; i++) {
    widths[i] = widthOf(entries[i], context.colors);
    total += widths[i] + 2;
    widest = Math.max(widest, widths[i]);
  }
  const cell = widest + 2;
  if (cell * 3 + context.indentation >= context.breakLength || (total / cell <= 5 && widest > 6)) return entries;
  // aims at a block two and a half times as wide as it is high
  const bias = Math.max(cell - 3 - Math.sqrt(cell - total / entries.length), 1);
  const columns = Math.min(
    Math.round(Math.sqrt(2.5 * bias * count) / bias),
    Math.floor((context.breakLength - context.indentation) / cell),
    context.compact * 4,
    15,
  );
  if (columns <= 1) return entries;
  const columnWidths = Array.from({ length: columns }, (_, column) => {
    let width = 0;
    for (let i = column; i < count; i += columns) width = Math.max(width, widths[i]);
    return width + 2;
  });
  const toTheRight = value !== undefined && entries.every((_, at) => typeof value[at] === "number" || typeof value[at] === "bigint");
  const rows = [];
  for (let first = 0; first < count; first += columns) rows.push(row(entries, widths, columnWidths, first, Math.min(first + columns, count), toTheRight));
  if (hasNote) rows.push(entries[count]);
  return rows;
}

function row(entries, widths, columnWidths, first, end, toTheRight) {
  let text = "";
  for (let i = first; i < end; i++) {
    const isLast = i === end - 1;
    // escape sequences have length but no width
    const room = columnWidths[i - first] + entries[i].length - widths[i];
    if (toTheRight) text += isLast ? entries[i].padStart(room - 2) : `${entries[i]}, `.padStart(room);
    else text += isLast ? entries[i] : `${entries[i]}, `.padEnd(room);
  }
  return text;
}
