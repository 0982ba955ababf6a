// The scheduler of "node:timers/promises".

import { Scheduler as WebScheduler } from "../../web/timers.js";

const web = new WebScheduler();

class Scheduler {
  async yield() {
    await web.wait(0);
  }
  wait(...args) {
    return web.wait(...args);
  }
}

export const scheduler = new Scheduler();
