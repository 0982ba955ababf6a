// The module "node:console": the global console, and what only Node has of it.

import { console } from "../web/console.js";

export { Console, context, createTask } from "./console/extras.js";
export const {
  assert, clear, count, countReset, debug, dir, dirxml, error, group, groupCollapsed, groupEnd, info, log, profile, profileEnd, table, time,
  timeEnd, timeLog, timeStamp, trace, warn,
} = console;

export default console;
