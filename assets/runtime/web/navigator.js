// navigator, with the little that a worker has of it.

import { INTERNAL, webClass } from "./util.js";

/** The class of the global `navigator`. */
export class Navigator {
  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
  }
  get userAgent() {
    return "Cloudflare-Workers";
  }
  get hardwareConcurrency() {
    return 1;
  }
  get platform() {
    return "";
  }
  get language() {
    return "en";
  }
  get languages() {
    return ["en"];
  }
}
webClass(Navigator);

export const navigator = new Navigator(INTERNAL);
