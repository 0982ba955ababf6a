// process.nextTick: a job like any other, after those that are queued already.

import { reportException } from "../web/report-error.js";
import { validateFunction } from "./validate.js";

const ready = Promise.resolve();

export function nextTick(callback, ...args) {
  validateFunction(callback, "callback");
  ready.then(() => {
    try {
      callback(...args);
    } catch (error) {
      reportException(error);
    }
  });
}
