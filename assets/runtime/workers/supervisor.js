// The binding that the project setting `supervisor` names: what the host knows of the facets of the
// object that uses it, and what it can do to them. Only a project's own code has it.

import { host } from "../native.js";

const key = Symbol();

/** Asks the host; `names` lead from this object down to the facet. */
const ask = (names, what, more) => JSON.parse(host("supervise", JSON.stringify({ facet: names, do: what, ...more })));

const amount = (sum) => (sum === undefined || sum === null ? undefined : String(sum));

/** One facet as its supervising class sees it. */
class SupervisedFacet {
  #names;

  constructor(k, names) {
    if (k !== key) throw new TypeError("Illegal constructor");
    this.#names = names;
  }

  /** A facet of this facet. */
  facet(name) {
    return new SupervisedFacet(key, [...this.#names, String(name)]);
  }

  /** What it has counted since the program started, and holds now. */
  meter() {
    return ask(this.#names, "meter");
  }

  /** What it and its own facets have spent: `{ currency, today, month }`, amounts as text. */
  cost() {
    return ask(this.#names, "cost");
  }

  /** The limits that hold for it: `{ name: { value, at, from } }`. */
  limits() {
    return ask(this.#names, "limits");
  }

  /** Sets a limit for it and its own facets; a value of null removes it. */
  setLimit(limit, value, options) {
    ask(this.#names, "setLimit", { limit: String(limit), value: value === null ? undefined : Number(value), at: options?.at });
  }

  /** Sets what it may spend: `{ day, month, at }`; null removes that. */
  setBudget(budget) {
    ask(this.#names, "setBudget", { day: amount(budget?.day), month: amount(budget?.month), at: budget?.at });
  }

  /** Nothing of it runs until it is resumed; requests wait for `waitMs` and then fail. */
  pause(options) {
    ask(this.#names, "pause", { reason: options?.reason, waitMs: options?.waitMs });
  }

  /** Ends a pause that `pause` began. */
  resume() {
    ask(this.#names, "resume");
  }

  /** Ends it now, even in the middle of a loop. */
  kill(reason) {
    ask(this.#names, "kill", { reason: reason === undefined ? undefined : String(reason) });
  }
}

class Supervisor {
  constructor(k) {
    if (k !== key) throw new TypeError("Illegal constructor");
  }

  /** The facet called `name` of the object that asks. */
  facet(name) {
    return new SupervisedFacet(key, [String(name)]);
  }

  /** What the object that asks has counted, without its facets. */
  meter() {
    return ask([], "meter");
  }

  /** What the object that asks and all its facets have spent. */
  cost() {
    return ask([], "cost");
  }
}

export const makeSupervisor = () => new Supervisor(key);
